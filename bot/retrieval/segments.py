"""The postings of one segment, by term: what building a field's postings is made of.

Keeps secret how they are found: by sorting numbers that are made of a term's and a passage's.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.retrieval.runs import BLOCK, DENSE, RANKED, Bytes, Numbers, dense_size, set_size


@dataclass(frozen=True, slots=True)
class Segment:
    """The runs of one segment, by term.

    ``terms`` and ``sizes`` (in postings) are by run; ``numbers`` (within the segment) and ``counts`` by posting.
    """

    passages: int
    terms: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.int32]

    @classmethod
    def of(cls, tokens: array[int], lengths: array[int]) -> Segment:
        """From the numbers of the passages' terms, one passage after the other."""
        keys = np.frombuffer(tokens, np.int32).astype(np.int64) << 16 | np.repeat(np.arange(len(lengths)), lengths)
        keys.sort()
        counts, keys = _counted(keys)
        terms = (keys >> 16).astype(np.int32)
        sizes, distinct = _counted(terms)
        return cls(len(lengths), distinct, sizes.astype(np.int32), keys.astype(np.uint16), counts.astype(np.int32))

    @property
    def firsts(self) -> Numbers:
        """The first posting of each run."""
        ends = np.cumsum(self.sizes, dtype=np.int64)
        return ends - self.sizes

    def slot_sizes(self) -> Numbers:
        """How many slots each run takes."""
        return np.where(self._is_dense(), np.maximum(self.sizes, dense_size(self.passages)), self.sizes)

    def _is_dense(self) -> npt.NDArray[np.bool_]:
        return self.sizes * DENSE >= self.passages

    def write(self, starts: Numbers, shares: Bytes, slots: npt.NDArray[np.uint16]) -> Numbers:
        """Write each run from its start on, and return the slot that belongs to each posting."""
        firsts = self.firsts
        places = np.repeat(starts - firsts, self.sizes) + np.arange(len(self.numbers))
        slots[places] = self.numbers
        for run in np.flatnonzero(self._is_dense()).tolist():
            own = slice(int(firsts[run]), int(firsts[run] + self.sizes[run]))
            start = int(starts[run])
            slots[start : start + dense_size(self.passages)] = self._bit_set(self.numbers[own], shares[own])
        return places

    def _bit_set(self, numbers: npt.NDArray[np.uint16], shares: Bytes) -> npt.NDArray[np.uint16]:
        held = np.zeros(set_size(self.passages) * 16, np.uint8)
        held[numbers] = shares
        bounds = np.zeros(-(-set_size(self.passages) // 8) * 2, np.uint8)
        bounds[: len(held) // BLOCK] = held.reshape(-1, BLOCK).max(1)
        in_each = np.add.reduceat(held > 0, np.arange(0, self.passages, RANKED), dtype=np.int64)
        bits = np.packbits(held > 0, bitorder="little")
        return np.concatenate((bits.view("<u2"), np.cumsum(in_each) - in_each, bounds.view("<u2"))).astype(np.uint16)


class Segments:
    """The segments so far, one behind the other in few arrays: so all their memory is given back when they go."""

    def __init__(self) -> None:
        self._by_run = array("i"), array("i")
        self._numbers, self._counts = array("H"), array("i")
        self._each: list[tuple[int, int, int]] = []

    def add(self, tokens: array[int], lengths: array[int]) -> None:
        """Keep one more, made as ``Segment.of`` does."""
        segment = Segment.of(tokens, lengths)
        self._each.append((segment.passages, len(segment.terms), len(segment.numbers)))
        for kept, own in zip(self._by_run, (segment.terms, segment.sizes), strict=True):
            kept.frombytes(own.tobytes())
        self._numbers.frombytes(segment.numbers.tobytes())
        self._counts.frombytes(segment.counts.tobytes())

    def __iter__(self) -> Iterator[Segment]:
        terms, sizes = (np.frombuffer(kept, np.int32) for kept in self._by_run)
        numbers, counts = np.frombuffer(self._numbers, np.uint16), np.frombuffer(self._counts, np.int32)
        run = posting = 0
        for passages, runs, postings in self._each:
            by_run, by_posting = slice(run, run + runs), slice(posting, posting + postings)
            yield Segment(passages, terms[by_run], sizes[by_run], numbers[by_posting], counts[by_posting])
            run, posting = run + runs, posting + postings


def _counted(ascending: npt.NDArray[Any]) -> tuple[Numbers, npt.NDArray[Any]]:
    """How often each distinct number stands there, and the numbers."""
    firsts = np.flatnonzero(
        np.concatenate((np.ones(min(len(ascending), 1), np.bool_), ascending[1:] != ascending[:-1]))
    )
    return np.diff(firsts, append=len(ascending)), ascending[firsts]
