"""Bolt's listeners: every event is handed over and acknowledged. Keeps secret how Bolt is told to.

What answers in a workspace, from its start to a clean end, whichever way Slack's events come to it.

Keeps secret who runs beside whom: the lanes, and the keeper of what was claimed.

The bot in a workspace, from checked tokens to a clean end, whichever way Slack's events come in.

Keeps secret that the archive loads while questions are already taken, and in which order all that runs is ended.
"""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import FrameType
from typing import Any, Protocol

from slack_bolt import Ack, App, BoltResponse
from slack_bolt.error import BoltError
from slack_sdk import WebClient

from bot.errors import SlackError
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import (
    BotIdentity,
    Credentials,
    Mode,
    check_credentials,
    create_client,
    fetch_identity,
    missing_scopes,
)
from bot.slack.commands import register_listeners
from bot.slack.dispatcher import Dispatcher, Limits, RateLimiter
from bot.slack.home import Editors, Home, QuestionHistory
from bot.slack.interactions import InteractionHandler
from bot.slack.render import CorpusProtocol
from bot.slack.resilient_store import ResilientStore
from bot.slack.transports import HttpEndpoint, SocketEndpoint
from bot.store.store import Store
from bot.telemetry import Telemetry


def build_app(client: WebClient, take: Callable[[dict[str, Any]], bool]) -> App:
    """The Bolt app that hands the body of every message and mention to ``take``. SlackError when Slack refuses it.

    An event is acknowledged once ``take`` has returned true; any other, Slack delivers again.
    """
    try:
        app = App(client=client, process_before_response=True)
    except BoltError as error:
        raise SlackError(f"Slack does not accept the bot's token ({error}); check SLACK_BOT_TOKEN.") from error

    def take_event(body: dict[str, Any]) -> BoltResponse | None:
        return None if take(body) else BoltResponse(status=503)

    app.event("app_mention")(take_event)
    app.event("message")(take_event)
    return app


def acknowledge_the_rest(app: App) -> None:
    """Acknowledge every event that has no listener yet: what is not, Slack delivers again and again."""
    app.event(re.compile(""))(lambda: None)


def listen_to_presses(app: App, presses: InteractionHandler) -> None:
    """Hand every press that ``presses`` knows to it; one that it does not take is not acknowledged."""

    def take(ack: Ack, body: dict[str, Any]) -> None:
        if presses.accept(body):
            ack()

    for name in presses.actions:
        app.action(name)(take)
    for name in presses.views:
        app.view(name)(take)


log = logging.getLogger(__name__)

# Seconds from the signal until no question is begun; a supervisor's patience is usually ten.
END_WITHIN = 3.5
# Seconds more for presses, each of which is a call or two.
PRESSES_END_WITHIN = 1.0
# Seconds between two looks after what was claimed: a fifth of a lease.
KEEP_EVERY = 3.0


class SlackBot:
    """What answers, between ``start`` and ``stop``: until ``open`` it collects. Whatever brings events gives them to
    ``app``. SlackError where Slack refuses the bot's token or cannot be reached.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        store: Store,
        rules: AccessRules | None = None,
        limits: Limits | None = None,
        telemetry: Telemetry | None = None,
        editors: Editors | None = None,
    ) -> None:
        patient = create_client(credentials.bot_token, credentials.api_url)
        self.identity: BotIdentity = fetch_identity(patient)
        for scope in missing_scopes(self.identity):
            log.warning("the bot's token lacks the scope %s; add it to the app and install the app again", scope)
        # The lanes wait in its stead.
        client = create_client(credentials.bot_token, credentials.api_url, retries=False)
        telemetry = telemetry or Telemetry()
        access = AccessControl(rules or AccessRules(), UserDirectory(client))
        self._desk = Dispatcher(
            client,
            bot_user=self.identity.bot_user,
            store=ResilientStore(store),
            access=access,
            rate_limiter=RateLimiter(limits or Limits()),
            telemetry=telemetry,
            scopes=self.identity.scopes,
        )
        telemetry.watch_waiting(lambda: self._desk.waiting)
        self.app: App = build_app(patient, self._desk.take)
        self._presses = InteractionHandler(client, access, store, self.identity.bot_user)
        listen_to_presses(self.app, self._presses)
        register_listeners(self.app, self._desk.take_question, bot_user=self.identity.bot_user)
        self._home = Home(client, access, self.identity, QuestionHistory(client, store, editors or Editors()))
        self._home.listen(self.app)
        acknowledge_the_rest(self.app)
        self._has_ended = Event()
        self._keeper = Thread(target=self._keep, name="keeper", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered at the moment."""
        return self._desk.is_open and self._keeper.is_alive()

    def start(self) -> None:
        """Begin to look after what is claimed, and to take over what another process left behind."""
        self._keeper.start()

    def open(self, shelf: CorpusProtocol) -> None:
        """Answer from now on."""
        self._desk.open(shelf)
        self._presses.open(shelf)
        self._home.open(shelf)

    def stop(self, within: float = END_WITHIN) -> None:
        """Finish the questions in hand, ``within`` seconds; what is left then is another process's to take over."""
        left = self._desk.finish(within)
        self._presses.finish(PRESSES_END_WITHIN)
        self._home.finish(0.0)
        self._has_ended.set()
        if self._keeper.is_alive():
            self._keeper.join(1.0)
        if left:
            log.warning("ended with %d questions unanswered; they are taken up at the next start", left)

    def _keep(self) -> None:
        while True:
            try:
                self._desk.keep()
            except Exception:  # the edge of the thread, without which every claim would be lost within a lease
                log.exception("a fault in keeping what was claimed; it is tried again")
            if self._has_ended.wait(KEEP_EVERY):
                return


# Seconds between two moments at which a signal is heard, wherever it was caught.
LISTEN_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Transport:
    """How Slack's events come in; ``host``, ``port`` and ``metrics_public`` are for HTTP mode."""

    mode: Mode = "socket"
    host: str = "127.0.0.1"
    port: int = 3000
    metrics_public: bool = False


class Endpoint(Protocol):
    """A way in: begun, then told to take no more, then ended."""

    def start(self) -> None: ...

    def stop_accepting(self) -> None: ...

    def stop(self) -> None: ...


def endpoint(credentials: Credentials, bot: SlackBot, transport: Transport, telemetry: Telemetry) -> Endpoint:
    """The way in by which ``bot`` gets its events. SettingsError where it cannot be listened at."""
    if transport.mode == "socket":
        return SocketEndpoint(bot.app, app_token=credentials.app_token)
    return HttpEndpoint(
        bot.app,
        signing_secret=credentials.signing_secret,
        telemetry=telemetry,
        is_ready=lambda: bot.is_ready,
        host=transport.host,
        port=transport.port,
        metrics_public=transport.metrics_public,
    )


def serve(
    credentials: Credentials,
    *,
    store: Store,
    load: Callable[[], CorpusProtocol],
    ready: Callable[[BotIdentity], None],
    transport: Transport | None = None,
    rules: AccessRules | None = None,
    limits: Limits | None = None,
    telemetry: Telemetry | None = None,
    editors: Editors | None = None,
) -> int:
    """Answer questions until SIGTERM or SIGINT. The process's exit status, 0.

    ``load`` gives the archive; questions that come before it has returned wait. ``ready`` is called once connected and
    loaded. To be called in the main thread, which alone can receive signals.
    """
    transport, telemetry = transport or Transport(), telemetry or Telemetry()
    check_credentials(credentials, transport.mode)
    bot = SlackBot(credentials, store=store, rules=rules, limits=limits, telemetry=telemetry, editors=editors)
    entrance = endpoint(credentials, bot, transport, telemetry)
    with _Signals() as end:
        loading = _Loading(load, bot, ready, end)
        bot.start()
        try:
            entrance.start()
            loading.start()
            _wait_for(end)
        finally:
            entrance.stop_accepting()
            bot.stop()
            entrance.stop()
    if loading.error is not None:
        raise loading.error
    return 0


def _wait_for(end: SimpleQueue[None]) -> None:
    """Wait until something is in the queue. A signal that another thread catches wakes nobody, and is heard here when
    this thread runs next.
    """
    while True:
        with suppress(Empty):
            end.get(timeout=LISTEN_EVERY)
            return


class _Loading(Thread):
    """Loads the archive beside the connection; ``error`` is why it could not, which ends the process."""

    def __init__(
        self,
        load: Callable[[], CorpusProtocol],
        bot: SlackBot,
        ready: Callable[[BotIdentity], None],
        end: SimpleQueue[None],
    ) -> None:
        super().__init__(name="loading", daemon=True)
        self._load, self._bot, self._ready, self._end = load, bot, ready, end
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._bot.open(self._load())
            self._ready(self._bot.identity)
        except Exception as error:  # noqa: BLE001 -- handed to the main thread, which raises it
            self.error = error
            self._end.put(None)


class _Signals:
    """Within it, SIGTERM and SIGINT put something into the queue that it gives.

    A signal interrupts whoever waits for it, perhaps while a lock is held that setting an event would wait for; this
    kind of queue alone has none.
    """

    def __enter__(self) -> SimpleQueue[None]:
        end: SimpleQueue[None] = SimpleQueue()

        def ask_to_end(_number: int, _frame: FrameType | None) -> None:
            end.put(None)

        self._before = {number: signal.signal(number, ask_to_end) for number in (signal.SIGTERM, signal.SIGINT)}
        return end

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
