"""A stand-in Slack with the bot connected to it over a real websocket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.events import SCOPES
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL
from bot.slack.access import AccessRules
from bot.slack.app import SlackBot
from bot.slack.client import Credentials
from bot.slack.dispatcher import Limits
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.features import scopes
from bot.slack.home import Editors
from bot.slack.layout import texts_in
from bot.slack.transports import HttpEndpoint, SocketEndpoint
from bot.store.store import Store
from bot.telemetry import Telemetry

from .articles import Alone, Scripted

EVERY_SCOPE = ("chat:write", "users:read", *sorted({scope for names in SCOPES.values() for scope in names}))

CONTROLS = frozenset({"actions", "context_actions"})


def shown(message: Message) -> str:
    """All that is to be read in a message but its buttons: a line for each block, and for each item of a list."""
    return "\n".join(line for block in message.blocks if block["type"] not in CONTROLS for line in _lines(block))


def _lines(block: Json) -> list[str]:
    parts = block.get("elements", [block])
    if parts[0]["type"] == "rich_text_list":
        return ["".join(texts_in(item)) for item in parts[0]["elements"]]
    return [" ".join("".join(texts_in(part)) for part in parts)]


@dataclass
class Room:
    """A workspace, the librarian behind the bot, and what is needed to start the bot again."""

    slack: FakeSlack
    librarian: Scripted
    state: Path

    def access(self) -> Credentials:
        return Credentials(self.slack.bot_token, self.slack.app_token, self.slack.api_url)

    @contextmanager
    def bot(
        self,
        *,
        rules: AccessRules | None = None,
        limits: Limits | None = None,
        store: Store | None = None,
        is_loaded: bool = True,
        connections: int = 1,
        editors: Editors | None = None,
    ) -> Iterator[SlackBot]:
        """The bot, connected and (unless the archive is not loaded) answering, with the records of this room."""
        with ExitStack() as stack:
            own = store or Store(self.state)
            stack.callback(own.close)
            bot = SlackBot(self.access(), store=own, rules=rules, limits=limits, editors=editors)
            stack.callback(bot.stop)
            endpoint = SocketEndpoint(bot.app, app_token=self.slack.app_token)
            stack.callback(endpoint.stop)
            stack.callback(endpoint.retire)
            bot.start()
            if is_loaded:
                self.open(bot)
            endpoint.start()
            self.slack.wait_until_connected(connections=connections)
            yield bot

    @contextmanager
    def bot_at_address(self, rules: AccessRules | None = None) -> Iterator[SlackBot]:
        """The bot, answering signed requests that Slack sends to its own address, without an app-level token."""
        access = Credentials(self.slack.bot_token, None, self.slack.api_url, self.slack.signing_secret)
        with ExitStack() as stack:
            telemetry, store = Telemetry(), Store(self.state)
            stack.callback(store.close)
            bot = SlackBot(access, store=store, telemetry=telemetry, rules=rules)
            stack.callback(bot.stop)
            entrance = HttpEndpoint(
                bot.app,
                signing_secret=access.secret,
                telemetry=telemetry,
                is_ready=lambda: bot.is_ready,
                host="127.0.0.1",
                port=0,
            )
            stack.callback(entrance.stop)
            stack.callback(entrance.retire)
            bot.start()
            self.open(bot)
            entrance.start()
            self.slack.use_request_url(f"http://127.0.0.1:{entrance.port}/slack/events")
            yield bot

    def open(self, bot: SlackBot) -> None:
        """Give the bot its archive."""
        bot.open(Alone(self.librarian))

    def leave_claimed(self, *messages: Message) -> None:
        """Leave these questions as a process leaves them that was killed a minute ago: claimed and not settled."""
        store = Store(self.state, clock=lambda: time.time() - 60)
        for message in messages:
            body = next(one.payload for one in self.slack.deliveries if one.event["ts"] == message.ts)
            read = parse_event(body, bot_user=self.slack.bot_user)
            assert isinstance(read, IncomingQuestion)
            assert store.claim(read.event) is not None
        store.close()

    def ask(self, text: str, *, channel: str = GENERAL, thread: str | None = None) -> Message:
        """Mention the bot with this text."""
        return self.slack.say(channel, f"{self.slack.mention} {text}", thread=thread)

    def reply_to(self, question: Message) -> Message:
        """The one reply in the thread of ``question``, once all is quiet."""
        self.slack.wait_for_replies(question.channel, thread=question.thread_ts or question.ts)
        self.slack.wait_until_idle()
        (reply,) = self.slack.replies(question.channel, question.thread_ts or question.ts)
        return reply


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Room]:
    """A room in which the bot has not been started."""
    with FakeSlack(scopes=scopes("base"), retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        yield Room(slack, Scripted(), tmp_path)


@pytest.fixture
def room(offline: Room) -> Iterator[Room]:
    """A room with the bot in it."""
    with offline.bot():
        yield offline
