"""Edited questions: every version is answered at most once, and the newest is answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.store.models import FILE_NAME, GIVE_UP, LEASE, Claim, Outcome, is_newer
from bot.store.store import Store
from store.helpers import FIRST, OTHER, REF, SECOND, THIRD, Clock, claim_question, question_event


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
def test_versions_are_ordered_by_edit(version: str, than: str, newer: bool) -> None:
    """The original is the oldest version; of two edits, the later one is newer."""
    assert is_newer(version, than) is newer


def test_an_edit_of_a_completed_question_updates_its_reply(store: Store, other: Store) -> None:
    """A newer version of a completed question is claimed once, with the existing reply, in any process."""
    store.complete(claim_question(store), "answer", "2.0")
    assert other.claim(question_event("Ev2", SECOND)) == Claim(REF, SECOND, "body of Ev2", 1, "2.0")
    assert [store.claim(question_event("Ev2", SECOND)), store.claim(question_event("Ev3", SECOND))] == [None, None]


def test_an_edit_of_a_held_question_goes_to_its_holder(store: Store, other: Store) -> None:
    """A newer version that arrives while the question is held goes to its holder, on completion, once."""
    claim = claim_question(store)
    assert other.claim(question_event("Ev2", SECOND)) is None
    following = store.complete(claim, "answer", "2.0")
    assert following == Claim(REF, SECOND, "body of Ev2", 1, "2.0")
    assert other.claim(question_event("Ev2", SECOND)) is None
    assert [store.lease_state(claim), store.lease_state(following)] == ["superseded", "held"]
    assert store.complete(following, "abstention", "2.0") is None


def test_of_several_edits_only_the_newest_counts(store: Store) -> None:
    """Of the versions that arrived while a question was held, only the newest is answered, in any order of arrival."""
    claim = claim_question(store)
    for event, version in (("Ev2", THIRD), ("Ev3", SECOND), ("Ev4", THIRD)):
        assert store.claim(question_event(event, version)) is None
    following = store.complete(claim, "answer", "2.0")
    assert following == Claim(REF, THIRD, "body of Ev2", 1, "2.0")
    assert store.complete(following, "answer", "2.0") is None


@pytest.mark.parametrize("late", [FIRST, SECOND])
def test_a_late_older_version_is_ignored(store: Store, other: Store, late: str) -> None:
    """A version no newer than the one answered, or being answered, is never answered."""
    claim = claim_question(store, "Ev1", SECOND)
    assert other.claim(question_event("Ev2", late)) is None
    assert store.complete(claim, "answer", "2.0") is None
    assert other.claim(question_event("Ev3", late)) is None


def test_an_expired_question_is_claimed_in_its_newest_version(store: Store, other: Store, clock: Clock) -> None:
    """The new holder gets the newest known version, and may find a reply to an older one."""
    claim_question(store)
    store.claim(question_event("Ev2", SECOND))
    clock.now += LEASE
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 2, None),)


def test_an_old_event_claims_the_newest_version(store: Store, other: Store, clock: Clock) -> None:
    """An event of an older version that finds the question expired gets the newer version."""
    claim_question(store, "Ev1", SECOND)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", FIRST)) == Claim(REF, SECOND, "body of Ev1", 2, None)


def test_a_newer_event_claims_an_expired_question(store: Store, other: Store, clock: Clock) -> None:
    """An event of a newer version that finds the question expired gets that version, as a second attempt."""
    claim_question(store)
    clock.now += LEASE
    assert other.claim(question_event("Ev2", SECOND)) == Claim(REF, SECOND, "body of Ev2", 2, None)


def test_an_expired_edit_keeps_the_existing_reply(store: Store, other: Store, clock: Clock) -> None:
    """When the process that updates a reply is killed, the next one knows the reply too."""
    store.complete(claim_question(store), "answer", "2.0")
    claim_question(store, "Ev2", SECOND)
    clock.now += LEASE
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 2, "2.0"),)


def test_a_released_question_continues_in_its_newest_version(store: Store, other: Store) -> None:
    """A question released while a newer version waits is claimed in the newer version, as a first attempt."""
    claim = claim_question(store)
    store.claim(question_event("Ev2", SECOND))
    store.release(claim)
    assert other.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 1, None),)


@pytest.mark.parametrize(
    ("outcome", "reply", "attempt"),
    [("answer", "2.0", 1), ("refusal", None, 1), ("notice", None, 1), ("unknown", None, 2)],
)
def test_the_attempt_depends_on_certainty(store: Store, outcome: Outcome, reply: str | None, attempt: int) -> None:
    """The newer version is a first attempt only if it is certain which reply exists."""
    store.complete(claim_question(store), outcome, reply)
    assert claim_question(store, "Ev2", SECOND) == Claim(REF, SECOND, "body of Ev2", attempt, reply)


@pytest.mark.parametrize("outcome", ["notice", "refusal", "unknown"])
def test_a_private_notice_about_an_edit_keeps_the_reply(store: Store, outcome: Outcome) -> None:
    """If the edit gets no public reply, the one to the older version is still known."""
    store.complete(claim_question(store), "answer", "2.0")
    store.complete(claim_question(store, "Ev2", SECOND), outcome, None)
    assert claim_question(store, "Ev3", THIRD).reply_ts == "2.0"


def test_an_outcome_that_becomes_known_is_recorded(store: Store) -> None:
    """A reply found after the outcome was recorded as unknown becomes the existing reply."""
    claim = claim_question(store)
    store.complete(claim, "unknown", None)
    store.complete(claim, "answer", "2.0")
    assert claim_question(store, "Ev2", SECOND) == Claim(REF, SECOND, "body of Ev2", 1, "2.0")


def test_a_late_reply_to_an_older_version_is_kept(store: Store, other: Store, clock: Clock) -> None:
    """Completing an older version while another process works on a newer one records its reply and nothing else."""
    claim = claim_question(store)
    clock.now += LEASE
    newer = claim_question(other, "Ev2", SECOND)
    assert store.complete(claim, "answer", "2.0") is None
    assert other.lease_state(newer) == "held"
    clock.now += LEASE
    assert store.claim_expired(10) == (Claim(REF, SECOND, "body of Ev2", 3, "2.0"),)


def test_an_edit_of_an_old_question_has_its_own_hour(store: Store, other: Store, clock: Clock) -> None:
    """An edit that arrives hours after the question expires an hour after the edit."""
    store.complete(claim_question(store), "answer", "2.0")
    clock.now += GIVE_UP * 3
    claim_question(store, "Ev2", SECOND)
    clock.now += LEASE
    assert len(other.claim_expired(10)) == 1


def test_an_edit_of_an_expired_question_is_answered(store: Store, other: Store, clock: Clock) -> None:
    """A question that was given up can be asked again by editing it; a reply may already exist."""
    claim_question(store)
    clock.now += GIVE_UP + 1
    assert other.claim_expired(10) == ()
    assert claim_question(store, "Ev2", SECOND).attempt == 2


def test_completion_erases_every_version(file_store: Store, tmp_path: Path) -> None:
    """The text of an edit is erased on its completion; an edit of one question does not touch another."""
    claim = claim_question(file_store)
    file_store.claim(question_event("Ev2", SECOND))
    file_store.claim(question_event("Ev3", ref=OTHER))
    following = file_store.complete(claim, "answer", "2.0")
    assert following
    file_store.complete(following, "answer", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT channel, version, body, newer_version, newer_body FROM questions").fetchall()
    assert rows == [("C1", SECOND, None, None, None), ("C2", FIRST, "body of Ev3", None, None)]
