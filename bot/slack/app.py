"""The bot in a workspace: Bolt app, start, and clean end on a signal."""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import FrameType
from typing import Any

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

log = logging.getLogger(__name__)

# Seconds from the signal until no delivery is started; supervisors usually allow ten seconds in all.
STOP_TIMEOUT = 3.5
# Further seconds for interactions, which take a call or two.
INTERACTIONS_STOP_TIMEOUT = 1.0
# Seconds between two renewals of leases: a fifth of a lease.
SYNC_EVERY = 3.0
# Seconds between two checks for a signal that another thread caught.
SIGNAL_CHECK_EVERY = 0.25


def build_app(client: WebClient, handle: Callable[[dict[str, Any]], bool]) -> App:
    """Build the Bolt app that passes the body of every message and mention to ``handle``.

    An event is acknowledged if ``handle`` returns true; otherwise Slack delivers it again. SlackError if Slack refuses
    the token.
    """
    try:
        app = App(client=client, process_before_response=True)
    except BoltError as error:
        raise SlackError(f"Slack does not accept the bot token ({error}); check SLACK_BOT_TOKEN.") from error

    def handle_event(body: dict[str, Any]) -> BoltResponse | None:
        return None if handle(body) else BoltResponse(status=503)

    app.event("app_mention")(handle_event)
    app.event("message")(handle_event)
    return app


def register_interactions(app: App, handler: InteractionHandler) -> None:
    """Pass every interaction that ``handler`` knows to it; acknowledged if it takes it."""

    def handle(ack: Ack, body: dict[str, Any]) -> None:
        if handler.accept(body):
            ack()

    for name in handler.actions:
        app.action(name)(handle)
    for name in handler.views:
        app.view(name)(handle)


class SlackBot:
    """The bot between ``start`` and ``stop``; until ``start_answering``, questions are only queued.

    A transport passes requests to ``app``. SlackError if Slack refuses the bot token or cannot be reached.
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
        retrying_client = create_client(credentials.bot_token, credentials.api_url)
        self.identity: BotIdentity = fetch_identity(retrying_client)
        for scope in missing_scopes(self.identity):
            log.warning("the bot token lacks the scope %s; add it to the app, then reinstall the app", scope)
        # Deliveries retry by themselves.
        client = create_client(credentials.bot_token, credentials.api_url, retries=False)
        telemetry = telemetry or Telemetry()
        access = AccessControl(rules or AccessRules(), UserDirectory(client))
        bot_user = self.identity.bot_user
        self._dispatcher = Dispatcher(
            client,
            bot_user=bot_user,
            store=ResilientStore(store),
            access=access,
            rate_limiter=RateLimiter(limits or Limits()),
            telemetry=telemetry,
            scopes=self.identity.scopes,
        )
        telemetry.watch_waiting(lambda: self._dispatcher.unfinished_count)
        self.app: App = build_app(retrying_client, self._dispatcher.handle_event)
        self._interactions = InteractionHandler(client, access, store, bot_user)
        register_interactions(self.app, self._interactions)
        register_listeners(self.app, self._dispatcher.handle_question, bot_user=bot_user)
        self._home = Home(client, access, self.identity, QuestionHistory(client, store, editors or Editors()))
        self._home.listen(self.app)
        # Slack redelivers events that are not acknowledged, also those without a listener.
        self.app.event(re.compile(""))(lambda: None)
        self._is_stopped = Event()
        self._sync_thread = Thread(target=self._sync_claims, name="sync-claims", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered."""
        return self._dispatcher.is_answering and self._sync_thread.is_alive()

    def start(self) -> None:
        """Start to renew leases and to take over expired claims."""
        self._sync_thread.start()

    def start_answering(self, corpus: CorpusProtocol) -> None:
        """Answer the questions queued so far and all later ones."""
        self._dispatcher.start_answering(corpus)
        self._interactions.open(corpus)
        self._home.open(corpus)

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Finish the deliveries possible in ``timeout`` seconds; the rest is taken over by another process."""
        unfinished = self._dispatcher.stop(timeout)
        self._interactions.finish(INTERACTIONS_STOP_TIMEOUT)
        self._home.finish(0.0)
        self._is_stopped.set()
        if self._sync_thread.is_alive():
            self._sync_thread.join(1.0)
        if unfinished:
            log.warning("stopped with %d questions unanswered; they are answered after the next start", unfinished)

    def _sync_claims(self) -> None:
        while True:
            try:
                self._dispatcher.sync_claims()
            except Exception:  # without this thread, every claim would expire
                log.exception("renewing leases failed; trying again")
            if self._is_stopped.wait(SYNC_EVERY):
                return


@dataclass(frozen=True, slots=True)
class Transport:
    """How Slack's events arrive; ``host``, ``port`` and ``metrics_public`` are for HTTP mode."""

    mode: Mode = "socket"
    host: str = "127.0.0.1"
    port: int = 3000
    metrics_public: bool = False


def create_endpoint(
    credentials: Credentials, bot: SlackBot, transport: Transport, telemetry: Telemetry
) -> SocketEndpoint | HttpEndpoint:
    """Create the endpoint for ``bot``. SettingsError if the address cannot be listened on."""
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
    """Answer questions until SIGTERM or SIGINT; return the exit status, 0.

    ``load`` opens the corpus while questions are queued; ``ready`` is called once connected and loaded. Call it in the
    main thread, because only that can handle signals.
    """
    transport, telemetry = transport or Transport(), telemetry or Telemetry()
    check_credentials(credentials, transport.mode)
    bot = SlackBot(credentials, store=store, rules=rules, limits=limits, telemetry=telemetry, editors=editors)
    endpoint = create_endpoint(credentials, bot, transport, telemetry)
    errors: list[Exception] = []
    with _signals() as signalled:

        def load_corpus() -> None:
            try:
                bot.start_answering(load())
                ready(bot.identity)
            except Exception as error:  # noqa: BLE001 -- raised in the main thread
                errors.append(error)
                signalled.put(None)

        bot.start()
        try:
            endpoint.start()
            Thread(target=load_corpus, name="load-corpus", daemon=True).start()
            _wait_for(signalled)
        finally:
            endpoint.stop_accepting()
            bot.stop()
            endpoint.stop()
    if errors:
        raise errors[0]
    return 0


def _wait_for(signalled: SimpleQueue[None]) -> None:
    """Wait until the queue has an item. A signal that another thread catches is handled when this thread next runs."""
    while True:
        with suppress(Empty):
            signalled.get(timeout=SIGNAL_CHECK_EVERY)
            return


@contextmanager
def _signals() -> Iterator[SimpleQueue[None]]:
    """Put an item into the queue on SIGTERM or SIGINT.

    A signal may interrupt code that holds the lock of an ``Event``; a ``SimpleQueue`` has no lock.
    """
    signalled: SimpleQueue[None] = SimpleQueue()

    def handle(_number: int, _frame: FrameType | None) -> None:
        signalled.put(None)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
