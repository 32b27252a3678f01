"""Receive Slack's events, over Socket Mode or as signed HTTP requests, and pass them to the Bolt app.

One web server serves, in both modes:
    GET /healthz         200 while the process serves
    GET /readyz          200 while questions are answered; 503, and why, otherwise
    GET /metrics         Prometheus metrics; from this machine only, unless set otherwise
and in HTTP mode:
    POST /slack/events   events and interactions; Bolt sees only those with a valid signature
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from time import monotonic, perf_counter
from typing import Any

import uvicorn
from aiohttp import ClientError
from pydantic import BaseModel
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.adapter.starlette.handler import to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.errors import SettingsError, SlackError
from bot.slack.client import SlackClient, is_loopback
from bot.slack.credentials import fetch_socket_url
from bot.telemetry import METRICS_TYPE, Telemetry

log = logging.getLogger(__name__)

# What the SDK logs about its connections are tracebacks; what happens to them is logged here.
_sdk_log = logging.getLogger(f"{__name__}.sdk")
_sdk_log.setLevel(logging.CRITICAL)

# Bolt would warn about SLACK_BOT_TOKEN, which it reads from the environment.
_bolt_log = logging.getLogger(f"{__name__}.bolt")
_bolt_log.setLevel(logging.ERROR)

# Websockets that are open at the same time: while one is replaced, events and commands arrive over the other.
WEBSOCKETS = 2
# Seconds between two pings; a websocket without a sign of life for one and a half of them is lost.
PING_EVERY = 2.0
# Seconds between two looks at a websocket, and for one to open or close.
CHECK_EVERY = 0.2
OPEN_TIMEOUT = 5.0
CLOSE_TIMEOUT = 0.5
# Seconds for which a websocket that Slack is about to close stays open for the events on their way.
LINGER = 1.0
# Seconds until a websocket that could not be opened is tried again: doubled each time, up to the second.
RETRY_AFTER, MAX_RETRY_AFTER = 0.5, 30.0

EVENTS_PATH = "/slack/events"
# A message_changed holds 40,000 characters twice, as text and as blocks; escaped as JSON, that is below a megabyte.
MAX_BODY_BYTES = 2 * 1024 * 1024
# Seconds for a request to arrive completely; Slack gives up after three.
READ_TIMEOUT = 10.0
# Slack's headers are below 2 KB and arrive at once.
MAX_HEADER_BYTES = 16 * 1024
HEADERS_TIMEOUT = 5.0
# Of the 1,024 files that a process may usually open; the rest is for the archive, the database and calls to Slack.
MAX_CONNECTIONS = 600
# Seconds for running requests to finish; each only claims a question.
HTTP_STOP_TIMEOUT = 1

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
# A request with one of these came through a proxy on this machine, from elsewhere.
_PROXY_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


class _RequestBody(BaseModel):
    """The types that Bolt expects without checking them."""

    type: str | None = None
    event: dict[str, Any] | None = None
    actions: list[dict[str, Any]] | None = None
    authorizations: list[dict[str, Any]] | None = None


def build_app(bot_user: str, api_url: str) -> AsyncApp:
    """Build a Bolt app without listeners; Slack delivers again what they answer with another status than 200."""
    result = AuthorizeResult(enterprise_id=None, team_id=None, bot_user_id=bot_user)

    async def authorize() -> AuthorizeResult:
        return result  # the identity is known; Bolt would ask Slack for it

    # Without a token, so that Bolt asks ``authorize``; no listener calls Slack through Bolt.
    client = AsyncWebClient(base_url=api_url)
    return AsyncApp(client=client, authorize=authorize, process_before_response=True, logger=_bolt_log)


class _Websocket(SocketModeClient):
    """One websocket of the SDK, which opens no other by itself; ``is_ending``: Slack is about to close it."""

    def __init__(self, app_token: str, client: SlackClient) -> None:
        super().__init__(
            app_token,
            logger=_sdk_log,
            web_client=client,
            proxy=client.proxy,
            auto_reconnect_enabled=False,
            ping_interval=PING_EVERY,
        )
        self.is_ending = False
        if is_loopback(client.base_url):
            self.proxy = None  # the SDK ignores NO_PROXY

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Called by the SDK on Slack's message "disconnect"."""
        self.is_ending = True


class SocketEndpoint:
    """Receives events over two websockets, each of which is replaced if it is lost or refreshed by Slack."""

    def __init__(self, app: AsyncApp, client: SlackClient, *, app_token: str) -> None:
        self._app, self._client, self._app_token = app, client, app_token
        self._websockets: set[_Websocket] = set()  # also those that are being opened or closed
        self._open: set[_Websocket] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost_at = monotonic()
        self._is_stopping = self._is_unavailable = False

    @property
    def disconnected_for(self) -> float:
        """Seconds since the last websocket was lost; 0 while one is open."""
        return 0.0 if self._open else monotonic() - self._lost_at

    def start(self) -> None:
        """Start to open the websockets."""
        for _ in range(WEBSOCKETS):
            self._tasks.add(asyncio.create_task(self._keep_open()))

    def stop_accepting(self) -> None:
        """Acknowledge no more events, so that Slack delivers them again."""
        self._is_stopping = True

    async def stop(self) -> None:
        """Close the websockets."""
        self.stop_accepting()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._open.clear()
        await asyncio.gather(*(self._close(websocket) for websocket in tuple(self._websockets)))

    async def _keep_open(self) -> None:
        """Open a websocket, and the next one as soon as it is lost or ending."""
        wait = RETRY_AFTER
        while True:
            websocket = await self._open_websocket()
            if websocket is None:
                await asyncio.sleep(wait)
                wait = min(MAX_RETRY_AFTER, 2 * wait)
                continue
            wait = RETRY_AFTER
            self._open.add(websocket)
            while await websocket.is_connected() and not websocket.is_ending:
                await asyncio.sleep(CHECK_EVERY)
            log.info("opening a new websocket: %s", "Slack asked for it" if websocket.is_ending else "one was lost")
            self._open.discard(websocket)
            self._lost_at = monotonic()
            closing = asyncio.create_task(self._close(websocket, LINGER if websocket.is_ending else 0.0))
            self._tasks.add(closing)
            closing.add_done_callback(self._tasks.discard)

    async def _open_websocket(self) -> _Websocket | None:
        websocket = None
        try:
            url = await fetch_socket_url(self._client, self._app_token)
            websocket = _Websocket(self._app_token, self._client)
            self._websockets.add(websocket)
            websocket.socket_mode_request_listeners.append(self._handle)
            websocket.wss_uri = url
            async with asyncio.timeout(OPEN_TIMEOUT):
                await websocket.connect()  # type: ignore[no-untyped-call]
        except (SlackError, TimeoutError) as error:
            if websocket is not None:
                await self._close(websocket)
            if not self._is_unavailable:
                self._is_unavailable = True
                log.warning("no connection to Slack, trying again: %s", error or "the websocket cannot be opened")
            return None
        if self._is_unavailable:
            self._is_unavailable = False
            log.warning("connected to Slack again")
        return websocket

    async def _handle(self, websocket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if self._is_stopping:
            return
        response = await run_async_bolt_app(self._app, request)
        for target in (websocket, *self._open):  # an acknowledgement may be sent over any websocket
            try:
                await send_async_response(target, request, response, time.time())
                return
            except (ClientError, OSError, AttributeError):  # the SDK has no session while it connects
                log.info("an acknowledgement is sent over another websocket")

    async def _close(self, websocket: _Websocket, after: float = 0.0) -> None:
        await asyncio.sleep(after)
        websocket.closed = True
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await websocket.close()  # type: ignore[no-untyped-call]
        except TimeoutError:
            # The second time, the other side is not waited for.
            await websocket.close()  # type: ignore[no-untyped-call]
        self._websockets.discard(websocket)


class _BoundedProtocol(H11Protocol):
    """An HTTP connection that is closed if its request does not arrive in time.

    Above ``MAX_CONNECTIONS``, a connection without a complete request is closed too. uvicorn limits neither
    the time for the headers nor the number of connections that have sent none.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See ``asyncio.Protocol.connection_made``."""
        if len(self.connections) >= MAX_CONNECTIONS:
            for one in self.connections:
                if isinstance(one, _BoundedProtocol) and one._deadline is not None:
                    one._abort()
                    break
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADERS_TIMEOUT, self._abort)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol.data_received``."""
        super().data_received(data)
        is_waiting = self.cycle is None or self.cycle.response_complete
        if not is_waiting:
            self._cancel_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_TIMEOUT, self._abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol.connection_lost``."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _abort(self) -> None:
        self._cancel_deadline()
        self.connections.discard(self)
        self.transport.abort()


class _SignallessServer(uvicorn.Server):
    """uvicorn without its handlers of signals: the bot has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves health, readiness and metrics and, given an ``app``, the events of HTTP mode.

    ``app`` gets the requests signed with ``signing_secret``; ``find_problem`` says why no questions are answered, for
    each ``/readyz``. ``host`` is an address of this machine, ``port`` 0 any free port. SettingsError if that cannot be
    listened on.
    """

    def __init__(
        self,
        app: AsyncApp | None = None,
        *,
        signing_secret: str = "",
        telemetry: Telemetry,
        find_problem: Callable[[], str | None],
        host: str = "127.0.0.1",
        port: int = 0,
        metrics_public: bool = False,
    ) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret) if app else None
        self._telemetry = telemetry
        self._find_problem = find_problem
        self._metrics_public = metrics_public
        self._is_stopping = False
        self._has_logged_rejection = False
        # Listens from here on: requests before the server runs wait in the socket's backlog.
        self._socket = _listen(host, port)
        self._host = f"[{host}]" if ":" in host else host
        self.port: int = self._socket.getsockname()[1]
        routes = [Route("/healthz", self._health), Route("/readyz", self._readiness), Route("/metrics", self._metrics)]
        if app is not None:
            routes.append(Route(EVENTS_PATH, self._events, methods=["POST"]))
        self._server = _SignallessServer(
            uvicorn.Config(
                Starlette(routes=routes),
                http=_BoundedProtocol,
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=HTTP_STOP_TIMEOUT,
            )
        )
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to serve."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        what, path = ("receiving events", EVENTS_PATH) if self._app else ("answering health checks", "/readyz")
        log.info("%s at http://%s:%d%s", what, self._host, self.port, path)

    def stop_accepting(self) -> None:
        """Answer events and ``/readyz`` with 503 from now on, so that Slack delivers the events again."""
        self._is_stopping = True

    async def stop(self) -> None:
        """Finish running requests and close the socket."""
        self.stop_accepting()
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=HTTP_STOP_TIMEOUT + 0.5)
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
        if self._is_stopping or self._app is None:
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
            event = AsyncBoltRequest(body=body.decode(), headers=dict(request.headers), mode="socket_mode")
            _RequestBody.model_validate(event.body)
        except (ValueError, RecursionError, AttributeError, TypeError) as error:
            # Not JSON, nested too deeply, or not of the types that Bolt expects.
            raise HTTPException(400) from error
        return to_starlette_response(await self._app.async_dispatch(event))

    def _is_signed(self, body: bytes, headers: Headers) -> bool:
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        # The verifier expects a numeric timestamp, an ASCII signature and a UTF-8 body.
        if self._verifier is None or not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False

    async def _health(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def _readiness(self, _request: Request) -> Response:
        problem = "stopping" if self._is_stopping else self._find_problem()
        return PlainTextResponse(f"{problem or 'ready'}\n", status_code=503 if problem else 200)

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
        async with asyncio.timeout(READ_TIMEOUT):
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
