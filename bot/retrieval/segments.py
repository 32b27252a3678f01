"""The postings of one segment, by term: what building a field's postings is made of.

Keeps secret how they are found: by sorting numbers that are made of a term's and a passage's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.columns import firsts
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
        begins = firsts(keys)
        keys = keys[begins]
        numbers, counts = numbers[: len(keys)], counts[: len(keys)]
        np.bitwise_and(keys, 0xFFFF, out=numbers, casting="unsafe")
        np.subtract(np.append(begins[1:], len(tokens)), begins, out=counts, casting="unsafe")
        keys >>= 16
        runs = firsts(keys)
        sizes = np.diff(runs, append=len(keys)).astype(np.int32)
        return cls(len(lengths), keys[runs].astype(np.int32), sizes, numbers, counts)

    @property
    def begins(self) -> Numbers:
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
        begins = self.begins
        places = np.repeat(starts - begins, self.sizes) + np.arange(len(self.numbers))
        slots[places] = self.numbers
        for run in np.flatnonzero(self._is_dense()).tolist():
            own = slice(int(begins[run]), int(begins[run] + self.sizes[run]))
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
