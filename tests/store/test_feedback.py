"""Feedback: stored with its question, for as long, and anonymously."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import Feedback, MessageRef
from bot.store.store import Store
from store.helpers import REF, claim_question
from tests.factories import find_feedback

from .test_retention import everything

ELSEWHERE = MessageRef("T1", "C1", "9.0")


def test_the_latest_rating_of_each_user_counts(store: Store) -> None:
    """Two users rate one reply, one of them twice: two ratings are stored, with the later one of the two."""
    claim_question(store)
    assert find_feedback(store, REF) == ()
    store.save_feedback(REF, "U1", Feedback(True))
    store.save_feedback(REF, "U2", Feedback(True))
    store.save_feedback(REF, "U1", Feedback(False, "no figures"))
    assert find_feedback(store, REF) == (Feedback(False, "no figures"), Feedback(True))


def test_feedback_on_an_unknown_question_is_ignored(store: Store) -> None:
    """Feedback on a question that is not in the store is ignored without an error."""
    store.save_feedback(ELSEWHERE, "U1", Feedback(True))
    assert find_feedback(store, ELSEWHERE) == ()


def test_feedback_is_deleted_with_its_question(file_store: Store, tmp_path: Path) -> None:
    """After deletion of the question, no file contains the note."""
    file_store.complete(claim_question(file_store), "answer", "2.0")
    file_store.save_feedback(REF, "U1", Feedback(False, "an embarrassing note"))
    assert b"an embarrassing note" in everything(tmp_path)
    assert file_store.delete_completed(None) == 1
    assert find_feedback(file_store, REF) == ()
    assert b"an embarrassing note" not in everything(tmp_path)


def test_user_ids_are_not_stored(file_store: Store, tmp_path: Path) -> None:
    """No file contains the id of the user who rated."""
    claim_question(file_store)
    file_store.save_feedback(REF, "UWHORATED", Feedback(True))
    assert b"UWHORATED" not in everything(tmp_path)
