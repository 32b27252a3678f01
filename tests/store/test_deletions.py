"""Questions that their author deletes: they are never answered, and their replies are deleted."""

from __future__ import annotations

import pytest

from bot.store.models import GIVE_UP, LEASE, Outcome
from bot.store.store import Store
from store.helpers import REF, SECOND, Clock, claim_question, question_event


def is_never_claimed(*stores: Store) -> bool:
    """Whether no store claims the question, in its original or an edited version."""
    deliveries = (question_event(), question_event("Ev8"), question_event("Ev9", SECOND))
    return not any(one.claim(each) or one.claim_expired(10) for one in stores for each in deliveries)


def test_a_claimed_question_is_not_deleted(store: Store) -> None:
    """A question that was claimed is not deleted by itself."""
    assert store.lease_state(claim_question(store)) == "held"


def test_a_question_deleted_before_its_claim_is_never_claimed(store: Store, other: Store) -> None:
    """If the deletion arrives before its question, there is no reply to delete, and the question is ignored."""
    assert store.delete_question(REF) is None
    assert is_never_claimed(store, other)


def test_the_reply_to_a_deleted_question_is_deleted(store: Store, other: Store) -> None:
    """Deleting an answered question returns the reply to delete; once completed, nothing is left to do."""
    store.complete(claim_question(store), "answer", "2.0")
    removal = other.delete_question(REF)
    assert removal
    assert (removal.reply_ts, removal.is_deleted, other.lease_state(removal)) == ("2.0", True, "held")
    assert other.complete(removal, "deleted", None) is None
    assert is_never_claimed(store, other)
    assert store.delete_question(REF) is None


@pytest.mark.parametrize("outcome", ["notice", "refusal", "unknown"])
def test_without_a_known_reply_there_is_nothing_to_delete(store: Store, outcome: Outcome) -> None:
    """A question with a private notice or an unconfirmed reply is deleted without further work."""
    store.complete(claim_question(store), outcome, None)
    assert store.delete_question(REF) is None
    assert is_never_claimed(store)


def test_the_holder_learns_of_the_deletion(store: Store, other: Store) -> None:
    """A question deleted while held is completed by its holder; without a reply, nothing is left to do."""
    claim = claim_question(store)
    assert other.delete_question(REF) is None
    assert store.lease_state(claim) == "deleted"
    assert store.complete(claim, "deleted", None) is None
    assert is_never_claimed(store, other)


def test_a_former_holder_learns_that_it_is_superseded(store: Store, other: Store, clock: Clock) -> None:
    """If a question is taken over and then deleted, only the new holder, which may have posted, completes it."""
    claim = claim_question(store)
    clock.now += LEASE
    (theirs,) = other.claim_expired(10)
    store.delete_question(REF)
    assert [store.lease_state(claim), other.lease_state(theirs)] == ["superseded", "deleted"]


def test_a_holder_that_posted_deletes_its_reply(store: Store, other: Store) -> None:
    """A holder that posted before it learnt of the deletion gets the reply to delete on completion."""
    claim = claim_question(store)
    other.delete_question(REF)
    removal = store.complete(claim, "answer", "2.0")
    assert removal
    assert (removal.reply_ts, removal.is_deleted) == ("2.0", True)
    assert [store.lease_state(claim), store.lease_state(removal)] == ["superseded", "held"]
    assert store.complete(removal, "deleted", None) is None
    assert is_never_claimed(store, other)


def test_a_waiting_edit_is_dropped_with_its_question(store: Store) -> None:
    """A newer version that waits for its holder is not answered after the deletion."""
    claim = claim_question(store)
    store.claim(question_event("Ev2", SECOND))
    store.delete_question(REF)
    assert store.complete(claim, "notice", None) is None
    assert is_never_claimed(store)


def test_an_edit_in_progress_leaves_no_reply(store: Store) -> None:
    """A holder that was updating a reply has to delete it, even if it completes without having posted."""
    store.complete(claim_question(store), "answer", "2.0")
    claim = claim_question(store, "Ev2", SECOND)
    assert store.delete_question(REF) is None
    removal = store.complete(claim, "unknown", None)
    assert removal
    assert (removal.reply_ts, removal.is_deleted) == ("2.0", True)


def test_an_expired_deletion_is_taken_over(store: Store, other: Store, clock: Clock) -> None:
    """When the process that deletes a reply is killed, the next one does it."""
    store.complete(claim_question(store), "answer", "2.0")
    removal = store.delete_question(REF)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", SECOND)) is None
    (again,) = other.claim_expired(10)
    assert removal
    assert (again.reply_ts, again.is_deleted, store.lease_state(removal)) == ("2.0", True, "superseded")
    other.complete(again, "deleted", None)
    assert is_never_claimed(store, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_killed_holder_may_have_posted_to_a_deleted_question(
    store: Store, other: Store, clock: Clock, deleted_first: bool
) -> None:
    """When the holder of a deleted question is killed, the next one looks for a reply to delete."""
    claim_question(store)
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
    assert is_never_claimed(store, other)


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_released_question_that_was_deleted_is_over(store: Store, other: Store, deleted_first: bool) -> None:
    """If nothing was posted, there is nothing to delete, whether the release or the deletion came first."""
    claim = claim_question(store)
    for step in ("delete", "release") if deleted_first else ("release", "delete"):
        assert (other.delete_question(REF) if step == "delete" else store.release(claim)) is None
    assert is_never_claimed(store, other)


def test_a_released_deletion_is_still_to_be_done(store: Store, other: Store) -> None:
    """A deletion that its holder releases is claimed by the next."""
    store.complete(claim_question(store), "answer", "2.0")
    removal = store.delete_question(REF)
    assert removal
    store.release(removal)
    (again,) = other.claim_expired(10)
    assert (again.reply_ts, again.is_deleted) == ("2.0", True)


def test_a_reply_posted_after_the_deletion_is_deleted_too(store: Store, other: Store, clock: Clock) -> None:
    """A suspended holder that lost its claim but still posted has to delete what it posted."""
    claim = claim_question(store)
    other.delete_question(REF)
    clock.now += LEASE
    (removal,) = other.claim_expired(10)
    other.complete(removal, "deleted", None)
    late = store.complete(claim, "answer", "2.0")
    assert late
    assert (late.reply_ts, late.is_deleted) == ("2.0", True)


def test_deleting_twice_is_deleting_once(store: Store, other: Store) -> None:
    """A second event of the same deletion has nothing to do."""
    store.complete(claim_question(store), "answer", "2.0")
    assert store.delete_question(REF)
    assert [store.delete_question(REF), other.delete_question(REF)] == [None, None]


def test_the_deletion_of_an_old_reply_has_its_own_hour(store: Store, other: Store, clock: Clock) -> None:
    """A reply to an old question is deleted even if the first process that tries is killed."""
    store.complete(claim_question(store), "answer", "2.0")
    clock.now += GIVE_UP * 24
    store.delete_question(REF)
    clock.now += LEASE
    assert [claim.reply_ts for claim in other.claim_expired(10)] == ["2.0"]


def test_a_deletion_is_given_up_after_an_hour(
    store: Store, other: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A deletion not done within the hour is given up; the question stays deleted."""
    store.complete(claim_question(store), "answer", "2.0")
    store.delete_question(REF)
    clock.now += GIVE_UP + 1
    assert other.claim_expired(10) == ()
    assert "1 questions that could not be completed" in caplog.text
    assert is_never_claimed(store, other)
