"""What people think of replies: kept with the question, for as long, and without their names."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import Feedback, MessageRef
from bot.store.store import Store
from records.ledgers import PLACE, taken

from .test_forgetting import everything

ELSEWHERE = MessageRef("T1", "C1", "9.0")


def test_each_persons_last_word_counts(records: Store) -> None:
    """Two people rate one reply, one of them twice: two ratings are kept, the later of the two from one person."""
    taken(records)
    assert records.ratings(PLACE) == ()
    records.rate(PLACE, "U1", Feedback(True))
    records.rate(PLACE, "U2", Feedback(True))
    records.rate(PLACE, "U1", Feedback(False, "no figures"))
    assert records.ratings(PLACE) == (Feedback(False, "no figures"), Feedback(True))


def test_what_belongs_to_no_question_is_not_kept(records: Store) -> None:
    """A rating of a reply that the ledger does not know (forgotten meanwhile) is not kept, and no error."""
    records.rate(ELSEWHERE, "U1", Feedback(True))
    assert records.ratings(ELSEWHERE) == ()


def test_a_rating_is_forgotten_with_its_question(records: Store, tmp_path: Path) -> None:
    """Retention deletes ratings with their questions: no word of a note stands in any file after it."""
    records.settle(taken(records), "answer", "2.0")
    records.rate(PLACE, "U1", Feedback(False, "an embarrassing note"))
    assert b"an embarrassing note" in everything(tmp_path)
    assert records.forget(None) == 1
    assert records.ratings(PLACE) == ()
    assert b"an embarrassing note" not in everything(tmp_path)


def test_who_rated_is_not_kept(records: Store, tmp_path: Path) -> None:
    """The id of the person who rated stands in no file."""
    taken(records)
    records.rate(PLACE, "UWHORATED", Feedback(True))
    assert b"UWHORATED" not in everything(tmp_path)
