"""Slack's events over a websocket that the bot opens. Keeps secret what it takes to reconnect and to close.

Slack's events by signed HTTP, and the pages by which a supervisor watches the bot.

    POST /slack/events   what Slack sends; bolt sees it only once the signature is known to be Slack's
    GET /healthz         200 as long as the process serves
    GET /readyz          200 while questions are answered, else 503: the archive is loading, or the bot is ending
    GET /metrics         counters for Prometheus, for this machine alone unless told otherwise

Keeps secret which server listens. Its event loop reads and verifies; whatever may wait runs in threads.
"""

from __future__ import annotations

import logging
import re
import socket
from asyncio import timeout
from collections.abc import Callable
from ipaddress import ip_address
from threading import Thread
from time import perf_counter

import uvicorn
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_starlette_response
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import SettingsError, SlackError
from bot.slack.client import fetch_socket_url, is_loopback
from bot.telemetry import METRICS_TYPE, Telemetry

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
        self._client.wss_uri = fetch_socket_url(self._client.web_client, str(self._client.app_token))
        self._client.connect()
        if not self._client.is_connected():
            raise SlackError("Slack's websocket cannot be opened; check the network and a proxy, then start again.")

    def stop_accepting(self) -> None:
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


log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
# A message_changed carries 40,000 characters twice, as text and as blocks; escaped as JSON that is below a megabyte.
MOST_BYTES = 2 * 1024 * 1024
# Seconds for a request to come in whole; Slack gives up on one after three.
READ_WITHIN = 10.0
# Seconds that requests in hand have to finish; each does no more than claim a question.
END_WITHIN = 1

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
# By any of these a proxy on this machine gives itself away: its peer is elsewhere.
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class HttpEndpoint:
    """The bot's addresses, from ``start`` to ``stop``.

    ``app`` gets every request that Slack signed with ``signing_secret``; ``is_ready`` is asked for each ``/readyz``.
    ``host`` is an address of this machine, ``port`` 0 any free one. SettingsError where it cannot be listened on.
    """

    def __init__(
        self,
        app: App,
        *,
        signing_secret: str,
        telemetry: Telemetry,
        is_ready: Callable[[], bool],
        host: str,
        port: int,
        metrics_public: bool = False,
    ) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)
        self._telemetry = telemetry
        self._is_ready = is_ready
        self._metrics_public = metrics_public
        self._is_retired = False
        self._has_refused = False
        # Listens from here on: what comes before the server runs waits in the queue of the socket.
        self._socket = _listen(host, port)
        self._host = f"[{host}]" if ":" in host else host
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=self._routes()),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=END_WITHIN,
            )
        )
        # In a thread of its own uvicorn leaves the process's signals alone.
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="http-endpoint", daemon=True
        )

    def start(self) -> None:
        """Serve."""
        self._thread.start()
        log.info("events are taken at http://%s:%d%s", self._host, self.port, EVENTS_PATH)

    def stop_accepting(self) -> None:
        """Take no further event: Slack is told to come again, a supervisor that the bot is ending."""
        self._is_retired = True

    def stop(self) -> None:
        """Finish the requests in hand and close the address."""
        self.stop_accepting()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(END_WITHIN + 0.5)
        self._socket.close()

    def _routes(self) -> list[Route]:
        return [
            Route(EVENTS_PATH, self._events, methods=["POST"]),
            Route("/healthz", self._health),
            Route("/readyz", self._readiness),
            Route("/metrics", self._metrics),
        ]

    async def _events(self, request: Request) -> Response:
        began = perf_counter()
        try:
            response = await self._dispatch(request)
        except HTTPException as refusal:
            response = Response(status_code=refusal.status_code)
        self._telemetry.record_request(response.status_code, perf_counter() - began)
        return response

    async def _dispatch(self, request: Request) -> Response:
        """What bolt answers to ``request``. HTTPException where it is not Slack's."""
        if self._is_retired:
            raise HTTPException(503)
        body = await _whole(request)
        if not self._is_signed(body, request.headers):
            self._tell_of_refusal()
            raise HTTPException(401)
        try:
            # "socket_mode" is Bolt's word for a request that need not be verified; this one has been.
            event = BoltRequest(body=body.decode(), headers=dict(request.headers), mode="socket_mode")
        except ValueError as error:
            raise HTTPException(400) from error
        return to_starlette_response(await run_in_threadpool(self._app.dispatch, event))

    def _is_signed(self, body: bytes, headers: Headers) -> bool:
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        # The verifier takes it for granted that the timestamp is a number, the signature ASCII and the body UTF-8.
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False

    def _tell_of_refusal(self) -> None:
        # Once: anybody can send what is refused, and the metrics count it.
        if not self._has_refused:
            self._has_refused = True
            log.warning(
                "refused a request that Slack did not sign, or more than five minutes ago; where Slack says that your "
                "address does not answer, check SLACK_SIGNING_SECRET and this machine's clock"
            )

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def _readiness(self, _request: Request) -> Response:
        if self._is_retired:
            return PlainTextResponse("ending\n", status_code=503)
        if not self._is_ready():
            return PlainTextResponse("the archive is loading\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def _metrics(self, request: Request) -> Response:
        if not (self._metrics_public or _is_from_here(request)):
            return PlainTextResponse("for this machine alone; PULLQUOTE_METRICS_PUBLIC opens it\n", status_code=403)
        return Response(self._telemetry.export_metrics(), media_type=METRICS_TYPE)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # The backlog holds a burst, as uvicorn's own default does; the standard one of 128 turns part of it away.
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"Nothing can listen on {host}, port {port} ({why}); choose another --host or --port."
        ) from error


async def _whole(request: Request) -> bytes:
    """The request's body. HTTPException where it is larger than anything that Slack sends, or does not come."""
    if int(request.headers.get("content-length", "0")) > MOST_BYTES:
        raise HTTPException(413)
    received = bytearray()
    try:
        async with timeout(READ_WITHIN):
            async for chunk in request.stream():
                received += chunk
                if len(received) > MOST_BYTES:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(received)


def _is_from_here(request: Request) -> bool:
    """Whether the request comes from this machine, and not by way of a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return ip_address(request.client.host).is_loopback
