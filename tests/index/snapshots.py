"""Save and load snapshots in tests, also in other processes."""

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

# Forking a process without threads is safe, and faster than spawning.
_FORK = SPAWN if sys.platform == "win32" else multiprocessing.get_context("fork")

Contents = tuple[str, dict[str, tuple[str, list[float]]]]


def contents_of(manifest: str, arrays: Arrays) -> Contents:
    """Return the manifest and every array as plain numbers, for comparison."""
    return manifest, {name: (array.dtype.name, array.tolist()) for name, array in arrays.items()}


def read(snapshot: Snapshot | None) -> Contents:
    """Return everything in a snapshot."""
    assert snapshot is not None
    return contents_of(snapshot.manifest, {name: array.all() for name, array in snapshot.arrays.items()})


def save(folder: Path, arrays: Arrays, manifest: str = "", timeout: float = 60.0) -> Path:
    return save_snapshot(folder, NAME, arrays, manifest, timeout)


def load(folder: Path) -> Snapshot | None:
    return load_snapshot(folder, NAME)


def numbered_arrays(number: int, length: int = 100_000) -> Arrays:
    """Return arrays of several blocks, with ``number`` in every element."""
    return {"small": np.full(3, number, np.int32), "large": np.full(length, number, np.int64)}


def number_of(snapshot: Snapshot | None) -> int:
    """Return the number of a snapshot of ``numbered_arrays``, after checking every element."""
    assert snapshot is not None
    number = int(snapshot.manifest)
    for array, length in ((snapshot.arrays["small"], 3), (snapshot.arrays["large"], 100_000)):
        assert len(array) == length
        assert (array.all() == number).all()
    return number


def _save_until_killed(folder: Path, first: int, receiver: Connection, sender: Connection) -> None:
    """Save arrays with ascending numbers, and send each number once it is saved."""
    receiver.close()
    sender.send(first - 1)
    number = first
    while True:
        save(folder, numbered_arrays(number), str(number))
        sender.send(number)
        number += 1


def kill_writers(folder: Path, kills: int, sender: Connection) -> None:
    """Kill one writer after another; send the last number each reported, and the one in the snapshot it left."""
    rng = random.Random(7)
    number = 0
    for kill in range(kills):
        receiver, child_sender = _FORK.Pipe(duplex=False)
        child = _FORK.Process(target=_save_until_killed, args=(folder, number + 1, receiver, child_sender))
        child.start()
        last = receiver.recv()  # it has started
        if kill % 5 == 0:
            last = receiver.recv()  # some snapshots are saved, however slow the disk is
        child.join(rng.uniform(0, 0.03))
        child.kill()
        child.join()
        while receiver.poll():
            last = receiver.recv()
        receiver.close()
        child_sender.close()
        snapshot = load(folder)
        number = number_of(snapshot) if snapshot else 0
        sender.send((last, number))


def save_each(folder: Path, first: int, count: int, sender: Connection) -> None:
    """Save arrays with ``count`` ascending numbers, then send "done"."""
    for number in range(first, first + count):
        save(folder, numbered_arrays(number), str(number))
    sender.send("done")


def save_with_size_limit(folder: Path, limit: int, sender: Connection) -> None:
    """Send the error of saving when no file may become larger than ``limit`` bytes."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    _send_error(folder, sender)


def save_as_nobody(folder: Path, sender: Connection) -> None:
    """Send the error of saving as a user who may not write there."""
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)  # nothing is read-only to root
    _send_error(folder, sender)


def _send_error(folder: Path, sender: Connection) -> None:
    try:
        save(folder, numbered_arrays(2), "2")
    except PullquoteError as error:
        sender.send((type(error).__name__, str(error)))
    else:
        sender.send(None)
