"""Talking on the page: saying, changing, taking back, reacting; keeps secret how a typed name becomes a mention."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from bot.playground.nouns import Json, Message
from bot.playground.page.act import Act, OnMessage, RefusalError, Text
from bot.playground.server import StandIn

# A direct message is called after the people in it, and cannot be picked by a name
_NAMED = frozenset({"channel", "group"})


class OnOwnMessage(OnMessage):
    def own(self, slack: StandIn) -> Message:
        message = self.message(slack)
        if message.user != self.viewer or message.subtype is not None:
            raise RefusalError("Only your own messages can be changed.")
        return message


class Say(Act):
    channel: str
    text: Text
    thread: str | None = None

    def do(self, slack: StandIn) -> Json:
        where = self.place(slack, self.channel)
        said = slack.say(where, with_mentions(slack, self.text), user=self.viewer, thread=self.thread)
        return {"ts": said.ts}


class Edit(OnOwnMessage):
    text: Text

    def do(self, slack: StandIn) -> Json:
        slack.edit(self.own(slack), with_mentions(slack, self.text))
        return {}


class Delete(OnOwnMessage):
    def do(self, slack: StandIn) -> Json:
        slack.delete(self.own(slack))
        return {}


class Dismiss(OnMessage):
    def do(self, slack: StandIn) -> Json:
        if self.message(slack).seen_by != self.viewer:
            raise RefusalError("Only what you alone see can be dismissed.")
        slack.workspace.remove_whisper(self.ts)
        return {}


class React(OnMessage):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_+'-]+$")]
    stands: bool

    def do(self, slack: StandIn) -> Json:
        slack.react(self.message(slack), self.name, user=self.viewer, stands=self.stands)
        return {}


def with_mentions(slack: StandIn, text: str) -> str:
    """``text`` with each ``@name`` and ``#name`` that the workspace knows as Slack's composer would pick it."""
    names = {f"@{user.name}": f"<@{user.id}>" for user in slack.workspace.users()}
    names |= {f"#{one.name}": f"<#{one.id}|{one.name}>" for one in slack.workspace.channels() if one.kind in _NAMED}
    picked = {name.casefold(): code for name, code in names.items()}
    longest_first = "|".join(re.escape(name) for name in sorted(picked, key=len, reverse=True))
    return re.sub(
        rf"(?<![\w<])(?:{longest_first})(?!\w)",
        lambda found: picked[found[0].casefold()],
        text,
        flags=re.IGNORECASE,
    )
