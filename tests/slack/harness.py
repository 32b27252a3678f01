"""The fake Slack with the bot connected to it, and what most tests do there: ask, run the command, share."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.models import Json
from bot.playground.events import SCOPES
from bot.playground.interactivity import Command, InteractionResult, Shortcut
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL, YOU
from bot.search.corpus import Corpus
from bot.slack.access import AccessRules
from bot.slack.app import SlackBot
from bot.slack.blocks import texts_in
from bot.slack.client import SlackClient, create_session
from bot.slack.credentials import Credentials, fetch_identity
from bot.slack.dispatcher import Limits
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.features import COMMAND, SHORTCUT, SHORTCUT_ID, events, scopes
from bot.slack.home import Editors
from bot.slack.layout import SHARE
from bot.slack.transports import WEBSOCKETS, SocketEndpoint, WebServer
from bot.store.store import Store
from bot.telemetry import Telemetry

from .loop import LoopThread, loop_thread
from .samples import FixedCorpus, ScriptedAnswerer

EVERY_SCOPE = ("chat:write", "users:read", *sorted({scope for names in SCOPES.values() for scope in names}))

BUTTON_BLOCKS = frozenset({"actions", "context_actions"})


def shown(message: Message) -> str:
    """The text of a message without its buttons: a line for each block and for each list item."""
    return "\n".join(line for block in message.blocks if block["type"] not in BUTTON_BLOCKS for line in _lines(block))


def _lines(block: Json) -> list[str]:
    parts = block.get("elements", [block])
    if parts[0]["type"] == "rich_text_list":
        return ["".join(texts_in(item)) for item in parts[0]["elements"]]
    return [" ".join("".join(texts_in(part)) for part in parts)]


@dataclass(frozen=True)
class RunningBot:
    """A bot and the event loop it runs on."""

    bot: SlackBot
    loop: LoopThread

    @property
    def is_ready(self) -> bool:
        return self.bot.find_problem() is None

    def start_answering(self, corpus: FixedCorpus) -> None:
        """Give the bot a corpus."""

        async def start() -> None:
            self.bot.start_answering(corpus)

        self.loop.run(start())

    async def create_socket(self, app_token: str) -> SocketEndpoint:
        return SocketEndpoint(self.bot.app, self.bot.client, app_token=app_token)

    @contextmanager
    def receiving(self, endpoint: SocketEndpoint | WebServer) -> Iterator[None]:
        """Start ``endpoint``; at the end, stop it together with the bot, as ``serve`` does."""

        async def start() -> None:
            endpoint.start()

        async def stop() -> None:
            endpoint.stop_accepting()
            await self.bot.stop()
            await endpoint.stop()

        self.loop.run(start())
        try:
            yield
        finally:
            self.loop.run(stop())


async def _close(bot: SlackBot) -> None:
    bot.close()
    if bot.client.session is not None:
        await bot.client.session.close()


@dataclass
class Harness:
    """The fake Slack, the answerer behind the bot, and the state folder, so that the bot can be started again."""

    slack: FakeSlack
    answerer: ScriptedAnswerer
    state: Path

    def credentials(self) -> Credentials:
        return Credentials(self.slack.bot_token, self.slack.app_token, self.slack.api_url)

    @contextmanager
    def bot(
        self,
        *,
        rules: AccessRules | None = None,
        limits: Limits | None = None,
        store: Store | None = None,
        is_loaded: bool = True,
        bots: int = 1,
        editors: Editors | None = None,
    ) -> Iterator[RunningBot]:
        """The bot, connected and, if ``is_loaded``, answering. Its database is in the state folder.

        ``bots`` is how many there are then.
        """
        with self._running_bot(store, rules=rules, limits=limits, editors=editors) as bot:
            endpoint = bot.loop.run(bot.create_socket(self.slack.app_token))
            if is_loaded:
                self.start_answering(bot)
            with bot.receiving(endpoint):
                self.slack.wait_until_connected(connections=bots * WEBSOCKETS)
                yield bot

    @contextmanager
    def http_bot(self, rules: AccessRules | None = None) -> Iterator[RunningBot]:
        """The bot in HTTP mode: it answers signed requests and has no app-level token."""
        with self._running_bot(None, rules=rules) as bot:
            server = WebServer(
                bot.bot.app,
                signing_secret=self.slack.signing_secret,
                telemetry=Telemetry(),
                find_problem=bot.bot.find_problem,
            )
            self.start_answering(bot)
            with bot.receiving(server):
                self.slack.use_request_url(f"http://127.0.0.1:{server.port}/slack/events")
                yield bot

    @contextmanager
    def _running_bot(
        self,
        store: Store | None,
        *,
        rules: AccessRules | None = None,
        limits: Limits | None = None,
        editors: Editors | None = None,
    ) -> Iterator[RunningBot]:
        with loop_thread() as loop, closing(store or Store(self.state)) as own:

            async def create() -> SlackBot:
                client = SlackClient(self.slack.bot_token, self.slack.api_url, create_session())
                identity = await fetch_identity(client)
                bot = SlackBot(client, identity, store=own, rules=rules, limits=limits, editors=editors)
                bot.start()
                return bot

            bot = loop.run(create())
            try:
                yield RunningBot(bot, loop)
            finally:
                loop.run(_close(bot))

    def start_answering(self, bot: RunningBot, corpus: Corpus | None = None) -> None:
        """Give the bot its corpus: ``corpus``, or that of the scripted answerer."""

        async def start() -> None:
            bot.bot.start_answering(corpus or FixedCorpus(self.answerer))

        bot.loop.run(start())

    def leave_claimed(self, *messages: Message) -> None:
        """Claim these questions as a process would that was killed a minute ago, before it replied."""
        store = Store(self.state, clock=lambda: time.time() - 60)
        for message in messages:
            body = next(one.payload for one in self.slack.deliveries if one.event["ts"] == message.ts)
            read = parse_event(body, bot_user=self.slack.bot_user)
            assert isinstance(read, IncomingQuestion)
            assert store.claim(read.event) is not None
        store.close()

    def ask(self, text: str, *, channel: str = GENERAL, thread: str | None = None) -> Message:
        """Mention the bot with ``text``."""
        return self.slack.say(channel, f"{self.slack.mention} {text}", thread=thread)

    def reply_to(self, question: Message) -> Message:
        """The one reply in the thread of ``question``, once nothing is in progress."""
        self.slack.wait_for_replies(question.channel, thread=question.thread_ts or question.ts)
        self.slack.wait_until_idle()
        (reply,) = self.slack.replies(question.channel, question.thread_ts or question.ts)
        return reply


@contextmanager
def full_harness(state: Path, *, without: Iterable[str] = ()) -> Iterator[Harness]:
    """A harness for the full variant of the app, with all its scopes but ``without``; the bot is not started."""
    granted = [scope for scope in scopes("full") if scope not in set(without)]
    with FakeSlack(
        scopes=granted,
        subscriptions=events("full"),
        retry_after_seconds=(0.0, 0.0, 0.0),
        commands=[Command(COMMAND.name, COMMAND.description)],
        shortcuts=[Shortcut(SHORTCUT_ID, SHORTCUT.name)],
    ) as slack:
        yield Harness(slack, ScriptedAnswerer(), state)


def private_messages(harness: Harness, count: int = 1, *, user: str = YOU) -> list[Message]:
    """The ephemeral messages to ``user``, once there are at least ``count`` and nothing is in progress."""
    harness.slack.wait_until(lambda: len(harness.slack.workspace.ephemerals(user)) >= count)
    harness.slack.wait_until_idle()
    return list(harness.slack.workspace.ephemerals(user))


def run_command(harness: Harness, channel: str, text: str, *, user: str = YOU) -> Message:
    """The one private reply to ``/pullquote text``."""
    before = len(harness.slack.workspace.ephemerals(user))
    result = harness.slack.interactivity.run_command(channel, f"{COMMAND.name} {text}", user=user)
    assert result == InteractionResult()
    *_, last = private_messages(harness, before + 1, user=user)
    assert len(harness.slack.workspace.ephemerals(user)) == before + 1
    return last


def share(harness: Harness, message: Message, *, user: str = YOU) -> None:
    """Press the button that shares a private answer, and wait until nothing is in progress."""
    assert harness.slack.interactivity.click(message, SHARE, user=user) == InteractionResult()
    harness.slack.wait_until_idle()
