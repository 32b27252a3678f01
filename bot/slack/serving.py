"""The bot connected to Slack by Socket Mode: from checked tokens to a clean end.

Keeps secret what the Socket Mode client does to reconnect and to close.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from types import FrameType

from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.errors import SlackError
from bot.models import Quote
from bot.records import Records
from bot.slack.connection import Identity, check_tokens, connect, introduce, is_loopback, missing_scopes, socket_address
from bot.slack.listeners import Answers, Desk, build_app
from bot.slack.workers import Workers

log = logging.getLogger(__name__)

# Seconds from the signal to the end; a supervisor's patience is usually ten.
END_WITHIN = 3.5
# Seconds between two pings, which is how long a connection that was cut without a word goes unnoticed at most.
PING_EVERY = 3.0


@dataclass(frozen=True, slots=True)
class Access:
    """What it takes to connect; None where a token is not set."""

    bot_token: str | None = field(repr=False)
    app_token: str | None = field(repr=False)
    api_url: str


def check_access(access: Access) -> None:
    """Raise SettingsError or SlackError where ``access`` does not do; nothing is connected."""
    check_tokens(access.bot_token, access.app_token)
    client = connect((access.bot_token or "").strip(), access.api_url)
    introduce(client)
    socket_address(client, (access.app_token or "").strip())


class SlackBot:
    """The bot between ``start`` and ``stop``. SettingsError or SlackError where ``access`` does not do."""

    def __init__(self, access: Access, *, answers: Answers, verify: Callable[[Quote], None], records: Records) -> None:
        check_tokens(access.bot_token, access.app_token)
        bot_token, app_token = (access.bot_token or "").strip(), (access.app_token or "").strip()
        self._client = connect(bot_token, access.api_url)
        self.identity: Identity = introduce(self._client)
        for scope in missing_scopes(self.identity):
            log.warning("the bot's token lacks the scope %s; add it to the app and install the app again", scope)
        self._workers = Workers()
        app = build_app(Desk(self._client, answers, verify, records), self._workers)
        self._socket = SocketModeHandler(app, app_token, ping_interval=PING_EVERY, receive_buffer_size=16 * 1024)
        if is_loopback(access.api_url):
            self._socket.client.proxy = None

    def start(self) -> None:
        """Open the websocket; from here on questions are answered, and a lost connection is opened again."""
        socket = self._socket.client
        socket.wss_uri = socket_address(self._client, socket.app_token)
        socket.connect()
        if not socket.is_connected():
            self.stop()
            raise SlackError("Slack's websocket cannot be opened; check the network and a proxy, then start again.")

    def stop(self) -> None:
        """Close the websocket and finish the questions in hand, in END_WITHIN seconds; what is left then is logged."""
        deadline = monotonic() + END_WITHIN
        closing = Thread(target=self._close_socket, daemon=True)
        closing.start()
        left = self._workers.finish(END_WITHIN)
        closing.join(max(0.0, deadline - monotonic()))
        if left:
            log.warning("ended with %d questions unanswered; they were taken but not settled", left)

    def _close_socket(self) -> None:
        client = self._socket.client
        if client.current_session is not None:
            # The client notices that it is to end when its next receive returns, up to three seconds later; the reply
            # to the ping by which it checks its connection makes that at once.
            client.current_session_state.terminated = True
            client.current_session.check_state()
        client.close()


def serve(
    access: Access,
    *,
    answers: Answers,
    verify: Callable[[Quote], None],
    records: Records,
    ready: Callable[[Identity], None],
) -> int:
    """Answer questions until SIGTERM or SIGINT; ``ready`` is called once connected. The process's exit status, 0.

    To be called in the main thread, which alone can receive signals.
    """
    bot = SlackBot(access, answers=answers, verify=verify, records=records)
    end = Event()

    def ask_to_end(_number: int, _frame: FrameType | None) -> None:
        end.set()

    before = {number: signal.signal(number, ask_to_end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        bot.start()
        ready(bot.identity)
        end.wait()
        bot.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0
