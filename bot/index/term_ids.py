"""Terms as numbers, counted from 0 in the order in which they are met.

Keeps secret how a term is looked up: by ``numbering.c``, beside the thread that brings the terms, or else in a dict.

What is counted: the terms of every passage in one field, as numbers.

A term's number is its place among all terms of the archive, sorted.
"""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bot.index.arrays import Int32Array, StringArray, in_memory
from bot.index.native import native_library

BATCH = 1 << 16
"""Terms that are looked up in one call: so many that calling costs nothing, and so few that there is little room that
only new ones would take."""
MOST_WAITING = 4
"""Batches that wait to be looked up; whoever brings terms faster waits as well."""
END = "\0"


class TermIds(Protocol):
    """What numbers terms. What is met in one call keeps its number in the next."""

    def met(self, passages: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """The numbers of the terms, one passage behind the other, and how many each passage has.

        Raises ``ValueError`` where a term holds a NUL, which no word of an article does.
        """
        ...

    def terms(self) -> list[str]:
        """All that were met, by number."""
        ...


def create_term_ids() -> TermIds:
    """The fastest there is."""
    library = native_library()
    return HashTermIds(library) if library else DictTermIds()


class DictTermIds:
    """See ``Numbering``."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def met(self, passages: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """See ``Numbering.met``."""
        numbers, lengths = array("i"), array("i")
        for terms in passages:
            numbers.extend([self._numbers.setdefault(term, len(self._numbers)) for term in terms])
            lengths.append(len(terms))
        if any(END in term for term in self._numbers):
            raise _refused()
        return np.frombuffer(numbers, np.int32), np.frombuffer(lengths, np.int32)

    def terms(self) -> list[str]:
        """See ``Numbering.terms``."""
        return list(self._numbers)


class _Words(ctypes.Structure):
    """``Words`` of ``numbering.c``."""

    _fields_ = (
        ("slots", ctypes.c_void_p),
        ("mask", ctypes.c_int64),
        ("starts", ctypes.c_void_p),
        ("bytes", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    )


class HashTermIds:
    """See ``Numbering``."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._number: Any = library.pullquote_number
        self._words = _Words()
        self._most = 0
        """Terms for which there is room."""
        self._slots, self._starts, self._bytes = np.empty(0, np.uint64), np.zeros(1, np.int64), np.empty(0, np.uint8)

    def met(self, passages: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """See ``Numbering.met``."""
        lengths, found, waiting = array("i"), [np.empty(0, np.int32)], deque[Future[Int32Array]]()
        with ThreadPoolExecutor(1) as thread:
            for batch, count in _batches(passages, lengths):
                if len(waiting) == MOST_WAITING:
                    found.append(waiting.popleft().result())
                waiting.append(thread.submit(self._batch, batch, count))
            found += [one.result() for one in waiting]
        return np.concatenate(found), np.frombuffer(lengths, np.int32)

    def terms(self) -> list[str]:
        """See ``Numbering.terms``."""
        return self._bytes[: self._used].tobytes().decode("utf-8", "surrogatepass").split(END)[:-1]

    @property
    def _used(self) -> int:
        return int(self._starts[self._words.count])

    def _batch(self, batch: Sequence[str], count: int) -> Int32Array:
        """The numbers of so many terms."""
        text = END.join((*batch, "")).encode("utf-8", "surrogatepass")
        if self._words.count + count > self._most or self._used + len(text) > len(self._bytes):
            self._grow(count, len(text))
        return self._looked_up(text, count)

    def _looked_up(self, text: bytes, count: int) -> Int32Array:
        numbers = np.empty(count, np.int32)
        if not self._number(ctypes.addressof(self._words), text, len(text), numbers.ctypes.data, count):
            raise _refused()
        return numbers

    def _grow(self, count: int, size: int) -> None:
        """Make room for twice as many terms, and bytes, as there are with so many new ones."""
        text, known = self._bytes[: self._used].tobytes(), self._words.count
        self._most = 2 * (known + count)
        self._slots = np.zeros(1 << self._most.bit_length(), np.uint64)
        self._starts, self._bytes = np.zeros(self._most + 1, np.int64), np.empty(2 * (len(text) + size), np.uint8)
        addresses = [own.ctypes.data for own in (self._starts, self._bytes)]
        self._words = _Words(self._slots.ctypes.data, len(self._slots) - 1, *addresses, 0)
        self._looked_up(text, known)  # which numbers them as before


def _batches(passages: Iterable[Sequence[str]], lengths: array[int]) -> Iterator[tuple[list[str], int]]:
    """The terms, those of a passage in one text, and how many they are; ``lengths`` is told how many a passage has."""
    batch: list[str] = []
    count = 0
    for terms in passages:
        lengths.append(len(terms))
        if terms:
            batch.append(END.join(terms))
            count += len(terms)
        if count >= BATCH:
            yield batch, count
            batch, count = [], 0
    yield batch, count


def _refused() -> ValueError:
    return ValueError("A term holds a NUL character, which no word of an article does.")


@dataclass(frozen=True, slots=True)
class Documents:
    """One field of every passage.

    ``tokens`` are the numbers of the terms, one passage behind the other; ``lengths`` is how many each passage has;
    ``terms`` are sorted, and may be those of other fields too.
    """

    tokens: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    terms: StringArray

    @staticmethod
    def of(*fields: Iterable[Sequence[str]]) -> tuple[Documents, ...]:
        """From the terms of each passage, field by field; the terms of all fields are numbered together.

        Raises ``ValueError`` where a term holds a NUL.
        """
        numbers = create_term_ids()
        met = [numbers.met(passages) for passages in fields]
        known = numbers.terms()
        ascending = sorted(range(len(known)), key=known.__getitem__)
        place = np.empty(len(known), np.int32)
        place[ascending] = np.arange(len(known))
        terms = StringArray(in_memory(StringArray.arrays(known[number] for number in ascending)))
        return tuple(Documents(place[tokens], lengths, terms) for tokens, lengths in met)
