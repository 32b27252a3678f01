"""What is deleted when a retention ends, or when somebody says so."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import LEASE, MessageRef, QuestionEvent
from bot.store.store import Store
from records.ledgers import OTHER, PLACE, Clock, delivery, numbered, taken

SECRET = "who knows what was asked here"


def test_what_was_settled_before_a_time_is_forgotten(records: Store, clock: Clock) -> None:
    """Of two settled questions the older is forgotten, with its event: both would be claimed as if never seen."""
    records.settle(taken(records), "answer", "2.0")
    clock.now += 10
    late = records.claim(delivery("Ev2", place=OTHER))
    assert late
    records.settle(late, "answer", "3.0")
    assert records.forget(clock.now) == 1
    assert [records.known(PLACE), records.known(OTHER)] == [False, True]
    assert taken(records).attempt == 1


def test_what_is_not_settled_is_not_forgotten(records: Store, other: Store, clock: Clock) -> None:
    """Forgetting everything leaves what is held, what was abandoned, and a reply that is still to be removed."""
    taken(records)
    removed = records.claim(delivery("Ev2", place=OTHER))
    assert removed
    records.settle(removed, "answer", "3.0")
    assert records.withdraw(OTHER)
    assert records.forget(None) == 0
    clock.now += LEASE
    assert len(other.abandoned(10)) == 2


def test_everything_settled_is_forgotten_at_once_when_no_time_is_given(records: Store) -> None:
    """Without a time all that is settled is forgotten, however much, and counted."""
    count = 2_500
    for number in range(count):
        claim = records.claim(numbered(number))
        assert claim
        records.settle(claim, "answer", "2.0")
    assert [records.forget(None), records.forget(None)] == [count, 0]


def test_a_deletion_is_forgotten_with_the_rest(records: Store) -> None:
    """That a question was withdrawn is kept as long as any settled question, and no longer."""
    records.withdraw(PLACE)
    assert records.forget(None) == 1
    assert taken(records)


def test_what_is_forgotten_stands_in_no_file(records: Store, tmp_path: Path) -> None:
    """After forgetting, neither text nor ids of a question can be found in any file of the state folder."""
    claim = records.claim(QuestionEvent("EvForgotten", MessageRef("T1", "C1", "1.0"), "", SECRET))
    assert claim
    assert SECRET.encode() in everything(tmp_path)
    records.settle(claim, "answer", "2.0")
    records.forget(None)
    assert SECRET.encode() not in everything(tmp_path)
    assert b"EvForgotten" not in everything(tmp_path)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
