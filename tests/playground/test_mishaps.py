"""Faults at random and the pace of a channel, as a client meets them."""

from __future__ import annotations

from collections import Counter

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.faults import Fault, FaultSource, PostingRateLimit, RandomFaults
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.workspace import GENERAL, RESEARCH


def drawn(
    source: FaultSource, times: int, method: str = "chat.postMessage", channel: str = GENERAL
) -> list[Fault | None]:
    return [source.next_fault(method, {"channel": channel}) for _ in range(times)]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("share", "method"), [(0.0, "chat.postMessage"), (1.0, "auth.test")])
def test_what_is_not_to_fail_does_not(share: float, method: str) -> None:
    """No share, or a method that is not named: every call goes well."""
    assert drawn(RandomFaults(1, share, ["chat.postMessage"]), 50, method) == [None] * 50


def test_a_seed_gives_the_same_faults_again() -> None:
    """Two sources of one seed draw the same, one of another seed does not."""
    first, again, other = (drawn(RandomFaults(seed, 0.5, ["chat.postMessage"]), 100) for seed in (7, 7, 8))
    assert first == again != other


def test_faults_come_in_every_kind_and_half_take_effect() -> None:
    """Each kind is drawn, about as often as told, and what can have taken effect has in about half the cases."""
    source = RandomFaults(3, 0.5, ["chat.postMessage"])
    faults = [fault for fault in drawn(source, 2_000) if fault]
    assert 900 < len(faults) < 1_100
    assert {(fault.status, fault.drop, fault.delay > 0) for fault in faults} == {
        (429, False, False),
        (500, False, False),
        (503, False, False),
        (200, False, False),
        (500, True, False),
        (500, True, True),
    }
    unclear = [fault for fault in faults if fault.status != 429]
    assert 0.45 < sum(fault.is_applied for fault in unclear) / len(unclear) < 0.55
    assert not any(fault.is_applied for fault in faults if fault.status == 429)
    assert sum(source.counts.values()) == len(faults)


def test_faults_can_be_told_to_cease() -> None:
    """From then on every call goes well."""
    source = RandomFaults(1, 1.0, ["chat.postMessage"])
    assert None not in drawn(source, 5)
    source.stop()
    assert drawn(source, 50) == [None] * 50


def test_a_channel_takes_a_burst_and_then_one_message_a_second() -> None:
    """What comes faster is told how long to wait, and after that wait is taken; refusals do not count as messages."""
    clock = Clock()
    pace = PostingRateLimit(per_second=1.0, burst=3, clock=clock)
    assert drawn(pace, 3) == [None] * 3
    assert drawn(pace, 2) == [Fault(429, retry_after=1)] * 2
    clock.now = 1.0
    assert drawn(pace, 2) == [None, Fault(429, retry_after=1)]
    clock.now = 60.0
    assert drawn(pace, 4) == [None, None, None, Fault(429, retry_after=1)]
    assert pace.refusals == 4


def test_one_channel_slows_no_other_and_no_other_method() -> None:
    """Each channel has a pace of its own, for new messages only."""
    pace = PostingRateLimit(per_second=1.0, burst=1, clock=Clock())
    assert drawn(pace, 2) == [None, Fault(429, retry_after=1)]
    assert drawn(pace, 1, channel=RESEARCH) == [None]
    assert drawn(pace, 2, method="chat.update") == [None] * 2


def test_a_client_is_told_to_slow_down() -> None:
    """The stand-in answers what is too fast with 429 and Retry-After, and keeps nothing of it."""
    with FakeSlack(faults=[PostingRateLimit(per_second=0.001, burst=2)]) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        for text in ("one", "two"):
            client.chat_postMessage(channel=GENERAL, text=text)
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel=GENERAL, text="three")
        assert refused.value.response.status_code == 429
        assert int(refused.value.response.headers["Retry-After"]) >= 1
        assert [message.text for message in slack.replies(GENERAL)] == ["one", "two"]


def test_a_scripted_fault_comes_before_the_random_ones() -> None:
    """What a test scripts for a call happens, whatever the sources would have drawn."""
    source = RandomFaults(1, 1.0, ["chat.postMessage"])
    with FakeSlack(scopes=SCOPES, faults=[source]) as slack:
        slack.fail_next("chat.postMessage", status=200, error="msg_too_long")
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel=GENERAL, text="said")
        assert refused.value.response["error"] == "msg_too_long"
    assert source.counts == Counter()


@pytest.mark.parametrize("kept", [False, True])
def test_a_call_may_fall_silent(slack: FakeSlack, kept: bool) -> None:
    """A client whose patience ends first does not learn whether its message stands; the channel tells."""
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=1)
    slack.fail_next("chat.postMessage", drop=True, is_applied=kept, delay=2.0)
    with pytest.raises(TimeoutError):
        client.chat_postMessage(channel=GENERAL, text="said")
    assert len(slack.replies(GENERAL)) == (1 if kept else 0)
