"""Helpers for tests of the store: a clock, events, and work for other processes."""

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
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def question_event(event_id: str = "Ev1", version: str = FIRST, ref: MessageRef = REF) -> QuestionEvent:
    """An event about the question at ``ref``."""
    return QuestionEvent(event_id, ref, version, f"body of {event_id}")


def claim_question(store: Store, event_id: str = "Ev1", version: str = FIRST) -> Claim:
    """Claim the question at REF, which must be free."""
    claim = store.claim(question_event(event_id, version))
    assert claim
    return claim


def numbered_event(number: int) -> QuestionEvent:
    """The only event about question ``number``."""
    return question_event(f"Ev{number}", ref=MessageRef("T1", "C1", f"{number}.000100"))


def after_lease() -> float:
    """The time when claims held until now have expired."""
    return time.time() + LEASE


def claim_all(folder: Path, count: int, start: Barrier, said: Connection) -> None:
    """In another process: claim each of ``count`` questions, two threads in opposite order; send which were claimed."""
    start.wait()
    store = Store(folder)
    got: list[int] = []

    def claim(numbers: range) -> None:
        got.extend(number for number in numbers if store.claim(numbered_event(number)))

    threads = [Thread(target=claim, args=(order,)) for order in (range(count), range(count - 1, -1, -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said.send(got)


def open_each(folder: Path, rounds: int, start: Barrier, said: Connection) -> None:
    """In another process: open one new database after the other, all processes at once; send how many worked."""
    usable = 0
    for number in range(rounds):
        start.wait()
        usable += not Store(folder / str(number)).is_known(REF)
    said.send(usable)


def complete_until_killed(folder: Path, said: Connection) -> None:
    """In another process: claim and complete one question after the other; send each number."""
    store = Store(folder)
    number = 0
    while True:
        claim = store.claim(numbered_event(number))
        assert claim is not None
        store.complete(claim, "answer", f"{number}.000200")
        said.send(number)
        number += 1


def hold_until_killed(folder: Path, said: Connection) -> None:
    """In another process: claim one question, confirm, and do nothing with it."""
    store = Store(folder)
    said.send(store.claim(question_event()) is not None)
    said.recv()


def claim_with_wrong_clock(
    folder: Path, url: str | None, offset: float, count: int, start: Barrier, said: Connection
) -> None:
    """In another process, whose clock is ``offset`` seconds ahead: claim each of ``count`` questions; send which."""
    real_time = time.time
    time.time = lambda: real_time() + offset
    store = Store(folder, url=url)
    start.wait()
    said.send([number for number in range(count) if store.claim(numbered_event(number))])
    store.close()
