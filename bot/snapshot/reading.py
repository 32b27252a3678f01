"""Opening a snapshot. Keeps secret that the file is mapped, and which of its blocks were checked."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.columns import Column, Columns
from bot.snapshot.generations import newest
from bot.snapshot.layout import BLOCK, Place, Sums, damaged, unpacked


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was saved. A column that is found damaged when it is read raises DamagedSnapshotError."""

    path: Path
    manifest: str
    columns: Columns


def load(folder: Path, name: str) -> Snapshot | None:
    """The newest snapshot of this name; None where there is none.

    DamagedSnapshotError where it is cut short, damaged at its head, of another format, none at all, or unreadable.
    """
    gone = None
    try:
        # What is gone when it is opened has been replaced meanwhile; what is still listed then was never there.
        while (path := newest(folder, name)) is not None and path != gone:
            try:
                return _opened(path)
            except FileNotFoundError:
                gone = path
    except OSError as error:
        raise damaged(Path(error.filename or folder), f"cannot be read ({error.strerror or error})") from error
    return None


def _opened(path: Path) -> Snapshot:
    file = _mapped(path)
    contents, sums, start = unpacked(file, path)
    blocks = _Blocks(file[start:], sums)

    def column(place: Place) -> Column:
        array = np.frombuffer(file, place.dtype, place.length, start + place.offset)
        return Column(array, _Check(blocks, place, lambda: damaged(path, f"is damaged in its array {place.name}")))

    return Snapshot(path, contents.manifest, {place.name: column(place) for place in contents.arrays})


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        # nothing can be mapped of an empty file
        is_empty = not file.seek(0, 2)
        return memoryview(b"" if is_empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class _Blocks:
    """The bytes of all arrays, in blocks, and which of them were checked.

    Threads need no lock: two that check one block at once find the same.
    """

    __slots__ = ("_bytes", "_sums", "checked")

    def __init__(self, data: memoryview, sums: Sums) -> None:
        self._bytes, self._sums = data, sums
        self.checked = bytearray(len(sums))

    def are_sound(self, first: int, end: int) -> bool:
        """Whether the blocks from ``first`` up to ``end`` are what was written."""
        block = first
        while (block := self.checked.find(0, block, end)) >= 0:
            if zlib.crc32(self._bytes[block * BLOCK : (block + 1) * BLOCK]) != self._sums[block]:
                return False
            self.checked[block] = 1
        return True


class _Check:
    """See ``bot.columns.Check``: one look where all was checked already."""

    __slots__ = ("_blocks", "_checked", "_error", "_offset", "_seen", "_size", "_unchecked")

    def __init__(self, blocks: _Blocks, place: Place, error: Callable[[], Exception]) -> None:
        self._blocks, self._error = blocks, error
        self._offset, self._size = place.offset, np.dtype(place.dtype).itemsize
        self._checked, self._unchecked = blocks.checked, blocks.checked.find
        self._seen = np.frombuffer(blocks.checked, np.uint8)

    def range(self, start: int, end: int) -> None:
        # int, since a sum of numpy's own small integers may overflow
        first = (self._offset + int(start) * self._size) // BLOCK
        last = (self._offset + int(end) * self._size - 1) // BLOCK
        # Of one block it is told sooner than of several.
        is_checked = self._checked[first] if first == last else self._unchecked(0, first, last + 1) < 0
        if not is_checked and start < end:
            self._read(first, last + 1)

    def each(self, places: npt.NDArray[np.int64]) -> None:
        blocks = (places.astype(np.int64, copy=False) * self._size + self._offset) // BLOCK
        for block in blocks[self._seen[blocks] == 0].tolist():
            self._read(block, block + 1)

    def _read(self, first: int, end: int) -> None:
        if not self._blocks.are_sound(first, end):
            raise self._error()
