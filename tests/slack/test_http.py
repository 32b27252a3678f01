"""The web server: signatures, health pages and stopping."""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Semaphore, Thread

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU
from bot.slack import transports
from bot.slack.transports import MAX_BODY_BYTES, MAX_CONNECTIONS, WebServer
from bot.telemetry import Telemetry

from .loop import LoopThread, loop_thread
from .signing import BODY, SECRET, forged, signed


@dataclass
class Bot:
    """A Bolt app behind a web server; ``received`` are the texts it got."""

    slack: FakeSlack
    loop: LoopThread
    received: list[str] = field(default_factory=list)
    problem: str | None = None
    started: Semaphore = field(default_factory=lambda: Semaphore(0))
    may_continue: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_continue.set()
        self.telemetry = Telemetry()
        self.server = self.create_server()

    def create_server(
        self, host: str = "127.0.0.1", port: int = 0, *, metrics_public: bool = False, has_app: bool = True
    ) -> WebServer:
        async def create() -> WebServer:
            return WebServer(
                self._create_app() if has_app else None,
                signing_secret=SECRET,
                telemetry=self.telemetry,
                find_problem=lambda: self.problem,
                host=host,
                port=port,
                metrics_public=metrics_public,
            )

        return self.loop.run(create())

    def _create_app(self) -> AsyncApp:
        # As in the bot: a listener runs before the acknowledgement.
        client = AsyncWebClient(token=self.slack.bot_token, base_url=self.slack.api_url)
        app = AsyncApp(client=client, process_before_response=True)
        app.event("app_mention")(self._take)
        app.event("message")(self._take)
        return app

    async def _take(self, event: dict[str, str]) -> None:
        self.received.append(event["text"])
        self.started.release()
        await self.may_continue.wait()

    def wait_until_started(self, count: int = 1) -> None:
        """Wait until ``count`` more listeners run."""
        for _ in range(count):
            assert self.started.acquire(timeout=10)

    def let_continue(self) -> None:
        async def let_continue() -> None:
            self.may_continue.set()

        self.loop.run(let_continue())

    def start(self) -> None:
        async def start() -> None:
            self.server.start()

        self.loop.run(start())

    def stop(self) -> None:
        self.loop.run(self.server.stop())

    def replace_server(self, *, metrics_public: bool = False, has_app: bool = True) -> None:
        """Stop the server and start another one."""
        self.stop()
        self.server = self.create_server(metrics_public=metrics_public, has_app=has_app)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/slack/events"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Send a request; return the status and body of the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def send(self, headers: dict[str, str], body: bytes = BODY) -> tuple[int, str]:
        return self.ask("POST", "/slack/events", body, headers)


@pytest.fixture
def bot() -> Iterator[Bot]:
    with FakeSlack() as slack, loop_thread() as loop:
        bot = Bot(slack, loop)
        bot.start()
        yield bot
        bot.stop()


def test_signed_events_are_accepted(bot: Bot) -> None:
    """A signed event reaches its listener unchanged and is acknowledged, even nearly five minutes late."""
    assert bot.send(signed()) == (200, "")
    assert bot.send(signed(at=time.time() - 280)) == (200, "")
    assert bot.received == ["naïve — “quoted”"] * 2


def test_unsigned_requests_are_rejected(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """Any wrong signature gives 401 with an empty body, calls no listener and logs no traceback."""
    assert {kind: bot.send(headers) for kind, headers in forged().items()} == dict.fromkeys(forged(), (401, ""))
    check = {"Content-Type": "application/x-www-form-urlencoded"}
    assert bot.send(check, b"ssl_check=1&token=x") == (401, "")
    assert bot.received == []
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_body_that_is_not_utf8_is_rejected(bot: Bot) -> None:
    """Slack signs only UTF-8."""
    assert bot.send(signed(b"\xff\xfe"), b"\xff\xfe") == (401, "")


def test_a_signed_body_that_is_not_json_is_refused(bot: Bot) -> None:
    """It is a bad request, not an internal error."""
    assert bot.send(signed(b"{"), b"{") == (400, "")


def test_rejections_are_logged_once(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """However many requests are rejected, the log says once what may be wrong; the metrics count them."""
    for _ in range(3):
        bot.send({})
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(messages) == 1
    assert "SLACK_SIGNING_SECRET" in messages[0]
    assert 'pullquote_event_requests_total{status="401"} 3.0' in bot.ask("GET", "/metrics")[1]


def test_the_server_answers_slacks_challenge(bot: Bot) -> None:
    """Slack verifies the request URL, and messages arrive there."""
    bot.slack.use_request_url(bot.url)
    bot.slack.say(DM_YOU, "hello")
    bot.slack.wait_until_idle(grace=0)
    assert bot.received == ["hello"]
    assert bot.slack.deliveries[0].acked_at is not None


def test_a_body_over_the_limit_is_refused(bot: Bot) -> None:
    """A body that is too large, by its header or its content, gives 413; the largest allowed one is verified."""
    assert bot.send({"Content-Length": str(MAX_BODY_BYTES + 1)}, b"{") == (413, "")
    assert bot.send({}, b"x" * MAX_BODY_BYTES) == (401, "")
    with socket.create_connection(("127.0.0.1", bot.server.port), timeout=10) as chunked:
        chunked.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunked.sendall(b"%x\r\n" % (MAX_BODY_BYTES + 1) + b"x" * (MAX_BODY_BYTES + 1) + b"\r\n")
        assert chunked.recv(1024).startswith(b"HTTP/1.1 413 ")


def test_an_interrupted_request_does_no_harm(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that ends before its body is complete logs no traceback, and the next one is served."""
    with socket.create_connection(("127.0.0.1", bot.server.port)) as cut:
        cut.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert bot.send(signed())[0] == 200
    bot.stop()
    assert [record for record in caplog.records if record.exc_info] == []


PATHS = [
    ("GET", "/healthz", 200),
    ("HEAD", "/healthz", 200),
    ("GET", "/slack/events", 405),
    ("POST", "/healthz", 405),
    ("GET", "/", 404),
    ("POST", "/slack", 404),
    ("GET", "/docs", 404),
    ("POST", "/slack/events/more", 404),
]


def test_unknown_paths_and_methods(bot: Bot) -> None:
    """An unknown path gives 404, a wrong method 405."""
    assert [(method, path, bot.ask(method, path)[0]) for method, path, _ in PATHS] == PATHS


def test_readiness(bot: Bot) -> None:
    """Alive from the start; ready while nothing prevents answers, and no longer while the bot stops."""
    responses = []
    for problem in ("the archive is loading", None):
        bot.problem = problem
        responses.append((bot.ask("GET", "/healthz")[0], bot.ask("GET", "/readyz")))
    bot.server.stop_accepting()
    responses.append((bot.ask("GET", "/healthz")[0], bot.ask("GET", "/readyz")))
    assert responses == [(200, (503, "the archive is loading\n")), (200, (200, "ready\n")), (200, (503, "stopping\n"))]


def test_without_an_app_only_the_pages_are_served(bot: Bot) -> None:
    """In Socket Mode, the pages are served as well, and no events are accepted."""
    bot.replace_server(has_app=False)
    assert bot.ask("GET", "/readyz") == (200, "ready\n")
    assert [bot.ask("GET", path)[0] for path in ("/healthz", "/metrics")] == [200, 200]
    assert bot.send(signed())[0] == 404
    assert bot.received == []


def test_events_while_stopping_are_redelivered(bot: Bot) -> None:
    """While the bot stops, an event is not acknowledged, so that Slack delivers it to the next process."""
    bot.server.stop_accepting()
    assert bot.send(signed()) == (503, "")
    assert bot.received == []


def test_metrics_are_local_by_default(bot: Bot) -> None:
    """They are served to clients on this machine, but not through a proxy."""
    status, page = bot.ask("GET", "/metrics")
    assert status == 200
    assert "pullquote_questions_waiting 0.0" in page
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert bot.ask("GET", "/metrics", headers={name: "127.0.0.1"})[0] == 403


def test_metrics_can_be_public(bot: Bot) -> None:
    """With the setting, they are served to every client."""
    bot.replace_server(metrics_public=True)
    assert bot.ask("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"})[0] == 200


def test_slow_listeners_run_in_parallel(bot: Bot) -> None:
    """While listeners wait, other pages are served and more events are accepted."""
    bot.may_continue.clear()
    answered: list[tuple[int, str]] = []
    senders = [Thread(target=lambda: answered.append(bot.send(signed()))) for _ in range(8)]
    for sender in senders:
        sender.start()
    bot.wait_until_started(8)
    assert bot.ask("GET", "/healthz")[0] == 200
    assert answered == []
    bot.let_continue()
    for sender in senders:
        sender.join()
    assert answered == [(200, "")] * 8


def test_stopping_finishes_running_requests(bot: Bot) -> None:
    """An event whose listener runs is acknowledged before the port closes."""
    bot.may_continue.clear()
    answered: list[tuple[int, str]] = []
    sender = Thread(target=lambda: answered.append(bot.send(signed())))
    sender.start()
    bot.wait_until_started()
    stopping = Thread(target=bot.stop)
    stopping.start()
    bot.let_continue()
    stopping.join()
    sender.join()
    assert answered == [(200, "")]
    with pytest.raises(ConnectionRefusedError):
        bot.ask("GET", "/healthz")


def test_an_unusable_address_gives_one_sentence(bot: Bot) -> None:
    """A port in use, or a host that is not this machine, gives an error that says what to choose."""
    for host, port in (("127.0.0.1", bot.server.port), ("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 70_000)):
        with pytest.raises(SettingsError, match=r"^Cannot listen on .*; choose another --host or --port\.$"):
            bot.create_server(host, port)


ODD_BODIES = [
    *(b"[]", b"1", b"null", b'"x"', b"[{}]", b"true", b"[" * 100_000, b'{"a":' * 100_000, b"", b"payload=1"),
    *(b"payload=[]", b'{"event": []}', b'{"type": "event_callback", "event": 1}', b'{"event": {"type": []}}'),
    *(
        b'{"type": {}}',
        b'{"type": "block_actions", "actions": 1}',
        b'{"team": 1, "user": []}',
        b'{"authorizations": 1}',
    ),
]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: body[:40].decode())
def test_a_signed_but_odd_body_is_refused(bot: Bot, body: bytes, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """One that is no object, is nested too deeply or lacks what Bolt expects gets a status of 4xx, no traceback."""
    status, _ = bot.send({**signed(body), "Content-Type": kind}, body)
    assert 400 <= status < 500
    assert "Traceback" not in caplog.text
    assert bot.received == []


HALF = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"


def open_slowly(bot: Bot, count: int, data: bytes = HALF) -> list[socket.socket]:
    """Connections that have sent the beginning of a request."""
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", bot.server.port), timeout=20)
        connection.sendall(data)
        connections.append(connection)
    return connections


@pytest.mark.parametrize("count", [400, MAX_CONNECTIONS + 50])
def test_slow_connections_keep_nobody_out(bot: Bot, count: int) -> None:
    """A signed request is answered while hundreds of others never end, and new ones make room for it."""
    slow = open_slowly(bot, count)
    try:
        assert bot.send(signed())[0] == 200
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("data", [b"", HALF])
def test_a_request_that_does_not_arrive_is_closed(bot: Bot, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Also the second one of a connection."""
    monkeypatch.setattr(transports, "HEADERS_TIMEOUT", 0.2)
    first, second = open_slowly(bot, 2, data)
    second.sendall(b"" if data else b"\r\n")
    for connection in (first, second):
        with suppress(ConnectionResetError):
            while connection.recv(1000):
                pass
        connection.close()


def test_endless_headers_are_refused(bot: Bot) -> None:
    """They do not fill the memory."""
    (connection,) = open_slowly(bot, 1)
    with suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(b"x-more: " + b"a" * 1000 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    connection.close()
