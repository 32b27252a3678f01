"""Who gets a question, for how long, and when it is nobody's any more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.models import FILE_NAME, GIVE_UP, LEASE, POSTING, Claim, Outcome
from bot.store.store import Store
from store.ledgers import FIRST, OTHER, REF, SECOND, Clock, question_event, taken


def test_the_first_claim_of_a_question_is_its_first_attempt(store: Store) -> None:
    """Whoever comes first gets the question as it was delivered; no reply stands, and nobody can have posted one."""
    assert store.claim(question_event()) == Claim(REF, FIRST, "body of Ev1", 1, None)


def test_a_question_is_claimed_once(store: Store, other: Store) -> None:
    """While a question is held, no delivery of it is claimed, by its holder or by another; another channel's is."""
    assert store.claim(question_event())
    assert [ledger.claim(question_event(event)) for ledger in (store, other) for event in ("Ev1", "Ev2")] == [None] * 4
    assert other.claim(question_event("Ev3", ref=OTHER))


def test_a_settled_question_stays_settled(store: Store, other: Store, clock: Clock) -> None:
    """A settled question is never claimed again: not after its lease, not by another, not once it was released too."""
    claim = taken(store)
    assert store.complete(claim, "answer", "2.0") is None
    store.release(claim)
    clock.now += GIVE_UP + LEASE
    assert [other.claim(question_event()), other.claim(question_event("Ev2")), store.claim(question_event("Ev3"))] == [
        None
    ] * 3
    assert other.claim_expired(10) == ()


def test_a_released_question_is_anybodys_at_once(store: Store, other: Store) -> None:
    """A claim given back, because nothing was posted, can be claimed again, once, and is a first attempt again."""
    claim = taken(store)
    store.release(claim)
    again = other.claim(question_event())
    assert again
    assert again.attempt == 1
    assert store.claim(question_event("Ev2")) is None


def test_a_released_question_is_found_without_a_delivery(store: Store, other: Store) -> None:
    """What one process gives back when it ends, another takes over from the ledger alone."""
    claim = taken(store)
    store.release(claim)
    assert other.claim_expired(10) == (claim,)


def test_a_claim_is_abandoned_when_its_lease_runs_out(store: Store, other: Store, clock: Clock) -> None:
    """What a process took with it into death is held for the lease, then taken over once, as a second attempt."""
    store.claim(question_event())
    clock.now += LEASE - 1
    assert other.claim_expired(10) == ()
    assert other.claim(question_event("Ev2")) is None
    clock.now += 1
    assert other.claim_expired(10) == (Claim(REF, FIRST, "body of Ev1", 2, None),)
    assert other.claim_expired(10) == ()


def test_a_delivery_takes_over_what_was_abandoned(store: Store, other: Store, clock: Clock) -> None:
    """A later delivery of an abandoned question claims it, whether its event was seen before or not."""
    store.claim(question_event())
    clock.now += LEASE
    second = other.claim(question_event())
    clock.now += LEASE
    third = store.claim(question_event("Ev2"))
    assert second
    assert third
    assert [second.attempt, third.attempt] == [2, 3]


def test_a_living_process_keeps_what_it_renews(store: Store, other: Store, clock: Clock) -> None:
    """A renewed claim outlives its lease; the claims of others and what is settled are not renewed with it."""
    mine, theirs = store.claim(question_event()), other.claim(question_event("Ev2", ref=OTHER))
    assert mine
    assert theirs
    clock.now += LEASE - 1
    store.renew_leases()
    clock.now += 1
    assert other.claim_expired(10) == ()
    assert store.claim_expired(10) == (Claim(OTHER, FIRST, "body of Ev2", 2, None),)
    assert [store.lease_state(mine), other.lease_state(theirs)] == ["held", "superseded"]


def test_a_process_never_takes_over_its_own(store: Store, clock: Clock) -> None:
    """A process that stood still for longer than its lease has its claims still, where nobody took them."""
    claim = taken(store)
    clock.now += LEASE * 2
    assert store.claim_expired(10) == ()
    assert store.claim(question_event("Ev2")) is None
    assert store.lease_state(claim) == "held"


def test_whoever_lost_a_claim_is_told(store: Store, other: Store, clock: Clock) -> None:
    """A claim that another took over is no longer held, and releasing it takes nothing from the other."""
    claim = taken(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.release(claim)
    assert [store.lease_state(claim), other.lease_state(theirs)] == ["superseded", "held"]


@pytest.mark.parametrize("asked_after", [0.0, LEASE - POSTING, LEASE - POSTING + 1, LEASE - 1, LEASE * 2])
def test_who_finds_a_claim_held_has_time_to_post(store: Store, other: Store, clock: Clock, asked_after: float) -> None:
    """Whoever asks right before posting has the time that posting takes, however late it asks."""
    claim = taken(store)
    clock.now += asked_after
    assert store.lease_state(claim) == "held"
    clock.now += POSTING - 1
    assert other.claim_expired(10) == ()


def test_a_lease_from_the_future_is_none(store: Store, other: Store, clock: Clock) -> None:
    """When the clock was set back, asking gives a claim a lease that others believe."""
    claim = taken(store)
    clock.now -= 10 * LEASE
    assert store.lease_state(claim) == "held"
    assert other.claim_expired(10) == ()


def test_what_is_not_in_the_ledger_is_nobodys(store: Store) -> None:
    """A claim that the ledger has forgotten, or never gave, is not held."""
    claim = taken(store)
    store.complete(claim, "answer", "2.0")
    store.delete_completed(None)
    assert store.lease_state(claim) == "superseded"


def test_a_reply_posted_after_the_lease_counts(store: Store, other: Store, clock: Clock) -> None:
    """Who posted and settles late settles the question for whoever took it over meanwhile."""
    claim = taken(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.complete(claim, "answer", "2.0")
    assert other.lease_state(theirs) == "superseded"
    assert other.complete(theirs, "answer", "3.0") is None
    is_deleted = other.delete_question(REF)
    assert is_deleted
    assert is_deleted.reply_ts == "2.0"


@pytest.mark.parametrize("outcome", ["unknown", "expired"])
def test_who_does_not_know_what_stands_takes_nothing(
    store: Store, other: Store, clock: Clock, outcome: Outcome
) -> None:
    """Whoever took a question over finds out what stands, whatever the one before it settled without knowing that."""
    claim = taken(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    assert store.complete(claim, outcome, None) is None
    assert other.lease_state(theirs) == "held"
    assert store.claim(question_event("Ev2", SECOND)) is None


def test_the_oldest_is_taken_over_first(store: Store, other: Store, clock: Clock) -> None:
    """Abandoned questions come in the order in which they were asked, no more at a time than wanted."""
    for event, ref in (("Ev1", OTHER), ("Ev2", REF)):
        store.claim(question_event(event, ref=ref))
        clock.now += 1
    clock.now += LEASE
    assert [claim.ref for claim in other.claim_expired(1)] == [OTHER]
    assert [claim.ref for claim in other.claim_expired(1)] == [REF]


def test_an_hour_old_question_is_given_up(store: Store, other: Store, clock: Clock) -> None:
    """What nobody brought to an end within the hour is settled as lost and counted; what is held is not given up."""
    store.claim(question_event())
    clock.now += GIVE_UP + 1
    held = store.claim(question_event("Ev2", ref=OTHER))
    assert other.claim_expired(10) == ()
    assert [other.expired_count, store.expired_count] == [1, 0]
    assert other.claim(question_event("Ev3")) is None
    assert held
    assert store.lease_state(held) == "held"


def test_a_clock_set_back_holds_nothing_for_ever(store: Store, other: Store, clock: Clock) -> None:
    """A lease from before the clock was set back by an hour ends now, not in an hour."""
    store.claim(question_event())
    clock.now -= 3_600
    assert len(other.claim_expired(10)) == 1


def test_no_text_is_kept_once_a_question_is_settled(store: Store, tmp_path: Path) -> None:
    """The ledger keeps what a question was, how it ended and which reply stands; not what was said."""
    claim = taken(store)
    store.complete(claim, "abstention", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT ts, outcome, reply_ts, settled_at, body, newer_body FROM questions").fetchall()
    assert rows == [(REF.ts, "abstention", "2.0", 1_000_000.0, None, None)]


def test_a_question_answered_without_the_ledger_is_recorded(store: Store, other: Store) -> None:
    """A question that could not be claimed, and was answered all the same, is settled and then not answered again."""
    store.complete(Claim(REF, FIRST, "", 1, None), "answer", "2.0")
    assert other.is_known(REF)
    assert other.claim(question_event()) is None


def test_a_question_is_known_once_it_was_taken(store: Store, other: Store) -> None:
    """A question is known from its first claim on, to everybody."""
    assert not other.is_known(REF)
    store.claim(question_event())
    assert [other.is_known(REF), other.is_known(OTHER)] == [True, False]


def test_a_ledger_without_a_folder_works_the_same(clock: Clock) -> None:
    """Where no folder can be used, a ledger in memory keeps the questions of its process from a second answer."""
    store = Store(None, clock=clock)
    claim = taken(store)
    assert store.claim(question_event("Ev2")) is None
    store.complete(claim, "answer", "2.0")
    assert store.claim(question_event("Ev3")) is None
    assert Store(None).claim(question_event())


def test_a_closed_ledger_says_so(store: Store) -> None:
    """After it is closed, a ledger does nothing more."""
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.claim(question_event())
