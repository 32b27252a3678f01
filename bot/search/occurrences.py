"""Where forms of the question stand in many paragraphs, found in all at once, in arrays.

Keeps secret how a set of the question's words is kept, and how sightings that are near each other are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.index.arrays import FloatArray, IntArray, run_starts

TermMask = int
"""Some of the question's words, of which there are 64 at most: bit i is set for the one at position i."""
TermMasks = npt.NDArray[np.uint64]
"""Many such sets."""

NEAR = 4
"""Sightings are near each other where the numbers of their first tokens differ by so much at most."""
_RUN = 3
_SENTENCES = 20
"""Bits in which the sentences of a paragraph are counted."""


def mask_of(positions: Iterable[int]) -> TermMask:
    """The words at these positions."""
    return union(1 << position for position in positions)


def positions_in(words: TermMask) -> Iterator[int]:
    """The positions of ``words``, ascending."""
    return (position for position in range(words.bit_length()) if words >> position & 1)


def union(sets: Iterable[TermMask]) -> TermMask:
    """The words that any of ``sets`` holds."""
    found = 0
    for one in sets:
        found |= one
    return found


class Occurrences(NamedTuple):
    """Sightings, in arrays of one shape, by paragraph and by first token.

    For each the number of its form among the question's, the words that it covers, the numbers of its paragraph, of
    its first token and of its last, and how many of the paragraph's sentences precede the one that holds all of it; -1
    where none does.
    """

    forms: IntArray
    words: TermMasks
    paragraphs: IntArray
    firsts: IntArray
    lasts: IntArray
    sentences: IntArray


class NeighborPairs(NamedTuple):
    """Pairs of sightings that are near each other, by the first's number, the second's being the same or greater.

    ``near`` are, for each pair, those positions i at which one of them covers word i and one word i + 1; ``adjacent``
    where the first covers word i and the second word i + 1, and the second's first token is next to the first's.
    """

    first: IntArray
    second: IntArray
    near: TermMasks
    adjacent: TermMasks


@dataclass(frozen=True)
class Matches:
    """What of the question stands in some paragraphs. ``paragraphs`` are the numbers of those that hold any of it."""

    sightings: Occurrences

    @cached_property
    def paragraphs(self) -> IntArray:
        """The numbers of the paragraphs that hold any of the question, ascending."""
        return self.sightings.paragraphs[self._firsts]

    @cached_property
    def _firsts(self) -> IntArray:
        """The first sighting in each paragraph."""
        return run_starts(self.sightings.paragraphs)

    @cached_property
    def borders(self) -> IntArray:
        """The first sighting in each paragraph, and how many sightings there are."""
        return np.append(self._firsts, len(self.sightings.words))

    @cached_property
    def words(self) -> TermMasks:
        """What each paragraph holds."""
        return _joined(self.sightings.words, self._firsts)

    @cached_property
    def neighbours(self) -> NeighborPairs:
        """The pairs of sightings in one paragraph that hold neighbouring words of the question."""
        words = self.sightings.words
        # Between paragraphs there is more than nearness allows for.
        at = self.sightings.firsts + self.sightings.paragraphs * (NEAR + 1)
        ones = np.arange(len(at))
        found = [NeighborPairs(ones, ones, _followed(words, words), np.zeros_like(words))]
        lag = 1
        while len(ones := ones[: np.searchsorted(ones, len(at) - lag)]):
            apart = at[ones + lag] - at[ones]
            # What is not near one sighting is not near those before it either.
            ones, apart = ones[apart <= NEAR], apart[apart <= NEAR]
            one, other = words[ones], words[ones + lag]
            follows = _followed(one, other)
            adjacent = np.where(apart == 1, follows, np.uint64(0))
            found.append(NeighborPairs(ones, ones + lag, follows | _followed(other, one), adjacent))
            lag += 1
        first, second, near, adjacent = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        kept = np.flatnonzero(near)
        kept = kept[np.argsort(first[kept], kind="stable")]
        return NeighborPairs(first[kept], second[kept], near[kept], adjacent[kept])

    @cached_property
    def near(self) -> TermMasks:
        """For each paragraph, the positions i at which words i and i + 1 stand near each other in it."""
        return self._of_pairs(self.neighbours.near)

    @cached_property
    def adjacent(self) -> TermMasks:
        """For each paragraph, the positions i at which words i and i + 1 stand next to each other in it, in order."""
        return self._of_pairs(self.neighbours.adjacent)

    def _of_pairs(self, pairs: TermMasks) -> TermMasks:
        found = np.zeros_like(self.words)
        np.bitwise_or.at(found, np.searchsorted(self._firsts, self.neighbours.first, side="right") - 1, pairs)
        return found

    @cached_property
    def sentences(self) -> SentenceMasks:
        """The sentences that hold any of the question, and what each and those after it hold."""
        inside = np.flatnonzero(self.sightings.sentences >= 0)
        place = self.sightings.paragraphs[inside] << _SENTENCES | self.sightings.sentences[inside]
        begins = run_starts(place)
        words = _joined(self.sightings.words[inside], begins)
        place = place[begins]
        runs = words.copy()
        for lag in range(1, _RUN):
            follows = np.flatnonzero(place[lag:] - place[:-lag] < _RUN)
            runs[follows] |= words[follows + lag]
        return SentenceMasks(place >> _SENTENCES, place & ((1 << _SENTENCES) - 1), words, runs)


class SentenceMasks(NamedTuple):
    """Sentences in order, in arrays of one shape: each one's paragraph, how many of its sentences precede it, what it
    holds, and what it and the two after it hold."""

    paragraphs: IntArray
    places: IntArray
    words: TermMasks
    runs: TermMasks


def shares(sets: TermMasks, weights: Sequence[float]) -> FloatArray:
    """For each set the sum of its words' weights, in the order of the words."""
    found = np.zeros(len(sets))
    for position, weight in enumerate(weights):
        found += (sets >> position & 1) * weight
    return found


def _followed(one: TermMasks, other: TermMasks) -> TermMasks:
    """The positions i at which ``one`` covers word i and ``other`` word i + 1."""
    found: TermMasks = one & other >> np.uint64(1)
    return found


def _joined(sets: TermMasks, begins: IntArray) -> TermMasks:
    """The union of each group of neighbouring sets, by where it begins."""
    return np.bitwise_or.reduceat(sets, begins) if len(begins) else sets[:0]
