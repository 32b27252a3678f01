"""Who gets a question, for how long, and when it is nobody's any more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.models import FILE_NAME, GIVE_UP, LEASE, POSTING, Claim, Outcome
from bot.store.store import Store
from records.ledgers import FIRST, OTHER, PLACE, SECOND, Clock, delivery, taken


def test_the_first_claim_of_a_question_is_its_first_attempt(records: Store) -> None:
    """Whoever comes first gets the question as it was delivered; no reply stands, and nobody can have posted one."""
    assert records.claim(delivery()) == Claim(PLACE, FIRST, "body of Ev1", 1, None)


def test_a_question_is_claimed_once(records: Store, other: Store) -> None:
    """While a question is held, no delivery of it is claimed, by its holder or by another; another channel's is."""
    assert records.claim(delivery())
    assert [ledger.claim(delivery(event)) for ledger in (records, other) for event in ("Ev1", "Ev2")] == [None] * 4
    assert other.claim(delivery("Ev3", place=OTHER))


def test_a_settled_question_stays_settled(records: Store, other: Store, clock: Clock) -> None:
    """A settled question is never claimed again: not after its lease, not by another, not once it was released too."""
    claim = taken(records)
    assert records.settle(claim, "answer", "2.0") is None
    records.release(claim)
    clock.now += GIVE_UP + LEASE
    assert [other.claim(delivery()), other.claim(delivery("Ev2")), records.claim(delivery("Ev3"))] == [None] * 3
    assert other.abandoned(10) == ()


def test_a_released_question_is_anybodys_at_once(records: Store, other: Store) -> None:
    """A claim given back, because nothing was posted, can be claimed again, once, and is a first attempt again."""
    claim = taken(records)
    records.release(claim)
    again = other.claim(delivery())
    assert again
    assert again.attempt == 1
    assert records.claim(delivery("Ev2")) is None


def test_a_released_question_is_found_without_a_delivery(records: Store, other: Store) -> None:
    """What one process gives back when it ends, another takes over from the ledger alone."""
    claim = taken(records)
    records.release(claim)
    assert other.abandoned(10) == (claim,)


def test_a_claim_is_abandoned_when_its_lease_runs_out(records: Store, other: Store, clock: Clock) -> None:
    """What a process took with it into death is held for the lease, then taken over once, as a second attempt."""
    records.claim(delivery())
    clock.now += LEASE - 1
    assert other.abandoned(10) == ()
    assert other.claim(delivery("Ev2")) is None
    clock.now += 1
    assert other.abandoned(10) == (Claim(PLACE, FIRST, "body of Ev1", 2, None),)
    assert other.abandoned(10) == ()


def test_a_delivery_takes_over_what_was_abandoned(records: Store, other: Store, clock: Clock) -> None:
    """A later delivery of an abandoned question claims it, whether its event was seen before or not."""
    records.claim(delivery())
    clock.now += LEASE
    second = other.claim(delivery())
    clock.now += LEASE
    third = records.claim(delivery("Ev2"))
    assert second
    assert third
    assert [second.attempt, third.attempt] == [2, 3]


def test_a_living_process_keeps_what_it_renews(records: Store, other: Store, clock: Clock) -> None:
    """A renewed claim outlives its lease; the claims of others and what is settled are not renewed with it."""
    mine, theirs = records.claim(delivery()), other.claim(delivery("Ev2", place=OTHER))
    assert mine
    assert theirs
    clock.now += LEASE - 1
    records.renew()
    clock.now += 1
    assert other.abandoned(10) == ()
    assert records.abandoned(10) == (Claim(OTHER, FIRST, "body of Ev2", 2, None),)
    assert [records.standing(mine), other.standing(theirs)] == ["held", "overtaken"]


def test_a_process_never_takes_over_its_own(records: Store, clock: Clock) -> None:
    """A process that stood still for longer than its lease has its claims still, where nobody took them."""
    claim = taken(records)
    clock.now += LEASE * 2
    assert records.abandoned(10) == ()
    assert records.claim(delivery("Ev2")) is None
    assert records.standing(claim) == "held"


def test_whoever_lost_a_claim_is_told(records: Store, other: Store, clock: Clock) -> None:
    """A claim that another took over is no longer held, and releasing it takes nothing from the other."""
    claim = taken(records)
    clock.now += LEASE
    (theirs,) = other.abandoned(10)
    records.release(claim)
    assert [records.standing(claim), other.standing(theirs)] == ["overtaken", "held"]


@pytest.mark.parametrize("asked_after", [0.0, LEASE - POSTING, LEASE - POSTING + 1, LEASE - 1, LEASE * 2])
def test_who_finds_a_claim_held_has_time_to_post(
    records: Store, other: Store, clock: Clock, asked_after: float
) -> None:
    """Whoever asks right before posting has the time that posting takes, however late it asks."""
    claim = taken(records)
    clock.now += asked_after
    assert records.standing(claim) == "held"
    clock.now += POSTING - 1
    assert other.abandoned(10) == ()


def test_a_lease_from_the_future_is_none(records: Store, other: Store, clock: Clock) -> None:
    """When the clock was set back, asking gives a claim a lease that others believe."""
    claim = taken(records)
    clock.now -= 10 * LEASE
    assert records.standing(claim) == "held"
    assert other.abandoned(10) == ()


def test_what_is_not_in_the_ledger_is_nobodys(records: Store) -> None:
    """A claim that the ledger has forgotten, or never gave, is not held."""
    claim = taken(records)
    records.settle(claim, "answer", "2.0")
    records.forget(None)
    assert records.standing(claim) == "overtaken"


def test_a_reply_posted_after_the_lease_counts(records: Store, other: Store, clock: Clock) -> None:
    """Who posted and settles late settles the question for whoever took it over meanwhile."""
    claim = taken(records)
    clock.now += LEASE
    (theirs,) = other.abandoned(10)
    records.settle(claim, "answer", "2.0")
    assert other.standing(theirs) == "overtaken"
    assert other.settle(theirs, "answer", "3.0") is None
    withdrawn = other.withdraw(PLACE)
    assert withdrawn
    assert withdrawn.reply_ts == "2.0"


@pytest.mark.parametrize("outcome", ["unknown", "lost"])
def test_who_does_not_know_what_stands_takes_nothing(
    records: Store, other: Store, clock: Clock, outcome: Outcome
) -> None:
    """Whoever took a question over finds out what stands, whatever the one before it settled without knowing that."""
    claim = taken(records)
    clock.now += LEASE
    (theirs,) = other.abandoned(10)
    assert records.settle(claim, outcome, None) is None
    assert other.standing(theirs) == "held"
    assert records.claim(delivery("Ev2", SECOND)) is None


def test_the_oldest_is_taken_over_first(records: Store, other: Store, clock: Clock) -> None:
    """Abandoned questions come in the order in which they were asked, no more at a time than wanted."""
    for event, place in (("Ev1", OTHER), ("Ev2", PLACE)):
        records.claim(delivery(event, place=place))
        clock.now += 1
    clock.now += LEASE
    assert [claim.place for claim in other.abandoned(1)] == [OTHER]
    assert [claim.place for claim in other.abandoned(1)] == [PLACE]


def test_an_hour_old_question_is_given_up(records: Store, other: Store, clock: Clock) -> None:
    """What nobody brought to an end within the hour is settled as lost and counted; what is held is not given up."""
    records.claim(delivery())
    clock.now += GIVE_UP + 1
    held = records.claim(delivery("Ev2", place=OTHER))
    assert other.abandoned(10) == ()
    assert [other.lost, records.lost] == [1, 0]
    assert other.claim(delivery("Ev3")) is None
    assert held
    assert records.standing(held) == "held"


def test_a_clock_set_back_holds_nothing_for_ever(records: Store, other: Store, clock: Clock) -> None:
    """A lease from before the clock was set back by an hour ends now, not in an hour."""
    records.claim(delivery())
    clock.now -= 3_600
    assert len(other.abandoned(10)) == 1


def test_no_text_is_kept_once_a_question_is_settled(records: Store, tmp_path: Path) -> None:
    """The ledger keeps what a question was, how it ended and which reply stands; not what was said."""
    claim = taken(records)
    records.settle(claim, "abstention", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT ts, outcome, reply_ts, settled_at, body, newer_body FROM questions").fetchall()
    assert rows == [(PLACE.ts, "abstention", "2.0", 1_000_000.0, None, None)]


def test_a_question_answered_without_the_ledger_is_recorded(records: Store, other: Store) -> None:
    """A question that could not be claimed, and was answered all the same, is settled and then not answered again."""
    records.settle(Claim(PLACE, FIRST, "", 1, None), "answer", "2.0")
    assert other.known(PLACE)
    assert other.claim(delivery()) is None


def test_a_question_is_known_once_it_was_taken(records: Store, other: Store) -> None:
    """A question is known from its first claim on, to everybody."""
    assert not other.known(PLACE)
    records.claim(delivery())
    assert [other.known(PLACE), other.known(OTHER)] == [True, False]


def test_a_ledger_without_a_folder_works_the_same(clock: Clock) -> None:
    """Where no folder can be used, a ledger in memory keeps the questions of its process from a second answer."""
    records = Store(None, clock=clock)
    claim = taken(records)
    assert records.claim(delivery("Ev2")) is None
    records.settle(claim, "answer", "2.0")
    assert records.claim(delivery("Ev3")) is None
    assert Store(None).claim(delivery())


def test_a_closed_ledger_says_so(records: Store) -> None:
    """After it is closed, a ledger does nothing more."""
    records.close()
    with pytest.raises(StoreError, match="closed"):
        records.claim(delivery())
