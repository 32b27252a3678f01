"""Writing a snapshot. Keeps secret how it becomes the newest at one stroke, and how writers take turns."""

from __future__ import annotations

import os
import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bot.columns import Arrays
from bot.errors import SnapshotError
from bot.snapshot.generations import generation, generations
from bot.snapshot.layout import BLOCK, Contents, Sums, packed, plan

# Seconds for which another writer is waited for; the greatest snapshots take some seconds.
_PATIENCE = 120.0


def save(folder: Path, name: str, arrays: Arrays, manifest: str, patience: float = _PATIENCE) -> Path:
    """Make these arrays and this text the newest snapshot of this name, and delete the older ones; its file.

    The arrays are of one dimension, and of a dtype in ``layout.DType``. The text is read whenever the snapshot is
    opened: what grows with the archive belongs in an array. SnapshotError where the folder cannot be written, the disk
    is full, or another process goes on writing for ``patience`` seconds: the snapshot that was there is still there
    then, and nothing half-written.
    """
    contents = plan(arrays, manifest)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _turn(folder / f"{name}.lock", patience):
            older = generations(folder, name)
            new = generation(folder, name, max(older, default=0) + 1)
            _write(folder / f"{name}.part", new, contents, arrays)
            _put_on_disk(folder)
            for file in older.values():
                # The new one counts already. What the system keeps (Windows, what is mapped) is left to a later turn.
                with suppress(OSError):
                    file.unlink()
            return new
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SnapshotError(
            f"The snapshot cannot be written to {folder} ({why}); make the folder writable, free some space, or set "
            f"PULLQUOTE_STATE_DIR to another folder."
        ) from error


@contextmanager
def _turn(lock: Path, patience: float) -> Iterator[None]:
    """Hold the lock that every writer takes, which the system drops when the process dies."""
    # SQLite locks files on every system; the database stays empty.
    with closing(sqlite3.connect(lock, timeout=patience, isolation_level=None)) as db:
        try:
            # Otherwise a killed writer would leave a journal beside it.
            db.execute("PRAGMA journal_mode = MEMORY")
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise SnapshotError(
                f"Another process has been writing the snapshot in {lock.parent} for {patience:.0f} seconds; wait for "
                f"its end, or stop it, and start again."
            ) from error
        yield


def _write(part: Path, new: Path, contents: Contents, arrays: Arrays) -> None:
    """Write the file under its passing name, and give it its own when it is on the disk."""
    try:
        # For its owner alone: the words of every article stand in it, whoever may read the articles.
        with open(part, "wb", opener=partial(os.open, mode=0o600)) as file:
            file.seek(len(packed(contents, np.zeros(contents.blocks, np.uint32))))
            sums = _write_arrays(file, contents, arrays)
            file.seek(0)
            file.write(packed(contents, sums))
            file.flush()
            os.fsync(file.fileno())
        part.replace(new)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_arrays(file: BinaryIO, contents: Contents, arrays: Arrays) -> Sums:
    """Write each array to its place; the checksum of each block."""
    sums = np.zeros(contents.blocks, np.uint32)
    for at, piece in _pieces(contents, arrays):
        block = at // BLOCK
        sums[block] = zlib.crc32(piece, int(sums[block]))
        file.write(piece)
    return sums


def _pieces(contents: Contents, arrays: Arrays) -> Iterator[tuple[int, memoryview]]:
    """All that is written, in its order, each piece within one block, and where it stands."""
    at = 0
    for place in contents.arrays:
        # the dtype's name means the machine's own byte order
        array = np.ascontiguousarray(arrays[place.name], place.dtype)
        for whole in (memoryview(bytes(place.offset - at)), array.view(np.uint8).data):
            done = 0
            while done < len(whole):
                piece = whole[done : done + BLOCK - at % BLOCK]
                yield at, piece
                done, at = done + len(piece), at + len(piece)


def _put_on_disk(folder: Path) -> None:
    """Have the system write down the names in ``folder``, which Windows does by itself."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
