"""What people think of replies: kept with the question, for as long, and without their names."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import Feedback, MessageRef
from bot.store.store import Store
from store.ledgers import REF, taken

from .test_forgetting import everything

ELSEWHERE = MessageRef("T1", "C1", "9.0")


def test_each_persons_last_word_counts(store: Store) -> None:
    """Two people rate one reply, one of them twice: two ratings are kept, the later of the two from one person."""
    taken(store)
    assert store.find_feedback(REF) == ()
    store.save_feedback(REF, "U1", Feedback(True))
    store.save_feedback(REF, "U2", Feedback(True))
    store.save_feedback(REF, "U1", Feedback(False, "no figures"))
    assert store.find_feedback(REF) == (Feedback(False, "no figures"), Feedback(True))


def test_what_belongs_to_no_question_is_not_kept(store: Store) -> None:
    """A rating of a reply that the ledger does not know (forgotten meanwhile) is not kept, and no error."""
    store.save_feedback(ELSEWHERE, "U1", Feedback(True))
    assert store.find_feedback(ELSEWHERE) == ()


def test_a_rating_is_forgotten_with_its_question(store: Store, tmp_path: Path) -> None:
    """Retention deletes ratings with their questions: no word of a note stands in any file after it."""
    store.complete(taken(store), "answer", "2.0")
    store.save_feedback(REF, "U1", Feedback(False, "an embarrassing note"))
    assert b"an embarrassing note" in everything(tmp_path)
    assert store.delete_completed(None) == 1
    assert store.find_feedback(REF) == ()
    assert b"an embarrassing note" not in everything(tmp_path)


def test_who_rated_is_not_kept(store: Store, tmp_path: Path) -> None:
    """The id of the person who rated stands in no file."""
    taken(store)
    store.save_feedback(REF, "UWHORATED", Feedback(True))
    assert b"UWHORATED" not in everything(tmp_path)
