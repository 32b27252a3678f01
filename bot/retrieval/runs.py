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
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
SEGMENT = 1 << 16
DENSE = 32
BLOCK = 64
RANKED = 256


@dataclass(frozen=True, slots=True)
class Runs:
    """The postings of a field, as the kernel reads them: see the module.

    ``runs_of`` (a term's first run) is by term and ``starts`` (a run's first slot) by run, each with one more at the
    end; ``bounds`` are the greatest share in a run; ``aside`` are the slots whose count is not the least of that share.
    """

    runs_of: Numbers
    segments: npt.NDArray[np.uint16]
    starts: Numbers
    bounds: Bytes
    slots: npt.NDArray[np.uint16]
    shares: Bytes
    aside: Numbers
    aside_counts: Numbers

    def of(self, term: int, passages: int) -> tuple[Numbers, Numbers]:
        """The numbers of the passages that hold the term, ascending, and the slot of each."""
        numbers, slots = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for run in range(self.runs_of[term], self.runs_of[term + 1]):
            start, end, base = int(self.starts[run]), int(self.starts[run + 1]), int(self.segments[run]) * SEGMENT
            here = min(SEGMENT, passages - base)
            within = self.slots[start:end]
            if end - start >= dense_size(here):
                bits = within[: set_size(here)].astype("<u2").view(np.uint8)
                within = np.flatnonzero(np.unpackbits(bits, bitorder="little")).astype(np.uint16)
            numbers.append(within.astype(np.int64) + base)
            slots.append(np.arange(start, start + len(within)))
        return np.concatenate(numbers), np.concatenate(slots)

    def counts(self, slots: Numbers, norms: Floats) -> Floats:
        """How often the passages of these slots hold their term, by their norms."""
        counts = counts_of(self.shares[slots], norms)
        places = np.searchsorted(self.aside, slots)
        is_aside = np.append(self.aside, -1)[places] == slots
        counts[is_aside] = self.aside_counts[places[is_aside]]
        return counts


def shares_of(counts: Floats, norms: Floats) -> Bytes:
    """count / (count + norm), the part of a score that is the passage's, in 255ths, rounded up."""
    return np.ceil(counts / (counts + norms) * 255).astype(np.uint8)


def counts_of(shares: Bytes, norms: Floats) -> Floats:
    """The least counts with these shares."""
    highest = shares.astype(np.float64)
    counts: Floats = np.maximum(np.floor(norms * (highest - 1) / (256 - highest)) - 1, 1)
    wrong = np.flatnonzero(shares_of(counts, norms) < shares)
    while len(wrong):
        counts[wrong] += 1
        wrong = wrong[shares_of(counts[wrong], norms[wrong]) < shares[wrong]]
    return counts


def set_size(passages: int) -> int:
    """How many slots a bit set of so many passages takes: whole words of 64 bits."""
    return -(-passages // 64) * 4


def dense_size(passages: int) -> int:
    """How many slots a run takes at least whose slots are a bit set: with its ranks, and bounds of a byte a block."""
    return set_size(passages) + -(-passages // RANKED) + -(-set_size(passages) // 8)
