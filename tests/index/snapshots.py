"""What the snapshot's tests share: arrays to save, all that a snapshot says, and what another process does with one.

Keeps secret how another process is started and told what to do.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from processes import SPAWN

from bot.errors import PullquoteError
from bot.index.arrays import Arrays
from bot.index.snapshot import Snapshot, load_snapshot, save_snapshot

NAME = "archive"

# A copy of a process that has no threads, there in a moment.
_FORK = SPAWN if sys.platform == "win32" else multiprocessing.get_context("fork")

Said = tuple[str, dict[str, tuple[str, list[float]]]]


def said(manifest: str, arrays: Arrays) -> Said:
    """The text and every array as plain numbers."""
    return manifest, {name: (array.dtype.name, array.tolist()) for name, array in arrays.items()}


def read(snapshot: Snapshot | None) -> Said:
    """All that a snapshot says."""
    assert snapshot is not None
    return said(snapshot.manifest, {name: column.all() for name, column in snapshot.arrays.items()})


def saved(folder: Path, arrays: Arrays, manifest: str = "", timeout: float = 60.0) -> Path:
    """The file of these arrays."""
    return save_snapshot(folder, NAME, arrays, manifest, timeout)


def loaded(folder: Path) -> Snapshot | None:
    """The newest snapshot."""
    return load_snapshot(folder, NAME)


def numbered(number: int, length: int = 100_000) -> Arrays:
    """Arrays of some blocks that can be told from those of any other number, wherever they are looked at."""
    return {"small": np.full(3, number, np.int32), "great": np.full(length, number, np.int64)}


def number_of(snapshot: Snapshot | None) -> int:
    """The number of a snapshot of ``numbered`` arrays, all of which are found to be of that number."""
    assert snapshot is not None
    number = int(snapshot.manifest)
    for column, length in ((snapshot.arrays["small"], 3), (snapshot.arrays["great"], 100_000)):
        assert len(column) == length
        assert (column.all() == number).all()
    return number


def _save_until_killed(folder: Path, first: int, hears: Connection, says: Connection) -> None:
    """Save arrays of one number after another, and say each when it is saved, as long as somebody hears it."""
    hears.close()
    says.send(first - 1)
    number = first
    while True:
        saved(folder, numbered(number), str(number))
        says.send(number)
        number += 1


def kill_writers(folder: Path, kills: int, says: Connection) -> None:
    """Kill one writer after another, and say what it had said that it saved last, and what is there then."""
    chance = random.Random(7)
    number = 0
    for kill in range(kills):
        hears, tells = _FORK.Pipe(duplex=False)
        child = _FORK.Process(target=_save_until_killed, args=(folder, number + 1, hears, tells))
        child.start()
        last = hears.recv()  # it has begun
        if kill % 5 == 0:
            last = hears.recv()  # however slow the disk is, some are saved
        child.join(chance.uniform(0, 0.03))
        child.kill()
        child.join()
        while hears.poll():
            last = hears.recv()
        hears.close()
        tells.close()
        snapshot = loaded(folder)
        number = number_of(snapshot) if snapshot else 0
        says.send((last, number))


def save_each(folder: Path, first: int, count: int, says: Connection) -> None:
    """Save arrays of ``count`` numbers, and say when it is done."""
    for number in range(first, first + count):
        saved(folder, numbered(number), str(number))
    says.send("done")


def save_with_little_room(folder: Path, room: int, says: Connection) -> None:
    """Say what is said where no file may become larger than ``room`` bytes."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    _say_error(folder, says)


def save_as_nobody(folder: Path, says: Connection) -> None:
    """Say what is said to a user who may not write there."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)  # nothing is read-only to root
    _say_error(folder, says)


def _say_error(folder: Path, says: Connection) -> None:
    try:
        saved(folder, numbered(2), "2")
    except PullquoteError as error:
        says.send((type(error).__name__, str(error)))
    else:
        says.send(None)
