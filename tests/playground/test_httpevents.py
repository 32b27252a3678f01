"""Signed events over HTTP: a real server receives them, and Slack's own verifier reads the signatures."""

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
from bot.playground.hosting import LoopbackServer
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU


class Receiver:
    """An app with a request URL: verifies and keeps what comes; gives each of ``answers`` once, the last for ever."""

    def __init__(self) -> None:
        self.got: list[tuple[Json, dict[str, str]]] = []
        self.answers: list[Response] = [Response()]
        self._host = LoopbackServer()
        self.url = f"http://127.0.0.1:{self._host.port}/slack/events"

    async def receive(self, request: Request) -> Response:
        raw, headers = await request.body(), dict(request.headers)
        if not SignatureVerifier(FakeSlack.signing_secret).is_valid_request(raw, headers):
            return Response(status_code=401)
        body = json.loads(raw)
        if body["type"] == "url_verification":
            return PlainTextResponse(body["challenge"])
        self.got.append((body, headers))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def start(self) -> None:
        async def nothing() -> None:
            return

        app = Starlette(routes=[Route("/slack/events", self.receive, methods=["POST"])])
        self._host.start(app, lambda: None, nothing)

    def stop(self) -> None:
        self._host.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


def test_an_event_is_signed_as_slack_signs(slack: FakeSlack, receiver: Receiver) -> None:
    """Slack's verifier accepts the signature, and a first delivery is no retry."""
    slack.use_request_url(receiver.url)
    slack.say(DM_YOU, "naïve — “quoted”")
    slack.wait_until_idle(grace=0)
    ((body, headers),) = receiver.got
    assert body["event"]["text"] == "naïve — “quoted”"
    assert "x-slack-retry-num" not in headers
    assert slack.deliveries[0].acked_at is not None


def test_an_event_that_is_answered_with_an_error_comes_again(slack: FakeSlack, receiver: Receiver) -> None:
    """Anything but 200 is a failure; the retry says which it is and why, and is signed again."""
    slack.use_request_url(receiver.url)
    receiver.answers = [Response(status_code=500), Response()]
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    (first, _), (second, headers) = receiver.got
    assert first == second
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_error")


def test_an_app_may_refuse_retries(slack: FakeSlack, receiver: Receiver) -> None:
    """X-Slack-No-Retry ends a delivery that failed."""
    slack.use_request_url(receiver.url)
    receiver.answers = [Response(status_code=500, headers={"X-Slack-No-Retry": "1"})]
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    assert len(receiver.got) == 1
    assert slack.deliveries[0].acked_at is None


def test_an_app_that_is_gone_gets_every_try(slack: FakeSlack, receiver: Receiver) -> None:
    """A refused connection is a failure like any other."""
    slack.use_request_url(receiver.url)
    receiver.stop()
    slack.say(DM_YOU, "hello")
    slack.wait_until_idle(grace=0)
    assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["connection_failed"] * 4


def test_a_url_is_verified_before_it_is_used(slack: FakeSlack, receiver: Receiver) -> None:
    """An address that does not answer the challenge is refused in a sentence."""
    with pytest.raises(SlackError, match="did not answer the challenge"):
        slack.use_request_url(receiver.url + "/elsewhere")
