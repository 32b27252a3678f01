"""Flat arrays by name, in memory or in a mapped file: everything an index consists of.

Arrays hold numbers or the bytes of strings, never objects, so that a file can be mapped as it is. In a file, a block is
checked when it is first read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import pairwise, takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
ByteArray = npt.NDArray[np.uint8]
UInt16Array = npt.NDArray[np.uint16]
BoolArray = npt.NDArray[np.bool_]

STRIDE = 32
"""Of the sorted strings, every 32nd is held in a list; a binary search starts there."""
CACHED_LOOKUPS = 1 << 14
"""Size of the cache of string lookups: one question looks up the same few terms many times."""


class LazyArray:
    """A read-only, one-dimensional array; the blocks of a saved one are checked on first access. Thread-safe."""

    __slots__ = ("_array",)

    def __init__(self, array: Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @property
    def address(self) -> int:
        """The memory address. Only elements that ``slice`` has returned before may be read through it."""
        return int(self._array.ctypes.data)

    def all(self) -> Array:
        """Return the whole array."""
        return self.slice(0, len(self._array))

    def slice(self, start: int, end: int) -> Array:
        """Return the elements ``start`` to ``end`` (exclusive)."""
        return self._array[start:end]

    def take(self, positions: Array) -> Array:
        """Return the elements at these positions."""
        return self._array[positions]


LazyArrays = Mapping[str, LazyArray]


def in_memory(arrays: Arrays) -> LazyArrays:
    """Wrap arrays that need no check."""
    return {name: LazyArray(array) for name, array in arrays.items()}


def prefix(prefix: str, arrays: Arrays) -> dict[str, Array]:
    """Put ``prefix`` and a full stop before each name."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def unprefix(prefix: str, arrays: LazyArrays) -> LazyArrays:
    """Return the arrays under ``prefix``, without it in their names: the inverse of ``prefix``."""
    start = f"{prefix}."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def offsets(sizes: Array) -> IntArray:
    """Return where each of several consecutive lists begins, and where the last one ends; shape (sizes + 1,)."""
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))


def run_starts(ascending: Array) -> IntArray:
    """Return the position at which each distinct number first occurs."""
    is_first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


class StringArray:
    """Strings in UTF-8, concatenated. ``find`` and ``insertion_point`` require that they are sorted and distinct."""

    def __init__(self, arrays: LazyArrays) -> None:
        self._bytes, borders = arrays["bytes"], arrays["borders"].all()
        self._borders = np.ascontiguousarray(borders).data
        self.find: Callable[[str], int | None] = lru_cache(CACHED_LOOKUPS)(self._find)
        """Return the position of a string, or None."""

    @staticmethod
    def encode(strings: Iterable[str]) -> dict[str, Array]:
        """Return the arrays from which a StringArray is constructed."""
        every = list(strings)
        sizes = np.fromiter(map(len, every), np.int64, len(every))
        # One join and one encode take a fifth of the time of an encode per string.
        for at in np.flatnonzero(~np.fromiter(map(str.isascii, every), np.bool_, len(every))).tolist():
            sizes[at] = len(every[at].encode("utf-8", "surrogatepass"))
        encoded = "".join(every).encode("utf-8", "surrogatepass")
        return {"bytes": np.frombuffer(encoded, np.uint8), "borders": offsets(sizes)}

    def __len__(self) -> int:
        return len(self._borders) - 1

    def __getitem__(self, at: int) -> str:
        return self._bytes.slice(self._borders[at], self._borders[at + 1]).tobytes().decode("utf-8", "surrogatepass")

    def __contains__(self, string: str) -> bool:
        return self.find(string) is not None

    def __iter__(self) -> Iterator[str]:
        whole = self._bytes.all().tobytes()
        for start, end in pairwise(self._borders.tolist()):
            yield whole[start:end].decode("utf-8", "surrogatepass")

    def _find(self, string: str) -> int | None:
        if not self._samples:
            return None
        encoded, borders = string.encode("utf-8", "surrogatepass"), self._borders
        first = max(bisect_right(self._samples, encoded) - 1, 0) * STRIDE
        end = min(first + STRIDE, len(self))
        start = borders[first]
        block = self._bytes.slice(start, borders[end]).tobytes()
        at = block.find(encoded)
        while at >= 0:
            next_border = bisect_left(borders, start + at + len(encoded), first + 1, end)
            if borders[next_border - 1] == start + at and borders[next_border] == start + at + len(encoded):
                return next_border - 1
            at = block.find(encoded, at + 1)
        return None

    @cached_property
    def _samples(self) -> list[bytes]:
        """Every ``STRIDE``-th string: a search bisects them, and then reads the strings that follow one."""
        whole = self._bytes.all().tobytes()
        return [whole[self._borders[at] : self._borders[at + 1]] for at in range(0, len(self), STRIDE)]

    def insertion_point(self, string: str) -> int:
        """Return how many of the strings are less than ``string``."""
        return bisect_left(range(len(self)), string, key=self.__getitem__)

    def starting_with(self, start: str, least: str = "") -> Iterator[str]:
        """Yield the strings that begin with ``start``, of which what follows is not less than ``least``."""
        following = (self[at] for at in range(self.insertion_point(start + least), len(self)))
        return takewhile(lambda string: string.startswith(start), following)


def encode_strings(strings: Mapping[str, Iterable[str]]) -> dict[str, Array]:
    """Return the arrays of several ``StringArray``, each under its name."""
    arrays: dict[str, Array] = {}
    for name, own in strings.items():
        arrays |= prefix(name, StringArray.encode(own))
    return arrays
