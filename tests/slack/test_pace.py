"""Pace and order in channels, and what happens when queues are full or the bot stops."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from bot.errors import ArchiveError
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH, YOU
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.slack import queues
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import SlackClient
from bot.slack.dispatcher import Dispatcher, Limits, RateLimiter
from bot.slack.queues import WorkQueues
from bot.slack.resilient_store import ResilientStore, StoreThread
from bot.store.store import Store
from bot.telemetry import Telemetry
from tests.chaos.faults import PostingRateLimit

from .harness import Harness, shown
from .loop import LoopThread, loop_thread
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


@dataclass(frozen=True)
class Small:
    """A dispatcher with space for two questions per channel, its loop, and the fake Slack."""

    harness: Harness
    dispatcher: Dispatcher
    loop: LoopThread

    def take(self, channel: str, text: str, *, user: str = YOU) -> bool:
        """Say ``text`` and hand its event to the dispatcher; whether that took it."""
        self.harness.slack.say(channel, f"{self.harness.slack.mention} {text}", user=user)
        response = self.loop.run(self.dispatcher.handle_event(self.harness.slack.deliveries[-1].payload))
        return response.status == 200

    def start_answering(self, corpus: Corpus) -> None:
        async def start() -> None:
            self.dispatcher.start_answering(corpus)

        self.loop.run(start())

    def stop(self, timeout: float) -> int:
        return self.loop.run(self.dispatcher.stop(timeout))


@pytest.fixture
def small(offline_harness: Harness) -> Iterator[Small]:
    slack, store = offline_harness.slack, Store(offline_harness.state)

    async def create() -> Dispatcher:
        client = SlackClient(slack.bot_token, slack.api_url)
        return Dispatcher(
            client,
            bot_user=slack.bot_user,
            store=ResilientStore(store),
            thread=StoreThread(),
            access=AccessControl(AccessRules(), UserDirectory(client)),
            rate_limiter=RateLimiter(Limits()),
            telemetry=Telemetry(),
            queues=WorkQueues(max_per_queue=2),
        )

    with loop_thread() as loop:
        small = Small(offline_harness, loop.run(create()), loop)
        yield small
        small.stop(5)
    store.close()


@pytest.mark.parametrize("channel", [GENERAL, DM_YOU])
def test_a_question_for_a_full_queue_gets_a_notice(small: Small, channel: str) -> None:
    """If too many questions wait, the asker gets a private notice at once; the waiting ones are answered."""
    harness = small.harness
    assert [small.take(channel, f"question {number}") for number in range(3)] == [True] * 3
    harness.slack.wait_until(lambda: len(notices(harness, channel)) == 1)
    small.start_answering(FixedCorpus(harness.answerer))
    harness.slack.wait_until(lambda: len(harness.slack.replies(channel)) >= 2 + (channel == DM_YOU))
    small.stop(5)
    assert len(notices(harness, channel)) == 1


def notices(harness: Harness, channel: str) -> list[str]:
    """The notices that the queue is full: private in a channel, beside the question in a direct message."""
    said = harness.slack.replies(channel) if channel == DM_YOU else harness.slack.workspace.ephemerals("U0YOU")
    return [message.text for message in said if message.text.startswith("Too many questions are waiting")]


class RefreshingCorpus(FixedCorpus):
    """A corpus that several callers must wait for at the same time."""

    waiting = Barrier(3)

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = 5.0) -> T:
        self.waiting.wait(patience)
        return work(self.answerer)


def test_questions_wait_for_the_archive_in_parallel(small: Small) -> None:
    """While the archive is refreshed, several questions wait for it at the same time."""
    channels = (GENERAL, RESEARCH, DM_YOU)
    small.start_answering(RefreshingCorpus(small.harness.answerer))
    assert [small.take(channel, BRIDGE) for channel in channels] == [True] * 3
    for channel in channels:
        assert QUOTED in shown(small.harness.slack.wait_for_replies(channel)[-1])


class MissingCorpus(FixedCorpus):
    """A corpus whose snapshot is damaged and whose articles are gone."""

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = 0.0) -> T:
        raise ArchiveError("There is no article in archive: put .txt files there.")


def test_a_lost_archive_gives_an_apology(small: Small, caplog: pytest.LogCaptureFixture) -> None:
    """The person gets one sentence, and the log says why."""
    small.start_answering(MissingCorpus(small.harness.answerer))
    assert small.take(GENERAL, BRIDGE)
    (reply,) = small.harness.slack.wait_for_replies(GENERAL)
    (reference,) = re.findall(r"[0-9a-f]{6,}", reply.text)
    assert f"{reference}: There is no article in archive" in caplog.text


def test_a_question_during_the_stop_is_answered_by_the_next_process(small: Small) -> None:
    """A stopping bot does not acknowledge an event, and the next process answers it."""
    small.stop(0)
    assert not small.take(GENERAL, BRIDGE)
    small.harness.slack.wait_until_idle()
    with small.harness.bot():
        (reply,) = small.harness.slack.wait_for_replies(GENERAL)
        assert QUOTED in shown(reply)


def test_a_backlog_is_bounded(small: Small) -> None:
    """Notices are bounded too: beyond that an event is not acknowledged, so that Slack delivers it again."""
    slack = small.harness.slack
    slack.fail_next("chat.postEphemeral", status=429, retry_after=60, times=1)
    people = [slack.add_person(channels=[GENERAL]) for _ in range(2 + 1 + queues.MAX_PER_QUEUE + 2)]
    results = [small.take(GENERAL, "question", user=person) for person in people]
    assert (results.count(False) > 0, results[:3]) == (True, [True, True, True])


def test_a_lookup_about_one_person_holds_up_nobody_else(harness: Harness) -> None:
    """While Slack limits the lookup of one person, the next question in the channel is answered."""
    stranger = harness.slack.add_person(channels=[GENERAL])
    harness.reply_to(harness.ask(BRIDGE))
    harness.slack.fail_next("users.info", status=429, retry_after=2)
    first = harness.slack.say(GENERAL, f"{harness.slack.mention} {BRIDGE}", user=stranger)
    second = harness.ask(BRIDGE)
    assert harness.reply_to(second).ts < harness.reply_to(first).ts


def test_a_reply_that_is_refused_holds_up_nobody_else(harness: Harness) -> None:
    """While Slack refuses one reply, the next question in the channel is answered."""
    harness.slack.fail_next("chat.postMessage", status=200, error="some_error", times=1)
    first, second = harness.ask(BRIDGE), harness.ask(BRIDGE)
    assert harness.reply_to(second).ts < harness.reply_to(first).ts


def test_an_asker_learns_that_the_archive_is_loading(offline_harness: Harness) -> None:
    """While the archive loads, an asker gets a private sentence within three seconds, and later the answer."""
    slack = offline_harness.slack
    with offline_harness.bot(is_loaded=False) as bot:
        for channel in (GENERAL, DM_YOU):
            slack.say(channel, f"{slack.mention} {BRIDGE}")
        slack.wait_until(lambda: len(slack.workspace.ephemerals(YOU)) == 2)
        assert {message.text for message in slack.workspace.ephemerals(YOU)} == {
            "The archive is still loading. Your question is answered as soon as it is ready."
        }
        assert [slack.replies(channel) for channel in (GENERAL, DM_YOU)] == [[], []]
        offline_harness.start_answering(bot)
        for channel in (GENERAL, DM_YOU):
            assert QUOTED in shown(slack.wait_for_replies(channel)[-1])
