"""How the postings of a field lie in memory.

Keeps secret the layout, with ``postings.h``, which reads it too. Passages are parted into segments of ``SEGMENT``. A
term's postings in one segment are a run, and its runs follow each other, so that a rare term is read from one place. A
run has a slot of two bytes a posting: the passage's number within its segment, ascending. Where a term stands in more
than one passage of ``DENSE``, the run's slots are a bit set of the segment instead, and behind it the number of bits
before each ``RANKED``th passage, and the greatest share in each block of ``BLOCK`` passages.

Beside each slot stands a byte, the share: count / (count + norm), the part of a score that is the passage's, in 255ths
and rounded up. It bounds the score, and together with the passage's length it tells the count: the least one with that
share, but for a few that are kept aside. Every array is flat and of numbers alone, so that it may lie in a file as it
lies in memory.

The postings of one segment, by term: what building a field's postings is made of.

Keeps secret how they are found: by sorting numbers that are made of a term's and a passage's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bot.index.arrays import Array, ByteArray, FloatArray, IntArray, LazyArrays, run_starts

SEGMENT = 1 << 16
DENSE = 32
BLOCK = 64
RANKED = 256


class PostingBlocks:
    """The postings of a field, as the kernel reads them: see the module. Safe to share between threads.

    ``runs_of`` (a term's first run) is by term and ``starts`` (a run's first slot) by run, each with one more at the
    end; ``bounds`` are the greatest share in a run; ``aside`` are the slots whose count is not the least of that share.
    """

    def __init__(self, columns: LazyArrays) -> None:
        self._runs_of, self._segments, self._starts = columns["runs_of"], columns["segments"], columns["starts"]
        self._bounds, self._slots, self._shares = columns["bounds"], columns["slots"], columns["shares"]
        self._columns_aside = columns["aside"], columns["aside_counts"]

    def check(self, term: int) -> None:
        """Read all that a search for the term reads, so that it is checked: the kernel is given addresses alone."""
        first, end = self._runs_of.part(term, term + 2).tolist()
        starts = self._starts.part(first, end + 1)
        for by_run in (self._segments, self._bounds):
            by_run.part(first, end)
        for by_slot in (self._slots, self._shares):
            by_slot.part(int(starts[0]), int(starts[-1]))
        _ = self._aside

    def of(self, term: int, passages: int) -> tuple[IntArray, IntArray]:
        """The numbers of the passages that hold the term, ascending, and the slot of each."""
        numbers, slots = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for base, start, within in self._each(term):
            here = min(SEGMENT, passages - base)
            own = np.flatnonzero(_unpacked(within, here)) if len(within) >= dense_size(here) else within
            numbers.append(own.astype(np.int64) + base)
            slots.append(np.arange(start, start + len(own)))
        return np.concatenate(numbers), np.concatenate(slots)

    def mark(self, term: int, marks: ByteArray) -> None:
        """Write a 1 for each passage that holds the term; ``marks`` are by passage, and 0 or 1."""
        for base, _, within in self._each(term):
            own = marks[base : base + SEGMENT]
            if len(within) >= dense_size(len(own)):
                own |= _unpacked(within, len(own))
            else:
                own[within] = 1

    def _each(self, term: int) -> Iterator[tuple[int, int, npt.NDArray[np.uint16]]]:
        """The term's runs: the segment's first passage, the first slot, and the slots."""
        first, end = self._runs_of.part(term, term + 2).tolist()
        starts = self._starts.part(first, end + 1).tolist()
        for segment, (start, next_start) in zip(
            self._segments.part(first, end).tolist(), pairwise(starts), strict=True
        ):
            yield segment * SEGMENT, start, self._slots.part(start, next_start)

    def counts(self, slots: IntArray, norms: FloatArray) -> FloatArray:
        """How often the passages of these slots, which are of one term, hold it, by their norms."""
        if not len(slots):
            return np.empty(0)
        first = int(slots[0])
        counts = counts_from_impacts(self._shares.part(first, int(slots[-1]) + 1)[slots - first], norms)
        aside, aside_counts = self._aside
        places = np.searchsorted(aside, slots)
        is_aside = np.append(aside, -1)[places] == slots
        counts[is_aside] = aside_counts[places[is_aside]]
        return counts

    @cached_property
    def _aside(self) -> tuple[IntArray, IntArray]:
        slots, counts = self._columns_aside
        return slots.all(), counts.all()


@dataclass(frozen=True, slots=True)
class BM25Parameters:
    """BM25's parameters, and the average length of a field's passages in terms."""

    k1: float
    b: float
    average: float

    def norms(self, lengths: Array) -> FloatArray:
        """What the library adds to the count of a term in passages so long: the longer, the more."""
        norms: FloatArray = self.k1 * (1 - self.b + self.b * lengths / self.average)
        return norms


def impacts_from_counts(counts: FloatArray, norms: FloatArray) -> ByteArray:
    """count / (count + norm), the part of a score that is the passage's, in 255ths, rounded up."""
    return np.ceil(counts / (counts + norms) * 255).astype(np.uint8)


def counts_from_impacts(shares: ByteArray, norms: FloatArray) -> FloatArray:
    """The least counts with these shares."""
    highest = shares.astype(np.float64)
    counts: FloatArray = np.maximum(np.floor(norms * (highest - 1) / (256 - highest)) - 1, 1)
    wrong = np.flatnonzero(impacts_from_counts(counts, norms) < shares)
    while len(wrong):
        counts[wrong] += 1
        wrong = wrong[impacts_from_counts(counts[wrong], norms[wrong]) < shares[wrong]]
    return counts


def _unpacked(slots: npt.NDArray[np.uint16], passages: int) -> ByteArray:
    """For each of the passages of a segment, its bit in the bit set at the head of these slots."""
    bits = slots[: set_size(passages)].astype("<u2", copy=False).view(np.uint8)
    return np.unpackbits(bits, count=passages, bitorder="little")


def set_size(passages: int) -> int:
    """How many slots a bit set of so many passages takes: whole words of 64 bits."""
    return -(-passages // 64) * 4


def dense_size(passages: int) -> int:
    """How many slots a run takes at least whose slots are a bit set: with its ranks, and bounds of a byte a block."""
    return set_size(passages) + -(-passages // RANKED) + -(-set_size(passages) // 8)


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
    def of(
        cls,
        tokens: npt.NDArray[np.int32],
        lengths: npt.NDArray[np.int32],
        numbers: npt.NDArray[np.uint16],
        counts: npt.NDArray[np.int32],
    ) -> Segment:
        """From the numbers of the passages' terms, one passage after the other.

        ``numbers`` and ``counts`` have room for as many postings as there are tokens; those of the segment begin them.
        """
        keys = tokens.astype(np.int64)
        keys <<= 16
        keys |= np.repeat(np.arange(len(lengths), dtype=np.uint16), lengths)
        keys.sort()
        begins = run_starts(keys)
        keys = keys[begins]
        numbers, counts = numbers[: len(keys)], counts[: len(keys)]
        np.bitwise_and(keys, 0xFFFF, out=numbers, casting="unsafe")
        np.subtract(np.append(begins[1:], len(tokens)), begins, out=counts, casting="unsafe")
        keys >>= 16
        runs = run_starts(keys)
        sizes = np.diff(runs, append=len(keys)).astype(np.int32)
        return cls(len(lengths), keys[runs].astype(np.int32), sizes, numbers, counts)

    @property
    def begins(self) -> IntArray:
        """The first posting of each run."""
        ends = np.cumsum(self.sizes, dtype=np.int64)
        return ends - self.sizes

    def slot_sizes(self) -> IntArray:
        """How many slots each run takes."""
        return np.where(self._is_dense(), np.maximum(self.sizes, dense_size(self.passages)), self.sizes)

    def _is_dense(self) -> npt.NDArray[np.bool_]:
        return self.sizes * DENSE >= self.passages

    def write(self, starts: IntArray, shares: ByteArray, slots: npt.NDArray[np.uint16]) -> IntArray:
        """Write each run from its start on, and return the slot that belongs to each posting."""
        begins = self.begins
        places = np.repeat(starts - begins, self.sizes) + np.arange(len(self.numbers))
        slots[places] = self.numbers
        for run in np.flatnonzero(self._is_dense()).tolist():
            own = slice(int(begins[run]), int(begins[run] + self.sizes[run]))
            start = int(starts[run])
            slots[start : start + dense_size(self.passages)] = self._bit_set(self.numbers[own], shares[own])
        return places

    def _bit_set(self, numbers: npt.NDArray[np.uint16], shares: ByteArray) -> npt.NDArray[np.uint16]:
        held = np.zeros(set_size(self.passages) * 16, np.uint8)
        held[numbers] = shares
        bounds = np.zeros(-(-set_size(self.passages) // 8) * 2, np.uint8)
        bounds[: len(held) // BLOCK] = held.reshape(-1, BLOCK).max(1)
        in_each = np.add.reduceat(held > 0, np.arange(0, self.passages, RANKED), dtype=np.int64)
        bits = np.packbits(held > 0, bitorder="little")
        return np.concatenate((bits.view("<u2"), np.cumsum(in_each) - in_each, bounds.view("<u2"))).astype(np.uint16)
