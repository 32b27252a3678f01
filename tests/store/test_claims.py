"""Claims: who may answer a question, for how long, and when it is free again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import StoreError
from bot.store.models import FILE_NAME, GIVE_UP, LEASE, POSTING, Claim, Outcome
from bot.store.store import Store
from store.conftest import create_database
from store.helpers import FIRST, OTHER, REF, SECOND, Clock, claim_question, numbered_event, question_event


def test_the_first_claim_is_the_first_attempt(store: Store) -> None:
    """The first process to come gets the question as delivered, without a reply."""
    assert store.claim(question_event()) == Claim(REF, FIRST, "body of Ev1", 1, None)


def test_a_question_is_claimed_once(store: Store, other: Store) -> None:
    """While a question is held, no event claims it again, in any process; a question in another channel is free."""
    assert store.claim(question_event())
    assert [one.claim(question_event(event)) for one in (store, other) for event in ("Ev1", "Ev2")] == [None] * 4
    assert other.claim(question_event("Ev3", ref=OTHER))


def test_a_completed_question_stays_completed(store: Store, other: Store, clock: Clock) -> None:
    """A completed question is never claimed again: not after its lease, by another process, or after a release."""
    claim = claim_question(store)
    assert store.complete(claim, "answer", "2.0") is None
    store.release(claim)
    clock.now += GIVE_UP + LEASE
    assert [other.claim(question_event()), other.claim(question_event("Ev2")), store.claim(question_event("Ev3"))] == [
        None
    ] * 3
    assert other.claim_expired(10) == ()


def test_a_released_question_is_free_at_once(store: Store, other: Store) -> None:
    """A released question can be claimed again, once, as a first attempt."""
    claim = claim_question(store)
    store.release(claim)
    again = other.claim(question_event())
    assert again
    assert again.attempt == 1
    assert store.claim(question_event("Ev2")) is None


def test_a_released_question_needs_no_new_event(store: Store, other: Store) -> None:
    """A question released by one process is claimed by another from the database alone."""
    claim = claim_question(store)
    store.release(claim)
    assert other.claim_expired(10) == (claim,)


def test_a_claim_expires_with_its_lease(store: Store, other: Store, clock: Clock) -> None:
    """A killed process's question is held for the lease, then claimed once, as a second attempt."""
    store.claim(question_event())
    clock.now += LEASE - 1
    assert other.claim_expired(10) == ()
    assert other.claim(question_event("Ev2")) is None
    clock.now += 1
    assert other.claim_expired(10) == (Claim(REF, FIRST, "body of Ev1", 2, None),)
    assert other.claim_expired(10) == ()


def test_an_event_claims_an_expired_question(store: Store, other: Store, clock: Clock) -> None:
    """A later event claims an expired question, whether the event was seen before or not."""
    store.claim(question_event())
    clock.now += LEASE
    second = other.claim(question_event())
    clock.now += LEASE
    third = store.claim(question_event("Ev2"))
    assert second
    assert third
    assert [second.attempt, third.attempt] == [2, 3]


def test_a_renewed_claim_does_not_expire(store: Store, other: Store, clock: Clock) -> None:
    """A renewed claim outlives its lease; other holders' claims and completed ones are not renewed."""
    mine, theirs = store.claim(question_event()), other.claim(question_event("Ev2", ref=OTHER))
    assert mine
    assert theirs
    clock.now += LEASE - 1
    store.renew_leases()
    clock.now += 1
    assert other.claim_expired(10) == ()
    assert store.claim_expired(10) == (Claim(OTHER, FIRST, "body of Ev2", 2, None),)
    assert [store.lease_state(mine), other.lease_state(theirs)] == ["held", "superseded"]


def test_a_process_never_claims_its_own_again(store: Store, clock: Clock) -> None:
    """A process that was suspended for longer than its lease still holds its claims if no one took them."""
    claim = claim_question(store)
    clock.now += LEASE * 2
    assert store.claim_expired(10) == ()
    assert store.claim(question_event("Ev2")) is None
    assert store.lease_state(claim) == "held"


def test_a_superseded_claim_is_reported(store: Store, other: Store, clock: Clock) -> None:
    """A claim that another process took over is superseded, and releasing it does not affect the other."""
    claim = claim_question(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.release(claim)
    assert [store.lease_state(claim), other.lease_state(theirs)] == ["superseded", "held"]


@pytest.mark.parametrize("asked_after", [0.0, LEASE - POSTING, LEASE - POSTING + 1, LEASE - 1, LEASE * 2])
def test_a_held_claim_leaves_time_to_post(store: Store, other: Store, clock: Clock, asked_after: float) -> None:
    """A claim found held stays held for the time that posting takes, however late in its lease."""
    claim = claim_question(store)
    clock.now += asked_after
    assert store.lease_state(claim) == "held"
    clock.now += POSTING - 1
    assert other.claim_expired(10) == ()


def test_a_lease_from_the_future_is_renewed(store: Store, other: Store, clock: Clock) -> None:
    """After the clock was set back, checking a claim gives it a lease that others respect."""
    claim = claim_question(store)
    clock.now -= 10 * LEASE
    assert store.lease_state(claim) == "held"
    assert other.claim_expired(10) == ()


def test_a_claim_that_the_database_lost_is_held_again(store: Store, other: Store) -> None:
    """After a failover that lost the last changes, its holder goes on, because nobody else knows of the question."""
    claim = Claim(REF, "", "{}", 1, None)
    assert store.lease_state(claim) == "held"
    assert other.claim(question_event()) is None
    assert other.lease_state(claim) == "superseded"


def test_a_reply_posted_after_the_lease_counts(store: Store, other: Store, clock: Clock) -> None:
    """A process that posted and completes late completes the question for the new holder too."""
    claim = claim_question(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.complete(claim, "answer", "2.0")
    assert other.lease_state(theirs) == "superseded"
    assert other.complete(theirs, "answer", "3.0") is None
    is_deleted = other.delete_question(REF)
    assert is_deleted
    assert is_deleted.reply_ts == "2.0"


@pytest.mark.parametrize("outcome", ["unknown", "expired"])
def test_an_uncertain_outcome_does_not_end_a_newer_claim(
    store: Store, other: Store, clock: Clock, outcome: Outcome
) -> None:
    """The new holder finds out whether a reply exists, whatever uncertain outcome the old one records."""
    claim = claim_question(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    assert store.complete(claim, outcome, None) is None
    assert other.lease_state(theirs) == "held"
    assert store.claim(question_event("Ev2", SECOND)) is None


def test_the_oldest_expired_question_is_claimed_first(store: Store, other: Store, clock: Clock) -> None:
    """Expired questions are claimed in the order in which they were asked, up to the limit."""
    for event, ref in (("Ev1", OTHER), ("Ev2", REF)):
        store.claim(question_event(event, ref=ref))
        clock.now += 1
    clock.now += LEASE
    assert [claim.ref for claim in other.claim_expired(1)] == [OTHER]
    assert [claim.ref for claim in other.claim_expired(1)] == [REF]


def test_an_hour_old_question_is_given_up(
    store: Store, other: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A question not completed within the hour is completed as expired, which is logged, unless it is held."""
    store.claim(question_event())
    clock.now += GIVE_UP + 1
    held = store.claim(question_event("Ev2", ref=OTHER))
    assert other.claim_expired(10) == ()
    assert [other.claim_expired(10), store.claim_expired(10)] == [(), ()]
    assert [record.args for record in caplog.records] == [(1, GIVE_UP)]
    assert other.claim(question_event("Ev3")) is None
    assert held
    assert store.lease_state(held) == "held"


def test_a_clock_set_back_blocks_no_question(store: Store, other: Store, clock: Clock) -> None:
    """A lease from before the clock was set back by an hour ends now, not in an hour."""
    store.claim(question_event())
    clock.now -= 3_600
    assert len(other.claim_expired(10)) == 1


def test_completion_erases_the_text(file_store: Store, tmp_path: Path) -> None:
    """The row keeps the question's identity, outcome and reply, but no text."""
    claim = claim_question(file_store)
    file_store.complete(claim, "abstention", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT ts, outcome, reply_ts, completed_at, body, newer_body FROM questions").fetchall()
    assert rows == [(REF.ts, "abstention", "2.0", 1_000_000.0, None, None)]


def test_a_question_answered_without_the_store_is_recorded(store: Store, other: Store) -> None:
    """A question that was answered without a claim is completed and not answered again."""
    store.complete(Claim(REF, FIRST, "", 1, None), "answer", "2.0")
    assert other.is_known(REF)
    assert other.claim(question_event()) is None


def test_a_claimed_question_is_known(store: Store, other: Store) -> None:
    """A question is known to every process from its first claim on."""
    assert not other.is_known(REF)
    store.claim(question_event())
    assert [other.is_known(REF), other.is_known(OTHER)] == [True, False]


def test_a_store_in_memory_works_the_same(clock: Clock) -> None:
    """Without a folder, a store in memory prevents second answers within its process."""
    store = Store(None, clock=clock)
    claim = claim_question(store)
    assert store.claim(question_event("Ev2")) is None
    store.complete(claim, "answer", "2.0")
    assert store.claim(question_event("Ev3")) is None
    assert Store(None).claim(question_event())


def test_a_closed_store_raises(store: Store) -> None:
    """After it is closed, a store does nothing more."""
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.claim(question_event())


def test_numbers_of_rows_that_are_taken(postgres: str) -> None:
    """After a failover that lost how far rows were numbered, a question is refused until it has a number, not lost."""
    store = Store(None, url=create_database(postgres))
    for number in range(3):
        assert store.claim(numbered_event(number))
    store.database.run(lambda connection: connection.execute(text("SELECT setval('questions_id_seq', 1, false)")))
    for _ in range(3):
        with pytest.raises(StoreError):
            store.claim(numbered_event(10))
    assert store.claim(numbered_event(10))
    store.close()
