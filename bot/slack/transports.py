"""Receive Slack's events: over Socket Mode, or as signed HTTP requests.

The HTTP endpoint serves:
    POST /slack/events   events and interactions; Bolt sees only those with a valid signature
    GET /healthz         200 while the process serves
    GET /readyz          200 while questions are answered; 503 while the archive loads or the bot stops
    GET /metrics         Prometheus metrics; from this machine only, unless set otherwise
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

log = logging.getLogger(__name__)

# Seconds between two pings: how long a silently lost connection goes unnoticed at most.
PING_EVERY = 3.0
# Seconds for the websocket to close.
SOCKET_CLOSE_TIMEOUT = 3.5

EVENTS_PATH = "/slack/events"
# A message_changed holds 40,000 characters twice, as text and as blocks; escaped as JSON, that is below a megabyte.
MAX_BODY_BYTES = 2 * 1024 * 1024
# Seconds for a request to arrive completely; Slack gives up after three.
READ_TIMEOUT = 10.0
# Seconds for running requests to finish; each only claims a question.
HTTP_STOP_TIMEOUT = 1

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
# A request with one of these came through a proxy on this machine, from elsewhere.
_PROXY_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class SocketEndpoint:
    """Receives events over a websocket, which is reopened if it is lost."""

    def __init__(self, app: App, *, app_token: str) -> None:
        # One thread keeps the events in order. More would not be faster: they only claim questions, and the database
        # takes one claim at a time.
        self._handler = SocketModeHandler(
            app, app_token, ping_interval=PING_EVERY, receive_buffer_size=16 * 1024, concurrency=1
        )
        self._client = self._handler.client
        if is_loopback(app.client.base_url):
            self._client.proxy = None
        self._closing = Thread(target=self._close, name="close-socket", daemon=True)

    def start(self) -> None:
        """Open the websocket. SlackError if Slack refuses it or cannot be reached."""
        self._client.wss_uri = fetch_socket_url(self._client.web_client, str(self._client.app_token))
        self._client.connect()
        if not self._client.is_connected():
            raise SlackError("Slack's websocket cannot be opened; check the network and the proxy, then start again.")

    def stop_accepting(self) -> None:
        """Start to close the websocket: no more events arrive."""
        self._closing.start()

    def stop(self) -> None:
        """Wait until the websocket is closed."""
        self._closing.join(SOCKET_CLOSE_TIMEOUT)

    def _close(self) -> None:
        if self._client.current_session is not None:
            # The client stops only when its next receive returns, up to three seconds later. A ping makes Slack reply,
            # so that it returns at once.
            self._client.current_session_state.terminated = True
            self._client.current_session.check_state()
        self._client.close()


class HttpEndpoint:
    """Receives events as HTTP requests.

    ``app`` gets the requests signed with ``signing_secret``; ``is_ready`` is called for each ``/readyz``. ``host`` is
    an address of this machine, ``port`` 0 any free port. SettingsError if that cannot be listened on.
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
        self._is_stopping = False
        self._has_logged_rejection = False
        # Listens from here on: requests before the server runs wait in the socket's backlog.
        self._socket = _listen(host, port)
        self._host = f"[{host}]" if ":" in host else host
        self.port: int = self._socket.getsockname()[1]
        routes = [
            Route(EVENTS_PATH, self._events, methods=["POST"]),
            Route("/healthz", self._health),
            Route("/readyz", self._readiness),
            Route("/metrics", self._metrics),
        ]
        self._server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=routes),
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=HTTP_STOP_TIMEOUT,
            )
        )
        # Outside the main thread, uvicorn does not handle signals.
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="http-endpoint", daemon=True
        )

    def start(self) -> None:
        """Start to serve."""
        self._thread.start()
        log.info("receiving events at http://%s:%d%s", self._host, self.port, EVENTS_PATH)

    def stop_accepting(self) -> None:
        """Answer events and ``/readyz`` with 503 from now on, so that Slack delivers the events again."""
        self._is_stopping = True

    def stop(self) -> None:
        """Finish running requests and close the socket."""
        self.stop_accepting()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(HTTP_STOP_TIMEOUT + 0.5)
        self._socket.close()

    async def _events(self, request: Request) -> Response:
        started_at = perf_counter()
        try:
            response = await self._dispatch(request)
        except HTTPException as error:
            response = Response(status_code=error.status_code)
        self._telemetry.record_request(response.status_code, perf_counter() - started_at)
        return response

    async def _dispatch(self, request: Request) -> Response:
        """Return Bolt's response to ``request``. HTTPException if it is not from Slack."""
        if self._is_stopping:
            raise HTTPException(503)
        body = await _read_body(request)
        if not self._is_signed(body, request.headers):
            # Logged once: anybody can send such requests, and the metrics count them.
            if not self._has_logged_rejection:
                self._has_logged_rejection = True
                log.warning(
                    "rejected a request with a wrong signature, or one older than five minutes; if Slack cannot verify "
                    "your request URL, check SLACK_SIGNING_SECRET and this machine's clock"
                )
            raise HTTPException(401)
        try:
            # "socket_mode" makes Bolt skip the verification, which is done above.
            event = BoltRequest(body=body.decode(), headers=dict(request.headers), mode="socket_mode")
        except ValueError as error:
            raise HTTPException(400) from error
        return to_starlette_response(await run_in_threadpool(self._app.dispatch, event))

    def _is_signed(self, body: bytes, headers: Headers) -> bool:
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        # The verifier expects a numeric timestamp, an ASCII signature and a UTF-8 body.
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def _readiness(self, _request: Request) -> Response:
        if self._is_stopping:
            return PlainTextResponse("stopping\n", status_code=503)
        if not self._is_ready():
            return PlainTextResponse("the archive is loading\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def _metrics(self, request: Request) -> Response:
        if not (self._metrics_public or _is_local(request)):
            message = "only available on this machine; set PULLQUOTE_METRICS_PUBLIC to open it\n"
            return PlainTextResponse(message, status_code=403)
        return Response(self._telemetry.export_metrics(), media_type=METRICS_TYPE)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # uvicorn's default backlog; the standard library's 128 refuses part of a burst.
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"Cannot listen on {host}, port {port} ({why}); choose another --host or --port."
        ) from error


async def _read_body(request: Request) -> bytes:
    """Read the request's body. HTTPException if it is too large or does not arrive."""
    if int(request.headers.get("content-length", "0")) > MAX_BODY_BYTES:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with timeout(READ_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(body)


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in _PROXY_HEADERS):
        return False
    return ip_address(request.client.host).is_loopback
