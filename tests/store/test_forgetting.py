"""What is deleted when a retention ends, or when somebody says so."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import LEASE, MessageRef, QuestionEvent
from bot.store.store import Store
from store.ledgers import OTHER, REF, Clock, numbered, question_event, taken

SECRET = "who knows what was asked here"


def test_what_was_settled_before_a_time_is_forgotten(store: Store, clock: Clock) -> None:
    """Of two settled questions the older is forgotten, with its event: both would be claimed as if never seen."""
    store.complete(taken(store), "answer", "2.0")
    clock.now += 10
    late = store.claim(question_event("Ev2", ref=OTHER))
    assert late
    store.complete(late, "answer", "3.0")
    assert store.delete_completed(clock.now) == 1
    assert [store.is_known(REF), store.is_known(OTHER)] == [False, True]
    assert taken(store).attempt == 1


def test_what_is_not_settled_is_not_forgotten(store: Store, other: Store, clock: Clock) -> None:
    """Forgetting everything leaves what is held, what was abandoned, and a reply that is still to be removed."""
    taken(store)
    removed = store.claim(question_event("Ev2", ref=OTHER))
    assert removed
    store.complete(removed, "answer", "3.0")
    assert store.delete_question(OTHER)
    assert store.delete_completed(None) == 0
    clock.now += LEASE
    assert len(other.claim_expired(10)) == 2


def test_everything_settled_is_forgotten_at_once_when_no_time_is_given(store: Store) -> None:
    """Without a time all that is settled is forgotten, however much, and counted."""
    count = 2_500
    for number in range(count):
        claim = store.claim(numbered(number))
        assert claim
        store.complete(claim, "answer", "2.0")
    assert [store.delete_completed(None), store.delete_completed(None)] == [count, 0]


def test_a_deletion_is_forgotten_with_the_rest(store: Store) -> None:
    """That a question was withdrawn is kept as long as any settled question, and no longer."""
    store.delete_question(REF)
    assert store.delete_completed(None) == 1
    assert taken(store)


def test_what_is_forgotten_stands_in_no_file(store: Store, tmp_path: Path) -> None:
    """After forgetting, neither text nor ids of a question can be found in any file of the state folder."""
    claim = store.claim(QuestionEvent("EvForgotten", MessageRef("T1", "C1", "1.0"), "", SECRET))
    assert claim
    assert SECRET.encode() in everything(tmp_path)
    store.complete(claim, "answer", "2.0")
    store.delete_completed(None)
    assert SECRET.encode() not in everything(tmp_path)
    assert b"EvForgotten" not in everything(tmp_path)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
