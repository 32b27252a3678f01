"""Scripted faults, and the record of calls, seen with slack_sdk's own client."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RateLimitErrorRetryHandler

from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL

from .refusals import error_of


def test_a_rate_limit_says_how_long_to_wait(slack: FakeSlack, client: WebClient) -> None:
    """A scripted 429 carries Retry-After and keeps nothing; the next call is answered."""
    slack.fail_next("chat.postMessage", status=429, retry_after=7)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=GENERAL, text="first")
    response = refused.value.response
    assert (response.status_code, response.headers["Retry-After"], response["error"]) == (429, "7", "ratelimited")
    client.chat_postMessage(channel=GENERAL, text="second")
    assert [one.text for one in slack.replies(GENERAL)] == ["second"]


def test_a_client_that_retries_gets_through(slack: FakeSlack, client: WebClient) -> None:
    """slack_sdk's own handler of rate limits reads the answer as Slack's."""
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    client.chat_postMessage(channel=GENERAL, text="said")
    assert [one.text for one in slack.replies(GENERAL)] == ["said"]
    assert [call.status for call in slack.calls] == [429, 429, 200]


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("drop", [False, True])
def test_a_fault_may_come_before_or_after_the_message_is_kept(
    slack: FakeSlack, client: WebClient, kept: bool, drop: bool
) -> None:
    """The caller sees the same failure either way, an error or a dropped connection; the channel tells."""
    slack.fail_next("chat.postMessage", status=500, is_applied=kept, drop=drop)
    with pytest.raises(ConnectionError if drop else SlackApiError):
        client.chat_postMessage(channel=GENERAL, text="said")
    assert len(slack.replies(GENERAL)) == (1 if kept else 0)


def test_an_error_can_be_scripted(slack: FakeSlack, client: WebClient) -> None:
    """A fault with status 200 and a code is a refusal like any other."""
    slack.fail_next("chat.postMessage", status=200, error="fatal_error")
    assert error_of(client.chat_postMessage, channel=GENERAL, text="x") == "fatal_error"


def test_calls_are_written_down(slack: FakeSlack, client: WebClient) -> None:
    """Every call is there with its arguments and its answer, and without its token."""
    client.chat_postMessage(channel=GENERAL, text="said")
    (call,) = slack.calls
    assert (call.method, call.arguments["text"], call.status) == ("chat.postMessage", "said", 200)
    assert call.answer is not None
    assert call.answer["ok"]
    assert slack.bot_token not in str(call)
