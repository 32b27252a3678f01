"""What stands where in a snapshot's file. Keeps secret the bytes of its head.

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
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from bot.columns import Arrays
from bot.errors import DamagedSnapshotError

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


class Place(BaseModel):
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


class Contents(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True)

    arrays: tuple[Place, ...]
    manifest: str

    @property
    def extent(self) -> int:
        """How many bytes the arrays take up."""
        return max((place.end for place in self.arrays), default=0)

    @property
    def blocks(self) -> int:
        """How many blocks that is."""
        return -(-self.extent // BLOCK)


def plan(arrays: Arrays, manifest: str) -> Contents:
    """Where each array will lie; ValueError for one of more dimensions, or whose dtype is none of ``DType``."""
    places: list[Place] = []
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"the array {name} is not of one dimension")
        offset = aligned(places[-1].end) if places else 0
        lies = {"name": name, "dtype": array.dtype.name, "offset": offset, "length": len(array)}
        places.append(Place.model_validate(lies))
    return Contents(arrays=tuple(places), manifest=manifest)


def aligned(offset: int) -> int:
    """The first place from ``offset`` on where an array may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def packed(contents: Contents, sums: Sums) -> bytes:
    """The head, as it stands before the arrays. Its size does not depend on what the checksums are."""
    text = contents.model_dump_json().encode()
    start = aligned(_TEXT + len(text) + sums.nbytes)
    prefix = _PREFIX.pack(_MAGIC, FORMAT, start + contents.extent, len(text), start)
    rest = (text + sums.tobytes()).ljust(start - _TEXT)
    return prefix + _CHECKSUM.pack(zlib.crc32(rest, zlib.crc32(prefix))) + rest


def unpacked(file: memoryview, path: Path) -> tuple[Contents, Sums, int]:
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
        contents = Contents.model_validate_json(bytes(file[_TEXT : _TEXT + text_size]))
        sums = np.frombuffer(bytes(file[_TEXT + text_size : start]), np.uint32, contents.blocks)
    except ValueError as error:  # pydantic's is one too
        raise damaged(path, "does not say what it holds") from error
    if start + contents.extent != size:
        raise damaged(path, "does not hold what it says")
    return contents, sums, start


def damaged(path: Path, why: str) -> DamagedSnapshotError:
    """The error that names the file and what is wrong with it."""
    return DamagedSnapshotError(f"The snapshot {path} {why}, and must be built anew.")
