"""Pace, seen from the channels: Slack's limits are kept, order too, and what cannot be answered now is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from bot.errors import ArchiveError
from bot.playground.faults import PostingRateLimit
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH
from bot.slack import queues
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import create_client
from bot.slack.dispatcher import Dispatcher, Limits, RateLimiter
from bot.slack.queues import ChannelQueues
from bot.slack.render import AnswererProtocol
from bot.slack.resilient_store import ResilientStore
from bot.store.store import Store
from bot.telemetry import Telemetry

from .harness import Harness, shown
from .samples import BRIDGE, QUOTED, FixedCorpus, ScriptedAnswerer

T = TypeVar("T")


def test_a_channel_that_is_told_to_wait_delays_no_other(harness: Harness) -> None:
    """While Slack makes one channel wait, another is answered; the first one's answers come after, in order."""
    harness.slack.fail_next("chat.postMessage", status=429, retry_after=2)
    slow = [harness.ask(f"question {number}") for number in range(2)]
    harness.slack.wait_until(lambda: any(call.status == 429 for call in harness.slack.calls))
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE, channel=RESEARCH)))
    assert harness.slack.replies(GENERAL) == []
    replies = [harness.reply_to(asked) for asked in slow]
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True, True]
    assert replies[0].ts < replies[1].ts


def test_the_answers_in_a_thread_keep_the_order_of_its_questions(harness: Harness) -> None:
    """Questions asked one after the other in a thread are answered one after the other."""
    root = harness.slack.say(GENERAL, "about the bridge")
    for number in range(4):
        harness.ask(f"question {number}", thread=root.ts)
    replies = harness.slack.wait_for_replies(GENERAL, 4, thread=root.ts)
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True] * 4


def test_slack_never_has_to_slow_the_bot_down(tmp_path: Path) -> None:
    """A burst of questions in one channel is answered at Slack's own pace, without a single refusal."""
    pace = PostingRateLimit()
    with FakeSlack(scopes=(*SCOPES, "users:read"), faults=[pace]) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            for number in range(6):
                harness.ask(f"question {number}")
            slack.wait_for_replies(GENERAL, 6, timeout=30)
    assert pace.refusals == 0


@pytest.fixture
def small(offline_harness: Harness) -> Iterator[tuple[Harness, Dispatcher]]:
    """A dispatcher with space for two questions per channel, and its harness."""
    client = create_client(offline_harness.slack.bot_token, offline_harness.slack.api_url, retries=False)
    store = Store(offline_harness.state)
    desk = Dispatcher(
        client,
        bot_user=offline_harness.slack.bot_user,
        store=ResilientStore(store),
        access=AccessControl(AccessRules(), UserDirectory(client)),
        rate_limiter=RateLimiter(Limits()),
        telemetry=Telemetry(),
        lanes=ChannelQueues(max_per_channel=2),
    )
    yield offline_harness, desk
    desk.finish(5)
    store.close()


@pytest.mark.parametrize("channel", [GENERAL, DM_YOU])
def test_a_question_for_which_there_is_no_room_is_told_so(small: tuple[Harness, Dispatcher], channel: str) -> None:
    """Where too many wait already, the asker gets one private sentence at once; those who wait are answered."""
    harness, desk = small
    for number in range(3):
        harness.slack.say(channel, f"{harness.slack.mention} question {number}")
        assert desk.take(harness.slack.deliveries[-1].payload)
    harness.slack.wait_until(lambda: len(notices(harness, channel)) == 1)
    desk.open(FixedCorpus(harness.answerer))
    harness.slack.wait_until(lambda: len(harness.slack.replies(channel)) >= 2 + (channel == DM_YOU))
    desk.finish(5)
    assert len(notices(harness, channel)) == 1


def notices(harness: Harness, channel: str) -> list[str]:
    """What the bot said of there being no room: to the asker alone in a channel, beside the question elsewhere."""
    said = harness.slack.replies(channel) if channel == DM_YOU else harness.slack.workspace.ephemerals("U0YOU")
    return [message.text for message in said if message.text.startswith("Too many questions are waiting")]


class Changing(FixedCorpus):
    """A shelf whose archive is being read again, for which several must wait at the same time."""

    waiting = Barrier(3)

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 5.0) -> T:
        self.waiting.wait(patience)
        return work(self.answerer)


def test_whoever_waits_for_the_archive_keeps_nobody_else_from_waiting(small: tuple[Harness, Dispatcher]) -> None:
    """While the archive is read again, questions wait for it together, and not one after the other."""
    harness, desk = small
    channels = (GENERAL, RESEARCH, DM_YOU)
    desk.open(Changing(harness.answerer))
    for channel in channels:
        harness.slack.say(channel, f"{harness.slack.mention} {BRIDGE}")
        assert desk.take(harness.slack.deliveries[-1].payload)
    for channel in channels:
        assert QUOTED in shown(harness.slack.wait_for_replies(channel)[-1])


class Lost(FixedCorpus):
    """A shelf whose snapshot is damaged, and whose articles are gone."""

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 0.0) -> T:
        raise ArchiveError("There is no article in archive: put .txt files there.")


def test_an_archive_that_is_lost_is_apologised_for(
    small: tuple[Harness, Dispatcher], caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing can be asked any more the person gets one sentence, and the log says why."""
    harness, desk = small
    desk.open(Lost(harness.answerer))
    asked = harness.ask(BRIDGE)
    assert desk.take(harness.slack.deliveries[-1].payload)
    reply = harness.reply_to(asked)
    (reference,) = re.findall(r"[0-9a-f]{6,}", reply.text)
    assert f"{reference}: There is no article in archive" in caplog.text


def test_a_question_that_comes_at_the_end_is_left_to_the_next_process(small: tuple[Harness, Dispatcher]) -> None:
    """When the bot is ending, an event is not acknowledged, and the next process answers it."""
    harness, desk = small
    desk.finish(0)
    asked = harness.ask(BRIDGE)
    assert not desk.take(harness.slack.deliveries[-1].payload)
    harness.slack.wait_until_idle()
    with harness.bot():
        assert QUOTED in shown(harness.reply_to(asked))


def test_a_backlog_is_bounded(small: tuple[Harness, Dispatcher]) -> None:
    """Even the notices are bounded: beyond that an event is not acknowledged, so that Slack brings it again."""
    harness, desk = small
    harness.slack.fail_next("chat.postEphemeral", status=429, retry_after=60, times=1)
    taken = []
    for number in range(2 + 1 + queues.MOST_IN_LANE + 2):
        person = harness.slack.add_person(channels=[GENERAL])
        harness.slack.say(GENERAL, f"{harness.slack.mention} question {number}", user=person)
        taken.append(desk.take(harness.slack.deliveries[-1].payload))
    assert (taken.count(False) > 0, taken[:3]) == (True, [True, True, True])
