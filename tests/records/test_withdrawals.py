"""A question that its writer deletes: it is never answered from then on, and no reply to it stays."""

from __future__ import annotations

import pytest

from bot.store.models import GIVE_UP, LEASE, Outcome
from bot.store.store import Store
from records.ledgers import PLACE, SECOND, Clock, delivery, taken


def never_again(*ledgers: Store) -> bool:
    """Whether no ledger gives the question to anybody, as first said or edited."""
    deliveries = (delivery(), delivery("Ev8"), delivery("Ev9", SECOND))
    return not any(ledger.claim(each) or ledger.abandoned(10) for ledger in ledgers for each in deliveries)


def test_what_was_not_withdrawn_is_not(records: Store) -> None:
    """A question that was taken is not withdrawn by itself."""
    assert records.standing(taken(records)) == "held"


def test_a_question_deleted_before_it_is_taken_is_never_taken(records: Store, other: Store) -> None:
    """A deletion that overtakes its question leaves nothing to remove, and the question is nothing when it comes."""
    assert records.withdraw(PLACE) is None
    assert never_again(records, other)


def test_a_deleted_question_s_reply_is_to_be_removed(records: Store, other: Store) -> None:
    """Withdrawing an answered question gives the reply to remove; once that is settled, nothing is left to do."""
    records.settle(taken(records), "answer", "2.0")
    removal = other.withdraw(PLACE)
    assert removal
    assert (removal.reply_ts, removal.withdrawn, other.standing(removal)) == ("2.0", True, "held")
    assert other.settle(removal, "withdrawn", None) is None
    assert never_again(records, other)
    assert records.withdraw(PLACE) is None


@pytest.mark.parametrize("outcome", ["notice", "refusal", "unknown"])
def test_where_no_reply_is_known_there_is_nothing_to_remove(records: Store, outcome: Outcome) -> None:
    """A question that got a private word, or nothing that was confirmed, is withdrawn without more."""
    records.settle(taken(records), outcome, None)
    assert records.withdraw(PLACE) is None
    assert never_again(records)


def test_whoever_holds_a_question_learns_that_it_was_deleted(records: Store, other: Store) -> None:
    """A question deleted while it is held is its holder's to end: without a reply it simply is over."""
    claim = taken(records)
    assert other.withdraw(PLACE) is None
    assert records.standing(claim) == "withdrawn"
    assert records.settle(claim, "withdrawn", None) is None
    assert never_again(records, other)


def test_whoever_lost_a_question_learns_that_before_its_deletion(records: Store, other: Store, clock: Clock) -> None:
    """A question that was taken over and then deleted is the other's to end, which may have posted."""
    claim = taken(records)
    clock.now += LEASE
    (theirs,) = other.abandoned(10)
    records.withdraw(PLACE)
    assert [records.standing(claim), other.standing(theirs)] == ["overtaken", "withdrawn"]


def test_whoever_posted_meanwhile_removes_the_reply(records: Store, other: Store) -> None:
    """A holder that posted before it learnt of the deletion gets the removal from the settlement."""
    claim = taken(records)
    other.withdraw(PLACE)
    removal = records.settle(claim, "answer", "2.0")
    assert removal
    assert (removal.reply_ts, removal.withdrawn) == ("2.0", True)
    assert [records.standing(claim), records.standing(removal)] == ["overtaken", "held"]
    assert records.settle(removal, "withdrawn", None) is None
    assert never_again(records, other)


def test_an_edit_that_waits_is_dropped_with_its_question(records: Store) -> None:
    """A newer version that waits for its holder is not answered when the question is deleted."""
    claim = taken(records)
    records.claim(delivery("Ev2", SECOND))
    records.withdraw(PLACE)
    assert records.settle(claim, "notice", None) is None
    assert never_again(records)


def test_an_edit_in_progress_when_its_question_is_deleted_leaves_no_reply(records: Store) -> None:
    """A holder that was updating a reply gets its removal, even if it settles without having posted."""
    records.settle(taken(records), "answer", "2.0")
    claim = taken(records, "Ev2", SECOND)
    assert records.withdraw(PLACE) is None
    removal = records.settle(claim, "unknown", None)
    assert removal
    assert (removal.reply_ts, removal.withdrawn) == ("2.0", True)


def test_a_removal_that_was_abandoned_is_taken_over(records: Store, other: Store, clock: Clock) -> None:
    """When the process that removes a reply is killed, the removal is the next one's."""
    records.settle(taken(records), "answer", "2.0")
    removal = records.withdraw(PLACE)
    clock.now += LEASE
    assert other.claim(delivery("Ev2", SECOND)) is None
    (again,) = other.abandoned(10)
    assert removal
    assert (again.reply_ts, again.withdrawn, records.standing(removal)) == ("2.0", True, "overtaken")
    other.settle(again, "withdrawn", None)
    assert never_again(records, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_killed_holder_may_have_posted_to_a_deleted_question(
    records: Store, other: Store, clock: Clock, deleted_first: bool
) -> None:
    """When the holder of a deleted question is killed, the next one looks for a reply to remove."""
    taken(records)
    if deleted_first:
        assert other.withdraw(PLACE) is None
        clock.now += LEASE
        (removal,) = other.abandoned(10)
    else:
        clock.now += LEASE
        found = other.withdraw(PLACE)
        assert found
        removal = found
    assert (removal.attempt, removal.reply_ts, removal.withdrawn, removal.body) == (2, None, True, "body of Ev1")
    other.settle(removal, "withdrawn", None)
    assert never_again(records, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_released_question_that_was_deleted_is_over(records: Store, other: Store, deleted_first: bool) -> None:
    """Where nothing was posted there is nothing to remove, whether the release or the deletion came first."""
    claim = taken(records)
    for step in ("withdraw", "release") if deleted_first else ("release", "withdraw"):
        assert (other.withdraw(PLACE) if step == "withdraw" else records.release(claim)) is None
    assert never_again(records, other)


def test_a_removal_given_back_is_still_to_be_done(records: Store, other: Store) -> None:
    """A removal that its holder gives back is taken by the next."""
    records.settle(taken(records), "answer", "2.0")
    removal = records.withdraw(PLACE)
    assert removal
    records.release(removal)
    (again,) = other.abandoned(10)
    assert (again.reply_ts, again.withdrawn) == ("2.0", True)


def test_a_reply_posted_after_the_removal_is_removed_too(records: Store, other: Store, clock: Clock) -> None:
    """A holder that stood still, lost its claim and yet posted is given the removal of what it posted."""
    claim = taken(records)
    other.withdraw(PLACE)
    clock.now += LEASE
    (removal,) = other.abandoned(10)
    other.settle(removal, "withdrawn", None)
    late = records.settle(claim, "answer", "2.0")
    assert late
    assert (late.reply_ts, late.withdrawn) == ("2.0", True)


def test_deleting_twice_is_deleting_once(records: Store, other: Store) -> None:
    """A second delivery of a deletion, while the first is worked on, has nothing to do."""
    records.settle(taken(records), "answer", "2.0")
    assert records.withdraw(PLACE)
    assert [records.withdraw(PLACE), other.withdraw(PLACE)] == [None, None]


def test_the_removal_of_an_old_reply_has_its_own_hour(records: Store, other: Store, clock: Clock) -> None:
    """A reply to a question of long ago is removed even if the process that began with it is killed."""
    records.settle(taken(records), "answer", "2.0")
    clock.now += GIVE_UP * 24
    records.withdraw(PLACE)
    clock.now += LEASE
    assert [claim.reply_ts for claim in other.abandoned(10)] == ["2.0"]


def test_a_removal_is_given_up_in_the_end(records: Store, other: Store, clock: Clock) -> None:
    """A removal that nobody could do within the hour is given up; the question stays withdrawn."""
    records.settle(taken(records), "answer", "2.0")
    records.withdraw(PLACE)
    clock.now += GIVE_UP + 1
    assert other.abandoned(10) == ()
    assert other.lost == 1
    assert never_again(records, other)
