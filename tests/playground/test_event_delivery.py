"""Signed events over HTTP, received by a real server and verified with slack_sdk."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import SlackError
from bot.models import Json
from bot.playground.loopback import LoopbackServer
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU


class Receiver:
    """An app with a request URL: it verifies and stores requests, and sends ``responses`` in order, the last again."""

    def __init__(self) -> None:
        self.received: list[tuple[Json, dict[str, str]]] = []
        self.responses: list[Response] = [Response()]
        self._host = LoopbackServer()
        self.url = f"http://127.0.0.1:{self._host.port}/slack/events"

    async def receive(self, request: Request) -> Response:
        raw, headers = await request.body(), dict(request.headers)
        if not SignatureVerifier(FakeSlack.signing_secret).is_valid_request(raw, headers):
            return Response(status_code=401)
        body = json.loads(raw)
        if body["type"] == "url_verification":
            return PlainTextResponse(body["challenge"])
        self.received.append((body, headers))
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]

    def start(self) -> None:
        self._host.start(Starlette(routes=[Route("/slack/events", self.receive, methods=["POST"])]))

    def stop(self) -> None:
        self._host.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


def test_an_event_is_signed(slack: FakeSlack, receiver: Receiver) -> None:
    """slack_sdk's verifier accepts the signature, and the first attempt has no retry headers."""
    slack.use_request_url(receiver.url)
    slack.say(DM_YOU, "naïve — “quoted”")
    slack.wait_until_idle(grace=0)
    ((body, headers),) = receiver.received
    assert body["event"]["text"] == "naïve — “quoted”"
    assert "x-slack-retry-num" not in headers
    assert slack.deliveries[0].acked_at is not None


def test_a_failed_event_is_retried(slack: FakeSlack, receiver: Receiver) -> None:
    """Any status but 200 is a failure; the retry has its number and reason, and a new signature."""
    slack.use_request_url(receiver.url)
    receiver.responses = [Response(status_code=500), Response()]
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    (first, _), (second, headers) = receiver.received
    assert first == second
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_error")


def test_an_app_may_refuse_retries(slack: FakeSlack, receiver: Receiver) -> None:
    """After X-Slack-No-Retry there are no retries."""
    slack.use_request_url(receiver.url)
    receiver.responses = [Response(status_code=500, headers={"X-Slack-No-Retry": "1"})]
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    assert len(receiver.received) == 1
    assert slack.deliveries[0].acked_at is None


def test_a_refused_connection_is_retried(slack: FakeSlack, receiver: Receiver) -> None:
    """A refused connection is a failure that is retried."""
    slack.use_request_url(receiver.url)
    receiver.stop()
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["connection_failed"] * 4


def test_a_url_is_verified_before_it_is_used(slack: FakeSlack, receiver: Receiver) -> None:
    """A URL that does not answer the challenge is an error."""
    with pytest.raises(SlackError, match="did not answer the challenge"):
        slack.use_request_url(receiver.url + "/elsewhere")
