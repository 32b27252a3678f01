"""A question that is edited: every version is answered at most once, and the newest is answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.store.models import FILE_NAME, GIVE_UP, LEASE, Claim, Outcome, is_newer
from bot.store.store import Store
from store.ledgers import FIRST, OTHER, REF, SECOND, THIRD, Clock, question_event, taken


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("", "", False),
        ("1700000000.000100", "1700000000.000100", False),
        ("", "1700000000.000100", False),
        ("1700000000.000100", "", True),
        ("1700000000.000200", "1700000000.000100", True),
        ("1700000001.000000", "1700000000.999999", True),
        ("10000000000.000100", "9999999999.000100", True),
    ],
)
def test_versions_are_in_the_order_of_their_edits(version: str, than: str, newer: bool) -> None:
    """What was first said is the oldest; of two edits the later is newer."""
    assert is_newer(version, than) is newer


def test_an_edit_of_a_settled_question_updates_its_reply(store: Store, other: Store) -> None:
    """A newer version of a settled question is claimed once, with the reply that stands, in whatever process."""
    store.complete(taken(store), "answer", "2.0")
    assert other.claim(question_event("Ev2", SECOND)) == Claim(REF, SECOND, "body of Ev2", 1, "2.0")
    assert [store.claim(question_event("Ev2", SECOND)), store.claim(question_event("Ev3", SECOND))] == [None, None]


def test_an_edit_of_a_held_question_goes_to_its_holder(store: Store, other: Store) -> None:
    """A newer version that comes while the question is held is handed to whoever settles it, once."""
    claim = taken(store)
    assert other.claim(question_event("Ev2", SECOND)) is None
    following = store.complete(claim, "answer", "2.0")
    assert following == Claim(REF, SECOND, "body of Ev2", 1, "2.0")
    assert other.claim(question_event("Ev2", SECOND)) is None
    assert [store.lease_state(claim), store.lease_state(following)] == ["superseded", "held"]
    assert store.complete(following, "abstention", "2.0") is None


def test_of_several_edits_only_the_newest_counts(store: Store) -> None:
    """Of the versions that came while a question was held the newest alone is answered, in whatever order they came."""
    claim = taken(store)
    for event, version in (("Ev2", THIRD), ("Ev3", SECOND), ("Ev4", THIRD)):
        assert store.claim(question_event(event, version)) is None
    following = store.complete(claim, "answer", "2.0")
    assert following == Claim(REF, THIRD, "body of Ev2", 1, "2.0")
    assert store.complete(following, "answer", "2.0") is None


@pytest.mark.parametrize("late", [FIRST, SECOND])
def test_an_older_version_that_comes_late_is_nothing(store: Store, other: Store, late: str) -> None:
    """A version that is no newer than the one that was answered is never answered, nor while that is being done."""
    claim = taken(store, "Ev1", SECOND)
    assert other.claim(question_event("Ev2", late)) is None
    assert store.complete(claim, "answer", "2.0") is None
    assert other.claim(question_event("Ev3", late)) is None


def test_an_abandoned_question_is_taken_over_in_its_newest_version(store: Store, other: Store, clock: Clock) -> None:
    """Whoever takes over a question takes the newest version known: it may find a reply to an older one."""
    taken(store)
    store.claim(question_event("Ev2", SECOND))
    clock.now += LEASE
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 2, None),)


def test_an_old_delivery_takes_over_the_newest_version(store: Store, other: Store, clock: Clock) -> None:
    """A delivery of an older version that finds the question abandoned gets the newer version, not its own."""
    taken(store, "Ev1", SECOND)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", FIRST)) == Claim(REF, SECOND, "body of Ev1", 2, None)


def test_a_newer_delivery_takes_over_an_abandoned_question(store: Store, other: Store, clock: Clock) -> None:
    """A delivery of a newer version that finds the question abandoned gets that version, as a second attempt."""
    taken(store)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", SECOND)) == Claim(REF, SECOND, "body of Ev2", 2, None)


def test_an_abandoned_edit_keeps_the_reply_that_stands(store: Store, other: Store, clock: Clock) -> None:
    """When the process that updates a reply is killed, the next one knows the reply too."""
    store.complete(taken(store), "answer", "2.0")
    taken(store, "Ev2", SECOND)
    clock.now += LEASE
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 2, "2.0"),)


def test_a_released_question_goes_on_in_its_newest_version(store: Store, other: Store) -> None:
    """A question given back while a newer version waits is taken in the newer version, as a first attempt."""
    claim = taken(store)
    store.claim(question_event("Ev2", SECOND))
    store.release(claim)
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 1, None),)


@pytest.mark.parametrize(
    ("outcome", "reply", "attempt"),
    [("answer", "2.0", 1), ("refusal", None, 1), ("notice", None, 1), ("unknown", None, 2)],
)
def test_whether_to_look_first_depends_on_what_is_certain(
    store: Store, outcome: Outcome, reply: str | None, attempt: int
) -> None:
    """The newer version is a first attempt where it is certain what stands, and a further one where it is not."""
    store.complete(taken(store), outcome, reply)
    assert taken(store, "Ev2", SECOND) == Claim(REF, SECOND, "body of Ev2", attempt, reply)


@pytest.mark.parametrize("outcome", ["notice", "refusal", "unknown"])
def test_a_private_word_about_an_edit_forgets_no_reply(store: Store, outcome: Outcome) -> None:
    """When the edit gets no public reply, the one to the older version is still known."""
    store.complete(taken(store), "answer", "2.0")
    store.complete(taken(store, "Ev2", SECOND), outcome, None)
    assert taken(store, "Ev3", THIRD).reply_ts == "2.0"


def test_an_outcome_that_becomes_known_is_recorded(store: Store) -> None:
    """A reply that turns up after its outcome was settled as unknown is the reply that stands."""
    claim = taken(store)
    store.complete(claim, "unknown", None)
    store.complete(claim, "answer", "2.0")
    assert taken(store, "Ev2", SECOND) == Claim(REF, SECOND, "body of Ev2", 1, "2.0")


def test_a_late_reply_to_an_older_version_is_kept(store: Store, other: Store, clock: Clock) -> None:
    """Who settles an older version, while another works on a newer, takes nothing from it; its reply is known."""
    claim = taken(store)
    clock.now += LEASE
    newer = taken(other, "Ev2", SECOND)
    assert store.complete(claim, "answer", "2.0") is None
    assert other.lease_state(newer) == "held"
    clock.now += LEASE
    assert store.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 3, "2.0"),)


def test_an_edit_of_an_old_question_has_its_own_hour(store: Store, other: Store, clock: Clock) -> None:
    """An edit that comes hours after the question is given up an hour after the edit."""
    store.complete(taken(store), "answer", "2.0")
    clock.now += GIVE_UP * 3
    taken(store, "Ev2", SECOND)
    clock.now += LEASE
    assert len(other.claim_expired(10)) == 1


def test_an_edit_of_a_lost_question_is_answered(store: Store, other: Store, clock: Clock) -> None:
    """A question that was given up can be asked again by editing it; somebody may have posted before."""
    taken(store)
    clock.now += GIVE_UP + 1
    assert other.claim_expired(10) == ()
    assert taken(store, "Ev2", SECOND).attempt == 2


def test_no_version_is_kept_once_all_is_settled(store: Store, tmp_path: Path) -> None:
    """The text of an edit is erased with the settlement of it; the edit of one question leaves another alone."""
    claim = taken(store)
    store.claim(question_event("Ev2", SECOND))
    store.claim(question_event("Ev3", ref=OTHER))
    following = store.complete(claim, "answer", "2.0")
    assert following
    store.complete(following, "answer", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT channel, version, body, newer_version, newer_body FROM questions").fetchall()
    assert rows == [("C1", SECOND, None, None, None), ("C2", FIRST, "body of Ev3", None, None)]
