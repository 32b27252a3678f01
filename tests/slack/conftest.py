"""A stand-in Slack with the bot connected to it over a real websocket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.playground.cast import GENERAL
from bot.playground.nouns import Json, Message
from bot.playground.server import StandIn
from bot.records import Records
from bot.slack.blocks import texts_in
from bot.slack.serving import Access, SlackBot

from .articles import Scripted, verify


def shown(message: Message) -> str:
    """All that is to be read in a message: a line for each block, and for each item of a list."""
    return "\n".join(line for block in message.blocks for line in _lines(block))


def _lines(block: Json) -> list[str]:
    parts = block.get("elements", [block])
    if parts[0]["type"] == "rich_text_list":
        return ["".join(texts_in(item)) for item in parts[0]["elements"]]
    return [" ".join("".join(texts_in(part)) for part in parts)]


@dataclass
class Room:
    """A workspace, the librarian behind the bot, and what is needed to start the bot again."""

    slack: StandIn
    librarian: Scripted
    state: Path

    def access(self) -> Access:
        return Access(self.slack.bot_token, self.slack.app_token, self.slack.api_url)

    @contextmanager
    def bot(self, access: Access | None = None) -> Iterator[SlackBot]:
        """The bot, connected with ``access`` (or the right one), with the records of this room."""
        with ExitStack() as stack:
            records = Records(self.state)
            stack.callback(records.close)
            bot = SlackBot(access or self.access(), answers=self.librarian, verify=verify, records=records)
            stack.callback(bot.stop)
            bot.start()
            self.slack.wait_until_connected()
            yield bot

    def ask(self, text: str, *, channel: str = GENERAL, thread: str | None = None) -> Message:
        """Mention the bot with this text."""
        return self.slack.say(channel, f"{self.slack.mention} {text}", thread=thread)

    def reply_to(self, question: Message) -> Message:
        """The one reply in the thread of ``question``, once all is quiet."""
        self.slack.wait_for_replies(question.channel, thread=question.thread_ts or question.ts)
        self.slack.quiet()
        (reply,) = self.slack.replies(question.channel, question.thread_ts or question.ts)
        return reply


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Room]:
    """A room in which the bot has not been started."""
    with StandIn(retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        yield Room(slack, Scripted(), tmp_path)


@pytest.fixture
def room(offline: Room) -> Iterator[Room]:
    """A room with the bot in it."""
    with offline.bot():
        yield offline
