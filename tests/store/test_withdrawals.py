"""A question that its writer deletes: it is never answered from then on, and no reply to it stays."""

from __future__ import annotations

import pytest

from bot.store.models import GIVE_UP, LEASE, Outcome
from bot.store.store import Store
from store.ledgers import REF, SECOND, Clock, question_event, taken


def never_again(*ledgers: Store) -> bool:
    """Whether no ledger gives the question to anybody, as first said or edited."""
    deliveries = (question_event(), question_event("Ev8"), question_event("Ev9", SECOND))
    return not any(ledger.claim(each) or ledger.claim_expired(10) for ledger in ledgers for each in deliveries)


def test_what_was_not_withdrawn_is_not(store: Store) -> None:
    """A question that was taken is not withdrawn by itself."""
    assert store.lease_state(taken(store)) == "held"


def test_a_question_deleted_before_it_is_taken_is_never_taken(store: Store, other: Store) -> None:
    """A deletion that overtakes its question leaves nothing to remove, and the question is nothing when it comes."""
    assert store.delete_question(REF) is None
    assert never_again(store, other)


def test_a_deleted_question_s_reply_is_to_be_removed(store: Store, other: Store) -> None:
    """Withdrawing an answered question gives the reply to remove; once that is settled, nothing is left to do."""
    store.complete(taken(store), "answer", "2.0")
    removal = other.delete_question(REF)
    assert removal
    assert (removal.reply_ts, removal.is_deleted, other.lease_state(removal)) == ("2.0", True, "held")
    assert other.complete(removal, "deleted", None) is None
    assert never_again(store, other)
    assert store.delete_question(REF) is None


@pytest.mark.parametrize("outcome", ["notice", "refusal", "unknown"])
def test_where_no_reply_is_known_there_is_nothing_to_remove(store: Store, outcome: Outcome) -> None:
    """A question that got a private word, or nothing that was confirmed, is withdrawn without more."""
    store.complete(taken(store), outcome, None)
    assert store.delete_question(REF) is None
    assert never_again(store)


def test_whoever_holds_a_question_learns_that_it_was_deleted(store: Store, other: Store) -> None:
    """A question deleted while it is held is its holder's to end: without a reply it simply is over."""
    claim = taken(store)
    assert other.delete_question(REF) is None
    assert store.lease_state(claim) == "deleted"
    assert store.complete(claim, "deleted", None) is None
    assert never_again(store, other)


def test_whoever_lost_a_question_learns_that_before_its_deletion(store: Store, other: Store, clock: Clock) -> None:
    """A question that was taken over and then deleted is the other's to end, which may have posted."""
    claim = taken(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.delete_question(REF)
    assert [store.lease_state(claim), other.lease_state(theirs)] == ["superseded", "deleted"]


def test_whoever_posted_meanwhile_removes_the_reply(store: Store, other: Store) -> None:
    """A holder that posted before it learnt of the deletion gets the removal from the settlement."""
    claim = taken(store)
    other.delete_question(REF)
    removal = store.complete(claim, "answer", "2.0")
    assert removal
    assert (removal.reply_ts, removal.is_deleted) == ("2.0", True)
    assert [store.lease_state(claim), store.lease_state(removal)] == ["superseded", "held"]
    assert store.complete(removal, "deleted", None) is None
    assert never_again(store, other)


def test_an_edit_that_waits_is_dropped_with_its_question(store: Store) -> None:
    """A newer version that waits for its holder is not answered when the question is deleted."""
    claim = taken(store)
    store.claim(question_event("Ev2", SECOND))
    store.delete_question(REF)
    assert store.complete(claim, "notice", None) is None
    assert never_again(store)


def test_an_edit_in_progress_when_its_question_is_deleted_leaves_no_reply(store: Store) -> None:
    """A holder that was updating a reply gets its removal, even if it settles without having posted."""
    store.complete(taken(store), "answer", "2.0")
    claim = taken(store, "Ev2", SECOND)
    assert store.delete_question(REF) is None
    removal = store.complete(claim, "unknown", None)
    assert removal
    assert (removal.reply_ts, removal.is_deleted) == ("2.0", True)


def test_a_removal_that_was_abandoned_is_taken_over(store: Store, other: Store, clock: Clock) -> None:
    """When the process that removes a reply is killed, the removal is the next one's."""
    store.complete(taken(store), "answer", "2.0")
    removal = store.delete_question(REF)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", SECOND)) is None
    (again,) = other.claim_expired(10)
    assert removal
    assert (again.reply_ts, again.is_deleted, store.lease_state(removal)) == ("2.0", True, "superseded")
    other.complete(again, "deleted", None)
    assert never_again(store, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_killed_holder_may_have_posted_to_a_deleted_question(
    store: Store, other: Store, clock: Clock, deleted_first: bool
) -> None:
    """When the holder of a deleted question is killed, the next one looks for a reply to remove."""
    taken(store)
    if deleted_first:
        assert other.delete_question(REF) is None
        clock.now += LEASE
        (removal,) = other.claim_expired(10)
    else:
        clock.now += LEASE
        found = other.delete_question(REF)
        assert found
        removal = found
    assert (removal.attempt, removal.reply_ts, removal.is_deleted, removal.body) == (2, None, True, "body of Ev1")
    other.complete(removal, "deleted", None)
    assert never_again(store, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_released_question_that_was_deleted_is_over(store: Store, other: Store, deleted_first: bool) -> None:
    """Where nothing was posted there is nothing to remove, whether the release or the deletion came first."""
    claim = taken(store)
    for step in ("delete", "release") if deleted_first else ("release", "delete"):
        assert (other.delete_question(REF) if step == "delete" else store.release(claim)) is None
    assert never_again(store, other)


def test_a_removal_given_back_is_still_to_be_done(store: Store, other: Store) -> None:
    """A removal that its holder gives back is taken by the next."""
    store.complete(taken(store), "answer", "2.0")
    removal = store.delete_question(REF)
    assert removal
    store.release(removal)
    (again,) = other.claim_expired(10)
    assert (again.reply_ts, again.is_deleted) == ("2.0", True)


def test_a_reply_posted_after_the_removal_is_removed_too(store: Store, other: Store, clock: Clock) -> None:
    """A holder that stood still, lost its claim and yet posted is given the removal of what it posted."""
    claim = taken(store)
    other.delete_question(REF)
    clock.now += LEASE
    (removal,) = other.claim_expired(10)
    other.complete(removal, "deleted", None)
    late = store.complete(claim, "answer", "2.0")
    assert late
    assert (late.reply_ts, late.is_deleted) == ("2.0", True)


def test_deleting_twice_is_deleting_once(store: Store, other: Store) -> None:
    """A second delivery of a deletion, while the first is worked on, has nothing to do."""
    store.complete(taken(store), "answer", "2.0")
    assert store.delete_question(REF)
    assert [store.delete_question(REF), other.delete_question(REF)] == [None, None]


def test_the_removal_of_an_old_reply_has_its_own_hour(store: Store, other: Store, clock: Clock) -> None:
    """A reply to a question of long ago is removed even if the process that began with it is killed."""
    store.complete(taken(store), "answer", "2.0")
    clock.now += GIVE_UP * 24
    store.delete_question(REF)
    clock.now += LEASE
    assert [claim.reply_ts for claim in other.claim_expired(10)] == ["2.0"]


def test_a_removal_is_given_up_in_the_end(store: Store, other: Store, clock: Clock) -> None:
    """A removal that nobody could do within the hour is given up; the question stays withdrawn."""
    store.complete(taken(store), "answer", "2.0")
    store.delete_question(REF)
    clock.now += GIVE_UP + 1
    assert other.claim_expired(10) == ()
    assert other.expired_count == 1
    assert never_again(store, other)
