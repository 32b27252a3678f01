"""Slack's client over connections that stay open: what it sends, and what is known of a call that failed."""

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
    """What was sent: the address asked for, the headers by small names, and the body."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Server:
    """Answers every call with ``answer``, and keeps its connections until it is told to ``hang_up`` after one."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"ok": true, "ts": "1.0"}'
    more: dict[str, str] = field(default_factory=dict)
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
            for name, value in {**own.more, "Content-Length": str(len(own.answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(own.answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

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


def posted(one: KeepAliveClient) -> Callable[[], SlackResponse]:
    return lambda: one.chat_postMessage(channel="C1", text="a – b")


def test_calls_share_one_connection(server: Server) -> None:
    """One call after the other needs one connection, whatever its method."""
    one = client(server.url)
    assert [posted(one)()["ts"], one.users_info(user="U1")["ts"], posted(one)()["ts"]] == ["1.0"] * 3
    assert [call.connection for call in server.calls] == [1, 1, 1]
    assert [call.path for call in server.calls] == ["/api/chat.postMessage", "/api/users.info", "/api/chat.postMessage"]


def test_a_call_says_what_the_sdk_says(server: Server) -> None:
    """A message goes as JSON, a question as a form; both bear the token and who speaks, and nothing that is not set."""
    one, patient = client(server.url), create_client("xoxb-1", server.url)
    for each in (one, patient):
        each.chat_postMessage(channel="C1", text="a – b", thread_ts=None, unfurl_links=False)
        each.users_info(user="U1", include_locale=True)
    said, asked, as_said, as_asked = server.calls
    assert json.loads(said.body) == json.loads(as_said.body)
    assert "thread_ts" not in json.loads(said.body)
    assert parse_qs(asked.body) == parse_qs(as_asked.body) == {b"user": [b"U1"], b"include_locale": [b"1"]}
    for name in ("authorization", "user-agent", "content-type"):
        assert said.headers[name] == as_said.headers[name]
        assert asked.headers["authorization"] == "Bearer xoxb-1"


def test_a_connection_that_was_closed_meanwhile_is_replaced(server: Server) -> None:
    """Whoever hangs up after an answer is called again; nothing is told of it."""
    one = client(server.url)
    server.hang_up = "after the answer"
    for _ in range(3):
        assert posted(one)()["ok"]
        assert server.has_hung_up.wait(10)
        server.has_hung_up.clear()
    assert [call.connection for call in server.calls] == [1, 2, 3]


def test_a_broken_connection_leaves_open_what_came_of_the_call(server: Server) -> None:
    """The message may stand: nobody knows, and it is not sent a second time."""
    server.hang_up = "before the answer"
    assert isinstance(call_slack(posted(client(server.url))), Unconfirmed)
    assert len(server.calls) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    """A refused connection is known to have done nothing."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    one = client(f"http://127.0.0.1:{port}/api/")
    with pytest.raises(URLError):
        posted(one)()
    assert isinstance(call_slack(posted(one)), NotPosted)


def test_no_answer_in_time_leaves_it_open() -> None:
    """A server that takes the call and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = client(f"http://127.0.0.1:{silent.getsockname()[1]}/api/")
        one.timeout = 0.2  # type: ignore[assignment]
        assert isinstance(call_slack(posted(one)), Unconfirmed)


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
def test_what_is_known_of_a_call_that_failed(
    error: Exception, expected: type, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where no connection came about is it certain that nothing was sent: TLS may fail after the message."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(PoolManager, "request", fail)
    assert isinstance(call_slack(posted(client(server.url))), expected)


@pytest.mark.parametrize("answer", [b"<html>Bad gateway</html>", b"\xff\xfe", b"", b"[]"])
def test_what_is_not_slacks_answer_leaves_it_open(server: Server, answer: bytes) -> None:
    """Something on the way answered in Slack's place."""
    server.answer = answer
    assert isinstance(call_slack(posted(client(server.url))), Unconfirmed)


def test_what_slack_refuses_is_told(server: Server) -> None:
    """Slack's own word, and how long it asks to wait."""
    one = client(server.url)
    server.answer = b'{"ok": false, "error": "channel_not_found"}'
    assert call_slack(posted(one)) == NotPosted("Slack refused the call: channel_not_found", "channel_not_found")
    server.status, server.more = 429, {"Retry-After": "7"}
    server.answer = b'{"ok": false, "error": "ratelimited"}'
    assert call_slack(posted(one)) == RateLimited(7.0)
    with pytest.raises(SlackApiError):
        posted(one)()


@pytest.mark.parametrize("name", ["", "ann:s3cret@"])
def test_a_proxy_is_gone_through(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What the environment names as a proxy gets the call, with its own name and password where it has them."""
    proxy = server.url.removesuffix("/api/").replace("://", f"://{name}")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert posted(client("http://slack.example/api/"))()["ok"]
    (call,) = server.calls
    assert call.path == "http://slack.example/api/chat.postMessage"
    sent = call.headers.get("proxy-authorization", "")
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == name.removesuffix("@")
