"""The bot's addresses: who gets in, what a supervisor sees, and how they end."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Barrier, Event, Thread

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.errors import SettingsError
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU
from bot.slack.transports import MAX_BODY_BYTES, HttpEndpoint
from bot.telemetry import Telemetry

SECRET = FakeSlack.signing_secret
BODY = json.dumps({"type": "event_callback", "event": {"type": "app_mention", "text": "naïve — “quoted”"}}).encode()


def signed(body: bytes = BODY, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers with which Slack sends ``body``, at this moment or at ``at``."""
    timestamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body.decode(errors="replace"))
    assert signature is not None
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature,
    }


@dataclass
class Bot:
    """A Bolt app that keeps what it gets, behind an address of this machine."""

    slack: FakeSlack
    got: list[str] = field(default_factory=list)
    is_ready: bool = True
    go_on: Event = field(default_factory=Event)
    busy: Barrier | None = None

    def __post_init__(self) -> None:
        self.go_on.set()
        self.telemetry = Telemetry()
        self.endpoint = self.endpoint_at()

    def endpoint_at(self, host: str = "127.0.0.1", port: int = 0, *, metrics_public: bool = False) -> HttpEndpoint:
        # As the bot does: what a listener claims is claimed before Slack is told so.
        client = WebClient(token=self.slack.bot_token, base_url=self.slack.api_url)
        app = App(client=client, process_before_response=True)
        app.event("app_mention")(self._take)
        app.event("message")(self._take)
        return HttpEndpoint(
            app,
            signing_secret=SECRET,
            telemetry=self.telemetry,
            is_ready=lambda: self.is_ready,
            host=host,
            port=port,
            metrics_public=metrics_public,
        )

    def _take(self, event: dict[str, str]) -> None:
        self.got.append(event["text"])
        if self.busy is not None:
            self.busy.wait(10)
        assert self.go_on.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.endpoint.port}/slack/events"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """The status and the body that a request is answered with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint.port, timeout=10)
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
    with FakeSlack() as slack:
        bot = Bot(slack)
        bot.endpoint.start()
        yield bot
        bot.endpoint.stop()


def test_what_slack_signed_gets_in(bot: Bot) -> None:
    """A signed event reaches its listener as it was said, and is acknowledged, even nearly five minutes late."""
    assert bot.send(signed()) == (200, "")
    assert bot.send(signed(at=time.time() - 280)) == (200, "")
    assert bot.got == ["naïve — “quoted”"] * 2


def forged() -> dict[str, dict[str, str]]:
    """Headers that Slack would not send with BODY at this moment, by what is wrong with them."""
    right = signed()
    return {
        "signed with another secret": signed(secret="another"),
        "signed for another body": signed(b"{}"),
        "six minutes old": signed(at=time.time() - 360),
        "six minutes ahead": signed(at=time.time() + 360),
        "without a signature": {name: value for name, value in right.items() if name != "X-Slack-Signature"},
        "without a time": {name: value for name, value in right.items() if name != "X-Slack-Request-Timestamp"},
        "without either": {"Content-Type": "application/json"},
        "at no number": right | {"X-Slack-Request-Timestamp": "yesterday"},
        "at digits that are no number": right | {"X-Slack-Request-Timestamp": "²³"},
        "at a negative number": right | {"X-Slack-Request-Timestamp": "-1"},
        "at a number of 5,000 digits": right | {"X-Slack-Request-Timestamp": "9" * 5_000},
        "at infinity": right | {"X-Slack-Request-Timestamp": "inf"},
        "with an empty signature": right | {"X-Slack-Signature": ""},
        "with a signature that is not ASCII": right | {"X-Slack-Signature": "v0=ü"},
    }


def test_what_slack_did_not_sign_stays_outside(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is wrong with a signature: 401, not a word, no listener hears of it, and no traceback is logged."""
    assert {kind: bot.send(headers) for kind, headers in forged().items()} == dict.fromkeys(forged(), (401, ""))
    check = {"Content-Type": "application/x-www-form-urlencoded"}
    assert bot.send(check, b"ssl_check=1&token=x") == (401, "")
    assert bot.got == []
    assert [record for record in caplog.records if record.exc_info] == []


def test_bytes_that_are_no_text_stay_outside(bot: Bot) -> None:
    """A body that is not UTF-8 cannot have been signed."""
    assert bot.send(signed(b"\xff\xfe"), b"\xff\xfe") == (401, "")


def test_a_signed_body_that_is_no_event_is_refused(bot: Bot) -> None:
    """What is signed but cannot be read is a bad request, not a failure of ours."""
    assert bot.send(signed(b"{"), b"{") == (400, "")


def test_refusals_are_told_once(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """However many requests are refused, the log says once what may be wrong; the metrics count them."""
    for _ in range(3):
        bot.send({})
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "SLACK_SIGNING_SECRET" in told[0]
    assert 'pullquote_event_requests_total{status="401"} 3.0' in bot.ask("GET", "/metrics")[1]


def test_the_address_answers_slacks_challenge(bot: Bot) -> None:
    """Slack accepts the address, and what is said in Slack arrives there."""
    bot.slack.use_request_url(bot.url)
    bot.slack.say(DM_YOU, "hello")
    bot.slack.wait_until_idle(grace=0)
    assert bot.got == ["hello"]
    assert bot.slack.deliveries[0].acked_at is not None


def test_a_body_over_the_bound_is_refused_before_it_is_read(bot: Bot) -> None:
    """A body that is announced as too large, or becomes so on the way, is 413; the largest allowed one is verified."""
    assert bot.send({"Content-Length": str(MAX_BODY_BYTES + 1)}, b"{") == (413, "")
    assert bot.send({}, b"x" * MAX_BODY_BYTES) == (401, "")
    with socket.create_connection(("127.0.0.1", bot.endpoint.port), timeout=10) as chunked:
        chunked.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunked.sendall(b"%x\r\n" % (MAX_BODY_BYTES + 1) + b"x" * (MAX_BODY_BYTES + 1) + b"\r\n")
        assert chunked.recv(1024).startswith(b"HTTP/1.1 413 ")


def test_a_request_that_breaks_off_harms_nobody(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that ends before its body is there leaves no traceback, and the next one is served."""
    with socket.create_connection(("127.0.0.1", bot.endpoint.port)) as cut:
        cut.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert bot.send(signed())[0] == 200
    bot.endpoint.stop()
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


def test_only_its_own_addresses_are_served(bot: Bot) -> None:
    """What is none of the bot's addresses is 404, what asks for one in another way 405."""
    assert [(method, path, bot.ask(method, path)[0]) for method, path, _ in PATHS] == PATHS


def test_it_is_ready_while_questions_are_answered(bot: Bot) -> None:
    """Alive from the start; ready once the archive is there, and no longer when the bot is ending."""
    seen = []
    for is_ready in (False, True):
        bot.is_ready = is_ready
        seen.append((bot.ask("GET", "/healthz")[0], bot.ask("GET", "/readyz")))
    bot.endpoint.stop_accepting()
    seen.append((bot.ask("GET", "/healthz")[0], bot.ask("GET", "/readyz")))
    assert seen == [(200, (503, "the archive is loading\n")), (200, (200, "ready\n")), (200, (503, "stopping\n"))]


def test_an_event_that_comes_at_the_end_comes_again(bot: Bot) -> None:
    """While the bot is ending, an event is not acknowledged, so that Slack delivers it to whoever comes next."""
    bot.endpoint.stop_accepting()
    assert bot.send(signed()) == (503, "")
    assert bot.got == []


def test_metrics_are_for_this_machine_alone(bot: Bot) -> None:
    """A peer on this machine reads them, unless a proxy passes on what somebody else asked."""
    status, page = bot.ask("GET", "/metrics")
    assert status == 200
    assert "pullquote_questions_waiting 0.0" in page
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert bot.ask("GET", "/metrics", headers={name: "127.0.0.1"})[0] == 403


def test_metrics_can_be_opened(bot: Bot) -> None:
    """With the setting, whoever reaches the address reads them."""
    bot.endpoint.stop()
    bot.endpoint = bot.endpoint_at(metrics_public=True)
    bot.endpoint.start()
    assert bot.ask("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"})[0] == 200


def test_a_slow_listener_delays_nobody(bot: Bot) -> None:
    """While listeners wait, other pages are answered, and as many events are taken as come."""
    bot.go_on.clear()
    bot.busy = Barrier(9)
    answered: list[tuple[int, str]] = []
    senders = [Thread(target=lambda: answered.append(bot.send(signed()))) for _ in range(8)]
    for sender in senders:
        sender.start()
    bot.busy.wait(10)
    assert bot.ask("GET", "/healthz")[0] == 200
    assert answered == []
    bot.go_on.set()
    for sender in senders:
        sender.join()
    assert answered == [(200, "")] * 8


def test_stopping_finishes_what_is_in_hand(bot: Bot) -> None:
    """An event whose listener is at work is acknowledged before the address closes; then nothing listens there."""
    bot.go_on.clear()
    bot.busy = Barrier(2)
    answered: list[tuple[int, str]] = []
    sender = Thread(target=lambda: answered.append(bot.send(signed())))
    sender.start()
    bot.busy.wait(10)
    stopping = Thread(target=bot.endpoint.stop)
    stopping.start()
    bot.go_on.set()
    stopping.join()
    sender.join()
    assert answered == [(200, "")]
    with pytest.raises(ConnectionRefusedError):
        bot.ask("GET", "/healthz")


def test_an_address_that_is_taken_is_one_sentence(bot: Bot) -> None:
    """A port that somebody else listens on, or a host that is not this machine, says what to choose."""
    for host, port in (("127.0.0.1", bot.endpoint.port), ("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 70_000)):
        with pytest.raises(SettingsError, match=r"^Cannot listen on .*; choose another --host or --port\.$"):
            bot.endpoint_at(host, port)
