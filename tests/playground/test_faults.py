"""Injected faults, scripted and random, the rate limit, and the log of calls."""

from __future__ import annotations

from collections import Counter

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler

from bot.playground.server import SCOPES, FakeSlack
from bot.playground.web_api import Fault, FaultSource
from bot.playground.workspace import GENERAL, RESEARCH
from tests.chaos.faults import PostingRateLimit, RandomFaults

from .helpers import error_of


def test_a_rate_limit_says_how_long_to_wait(slack: FakeSlack, client: WebClient) -> None:
    """A scripted 429 has a Retry-After and posts nothing; the next call succeeds."""
    slack.fail_next("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=GENERAL, text="first")
    response = refused.value.response
    assert (response.status_code, response.headers["Retry-After"], response["error"]) == (429, "7", "ratelimited")
    client.chat_postMessage(channel=GENERAL, text="second")
    assert [one.text for one in slack.replies(GENERAL)] == ["second"]


def test_a_client_that_retries_gets_through(slack: FakeSlack, client: WebClient) -> None:
    """slack_sdk's own handler of rate limits understands the response."""
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    client.chat_postMessage(channel=GENERAL, text="said")
    assert [one.text for one in slack.replies(GENERAL)] == ["said"]
    assert [call.status for call in slack.calls] == [429, 429, 200]


@pytest.mark.parametrize("is_applied", [False, True])
@pytest.mark.parametrize("drop", [False, True])
def test_a_failed_call_may_be_applied(slack: FakeSlack, client: WebClient, is_applied: bool, drop: bool) -> None:
    """The caller sees the same error or dropped connection whether or not the message was posted."""
    slack.fail_next("chat.postMessage", status=500, is_applied=is_applied, drop=drop)
    with pytest.raises(ConnectionError if drop else SlackApiError):
        client.chat_postMessage(channel=GENERAL, text="said")
    assert len(slack.replies(GENERAL)) == (1 if is_applied else 0)


def test_an_error_can_be_scripted(slack: FakeSlack, client: WebClient) -> None:
    """A fault with status 200 and a code is a refusal like any other."""
    slack.fail_next("chat.postMessage", status=200, error="fatal_error")
    assert error_of(client.chat_postMessage, channel=GENERAL, text="x") == "fatal_error"


def test_calls_are_logged(slack: FakeSlack, client: WebClient) -> None:
    """A call is logged with its arguments and its answer, and without its token."""
    client.chat_postMessage(channel=GENERAL, text="said")
    (call,) = slack.calls
    assert (call.method, call.arguments["text"], call.status) == ("chat.postMessage", "said", 200)
    assert call.answer is not None
    assert call.answer["ok"]
    assert slack.bot_token not in str(call)


def faults_of(
    source: FaultSource, times: int, method: str = "chat.postMessage", channel: str = GENERAL
) -> list[Fault | None]:
    return [source(method, {"channel": channel}) for _ in range(times)]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("share", "method"), [(0.0, "chat.postMessage"), (1.0, "auth.test")])
def test_no_call_fails_by_default(share: float, method: str) -> None:
    """With a share of 0, or for another method, no call fails."""
    assert faults_of(RandomFaults(1, share, ["chat.postMessage"]), 50, method) == [None] * 50


def test_faults_are_reproducible() -> None:
    """Two sources with the same seed give the same faults, one with another seed does not."""
    first, again, other = (faults_of(RandomFaults(seed, 0.5, ["chat.postMessage"]), 100) for seed in (7, 7, 8))
    assert first == again != other


def test_random_faults_are_of_all_kinds_and_half_are_applied() -> None:
    """Each kind occurs, at the given rate, and about half of the calls that can be applied are applied."""
    source = RandomFaults(3, 0.5, ["chat.postMessage"])
    faults = [fault for fault in faults_of(source, 2_000) if fault]
    assert 900 < len(faults) < 1_100
    assert {(fault.status, fault.drop, fault.delay > 0) for fault in faults} == {
        (429, False, False),
        (500, False, False),
        (503, False, False),
        (200, False, False),
        (500, True, False),
        (500, True, True),
    }
    applicable = [fault for fault in faults if fault.status != 429]
    assert 0.45 < sum(fault.is_applied for fault in applicable) / len(applicable) < 0.55
    assert not any(fault.is_applied for fault in faults if fault.status == 429)
    assert sum(source.counts.values()) == len(faults)


def test_a_channel_takes_a_burst_and_then_one_message_a_second() -> None:
    """A message that is too early gets a Retry-After and succeeds after it; refused messages do not count."""
    clock = Clock()
    rate_limit = PostingRateLimit(per_second=1.0, burst=3, clock=clock)
    assert faults_of(rate_limit, 3) == [None] * 3
    assert faults_of(rate_limit, 2) == [Fault(429, retry_after=1)] * 2
    clock.now = 1.0
    assert faults_of(rate_limit, 2) == [None, Fault(429, retry_after=1)]
    clock.now = 60.0
    assert faults_of(rate_limit, 4) == [None, None, None, Fault(429, retry_after=1)]
    assert rate_limit.refusals == 4


def test_the_rate_limit_is_per_channel_and_for_new_messages() -> None:
    """Each channel has its own limit, which applies to new messages only."""
    rate_limit = PostingRateLimit(per_second=1.0, burst=1, clock=Clock())
    assert faults_of(rate_limit, 2) == [None, Fault(429, retry_after=1)]
    assert faults_of(rate_limit, 1, channel=RESEARCH) == [None]
    assert faults_of(rate_limit, 2, method="chat.update") == [None] * 2


def test_a_client_is_rate_limited() -> None:
    """A message that is too early gets 429 with Retry-After, and is not posted."""
    with FakeSlack(faults=[PostingRateLimit(per_second=0.001, burst=2)]) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        for text in ("one", "two"):
            client.chat_postMessage(channel=GENERAL, text=text)
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel=GENERAL, text="three")
        assert refused.value.response.status_code == 429
        assert int(refused.value.response.headers["Retry-After"]) >= 1
        assert [message.text for message in slack.replies(GENERAL)] == ["one", "two"]


def test_a_scripted_fault_has_precedence() -> None:
    """A scripted fault is used before those of the sources."""
    source = RandomFaults(1, 1.0, ["chat.postMessage"])
    with FakeSlack(scopes=SCOPES, faults=[source]) as slack:
        slack.fail_next("chat.postMessage", status=200, error="msg_too_long")
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel=GENERAL, text="said")
        assert refused.value.response["error"] == "msg_too_long"
    assert source.counts == Counter()


@pytest.mark.parametrize("is_applied", [False, True])
def test_a_call_may_time_out(slack: FakeSlack, is_applied: bool) -> None:
    """A client that times out does not learn whether its message was posted."""
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=1)
    slack.fail_next("chat.postMessage", drop=True, is_applied=is_applied, delay=2.0)
    with pytest.raises(TimeoutError):
        client.chat_postMessage(channel=GENERAL, text="said")
    assert len(slack.replies(GENERAL)) == (1 if is_applied else 0)
