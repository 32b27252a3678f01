"""The steps of one delivery, run by hand: retries, waits and outcomes."""

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
from bot.slack.delivery import MAX_WAIT, Delivery, DeliveryContext
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
    """The fake Slack without a bot, and what is needed to run a delivery step by step."""

    slack: FakeSlack
    folder: Path
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.store = Store(self.folder, clock=lambda: self.now)
        client = create_client(self.slack.bot_token, self.slack.api_url, retries=False)
        self.context = DeliveryContext(
            client,
            self.slack.bot_user,
            ResilientStore(self.store),
            AccessControl(AccessRules(), UserDirectory(client)),
            Telemetry(),
            lambda question: render_reply(question, ScriptedAnswerer()),
            lambda: self.now,
        )

    def claim(self, text: str = BRIDGE, channel: str = GENERAL) -> Claim:
        """The claim of a new question."""
        self.slack.say(channel, f"{self.slack.mention} {text}")
        question = parse_event(self.slack.deliveries[-1].payload, bot_user=self.slack.bot_user)
        assert isinstance(question, IncomingQuestion)
        claim = self.context.store.claim(question.event)
        assert claim is not None
        return claim

    def delivery(self, reply: RenderedReply | None = None) -> Delivery:
        return Delivery(self.context, self.claim(), reply=reply)

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
    """The logged lines about questions."""
    caplog.set_level(logging.INFO, "bot.telemetry")
    return lambda: [json.loads(one.getMessage()) for one in caplog.records if one.name == "bot.telemetry"]


def test_a_delivery_takes_one_step(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If nothing fails, one step posts the reply, completes the question and logs one line."""
    assert bench.delivery()() is None
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
def test_a_failed_post_is_retried(bench: Bench, fault: Json, waits: list[Retry]) -> None:
    """Each failure returns how long to wait; in the end the reply is posted once."""
    bench.fail(len(waits), **fault)
    delivery = bench.delivery()
    assert [delivery() for _ in waits] == waits
    assert delivery() is None
    assert len(bench.replies()) == 1


def test_waits_are_limited(bench: Bench) -> None:
    """Waits double up to a minute."""
    bench.fail(9, status=200, error="restricted_action")
    delivery = bench.delivery()
    *_, last, very_last = [delivery() for _ in range(9)]
    assert (last, very_last) == (Retry(MAX_WAIT, is_blocking=False),) * 2


def test_a_question_is_given_up_after_an_hour(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If no reply can be posted for an hour, the question is completed as expired."""
    bench.fail(2, status=200, error="restricted_action")
    delivery = bench.delivery()
    assert delivery() == Retry(1.0)
    bench.now += GIVE_UP + 1
    assert delivery() is None
    assert (bench.replies(), [line["outcome"] for line in lines()]) == ([], ["expired"])


def test_a_claim_taken_over_by_another_process_is_dropped(bench: Bench) -> None:
    """A process that was delayed for longer than its lease posts nothing."""
    delivery = bench.delivery()
    bench.now += LEASE + 1
    other = Store(bench.folder, clock=lambda: bench.now)
    assert len(other.claim_expired(10)) == 1
    assert delivery() is None
    assert bench.replies() == []
    other.close()


def test_a_refused_apology_is_retried(bench: Bench) -> None:
    """A reply refused for its content becomes an apology; a refused apology is retried later."""
    bench.fail(2, status=200, error="invalid_blocks")
    delivery = bench.delivery()
    assert [delivery(), delivery()] == [Retry(0.0), Retry(1.0)]
    assert delivery() is None
    assert shown(bench.replies()[0]).startswith("An error occurred and this question could not be answered")


def test_a_reply_to_a_deleted_thread_is_not_posted(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If the question's thread was deleted, the question is completed as deleted."""
    bench.fail(status=200, error="thread_not_found")
    assert bench.delivery()() is None
    assert [line["outcome"] for line in lines()] == ["deleted"]


@pytest.mark.parametrize(
    ("fault", "waits", "count"),
    [
        ({"status": 500}, [Retry(1.0), None], 0),
        ({"status": 500, "is_applied": True}, [Retry(1.0), None], 2),
        ({"status": 429, "retry_after": 5}, [Retry(5.0), Retry(5.0)], 0),
        ({"status": 200, "error": "user_not_in_channel"}, [None], 0),
    ],
)
def test_a_private_reply_is_tried_twice(bench: Bench, fault: Json, waits: list[Retry | None], count: int) -> None:
    """A private reply cannot be searched for: if unconfirmed it is sent once more, if refused not at all."""
    delivery = bench.delivery(render_sentence("notice", "Please ask again."))
    bench.fail(len(waits), "chat.postEphemeral", **fault)
    assert [delivery() for _ in waits] == waits
    assert len(bench.slack.workspace.ephemerals("U0YOU")) == count
    assert bench.replies() == []


def test_an_unexpected_error_is_retried(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, and the question is still answered."""
    errors = [KeyError("unexpected")]

    def render(question: IncomingQuestion) -> RenderedReply:
        if errors:
            raise errors.pop()
        return render_reply(question, ScriptedAnswerer())

    delivery = Delivery(replace(bench.context, render=render), bench.claim())
    assert delivery() == Retry(1.0)
    assert "unexpected" in caplog.text
    assert delivery() is None
    assert len(bench.replies()) == 1


def test_a_body_that_cannot_be_parsed_is_given_up(bench: Bench) -> None:
    """A row that another program wrote is completed without a reply."""
    claim = bench.claim()
    delivery = Delivery(bench.context, Claim(claim.ref, "", "[1]", claim.attempt, None))
    assert delivery() is None
    assert bench.replies() == []


def test_searching_for_the_reply_is_retried(bench: Bench) -> None:
    """While Slack does not say whether the reply was posted, nothing is posted."""
    bench.fail(is_applied=True)
    bench.fail(1, "conversations.replies", status=429, retry_after=7)
    bench.fail(1, "conversations.replies", status=500)
    delivery = bench.delivery()
    assert [delivery() for _ in range(4)] == [Retry(1.0), Retry(7.0), Retry(2.0), None]
    assert len(bench.replies()) == 1


def test_an_unconfirmed_reply_to_a_deleted_question_is_searched_for(bench: Bench) -> None:
    """If the question is deleted before its reply is confirmed, the reply is found and deleted."""
    bench.fail(is_applied=True)
    claim = bench.claim(channel=DM_YOU)
    delivery = Delivery(bench.context, claim)
    assert delivery() == Retry(1.0)
    assert len(bench.slack.replies(DM_YOU)) == 1
    assert bench.context.store.delete_question(claim.ref) is None
    bench.fail(1, "conversations.history", status=500)
    bench.fail(1, "chat.delete", status=429, retry_after=3)
    assert [delivery() for _ in range(3)] == [Retry(2.0), Retry(3.0), None]
    assert bench.slack.replies(DM_YOU) == []


def test_release_frees_only_what_was_not_sent(bench: Bench) -> None:
    """A claim without a sent reply is released at once; one with an unconfirmed reply waits for its lease."""
    unsent, unconfirmed = bench.delivery(), bench.delivery()
    bench.fail()
    unconfirmed()
    unsent.release()
    unconfirmed.release()
    other = Store(bench.folder, clock=lambda: bench.now)
    assert [claim.attempt for claim in other.claim_expired(10)] == [1]
    bench.now += LEASE + 1
    assert [claim.attempt for claim in other.claim_expired(10)] == [2]
    other.close()
