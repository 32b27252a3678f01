"""Slack's events over a websocket that the bot opens. Keeps secret what it takes to reconnect and to close."""

from __future__ import annotations

from threading import Thread

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.errors import SlackError
from bot.slack.connection import is_loopback, socket_address

# Seconds between two pings, which is how long a connection that was cut without a word goes unnoticed at most.
PING_EVERY = 3.0
# Seconds that the websocket has to close.
CLOSE_WITHIN = 3.5


class SocketEndpoint:
    """The bot's websocket, from ``start`` to ``stop``; a lost one is opened again meanwhile."""

    def __init__(self, app: App, *, app_token: str) -> None:
        # One thread takes events in the order in which they come, which is all that it does: the ledger, to which each
        # is written, takes one at a time anyway.
        self._handler = SocketModeHandler(
            app, app_token, ping_interval=PING_EVERY, receive_buffer_size=16 * 1024, concurrency=1
        )
        self._client = self._handler.client
        if is_loopback(app.client.base_url):
            self._client.proxy = None
        self._closing = Thread(target=self._close, name="socket-closing", daemon=True)

    def start(self) -> None:
        """Open the websocket. SlackError where Slack refuses it or cannot be reached."""
        self._client.wss_uri = socket_address(self._client.web_client, str(self._client.app_token))
        self._client.connect()
        if not self._client.is_connected():
            raise SlackError("Slack's websocket cannot be opened; check the network and a proxy, then start again.")

    def retire(self) -> None:
        """Begin to close it: no further event is taken."""
        self._closing.start()

    def stop(self) -> None:
        """See that it is closed."""
        self._closing.join(CLOSE_WITHIN)

    def _close(self) -> None:
        if self._client.current_session is not None:
            # The client notices that it is to end when its next receive returns, up to three seconds later; the reply
            # to the ping by which it checks its connection makes that at once.
            self._client.current_session_state.terminated = True
            self._client.current_session.check_state()
        self._client.close()
