"""The keep-alive client: what it sends, and whether a failed call may have taken effect."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from urllib3 import PoolManager
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from bot.slack.client import KeepAliveClient, create_client
from bot.slack.posting import NotPosted, RateLimited, Unconfirmed, call_slack


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
            for name, value in {**own.headers, "Content-Length": str(len(own.answer))}.items():
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


def client(url: str) -> KeepAliveClient:
    made = create_client("xoxb-1", url, retries=False)
    assert isinstance(made, KeepAliveClient)
    return made


def post_call(one: KeepAliveClient) -> Callable[[], SlackResponse]:
    return lambda: one.chat_postMessage(channel="C1", text="a – b")


def test_calls_share_one_connection(server: Server) -> None:
    """Successive calls of any method use one connection."""
    one = client(server.url)
    assert [post_call(one)()["ts"], one.users_info(user="U1")["ts"], post_call(one)()["ts"]] == ["1.0"] * 3
    assert [call.connection for call in server.calls] == [1, 1, 1]
    assert [call.path for call in server.calls] == ["/api/chat.postMessage", "/api/users.info", "/api/chat.postMessage"]


def test_a_call_sends_what_the_sdk_sends(server: Server) -> None:
    """A message is sent as JSON, a query as a form; both with token and user agent, and without unset arguments."""
    one, sdk = client(server.url), create_client("xoxb-1", server.url)
    for each in (one, sdk):
        each.chat_postMessage(channel="C1", text="a – b", thread_ts=None, unfurl_links=False)
        each.users_info(user="U1", include_locale=True)
    message, query, sdk_message, sdk_query = server.calls
    assert json.loads(message.body) == json.loads(sdk_message.body)
    assert "thread_ts" not in json.loads(message.body)
    assert parse_qs(query.body) == parse_qs(sdk_query.body) == {b"user": [b"U1"], b"include_locale": [b"1"]}
    for name in ("authorization", "user-agent", "content-type"):
        assert message.headers[name] == sdk_message.headers[name]
        assert query.headers["authorization"] == "Bearer xoxb-1"


def test_a_closed_connection_is_replaced(server: Server) -> None:
    """If the server closes the connection after an answer, the next call opens a new one without an error."""
    one = client(server.url)
    server.hang_up = "after the answer"
    for _ in range(3):
        assert post_call(one)()["ok"]
        assert server.has_hung_up.wait(10)
        server.has_hung_up.clear()
    assert [call.connection for call in server.calls] == [1, 2, 3]


def test_a_connection_closed_before_the_answer_is_unconfirmed(server: Server) -> None:
    """The message may have been posted, so it is not sent again."""
    server.hang_up = "before the answer"
    assert isinstance(call_slack(post_call(client(server.url))), Unconfirmed)
    assert len(server.calls) == 1


def test_a_refused_connection_is_not_post_call() -> None:
    """If nothing listens, the call had no effect."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    one = client(f"http://127.0.0.1:{port}/api/")
    with pytest.raises(URLError):
        post_call(one)()
    assert isinstance(call_slack(post_call(one)), NotPosted)


def test_a_timeout_is_unconfirmed() -> None:
    """The server accepts the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = client(f"http://127.0.0.1:{silent.getsockname()[1]}/api/")
        one.timeout = 0.2  # type: ignore[assignment]
        assert isinstance(call_slack(post_call(one)), Unconfirmed)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NewConnectionError(PoolManager().connection_from_host("slack.example"), "refused"), NotPosted),  # type: ignore[arg-type]
        (ConnectTimeoutError("nobody there"), NotPosted),
        (ProxyError("no way there", OSError()), NotPosted),
        (SSLError("a bad record"), Unconfirmed),
        (ReadTimeoutError(PoolManager().connection_from_host("slack.example"), "/", "silence"), Unconfirmed),
        (ProtocolError("cut short"), Unconfirmed),
    ],
)
def test_connection_errors(error: Exception, expected: type, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only if no connection was made is it certain that nothing was sent: TLS may fail after the message."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(PoolManager, "request", fail)
    assert isinstance(call_slack(post_call(client(server.url))), expected)


@pytest.mark.parametrize("answer", [b"<html>Bad gateway</html>", b"\xff\xfe", b"", b"[]"])
def test_a_response_that_is_not_slacks_is_unconfirmed(server: Server, answer: bytes) -> None:
    """A proxy or load balancer answered instead of Slack."""
    server.answer = answer
    assert isinstance(call_slack(post_call(client(server.url))), Unconfirmed)


def test_slacks_refusals(server: Server) -> None:
    """A refusal has Slack's error code, a rate limit the time to wait."""
    one = client(server.url)
    server.answer = b'{"ok": false, "error": "channel_not_found"}'
    assert call_slack(post_call(one)) == NotPosted("Slack refused the call: channel_not_found", "channel_not_found")
    server.status, server.headers = 429, {"Retry-After": "7"}
    server.answer = b'{"ok": false, "error": "ratelimited"}'
    assert call_slack(post_call(one)) == RateLimited(7.0)
    with pytest.raises(SlackApiError):
        post_call(one)()


@pytest.mark.parametrize("name", ["", "ann:s3cret@"])
def test_a_proxy_is_used(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The proxy of the environment gets the call, with its user name and password if it has them."""
    proxy = server.url.removesuffix("/api/").replace("://", f"://{name}")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert post_call(client("http://slack.example/api/"))()["ok"]
    (call,) = server.calls
    assert call.path == "http://slack.example/api/chat.postMessage"
    sent = call.headers.get("proxy-authorization", "")
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == name.removesuffix("@")
