"""Snapshots: named arrays and a manifest in one file, checksummed, mapped into memory, replaced atomically.

The file's layout:

    what      bytes
    prefix    64         magic string, format, the file's size, the header's size, where the arrays begin, checksum
    header    as needed  JSON: each array's name, dtype, offset and length, and the manifest
    sums      4 a block  the checksum of each block of the arrays
    blanks    up to 63
    arrays    the rest   each aligned to 64 bytes, zeros between them

The prefix's checksum covers everything before the arrays except itself, and the blocks' checksums cover the rest: every
byte is under a checksum. Numbers are in the machine's byte order, which the magic string names.

Checksums are CRC-32. On 100 MB in memory zlib took 28 to 38 ms, and XXH3 of the package xxhash 16 ms: too little to
gain for one more dependency.
"""

from __future__ import annotations

import mmap
import os
import re
import sqlite3
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from bot.errors import DamagedSnapshotError, SnapshotError
from bot.index.arrays import Array, Arrays, LazyArray, LazyArrays

FORMAT = 1
"""Increased with each change of the layout."""
BLOCK = 1 << 16
"""Bytes per checksum; checking them takes some 20 microseconds."""
ALIGNMENT = 64
"""A processor's cache line, and the widest vector that numpy loads."""
LOCK_TIMEOUT = 120.0
"""Seconds to wait for another writer; the largest snapshots take some seconds."""

DType = Literal["uint8", "uint16", "int32", "int64", "uint64", "float64"]
Checksums = npt.NDArray[np.uint32]

_MAGIC = f"pullquote snapshot, {sys.byteorder}\n".encode()
_PREFIX = struct.Struct("=32sIQQQ")
_CHECKSUM = struct.Struct("=I")
_HEADER_START = _PREFIX.size + _CHECKSUM.size


class ArrayEntry(BaseModel):
    """Where an array is: ``offset`` in bytes, from the first array; ``length`` in elements."""

    model_config = ConfigDict(frozen=True)

    name: str
    dtype: DType
    offset: NonNegativeInt
    length: NonNegativeInt

    @property
    def end(self) -> int:
        """The offset of the first byte after the array."""
        return self.offset + self.length * np.dtype(self.dtype).itemsize


class SnapshotHeader(BaseModel):
    """What a file contains."""

    model_config = ConfigDict(frozen=True)

    arrays: tuple[ArrayEntry, ...]
    manifest: str

    @property
    def extent(self) -> int:
        """The size of all arrays in bytes."""
        return max((entry.end for entry in self.arrays), default=0)

    @property
    def blocks(self) -> int:
        """The number of blocks of the arrays."""
        return -(-self.extent // BLOCK)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was saved. An array that is found to be damaged when it is read raises ``DamagedSnapshotError``."""

    path: Path
    manifest: str
    arrays: LazyArrays


def _list_generations(folder: Path, name: str) -> Mapping[int, Path]:
    """Return the snapshots of this name by number, of which the highest is the newest."""
    pattern = re.compile(rf"{re.escape(name)}\.([0-9]+)\.snapshot")
    try:
        files = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {int(match[1]): file for file in files if (match := pattern.fullmatch(file.name))}


def save_snapshot(folder: Path, name: str, arrays: Arrays, manifest: str, timeout: float = LOCK_TIMEOUT) -> Path:
    """Save arrays and manifest as the newest snapshot of this name, delete the older ones, and return its path.

    The arrays are one-dimensional, with a dtype in ``DType``. The manifest is read whenever the snapshot is opened, so
    keep it small. Raises ``SnapshotError`` if the folder cannot be written, the disk is full, or another process holds
    the lock for ``timeout`` seconds; the previous snapshot is then still there, and no partial one.
    """
    header = _plan_layout(arrays, manifest)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _writer_lock(folder / f"{name}.lock", timeout):
            older = _list_generations(folder, name)
            new = folder / f"{name}.{max(older, default=0) + 1}.snapshot"
            _write_file(folder / f"{name}.part", new, header, arrays)
            _sync_folder(folder)
            for file in older.values():
                # On Windows, a file that is mapped cannot be deleted; a later save deletes it.
                with suppress(OSError):
                    file.unlink()
            return new
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SnapshotError(
            f"The index cannot be written to {folder} ({why}); make the folder writable, free some space, or set "
            f"PULLQUOTE_STATE_DIR to another folder."
        ) from error


def load_snapshot(folder: Path, name: str) -> Snapshot | None:
    """Open the newest snapshot of this name; None if there is none.

    Raises ``DamagedSnapshotError`` if its header is damaged, it is truncated, of another format, or unreadable.
    """
    missing = None
    try:
        # A file that is missing when it is opened has been replaced; one that is still listed then was never readable.
        while (path := _newest_generation(folder, name)) is not None and path != missing:
            try:
                return _open_snapshot(path)
            except FileNotFoundError:
                missing = path
    except OSError as error:
        raise _damaged(Path(error.filename or folder), f"cannot be read ({error.strerror or error})") from error
    return None


def _newest_generation(folder: Path, name: str) -> Path | None:
    # A listing that is made while a writer replaces the only file may miss both; the next one has the new file.
    files = _list_generations(folder, name) or _list_generations(folder, name)
    return files[max(files)] if files else None


def _plan_layout(arrays: Arrays, manifest: str) -> SnapshotHeader:
    """Assign each array its place; ValueError for an unsupported dtype, or more than one dimension."""
    entries: list[ArrayEntry] = []
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"the array {name} is not one-dimensional")
        offset = _align(entries[-1].end) if entries else 0
        entry = {"name": name, "dtype": array.dtype.name, "offset": offset, "length": len(array)}
        entries.append(ArrayEntry.model_validate(entry))
    return SnapshotHeader(arrays=tuple(entries), manifest=manifest)


def _align(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _pack_head(header: SnapshotHeader, sums: Checksums) -> bytes:
    """Return everything before the arrays. Its size does not depend on the values of the checksums."""
    text = header.model_dump_json().encode()
    start = _align(_HEADER_START + len(text) + sums.nbytes)
    prefix = _PREFIX.pack(_MAGIC, FORMAT, start + header.extent, len(text), start)
    rest = (text + sums.tobytes()).ljust(start - _HEADER_START)
    return prefix + _CHECKSUM.pack(zlib.crc32(rest, zlib.crc32(prefix))) + rest


def _parse_head(file: memoryview, path: Path) -> tuple[SnapshotHeader, Checksums, int]:
    """Check and parse everything before the arrays; return the header, the checksums, and where the arrays begin."""
    if len(file) < _HEADER_START:
        raise _damaged(path, "is truncated")
    magic, version, size, header_size, start = _PREFIX.unpack_from(file)
    if magic.rstrip(b"\0") != _MAGIC:
        raise _damaged(path, "was not written by Pullquote on a machine of this kind")
    if version != FORMAT:
        raise _damaged(path, f"has format {version} instead of {FORMAT}")
    if size != len(file):
        raise _damaged(path, f"has {len(file)} bytes instead of {size}")
    (checksum,) = _CHECKSUM.unpack_from(file, _PREFIX.size)
    if checksum != zlib.crc32(file[_HEADER_START:start], zlib.crc32(file[: _PREFIX.size])):
        raise _damaged(path, "has a damaged header")
    sums_start = _HEADER_START + header_size
    try:
        header = SnapshotHeader.model_validate_json(bytes(file[_HEADER_START:sums_start]))
        sums = np.frombuffer(bytes(file[sums_start:start]), np.uint32, header.blocks)
    except ValueError as error:  # includes pydantic's
        raise _damaged(path, "has an invalid header") from error
    if start + header.extent != size:
        raise _damaged(path, "does not contain what its header lists")
    return header, sums, start


def _damaged(path: Path, why: str) -> DamagedSnapshotError:
    return DamagedSnapshotError(f"The snapshot {path} {why} and must be rebuilt.")


@contextmanager
def _writer_lock(lock: Path, timeout: float) -> Iterator[None]:
    """Hold the writers' lock, which the system releases if the process dies."""
    lock.touch(mode=0o600)
    # SQLite locks files on every system; the database stays empty.
    with closing(sqlite3.connect(lock, timeout=timeout, isolation_level=None)) as db:
        try:
            # Otherwise a killed writer would leave a journal file.
            db.execute("PRAGMA journal_mode = MEMORY")
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise SnapshotError(
                f"Another process has been writing the index in {lock.parent} for {timeout:.0f} seconds; wait for "
                f"it to finish, or stop it, and start again."
            ) from error
        yield


def _write_file(part: Path, new: Path, header: SnapshotHeader, arrays: Arrays) -> None:
    """Write the file under a temporary name, and rename it once it is on disk."""
    try:
        # Readable by its owner only: it contains the text of every article, whose own files may be private.
        with open(part, "wb", opener=partial(os.open, mode=0o600)) as file:
            file.seek(len(_pack_head(header, np.zeros(header.blocks, np.uint32))))
            sums = _write_arrays(file, header, arrays)
            file.seek(0)
            file.write(_pack_head(header, sums))
            file.flush()
            os.fsync(file.fileno())
        part.replace(new)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_arrays(file: BinaryIO, header: SnapshotHeader, arrays: Arrays) -> Checksums:
    """Write each array to its place; return the checksum of each block."""
    sums = np.zeros(header.blocks, np.uint32)
    at = 0
    for entry in header.arrays:
        # The dtype's name means the machine's own byte order.
        array = np.ascontiguousarray(arrays[entry.name], entry.dtype)
        padding = memoryview(bytes(entry.offset - at))
        for whole in (padding, array.view(np.uint8).data):
            done = 0
            while done < len(whole):
                piece = whole[done : done + BLOCK - at % BLOCK]  # up to the end of the block
                block = at // BLOCK
                sums[block] = zlib.crc32(piece, int(sums[block]))
                file.write(piece)
                done, at = done + len(piece), at + len(piece)
    return sums


def _sync_folder(folder: Path) -> None:
    """Have the system write the file names in ``folder`` to disk, which Windows does by itself."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _open_snapshot(path: Path) -> Snapshot:
    with path.open("rb") as opened:
        is_empty = not opened.seek(0, 2)  # an empty file cannot be mapped
        file = memoryview(b"" if is_empty else mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    header, sums, start = _parse_head(file, path)
    blocks = _Blocks(file[start:], sums)
    arrays = {
        entry.name: _SavedArray(
            np.frombuffer(file, entry.dtype, entry.length, start + entry.offset), path, entry, blocks
        )
        for entry in header.arrays
    }
    return Snapshot(path, header.manifest, arrays)


class _Blocks:
    """The blocks of all arrays, and which of them were checked.

    Threads need no lock: two that check one block at once get the same result.
    """

    __slots__ = ("_bytes", "_sums", "checked", "is_checked")

    def __init__(self, data: memoryview, sums: Checksums) -> None:
        self._bytes, self._sums = data, sums
        self.checked = bytearray(len(sums))
        self.is_checked = np.frombuffer(self.checked, np.uint8)

    def are_intact(self, first: int, end: int) -> bool:
        """Return whether the blocks ``first`` to ``end`` (exclusive) have the right checksums."""
        block = first
        while (block := self.checked.find(0, block, end)) >= 0:
            if zlib.crc32(self._bytes[block * BLOCK : (block + 1) * BLOCK]) != self._sums[block]:
                return False
            self.checked[block] = 1
        return True


class _SavedArray(LazyArray):
    """An array of a snapshot; fast where its blocks were checked before."""

    __slots__ = ("_blocks", "_entry", "_offset", "_path", "_size")

    def __init__(self, array: Array, path: Path, entry: ArrayEntry, blocks: _Blocks) -> None:
        super().__init__(array)
        self._path, self._entry, self._blocks = path, entry, blocks
        self._offset, self._size = entry.offset, array.itemsize

    def slice(self, start: int, end: int) -> Array:
        # int, since a sum of numpy's own small integers may overflow
        first = (self._offset + int(start) * self._size) // BLOCK
        last = (self._offset + int(end) * self._size - 1) // BLOCK
        # Indexing one block is faster than searching several.
        checked = self._blocks.checked
        is_checked = checked[first] if first == last else checked.find(0, first, last + 1) < 0
        if not is_checked and start < end:
            self._check(first, last + 1)
        return self._array[start:end]

    def take(self, positions: Array) -> Array:
        blocks = (positions.astype(np.int64, copy=False) * self._size + self._offset) // BLOCK
        for block in blocks[self._blocks.is_checked[blocks] == 0].tolist():
            self._check(block, block + 1)
        return self._array[positions]

    def _check(self, first: int, end: int) -> None:
        if not self._blocks.are_intact(first, end):
            raise _damaged(self._path, f"has a damaged array {self._entry.name}")
