"""Talking on the page: saying, attaching, forwarding, changing, taking back, reacting.

Keeps secret how a typed name becomes a mention.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.playground.nouns import File, Json, Message
from bot.playground.page.act import Act, OnMessage, RefusalError, Text, TextOrNone
from bot.playground.server import StandIn

# As many as Slack takes with one message
_MOST_FILES = 10
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


class Attached(BaseModel):
    """What the page tells of a file; what is in it never leaves the browser."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    mimetype: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=0)]


class Attach(Act):
    """Say something with files, or post the files alone."""

    channel: str
    files: Annotated[list[Attached], Field(min_length=1, max_length=_MOST_FILES)]
    text: TextOrNone = ""
    thread: str | None = None

    def do(self, slack: StandIn) -> Json:
        where, text = self.place(slack, self.channel), with_mentions(slack, self.text)
        files = [File(one.name, one.mimetype, one.size) for one in self.files]
        said = slack.say(where, text, user=self.viewer, thread=self.thread, files=files)
        return {"ts": said.ts}


class Forward(OnMessage):
    to: str
    text: TextOrNone = ""

    def do(self, slack: StandIn) -> Json:
        message, where = self.message(slack), self.place(slack, self.to)
        if message.seen_by is not None or message.subtype is not None:
            raise RefusalError("This message cannot be forwarded.")
        return {"ts": slack.forward(message, where, with_mentions(slack, self.text), user=self.viewer).ts}


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
