"""Flat arrays by name, in memory or in a file: what everything that is kept of an archive is made of.

Keeps secret whether an array lies in memory or in a file whose blocks are checked when they are first read. So that a
file can be mapped as it is, nothing is kept but numbers and the bytes of texts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
IntArray = npt.NDArray[np.int64]
Int32Array = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]

STRIDE = 32
"""Of so many sorted strings one is kept at hand, by which the others are found."""
RECENT = 1 << 14
"""Strings that were looked up last: one question looks the same few up again and again, in every room."""


class BlockCheck(Protocol):
    """What a column asks before it gives out elements; it raises where they are damaged."""

    def range(self, start: int, end: int) -> None:
        """The elements from ``start`` up to ``end``."""
        ...

    def each(self, places: Array) -> None:
        """The elements at these places."""
        ...


class LazyArray:
    """One array of one dimension. Safe to share between threads; never written to."""

    __slots__ = ("_array", "_check")

    def __init__(self, array: Array, check: BlockCheck | None = None) -> None:
        """Without a ``check``, there is nothing to be damaged."""
        self._array, self._check = array, check

    def __len__(self) -> int:
        return len(self._array)

    @property
    def address(self) -> int:
        """Where the array lies in memory. Nothing may be read there that ``part`` has not given out before."""
        return int(self._array.ctypes.data)

    def all(self) -> Array:
        """The whole array."""
        return self.part(0, len(self._array))

    def part(self, start: int, end: int) -> Array:
        """The elements from ``start`` up to ``end``."""
        if self._check is not None:
            self._check.range(start, end)
        return self._array[start:end]

    def at(self, places: Array) -> Array:
        """The elements at these places."""
        if self._check is not None:
            self._check.each(places)
        return self._array[places]


LazyArrays = Mapping[str, LazyArray]


def in_memory(arrays: Arrays) -> LazyArrays:
    """The arrays as they are, which need no check."""
    return {name: LazyArray(array) for name, array in arrays.items()}


def prefix(prefix: str, arrays: Arrays) -> dict[str, Array]:
    """The arrays with ``prefix`` and a full stop before each name: so two of a kind can stand beside each other."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def unprefix(prefix: str, columns: LazyArrays) -> LazyArrays:
    """The columns that ``under`` put under this prefix, by their own names."""
    start = f"{prefix}."
    return {name.removeprefix(start): column for name, column in columns.items() if name.startswith(start)}


def offsets(sizes: Array) -> npt.NDArray[np.int64]:
    """Where each of several lists begins that stand one behind the other, and where the last ends, by their sizes."""
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))


def run_starts(ascending: Array) -> npt.NDArray[np.int64]:
    """Where each distinct number stands first."""
    is_first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


class StringArray(Sequence[str]):
    """Strings in UTF-8, one behind the other. Where they are sorted, one can be found."""

    def __init__(self, columns: LazyArrays) -> None:
        self._bytes, borders = columns["bytes"], columns["borders"].all()
        self._borders = np.ascontiguousarray(borders).data

    @staticmethod
    def arrays(strings: Iterable[str]) -> dict[str, Array]:
        """What ``Strings`` is made of."""
        every = list(strings)
        sizes = np.fromiter(map(len, every), np.int64, len(every))
        # One call for all costs a fifth of a call for each.
        for at in np.flatnonzero(~np.fromiter(map(str.isascii, every), np.bool_, len(every))).tolist():
            sizes[at] = len(every[at].encode("utf-8", "surrogatepass"))
        encoded = "".join(every).encode("utf-8", "surrogatepass")
        return {"bytes": np.frombuffer(encoded, np.uint8), "borders": offsets(sizes)}

    def __len__(self) -> int:
        return len(self._borders) - 1

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        return self._raw(at if at >= 0 else at + len(self)).decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        whole = self._bytes.all().tobytes()
        borders = self._borders.tolist()
        for start, end in pairwise(borders):
            yield whole[start:end].decode("utf-8", "surrogatepass")

    def find(self, string: str) -> int | None:
        """The place of ``string``; None where it is not among them. They are sorted, and each is there once."""
        return self._find(string)

    @cached_property
    def _find(self) -> Callable[[str], int | None]:
        return lru_cache(RECENT)(_Sorted(self._bytes.all(), self._borders).find)

    def place(self, string: str) -> int:
        """How many of the strings stand before ``string``. They are sorted."""
        return bisect_left(range(len(self)), string.encode("utf-8", "surrogatepass"), key=self._raw)

    def _raw(self, at: int) -> bytes:
        return self._bytes.part(self._borders[at], self._borders[at + 1]).tobytes()


class _Sorted:
    """Finds one of many sorted strings: by every ``STRIDE``th, its guides, and in the short block behind one."""

    def __init__(self, encoded: Array, borders: memoryview) -> None:
        self._bytes, self._borders = encoded.data, borders
        whole, starts, ends = encoded.tobytes(), borders[:-1][::STRIDE].tolist(), borders[1:][::STRIDE].tolist()
        self._guides = [whole[start:end] for start, end in zip(starts, ends, strict=True)]

    def find(self, string: str) -> int | None:
        if not self._guides:
            return None
        sought, borders = string.encode("utf-8", "surrogatepass"), self._borders
        first = max(bisect_right(self._guides, sought) - 1, 0) * STRIDE
        end = min(first + STRIDE, len(borders) - 1)
        start = borders[first]
        block = self._bytes[start : borders[end]].tobytes()
        at = block.find(sought)
        while at >= 0:
            behind = bisect_left(borders, start + at + len(sought), first + 1, end)
            if borders[behind - 1] == start + at and borders[behind] == start + at + len(sought):
                return behind - 1
            at = block.find(sought, at + 1)
        return None
