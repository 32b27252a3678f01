"""The bot in a workspace: Bolt app, start, and clean end on a signal."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import sleep
from types import FrameType
from typing import Any, TypeVar

import uvicorn

from bot.errors import SettingsError, SlackUnavailableError, StoreError
from bot.search.corpus import Corpus
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import SlackClient, call_slack, create_session
from bot.slack.commands import register_listeners
from bot.slack.credentials import BotIdentity, Credentials, Mode, check_credentials, missing_scopes, verify_credentials
from bot.slack.dispatcher import Dispatcher, Limits, RateLimiter
from bot.slack.home import Editors, Home, QuestionHistory
from bot.slack.interactions import InteractionHandler
from bot.slack.pictures import PagePictures
from bot.slack.resilient_store import ResilientStore, StoreThread
from bot.slack.transports import SocketEndpoint, WebServer, build_app
from bot.store.store import Store
from bot.telemetry import Telemetry

log = logging.getLogger(__name__)

T = TypeVar("T")

LOADING = "load-corpus"
"""Name of the thread on which the archive is loaded."""

# Seconds from the signal until no delivery is started; supervisors usually allow ten seconds in all.
STOP_TIMEOUT = 2.5
# Seconds from the signal until the process ends whatever it is doing; a killed process loses no question either.
END_TIMEOUT = 4.0
# Seconds for interactions, which take a call or two.
INTERACTIONS_STOP_TIMEOUT = 1.0
# Seconds between two renewals of leases: a fifth of a lease.
SYNC_EVERY = 3.0
# Seconds between two searches for pictures that are to be deleted.
CLEAN_EVERY = 300.0
# Seconds between two calls of auth.test.
CHECK_EVERY = 30.0
# Seconds without a connection to Slack after which the bot is not ready.
MAX_DISCONNECTED = 30.0
# Seconds until the next attempt if Slack is unavailable at the start: doubled each time, up to the second.
RETRY_AFTER, MAX_RETRY_AFTER = 1.0, 30.0


class SlackBot:
    """The bot between ``start`` and ``stop``; until ``start_answering``, questions are only queued.

    Runs on the event loop on which it is created. A transport passes requests to ``app``; ``client`` is the bot's, with
    ``identity``.
    """

    def __init__(
        self,
        client: SlackClient,
        identity: BotIdentity,
        *,
        store: Store,
        rules: AccessRules | None = None,
        limits: Limits | None = None,
        telemetry: Telemetry | None = None,
        editors: Editors | None = None,
    ) -> None:
        for scope in missing_scopes(identity):
            log.warning("the bot token lacks the scope %s; add it to the app, then reinstall the app", scope)
        telemetry = telemetry or Telemetry()
        access = AccessControl(rules or AccessRules(), UserDirectory(client), identity.organisation)
        bot_user = identity.bot_user
        self.client = client
        self._thread = thread = StoreThread()
        self._dispatcher = Dispatcher(
            client,
            bot_user=bot_user,
            store=ResilientStore(store),
            thread=thread,
            access=access,
            rate_limiter=RateLimiter(limits or Limits()),
            telemetry=telemetry,
            scopes=identity.scopes,
        )
        telemetry.watch_waiting(lambda: self._dispatcher.unfinished_count)
        self._pictures = PagePictures(client, store, thread)
        self._interactions = InteractionHandler(client, access, store, thread, self._pictures, identity.scopes)
        self._home = Home(client, access, identity, QuestionHistory(client, store, thread, editors or Editors()))
        self._is_revoked = False
        self.app = build_app(bot_user, client.base_url)
        self.app.event("app_mention")(self._dispatcher.handle_event)
        self.app.event("message")(self._dispatcher.handle_event)
        register_listeners(self.app, self._dispatcher.handle_question, bot_user=bot_user)
        for name in self._interactions.actions:
            self.app.action(name)(self._interactions.accept)
        for name in self._interactions.views:
            self.app.view(name)(self._interactions.accept)
        self.app.event("app_home_opened")(self._home.accept)
        self.app.event("tokens_revoked")(self._take_revocation)
        self.app.event("app_uninstalled")(self._take_revocation)
        # Slack redelivers events that are not acknowledged, also those without a listener.
        self.app.event(re.compile(""))(_ignore)
        self._sync: asyncio.Task[None] | None = None
        self._others: list[asyncio.Task[None]] = []

    def find_problem(self) -> str | None:
        """Say why no questions are answered; None if they are."""
        if self._sync is None or self._sync.done():
            return "the bot is not running"
        if self._is_revoked or self.client.is_refused:
            return "Slack refuses the bot token; reinstall the app and set the new SLACK_BOT_TOKEN"
        return self._dispatcher.find_problem()

    def start(self) -> None:
        """Start to renew leases, to take over expired claims, to delete old pictures, and to check the token."""
        self._sync = _start_repeating("renewing leases", self._dispatcher.sync_claims, SYNC_EVERY)
        self._others = [
            _start_repeating("deleting old pictures", self._delete_pictures, CLEAN_EVERY),
            _start_repeating("checking the token", self._check_token, CHECK_EVERY, first_after=CHECK_EVERY),
        ]

    def start_answering(self, corpus: Corpus) -> None:
        """Answer the questions queued so far and all later ones."""
        self._dispatcher.start_answering(corpus)
        self._interactions.corpus = corpus
        self._home.corpus = corpus

    async def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Finish the deliveries possible in ``timeout`` seconds; the rest is taken over by another process."""
        unfinished, *_ = await asyncio.gather(
            self._dispatcher.stop(timeout),
            self._interactions.queues.stop(INTERACTIONS_STOP_TIMEOUT),
            self._home.queues.stop(0.0),
        )
        for task in filter(None, (self._sync, *self._others)):
            task.cancel()
            await asyncio.wait({task})
        if unfinished:
            log.warning("stopped with %d questions unanswered; they are answered after the next start", unfinished)

    def close(self) -> None:
        """End the store's thread; to be called when no more requests arrive."""
        self._thread.stop()

    async def _delete_pictures(self) -> None:
        try:
            await self._pictures.delete_due()
        except StoreError:  # the store's own warning says why
            log.info("old pictures will be deleted once the database can be used")

    async def _check_token(self) -> None:
        """Call ``auth.test``, which updates ``client.is_refused``: only one process receives ``tokens_revoked``."""
        await call_slack(self.client.auth_test())

    async def _take_revocation(self, event: dict[str, Any]) -> None:
        if event.get("type") == "app_uninstalled" or event.get("tokens", {}).get("bot"):
            self._is_revoked = True
            log.error("the app was uninstalled or its token revoked; reinstall it, then set SLACK_BOT_TOKEN")


async def _ignore() -> None:
    pass


def _start_repeating(
    what: str, step: Callable[[], Awaitable[None]], seconds: float, *, first_after: float = 0.0
) -> asyncio.Task[None]:
    """Start a task that awaits ``step`` again and again, also after it failed.

    It waits ``first_after`` seconds before the first step, and ``seconds`` after each; ``what`` names it in the log.
    """

    async def repeat() -> None:
        await asyncio.sleep(first_after)
        while True:
            try:
                await step()
            except Exception:  # without the next step, every claim would expire
                log.exception("%s failed; trying again", what)
            await asyncio.sleep(seconds)

    return asyncio.create_task(repeat())


@dataclass(frozen=True, slots=True)
class Transport:
    """How Slack's events arrive, and where the web server listens."""

    mode: Mode = "socket"
    host: str = "127.0.0.1"
    port: int = 3000
    metrics_public: bool = False


def run_until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Run ``serve`` in the main thread, on the fastest event loop that is installed."""
    factory = uvicorn.Config("", log_config=None).get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serving)


async def serve(
    credentials: Credentials,
    *,
    store: Store,
    load: Callable[[], Corpus],
    ready: Callable[[BotIdentity], None],
    transport: Transport | None = None,
    rules: AccessRules | None = None,
    limits: Limits | None = None,
    telemetry: Telemetry | None = None,
    editors: Editors | None = None,
) -> None:
    """Answer questions until SIGTERM, SIGHUP or SIGINT, also if Slack is unavailable at first.

    ``load`` opens the corpus, on a thread, while questions are queued; ``ready`` is called once connected and loaded.
    Run it in the main thread, because only that can handle signals. SettingsError or SlackError if a token is missing
    or refused, or the address cannot be listened on.
    """
    transport, telemetry = transport or Transport(), telemetry or Telemetry()
    check_credentials(credentials, transport.mode)
    with _signals() as is_signalled:
        signalled = asyncio.create_task(is_signalled.wait())
        async with create_session() as session:
            client = SlackClient(credentials.bot_token, credentials.api_url, session)
            connecting = asyncio.create_task(_wait_for_slack(client, credentials, transport.mode))
            await asyncio.wait({connecting, signalled}, return_when="FIRST_COMPLETED")
            if not connecting.done():
                connecting.cancel()
                return
            identity = connecting.result()
            bot = SlackBot(
                client, identity, store=store, rules=rules, limits=limits, telemetry=telemetry, editors=editors
            )

            async def start_answering() -> None:
                bot.start_answering(await _run_abandonable(load))
                await _run_abandonable(lambda: ready(identity))

            await _run(bot, credentials, transport, telemetry, signalled, start_answering)


async def _run(
    bot: SlackBot,
    credentials: Credentials,
    transport: Transport,
    telemetry: Telemetry,
    signalled: asyncio.Task[bool],
    start_answering: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """Serve until ``signalled`` is done or ``start_answering`` fails."""
    endpoint: SocketEndpoint | None = None
    if transport.mode == "socket":
        endpoint = SocketEndpoint(bot.app, bot.client, app_token=credentials.app_token)

    def find_problem() -> str | None:
        if endpoint is not None and endpoint.disconnected_for > MAX_DISCONNECTED:
            return "the connection to Slack is lost"
        return bot.find_problem()

    server: WebServer | None = None
    try:
        server = WebServer(
            None if endpoint else bot.app,
            signing_secret=credentials.signing_secret,
            telemetry=telemetry,
            find_problem=find_problem,
            host=transport.host,
            port=transport.port,
            metrics_public=transport.metrics_public,
        )
    except SettingsError as error:
        if endpoint is None:
            raise
        log.warning("%s Until then there is no /healthz, /readyz and /metrics.", error)
    receivers = [one for one in (endpoint, server) if one is not None]
    bot.start()
    loading = asyncio.create_task(start_answering())
    try:
        for receiver in receivers:
            receiver.start()
        await asyncio.wait({signalled, loading}, return_when="FIRST_COMPLETED")
        if loading.done():
            loading.result()
            await signalled
    finally:
        for receiver in receivers:
            receiver.stop_accepting()
        await bot.stop()
        await asyncio.gather(*(receiver.stop() for receiver in receivers))
        bot.close()
        loading.cancel()


async def _wait_for_slack(client: SlackClient, credentials: Credentials, mode: Mode) -> BotIdentity:
    """Return the bot's identity as soon as Slack is available. SlackError if it refuses a token."""
    wait = RETRY_AFTER
    while True:
        try:
            return await verify_credentials(client, credentials, mode)
        except SlackUnavailableError as error:
            log.warning("%s Trying again in %.0f s.", error, wait)
        await asyncio.sleep(wait)
        wait = min(MAX_RETRY_AFTER, 2 * wait)


async def _run_abandonable(work: Callable[[], T]) -> T:
    """Run ``work`` on a thread that ends with the process, so that a signal ends that although an archive loads."""
    future = Future[T]()
    future.set_running_or_notify_cancel()  # it cannot be cancelled any more

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 -- raised where the result is awaited
            future.set_exception(error)

    Thread(target=run, name=LOADING, daemon=True).start()
    return await asyncio.wrap_future(future)


def _exit() -> None:
    sys.stdout.flush()
    os._exit(0)


def _end_after_signal(numbers: SimpleQueue[int]) -> None:
    numbers.get()
    sleep(END_TIMEOUT)
    os._exit(0)  # without a log line, which could block


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """An event that is set on a signal to end, ``END_TIMEOUT`` seconds after which the process ends in any case."""
    loop, signalled = asyncio.get_running_loop(), asyncio.Event()
    numbers = SimpleQueue[int]()  # unlike locks, safe in a signal handler
    # On a thread, because the loop may be blocked or closed by then, and the interpreter wait for other threads.
    Thread(target=_end_after_signal, args=(numbers,), daemon=True).start()

    def handle(number: int, _frame: FrameType | None) -> None:
        numbers.put(number)
        loop.call_soon_threadsafe(signalled.set)

    numbers_handled = [signal.SIGTERM, signal.SIGINT]
    # Sent when a terminal is closed; ``nohup`` has it ignored.
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers_handled.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers_handled}
    try:
        yield signalled
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signalled.is_set():
        # Taking the interpreter apart takes seconds with an archive in memory, and stops the thread that limits them.
        atexit.register(_exit)
