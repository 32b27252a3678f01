"""The bot in a workspace, from checked tokens to a clean end, whichever way Slack's events come in.

Keeps secret that the archive loads while questions are already taken, and in which order all that runs is ended.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import Protocol

from bot.records import Records
from bot.slack.admission import Rules
from bot.slack.bot import SlackBot
from bot.slack.composing import Shelf
from bot.slack.connection import Access, Identity, Mode, check_access, check_set
from bot.slack.history import Editors
from bot.slack.http import HttpEndpoint
from bot.slack.limits import Limits
from bot.slack.socketmode import SocketEndpoint
from bot.telemetry import Telemetry

__all__ = ["Access", "SlackBot", "WayIn", "check_access", "serve"]

# Seconds between two moments at which a signal is heard, wherever it was caught.
LISTEN_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class WayIn:
    """How Slack's events come in; ``host``, ``port`` and ``metrics_public`` are for HTTP mode."""

    mode: Mode = "socket"
    host: str = "127.0.0.1"
    port: int = 3000
    metrics_public: bool = False


class Endpoint(Protocol):
    """A way in: begun, then told to take no more, then ended."""

    def start(self) -> None: ...

    def retire(self) -> None: ...

    def stop(self) -> None: ...


def endpoint(access: Access, bot: SlackBot, way_in: WayIn, telemetry: Telemetry) -> Endpoint:
    """The way in by which ``bot`` gets its events. SettingsError where it cannot be listened at."""
    if way_in.mode == "socket":
        return SocketEndpoint(bot.app, app_token=access.app)
    return HttpEndpoint(
        bot.app,
        signing_secret=access.secret,
        telemetry=telemetry,
        is_ready=lambda: bot.is_ready,
        host=way_in.host,
        port=way_in.port,
        metrics_public=way_in.metrics_public,
    )


def serve(
    access: Access,
    *,
    records: Records,
    load: Callable[[], Shelf],
    ready: Callable[[Identity], None],
    way_in: WayIn | None = None,
    rules: Rules | None = None,
    limits: Limits | None = None,
    telemetry: Telemetry | None = None,
    editors: Editors | None = None,
) -> int:
    """Answer questions until SIGTERM or SIGINT. The process's exit status, 0.

    ``load`` gives the archive; questions that come before it has returned wait. ``ready`` is called once connected and
    loaded. To be called in the main thread, which alone can receive signals.
    """
    way_in, telemetry = way_in or WayIn(), telemetry or Telemetry()
    check_set(access, way_in.mode)
    bot = SlackBot(access, records=records, rules=rules, limits=limits, telemetry=telemetry, editors=editors)
    entrance = endpoint(access, bot, way_in, telemetry)
    with _Signals() as end:
        loading = _Loading(load, bot, ready, end)
        bot.start()
        try:
            entrance.start()
            loading.start()
            _wait_for(end)
        finally:
            entrance.retire()
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
        load: Callable[[], Shelf],
        bot: SlackBot,
        ready: Callable[[Identity], None],
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
