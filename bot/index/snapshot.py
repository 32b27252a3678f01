"""The files of one snapshot, oldest to newest. Keeps secret how they are named.

What stands where in a snapshot's file. Keeps secret the bytes of its head.

    what      bytes
    prefix    64         which file this is, its format, its size, the text's size, where the arrays begin, a checksum
    contents  as needed  JSON: each array's name, dtype, place and length, and the caller's text
    sums      4 a block  the checksum of each block of the arrays
    blanks    up to 63
    arrays    the rest   each from a multiple of 64 on, zeros between them

The prefix's checksum is of the whole head, which is all but the arrays and the checksum itself; the blocks cover the
rest. So each byte of the file is under a checksum. Numbers lie as the machine has them: a file from a machine with the
other byte order is told by its first bytes, which name the order.

Checksums are CRC-32. On 100 MB in memory zlib took 28 to 38 ms, and XXH3 of the package xxhash 16 ms: too little to
gain for one more dependency.

Writing a snapshot. Keeps secret how it becomes the newest at one stroke, and how writers take turns.

Opening a snapshot. Keeps secret that the file is mapped, and which of its blocks were checked.
"""

from __future__ import annotations

import mmap
import os
import re
import sqlite3
import struct
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from bot.errors import DamagedSnapshotError, SnapshotError
from bot.index.arrays import Arrays, LazyArray, LazyArrays


def generations(folder: Path, name: str) -> Mapping[int, Path]:
    """The files by their numbers; none where there is no such folder."""
    pattern = re.compile(rf"{re.escape(name)}\.([0-9]+)\.snapshot")
    try:
        files = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {int(match[1]): file for file in files if (match := pattern.fullmatch(file.name))}


def generation(folder: Path, name: str, number: int) -> Path:
    """The file with this number."""
    return folder / f"{name}.{number}.snapshot"


def newest(folder: Path, name: str) -> Path | None:
    """The file that counts; None where there is none."""
    # A list that is made while a writer replaces the only file may hold neither; the next holds the new one.
    files = generations(folder, name) or generations(folder, name)
    return files[max(files)] if files else None


FORMAT = 1
"""Counts up with each change of the layout, so that no version reads what another has laid out otherwise."""
BLOCK = 1 << 16
"""Bytes that share a checksum: checked in some 20 microseconds."""
ALIGNMENT = 64
"""A processor's cache line, and the widest vector that numpy loads."""

DType = Literal["uint8", "uint16", "int32", "int64", "uint64", "float64"]
Sums = npt.NDArray[np.uint32]

_MAGIC = f"pullquote snapshot, {sys.byteorder}\n".encode()
_PREFIX = struct.Struct("=32sIQQQ")
_CHECKSUM = struct.Struct("=I")
_TEXT = _PREFIX.size + _CHECKSUM.size


class ArrayEntry(BaseModel):
    """Where an array lies: ``offset`` is in bytes, from where the arrays begin; ``length`` is in elements."""

    model_config = ConfigDict(frozen=True)

    name: str
    dtype: DType
    offset: NonNegativeInt
    length: NonNegativeInt

    @property
    def end(self) -> int:
        """The byte behind the array's last, from where the arrays begin."""
        return self.offset + self.length * np.dtype(self.dtype).itemsize


class SnapshotHeader(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True)

    arrays: tuple[ArrayEntry, ...]
    manifest: str

    @property
    def extent(self) -> int:
        """How many bytes the arrays take up."""
        return max((place.end for place in self.arrays), default=0)

    @property
    def blocks(self) -> int:
        """How many blocks that is."""
        return -(-self.extent // BLOCK)


def plan(arrays: Arrays, manifest: str) -> SnapshotHeader:
    """Where each array will lie; ValueError for one of more dimensions, or whose dtype is none of ``DType``."""
    places: list[ArrayEntry] = []
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"the array {name} is not of one dimension")
        offset = aligned(places[-1].end) if places else 0
        lies = {"name": name, "dtype": array.dtype.name, "offset": offset, "length": len(array)}
        places.append(ArrayEntry.model_validate(lies))
    return SnapshotHeader(arrays=tuple(places), manifest=manifest)


def aligned(offset: int) -> int:
    """The first place from ``offset`` on where an array may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def packed(contents: SnapshotHeader, sums: Sums) -> bytes:
    """The head, as it stands before the arrays. Its size does not depend on what the checksums are."""
    text = contents.model_dump_json().encode()
    start = aligned(_TEXT + len(text) + sums.nbytes)
    prefix = _PREFIX.pack(_MAGIC, FORMAT, start + contents.extent, len(text), start)
    rest = (text + sums.tobytes()).ljust(start - _TEXT)
    return prefix + _CHECKSUM.pack(zlib.crc32(rest, zlib.crc32(prefix))) + rest


def unpacked(file: memoryview, path: Path) -> tuple[SnapshotHeader, Sums, int]:
    """What the file holds, its blocks' checksums, and where the arrays begin; the head is found to be sound."""
    if len(file) < _TEXT:
        raise damaged(path, "is cut short")
    magic, version, size, text_size, start = _PREFIX.unpack_from(file)
    if magic.rstrip(b"\0") != _MAGIC:
        raise damaged(path, "was not written by Pullquote on a machine of this kind")
    if version != FORMAT:
        raise damaged(path, f"is of the format {version} instead of {FORMAT}")
    if size != len(file):
        raise damaged(path, f"has {len(file)} bytes instead of {size}")
    (checksum,) = _CHECKSUM.unpack_from(file, _PREFIX.size)
    if checksum != zlib.crc32(file[_TEXT:start], zlib.crc32(file[: _PREFIX.size])):
        raise damaged(path, "is damaged at its head")
    try:
        contents = SnapshotHeader.model_validate_json(bytes(file[_TEXT : _TEXT + text_size]))
        sums = np.frombuffer(bytes(file[_TEXT + text_size : start]), np.uint32, contents.blocks)
    except ValueError as error:  # pydantic's is one too
        raise damaged(path, "does not say what it holds") from error
    if start + contents.extent != size:
        raise damaged(path, "does not hold what it says")
    return contents, sums, start


def damaged(path: Path, why: str) -> DamagedSnapshotError:
    """The error that names the file and what is wrong with it."""
    return DamagedSnapshotError(f"The snapshot {path} {why}, and must be built anew.")


# Seconds for which another writer is waited for; the greatest snapshots take some seconds.
_PATIENCE = 120.0


def save_snapshot(folder: Path, name: str, arrays: Arrays, manifest: str, patience: float = _PATIENCE) -> Path:
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


def _write(part: Path, new: Path, contents: SnapshotHeader, arrays: Arrays) -> None:
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


def _write_arrays(file: BinaryIO, contents: SnapshotHeader, arrays: Arrays) -> Sums:
    """Write each array to its place; the checksum of each block."""
    sums = np.zeros(contents.blocks, np.uint32)
    for at, piece in _pieces(contents, arrays):
        block = at // BLOCK
        sums[block] = zlib.crc32(piece, int(sums[block]))
        file.write(piece)
    return sums


def _pieces(contents: SnapshotHeader, arrays: Arrays) -> Iterator[tuple[int, memoryview]]:
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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was saved. A column that is found damaged when it is read raises DamagedSnapshotError."""

    path: Path
    manifest: str
    arrays: LazyArrays


def load_snapshot(folder: Path, name: str) -> Snapshot | None:
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

    def column(place: ArrayEntry) -> LazyArray:
        array = np.frombuffer(file, place.dtype, place.length, start + place.offset)
        return LazyArray(array, _Check(blocks, place, lambda: damaged(path, f"is damaged in its array {place.name}")))

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

    def __init__(self, blocks: _Blocks, place: ArrayEntry, error: Callable[[], Exception]) -> None:
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
