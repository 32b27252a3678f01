"""What the ledger's tests share: a clock that stands still, deliveries, and what another process does with a ledger.

Keeps secret how another process is told what to do.
"""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Thread

from bot.store.models import LEASE, Claim, MessageRef, QuestionEvent
from bot.store.store import Store

REF = MessageRef("T1", "C1", "1.000100")
OTHER = MessageRef("T1", "C2", "1.000100")

# Three versions of one message: as first said, and two edits of it.
FIRST, SECOND, THIRD = "", "9.000100", "10.000100"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def question_event(event_id: str = "Ev1", version: str = FIRST, ref: MessageRef = REF) -> QuestionEvent:
    """An event about the question at ``ref``, whose body names both."""
    return QuestionEvent(event_id, ref, version, f"body of {event_id}")


def taken(store: Store, event_id: str = "Ev1", version: str = FIRST) -> Claim:
    """The claim of the question at PLACE, which must be there to be had."""
    claim = store.claim(question_event(event_id, version))
    assert claim
    return claim


def numbered(number: int) -> QuestionEvent:
    """The only event about question ``number``."""
    return question_event(f"Ev{number}", ref=MessageRef("T1", "C1", f"{number}.000100"))


def later() -> float:
    """The time when what was held until now is no longer held."""
    return time.time() + LEASE


def claim_all(folder: Path, count: int, start: Barrier, said: Connection) -> None:
    """In another process: claim each of ``count`` questions, two threads in opposite order; say which were got."""
    start.wait()
    store = Store(folder)
    got: list[int] = []

    def claim(numbers: range) -> None:
        got.extend(number for number in numbers if store.claim(numbered(number)))

    threads = [Thread(target=claim, args=(order,)) for order in (range(count), range(count - 1, -1, -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said.send(got)


def begin_each(folder: Path, rounds: int, start: Barrier, said: Connection) -> None:
    """In another process: open one new ledger after the other, each when all others do; say how many could be used."""
    usable = 0
    for number in range(rounds):
        start.wait()
        usable += not Store(folder / str(number)).is_known(REF)
    said.send(usable)


def settle_until_killed(folder: Path, said: Connection) -> None:
    """In another process: claim and settle one question after the other for ever; say which was settled."""
    store = Store(folder)
    number = 0
    while True:
        claim = store.claim(numbered(number))
        assert claim is not None
        store.complete(claim, "answer", f"{number}.000200")
        said.send(number)
        number += 1


def hold_until_killed(folder: Path, said: Connection) -> None:
    """In another process: claim one question, say so, and do nothing with it."""
    store = Store(folder)
    said.send(store.claim(question_event()) is not None)
    said.recv()
