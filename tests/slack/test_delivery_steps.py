"""A question's steps, one at a time and by hand: what is tried again, when, and with what it ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import create_client
from bot.slack.delivery import LONGEST_WAIT, Delivery, DeliveryContext
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.queues import Retry
from bot.slack.render import RenderedReply, render_reply, render_sentence
from bot.slack.resilient_store import ResilientStore
from bot.store.models import GIVE_UP, LEASE, Claim
from bot.store.store import Store
from bot.telemetry import Telemetry

from .harness import EVERY_SCOPE, shown
from .samples import BRIDGE, QUOTED, ScriptedAnswerer


@dataclass
class Bench:
    """A stand-in Slack without a bot, and what an errand needs to be taken through it step by step."""

    slack: FakeSlack
    folder: Path
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.store = Store(self.folder, clock=lambda: self.now)
        client = create_client(self.slack.bot_token, self.slack.api_url, retries=False)
        self.means = DeliveryContext(
            client,
            self.slack.bot_user,
            ResilientStore(self.store),
            AccessControl(AccessRules(), UserDirectory(client)),
            Telemetry(),
            lambda asked: render_reply(asked, ScriptedAnswerer()),
            lambda: self.now,
        )

    def claim(self, words: str = BRIDGE, channel: str = GENERAL) -> Claim:
        """The claim of a question asked just now."""
        self.slack.say(channel, f"{self.slack.mention} {words}")
        read = parse_event(self.slack.deliveries[-1].payload, bot_user=self.slack.bot_user)
        assert isinstance(read, IncomingQuestion)
        claim = self.means.store.claim(read.event)
        assert claim is not None
        return claim

    def errand(self, said: RenderedReply | None = None) -> Delivery:
        return Delivery(self.means, self.claim(), said=said)

    def fail(self, times: int = 1, method: str = "chat.postMessage", **fault: object) -> None:
        self.slack.fail_next(method, times=times, **fault)  # type: ignore[arg-type]

    def replies(self) -> list[Message]:
        return self.slack.replies(GENERAL)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with FakeSlack(scopes=EVERY_SCOPE, retry_after_seconds=()) as slack:
        bench = Bench(slack, tmp_path)
        yield bench
        bench.store.close()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Json]]:
    """The lines that were logged of questions."""
    caplog.set_level(logging.INFO, "bot.telemetry")
    return lambda: [json.loads(one.getMessage()) for one in caplog.records if one.name == "bot.telemetry"]


def test_a_question_takes_one_step_and_one_line(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """Where nothing is in the way, one step posts the reply, settles the question and tells of it."""
    assert bench.errand()() is None
    assert QUOTED in shown(bench.replies()[0])
    (line,) = lines()
    assert (line["outcome"], line["surface"], line["quotes"], line["attempt"]) == ("answer", "mention", 1, 1)
    assert (line["confidence"], "text" in line) == (0.9, False)


FAILURES: list[tuple[Json, list[Retry]]] = [
    ({"status": 429, "retry_after": 30}, [Retry(30.0)] * 3),
    ({"status": 429}, [Retry(1.0)] * 3),
    ({"status": 200, "error": "ratelimited"}, [Retry(1.0)] * 2),
    (
        {"status": 200, "error": "restricted_action"},
        [Retry(1.0), Retry(2.0), Retry(4.0), Retry(8.0, is_blocking=False)],
    ),
    (
        {"status": 500},
        [Retry(1.0), Retry(2.0), Retry(4.0), Retry(8.0, is_blocking=False), Retry(16.0, is_blocking=False)],
    ),
]


@pytest.mark.parametrize(("fault", "waits"), FAILURES)
def test_a_reply_that_was_not_posted_is_tried_again(bench: Bench, fault: Json, waits: list[Retry]) -> None:
    """After each failure the lane is told how long to wait, until the reply stands, once."""
    bench.fail(len(waits), **fault)
    errand = bench.errand()
    assert [errand() for _ in waits] == waits
    assert errand() is None
    assert len(bench.replies()) == 1


def test_no_wait_is_longer_than_the_longest(bench: Bench) -> None:
    """The waits double up to a minute, and stay there."""
    bench.fail(9, status=200, error="restricted_action")
    errand = bench.errand()
    *_, last, very_last = [errand() for _ in range(9)]
    assert (last, very_last) == (Retry(LONGEST_WAIT, is_blocking=False),) * 2


def test_after_an_hour_a_question_is_given_up(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """Where Slack takes no reply for an hour, the question is lost, and the log says so."""
    bench.fail(2, status=200, error="restricted_action")
    errand = bench.errand()
    assert errand() == Retry(1.0)
    bench.now += GIVE_UP + 1
    assert errand() is None
    assert (bench.replies(), [line["outcome"] for line in lines()]) == ([], ["expired"])


def test_what_another_process_has_taken_over_is_left_to_it(bench: Bench) -> None:
    """A process that was held up for longer than its lease posts nothing that another may have posted."""
    errand = bench.errand()
    bench.now += LEASE + 1
    other = Store(bench.folder, clock=lambda: bench.now)
    assert len(other.claim_expired(10)) == 1
    assert errand() is None
    assert bench.replies() == []
    other.close()


def test_an_apology_that_slack_refuses_is_not_apologised_for(bench: Bench) -> None:
    """A reply refused for its content becomes an apology; were that refused too, it would be tried again later."""
    bench.fail(2, status=200, error="invalid_blocks")
    errand = bench.errand()
    assert [errand(), errand()] == [Retry(0.0), Retry(1.0)]
    assert errand() is None
    assert shown(bench.replies()[0]).startswith("An error occurred and this question could not be answered")


def test_a_reply_whose_thread_is_gone_is_not_posted(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """Where the question's thread was deleted, there is nobody left to answer."""
    bench.fail(status=200, error="thread_not_found")
    assert bench.errand()() is None
    assert [line["outcome"] for line in lines()] == ["deleted"]


@pytest.mark.parametrize(
    ("fault", "waits", "told"),
    [
        ({"status": 500}, [Retry(1.0), None], 0),
        ({"status": 500, "is_applied": True}, [Retry(1.0), None], 2),
        ({"status": 429, "retry_after": 5}, [Retry(5.0), Retry(5.0)], 0),
        ({"status": 200, "error": "user_not_in_channel"}, [None], 0),
    ],
)
def test_a_private_sentence_is_tried_twice(bench: Bench, fault: Json, waits: list[Retry | None], told: int) -> None:
    """It leaves nothing to look for: of unknown fate it is sent once more, and not at all where Slack refuses it."""
    errand = bench.errand(render_sentence("notice", "Please ask again."))
    bench.fail(len(waits), "chat.postEphemeral", **fault)
    assert [errand() for _ in waits] == waits
    assert len(bench.slack.workspace.ephemerals("U0YOU")) == told
    assert bench.replies() == []


def test_a_fault_of_ones_own_is_tried_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody foresaw is logged, and the question is not lost for it."""
    faults = [KeyError("unforeseen")]

    def composing(asked: IncomingQuestion) -> RenderedReply:
        if faults:
            raise faults.pop()
        return render_reply(asked, ScriptedAnswerer())

    errand = Delivery(replace(bench.means, compose=composing), bench.claim())
    assert errand() == Retry(1.0)
    assert "unforeseen" in caplog.text
    assert errand() is None
    assert len(bench.replies()) == 1


def test_a_body_that_cannot_be_read_is_given_up(bench: Bench) -> None:
    """What another program wrote into the ledger ends there, without a word."""
    claim = bench.claim()
    errand = Delivery(bench.means, Claim(claim.ref, "", "[1]", claim.attempt, None))
    assert errand() is None
    assert bench.replies() == []


def test_looking_waits_for_slack_too(bench: Bench) -> None:
    """While Slack does not say whether the reply stands, nothing is posted."""
    bench.fail(is_applied=True)
    bench.fail(1, "conversations.replies", status=429, retry_after=7)
    bench.fail(1, "conversations.replies", status=500)
    errand = bench.errand()
    assert [errand() for _ in range(4)] == [Retry(1.0), Retry(7.0), Retry(2.0), None]
    assert len(bench.replies()) == 1


def test_a_withdrawn_question_of_unknown_fate_is_looked_for(bench: Bench) -> None:
    """A reply that may stand to a question that was deleted meanwhile is found and removed."""
    bench.fail(is_applied=True)
    claim = bench.claim(channel=DM_YOU)
    errand = Delivery(bench.means, claim)
    assert errand() == Retry(1.0)
    assert len(bench.slack.replies(DM_YOU)) == 1
    assert bench.means.store.delete_question(claim.ref) is None
    bench.fail(1, "conversations.history", status=500)
    bench.fail(1, "chat.delete", status=429, retry_after=3)
    assert [errand() for _ in range(3)] == [Retry(2.0), Retry(3.0), None]
    assert bench.slack.replies(DM_YOU) == []


def test_what_was_left_is_free_unless_it_may_stand(bench: Bench) -> None:
    """At the end a question of which nothing can stand is given back; one of unknown fate waits for its lease."""
    clean, unclear = bench.errand(), bench.errand()
    bench.fail()
    unclear()
    clean.release()
    unclear.release()
    other = Store(bench.folder, clock=lambda: bench.now)
    assert [claim.attempt for claim in other.claim_expired(10)] == [1]
    bench.now += LEASE + 1
    assert [claim.attempt for claim in other.claim_expired(10)] == [2]
    other.close()
