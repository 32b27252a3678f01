"""The Slack client: its connections, and whether a failed call may have taken effect."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientOSError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    SocketTimeoutError,
)
from aiohttp.client_reqrep import ConnectionKey
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.client import (
    CallFailure,
    NotSent,
    Posted,
    RateLimited,
    Result,
    SlackClient,
    Unconfirmed,
    call_slack,
    create_session,
    is_loopback,
    respond,
)
from bot.slack.layout import build_sentence

from .loop import run_async


@dataclass
class Call:
    """A received request; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Server:
    """A server that answers every call with ``answer`` and closes the connection if ``hang_up`` is set."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"ok": true, "ts": "1.0"}'
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: str = ""
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    has_hung_up: Event = field(default_factory=Event)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as one:
        yield one


@contextmanager
def serving() -> Iterator[Server]:
    own = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            own.connections += 1
            self.number = own.connections

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            own.calls.append(Call(self.path, headers, body, self.number))
            self.close_connection = bool(own.hang_up)
            if own.hang_up == "before the answer":
                return
            self.send_response(own.status)
            for name, value in {
                "Content-Type": own.content_type,
                "Content-Length": str(len(own.answer)),
                **own.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(own.answer)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    class Http(ThreadingHTTPServer):
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            own.has_hung_up.set()

    http = Http(("127.0.0.1", 0), Handler)
    own.url = f"http://127.0.0.1:{http.server_address[1]}/api/"
    thread = Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield own
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@asynccontextmanager
async def open_client(url: str, **timeouts: float) -> AsyncIterator[SlackClient]:
    async with create_session(**timeouts) as session:
        yield SlackClient("xoxb-1", url, session)


async def post(client: SlackClient) -> AsyncSlackResponse | CallFailure:
    return await call_slack(client.chat_postMessage(channel="C1", text="a – b", thread_ts=None))


def post_once(url: str, **timeouts: float) -> AsyncSlackResponse | CallFailure:
    """The result of one call on a new connection."""

    async def run() -> AsyncSlackResponse | CallFailure:
        async with open_client(url, **timeouts) as client:
            return await post(client)

    return run_async(run())


def test_calls_share_one_connection(server: Server) -> None:
    """Successive calls of any method use one connection, and send the token."""

    async def run() -> None:
        async with open_client(server.url) as client:
            for _ in range(2):
                assert isinstance(await post(client), AsyncSlackResponse)
                assert (await client.auth_test())["ts"] == "1.0"

    run_async(run())
    assert [(call.connection, call.headers["authorization"]) for call in server.calls] == [(1, "Bearer xoxb-1")] * 4
    assert [call.path for call in server.calls] == ["/api/chat.postMessage", "/api/auth.test"] * 2
    assert b"thread_ts" not in server.calls[0].body


def test_a_closed_connection_is_replaced(server: Server) -> None:
    """If the server closes an idle connection, the next call opens a new one without an error."""
    server.hang_up = "after the answer"

    async def run() -> None:
        async with open_client(server.url) as client:
            for _ in range(3):
                assert isinstance(await post(client), AsyncSlackResponse)
                assert await asyncio.to_thread(server.has_hung_up.wait, 10)
                server.has_hung_up.clear()

    run_async(run())
    assert [call.connection for call in server.calls] == [1, 2, 3]


def test_an_idle_connection_is_closed(server: Server) -> None:
    """A connection that the network may have forgotten is not used again."""

    async def run() -> None:
        async with open_client(server.url, idle_timeout=0.05) as client:
            assert isinstance(await post(client), AsyncSlackResponse)
            assert await asyncio.to_thread(server.has_hung_up.wait, 10)
            assert isinstance(await post(client), AsyncSlackResponse)

    run_async(run())
    assert [call.connection for call in server.calls] == [1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="the options have other names elsewhere")
def test_a_silent_connection_is_probed() -> None:
    """The system probes a connection after seconds of silence, and ends it if the other side does not answer."""
    received = asyncio.Event()

    async def start_answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
        await received.wait()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(start_answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, create_session() as session, session.get(url) as response:
            assert response.connection is not None
            assert response.connection.transport is not None
            used = response.connection.transport.get_extra_info("socket")
            assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            idle, interval, probes = (used.getsockopt(socket.IPPROTO_TCP, name) for name in names)
            assert idle + interval * probes < 15
            received.set()

    run_async(run())


def test_a_connection_closed_before_the_answer_is_unconfirmed(server: Server) -> None:
    """The message may have been posted, so it is not sent again: on a new connection, and on a used one."""

    async def run() -> None:
        async with open_client(server.url) as client:
            assert isinstance(await post(client), AsyncSlackResponse)
            server.hang_up = "before the answer"
            assert [type(await post(client)) for _ in range(2)] == [Unconfirmed] * 2

    run_async(run())
    assert [call.connection for call in server.calls] == [1, 1, 2]


def test_a_call_over_a_refused_connection_is_not_sent() -> None:
    """If nothing listens, the call had no effect."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    failure = post_once(f"http://127.0.0.1:{port}/api/")
    assert isinstance(failure, NotSent)
    assert failure.code == ""


def test_a_timeout_is_unconfirmed() -> None:
    """The server accepts the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
        assert isinstance(post_once(url, timeout=0.2), Unconfirmed)


SLACK = ConnectionKey("slack.example", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ClientConnectorError(SLACK, OSError("refused")), NotSent),
        (ClientConnectorDNSError(SLACK, OSError("no such name")), NotSent),
        (ClientConnectorSSLError(SLACK, ssl.SSLError("no common version")), NotSent),
        (ClientProxyConnectionError(SLACK, OSError("no way there")), NotSent),
        (ConnectionTimeoutError("nobody there"), NotSent),
        (SocketTimeoutError("silence"), Unconfirmed),
        (TimeoutError(), Unconfirmed),
        (ssl.SSLError("a bad record"), Unconfirmed),
        (ClientOSError("reset"), Unconfirmed),
        (ServerDisconnectedError(), Unconfirmed),
        (ClientPayloadError("cut short"), Unconfirmed),
    ],
)
def test_connection_errors(error: ClientError | OSError, expected: type) -> None:
    """Only if no connection was made is it certain that nothing was sent: TLS may fail after the message."""

    async def fail() -> AsyncSlackResponse:
        raise error

    assert isinstance(run_async(call_slack(fail())), expected)


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "text/plain"])
@pytest.mark.parametrize("answer", [b"<html>Bad gateway</html>", b"\xff\xfe", b"", b"[]", b"null", b"true"])
def test_a_response_that_is_not_slacks_is_unconfirmed(
    server: Server, answer: bytes, content_type: str, status: int
) -> None:
    """A proxy or load balancer answered instead of Slack; the call is not repeated."""
    server.status, server.content_type, server.answer = status, content_type, answer
    assert isinstance(post_once(server.url), Unconfirmed)
    assert len(server.calls) == 1


def test_slacks_refusals(server: Server) -> None:
    """A refusal has Slack's error code, a rate limit the time to wait; neither call is repeated."""
    server.answer = b'{"ok": false, "error": "channel_not_found"}'
    assert post_once(server.url) == NotSent("Slack refused the call: channel_not_found", "channel_not_found")
    server.answer = b'{"ok": false, "error": "internal_error"}'
    assert isinstance(post_once(server.url), Unconfirmed)
    server.status, server.headers = 429, {"Retry-After": "7"}
    server.answer = b'{"ok": false, "error": "ratelimited"}'
    assert post_once(server.url) == RateLimited(7.0)
    server.content_type, server.answer = "text/html", b"<html>Too many requests</html>"
    assert post_once(server.url) == RateLimited(7.0)
    assert len(server.calls) == 4


def test_a_refused_token_is_noticed(server: Server) -> None:
    """``is_refused`` says whether Slack refused the bot's token at the last call; the app-level token is another."""

    async def run() -> None:
        async with open_client(server.url) as client:
            accepted, revoked = server.answer, b'{"ok": false, "error": "token_revoked"}'
            server.answer = revoked
            assert isinstance(await call_slack(client.apps_connections_open(app_token="xapp-1")), NotSent)
            assert not client.is_refused
            assert isinstance(await post(client), NotSent)
            assert client.is_refused
            server.answer = accepted
            assert isinstance(await post(client), AsyncSlackResponse)
            assert not client.is_refused

    run_async(run())


@pytest.mark.parametrize("name", ["", "ann:s3cret@"])
def test_a_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The proxy of the environment gets the call, with its user name and password if it has them."""
    proxy = server.url.removesuffix("/api/").replace("://", f"://{name}")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert isinstance(post_once("http://slack.example/api/"), AsyncSlackResponse)
    (call,) = server.calls
    assert call.path == "http://slack.example/api/chat.postMessage"
    sent = call.headers.get("proxy-authorization", "")
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == name.removesuffix("@")


def test_a_call_that_the_proxy_refuses_is_not_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the proxy opens no tunnel to Slack, the call had no effect."""
    monkeypatch.setenv("HTTPS_PROXY", server.url)  # it has no answer to CONNECT
    assert isinstance(post_once("https://slack.example/api/"), NotSent)
    assert server.connections == 1


def test_a_proxy_is_not_used_for_this_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls to a loopback address, and to a ``response_url`` there, go there directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    async def run() -> Result:
        async with open_client(server.url) as client:
            assert isinstance(await post(client), AsyncSlackResponse)
            return await respond(client, server.url, build_sentence("x"))

    assert run_async(run()) == Posted(None)
    addresses = ("http://localhost:1/", "http://127.0.0.1:1/api/", "http://[::1]/", "https://slack.com/api/")
    assert [is_loopback(url) for url in addresses] == [True, True, True, False]
