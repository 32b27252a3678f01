"""Pace and order in channels, and what happens when queues are full or the bot stops."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from bot.errors import ArchiveError
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
from tests.chaos.faults import PostingRateLimit

from .harness import Harness, shown
from .samples import BRIDGE, QUOTED, FixedCorpus, ScriptedAnswerer

T = TypeVar("T")


def test_a_rate_limited_channel_delays_no_other(harness: Harness) -> None:
    """While Slack limits one channel, another is answered; the first is answered later, in order."""
    harness.slack.fail_next("chat.postMessage", status=429, retry_after=2)
    slow = [harness.ask(f"question {number}") for number in range(2)]
    harness.slack.wait_until(lambda: any(call.status == 429 for call in harness.slack.calls))
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE, channel=RESEARCH)))
    assert harness.slack.replies(GENERAL) == []
    replies = [harness.reply_to(asked) for asked in slow]
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True, True]
    assert replies[0].ts < replies[1].ts


def test_a_thread_is_answered_in_order(harness: Harness) -> None:
    """Questions in a thread are answered in the order they were asked."""
    root = harness.slack.say(GENERAL, "about the bridge")
    for number in range(4):
        harness.ask(f"question {number}", thread=root.ts)
    replies = harness.slack.wait_for_replies(GENERAL, 4, thread=root.ts)
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True] * 4


def test_the_bot_stays_below_slacks_rate_limit(tmp_path: Path) -> None:
    """A burst of questions in one channel is answered without a single 429."""
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
    dispatcher = Dispatcher(
        client,
        bot_user=offline_harness.slack.bot_user,
        store=ResilientStore(store),
        access=AccessControl(AccessRules(), UserDirectory(client)),
        rate_limiter=RateLimiter(Limits()),
        telemetry=Telemetry(),
        queues=ChannelQueues(max_per_channel=2),
    )
    yield offline_harness, dispatcher
    dispatcher.stop(5)
    store.close()


@pytest.mark.parametrize("channel", [GENERAL, DM_YOU])
def test_a_question_for_a_full_queue_gets_a_notice(small: tuple[Harness, Dispatcher], channel: str) -> None:
    """If too many questions wait, the asker gets a private notice at once; the waiting ones are answered."""
    harness, dispatcher = small
    for number in range(3):
        harness.slack.say(channel, f"{harness.slack.mention} question {number}")
        assert dispatcher.handle_event(harness.slack.deliveries[-1].payload)
    harness.slack.wait_until(lambda: len(notices(harness, channel)) == 1)
    dispatcher.start_answering(FixedCorpus(harness.answerer))
    harness.slack.wait_until(lambda: len(harness.slack.replies(channel)) >= 2 + (channel == DM_YOU))
    dispatcher.stop(5)
    assert len(notices(harness, channel)) == 1


def notices(harness: Harness, channel: str) -> list[str]:
    """The notices that the queue is full: private in a channel, beside the question in a direct message."""
    said = harness.slack.replies(channel) if channel == DM_YOU else harness.slack.workspace.ephemerals("U0YOU")
    return [message.text for message in said if message.text.startswith("Too many questions are waiting")]


class RefreshingCorpus(FixedCorpus):
    """A corpus that several callers must wait for at the same time."""

    waiting = Barrier(3)

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 5.0) -> T:
        self.waiting.wait(patience)
        return work(self.answerer)


def test_questions_wait_for_the_archive_in_parallel(small: tuple[Harness, Dispatcher]) -> None:
    """While the archive is refreshed, several questions wait for it at the same time."""
    harness, dispatcher = small
    channels = (GENERAL, RESEARCH, DM_YOU)
    dispatcher.start_answering(RefreshingCorpus(harness.answerer))
    for channel in channels:
        harness.slack.say(channel, f"{harness.slack.mention} {BRIDGE}")
        assert dispatcher.handle_event(harness.slack.deliveries[-1].payload)
    for channel in channels:
        assert QUOTED in shown(harness.slack.wait_for_replies(channel)[-1])


class MissingCorpus(FixedCorpus):
    """A corpus whose snapshot is damaged and whose articles are gone."""

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 0.0) -> T:
        raise ArchiveError("There is no article in archive: put .txt files there.")


def test_a_lost_archive_gives_an_apology(small: tuple[Harness, Dispatcher], caplog: pytest.LogCaptureFixture) -> None:
    """The person gets one sentence, and the log says why."""
    harness, dispatcher = small
    dispatcher.start_answering(MissingCorpus(harness.answerer))
    asked = harness.ask(BRIDGE)
    assert dispatcher.handle_event(harness.slack.deliveries[-1].payload)
    reply = harness.reply_to(asked)
    (reference,) = re.findall(r"[0-9a-f]{6,}", reply.text)
    assert f"{reference}: There is no article in archive" in caplog.text


def test_a_question_during_the_stop_is_answered_by_the_next_process(small: tuple[Harness, Dispatcher]) -> None:
    """A stopping bot does not acknowledge an event, and the next process answers it."""
    harness, dispatcher = small
    dispatcher.stop(0)
    asked = harness.ask(BRIDGE)
    assert not dispatcher.handle_event(harness.slack.deliveries[-1].payload)
    harness.slack.wait_until_idle()
    with harness.bot():
        assert QUOTED in shown(harness.reply_to(asked))


def test_a_backlog_is_bounded(small: tuple[Harness, Dispatcher]) -> None:
    """Notices are bounded too: beyond that an event is not acknowledged, so that Slack delivers it again."""
    harness, dispatcher = small
    harness.slack.fail_next("chat.postEphemeral", status=429, retry_after=60, times=1)
    results = []
    for number in range(2 + 1 + queues.MAX_PER_CHANNEL + 2):
        person = harness.slack.add_person(channels=[GENERAL])
        harness.slack.say(GENERAL, f"{harness.slack.mention} question {number}", user=person)
        results.append(dispatcher.handle_event(harness.slack.deliveries[-1].payload))
    assert (results.count(False) > 0, results[:3]) == (True, [True, True, True])
