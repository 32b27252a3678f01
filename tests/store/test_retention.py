"""Deleting completed questions, after the retention time or on request."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import LEASE, MessageRef, QuestionEvent
from bot.store.store import Store
from store.helpers import OTHER, REF, Clock, claim_question, numbered_event, question_event

SECRET = "who knows what was asked here"


def test_questions_completed_before_a_time_are_deleted(store: Store, clock: Clock) -> None:
    """The older of two completed questions is deleted with its event, so that both could be claimed again."""
    store.complete(claim_question(store), "answer", "2.0")
    clock.now += 10
    late = store.claim(question_event("Ev2", ref=OTHER))
    assert late
    store.complete(late, "answer", "3.0")
    assert store.delete_completed(5) == 1
    assert [store.is_known(REF), store.is_known(OTHER)] == [False, True]
    assert claim_question(store).attempt == 1


def test_open_questions_are_not_deleted(store: Store, other: Store, clock: Clock) -> None:
    """Held and expired questions, and replies still to be deleted, remain."""
    claim_question(store)
    removed = store.claim(question_event("Ev2", ref=OTHER))
    assert removed
    store.complete(removed, "answer", "3.0")
    assert store.delete_question(OTHER)
    assert store.delete_completed(None) == 0
    clock.now += LEASE
    assert len(other.claim_expired(10)) == 2


def test_without_a_time_all_completed_questions_are_deleted(store: Store) -> None:
    """All completed questions are deleted, however many, and counted."""
    count = 2_500
    for number in range(count):
        claim = store.claim(numbered_event(number))
        assert claim
        store.complete(claim, "answer", "2.0")
    assert [store.delete_completed(None), store.delete_completed(None)] == [count, 0]


def test_a_deleted_question_is_deleted_from_the_store_too(store: Store) -> None:
    """That a question was deleted is stored as long as any completed question, and no longer."""
    store.delete_question(REF)
    assert store.delete_completed(None) == 1
    assert claim_question(store)


def test_deleted_content_is_in_no_file(file_store: Store, tmp_path: Path) -> None:
    """After deletion, no file in the state folder contains text or ids of the question."""
    claim = file_store.claim(QuestionEvent("EvForgotten", MessageRef("T1", "C1", "1.0"), "", SECRET))
    assert claim
    assert SECRET.encode() in everything(tmp_path)
    file_store.complete(claim, "answer", "2.0")
    file_store.delete_completed(None)
    assert SECRET.encode() not in everything(tmp_path)
    assert b"EvForgotten" not in everything(tmp_path)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
