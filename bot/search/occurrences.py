"""Where the expansions of a query occur in many paragraphs, found in all of them at once, in numpy arrays.

A set of query terms is a bitmask: bit i is the word at position i of ``Query.words``, of which there are at most 64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.index.arrays import FloatArray, IntArray, offsets, run_starts
from bot.index.tokens import Tokens
from bot.models import Expansion

TermBitmask = int
TermBitmasks = npt.NDArray[np.uint64]

NEAR = 4
"""Occurrences are near each other if their first tokens are at most so many tokens apart."""
_WINDOW = 3
"""Consecutive sentences that are looked at together."""
_SENTENCE_BITS = 20
"""Enough for the number of a sentence in its paragraph."""


def to_bitmask(positions: Iterable[int]) -> TermBitmask:
    """The bitmask of the words at ``positions``."""
    terms = 0
    for position in positions:
        terms |= 1 << position
    return terms


def positions_in(terms: TermBitmask) -> Iterator[int]:
    """The positions of ``terms``, ascending."""
    for position in range(terms.bit_length()):
        if terms >> position & 1:
            yield position


def sum_weights(terms: TermBitmask, weights: Sequence[float]) -> float:
    """The sum of the weights of ``terms``, added up by position."""
    total = 0.0
    for position, weight in enumerate(weights):
        if terms >> position & 1:
            total += weight
    return total


def sum_weights_each(bitmasks: TermBitmasks, weights: Sequence[float]) -> FloatArray:
    """``sum_weights`` of each bitmask, with the very same rounding."""
    totals = np.zeros(len(bitmasks))
    for position, weight in enumerate(weights):
        totals += (bitmasks >> position & 1) * weight
    return totals


def union_by(groups: IntArray, bitmasks: TermBitmasks, count: int) -> TermBitmasks:
    """The union of the bitmasks of each group; ``groups`` gives the group of each, from 0 up to ``count``."""
    unions = np.zeros(count, np.uint64)
    np.bitwise_or.at(unions, groups, bitmasks)
    return unions


class Occurrences(NamedTuple):
    """Occurrences of expansions, in arrays of one shape, ordered by paragraph and first token.

    ``expansions`` are indices into ``Query.expansions``, ``terms`` the words that each covers, ``sentences`` the number
    within the paragraph, from 0, of the sentence that contains all of it, or -1 if none does.
    """

    expansions: IntArray
    terms: TermBitmasks
    paragraphs: IntArray
    first_tokens: IntArray
    last_tokens: IntArray
    sentences: IntArray


class NearPairs(NamedTuple):
    """Pairs of occurrences near each other, ``first <= second``, that cover neighbouring words of the question.

    ``near`` has bit i where one covers word i and one word i + 1; ``adjacent`` where the first covers word i, and the
    second, which covers word i + 1, begins one token after it. An occurrence that covers both, such as an acronym, is
    near and adjacent to itself.
    """

    first: IntArray
    second: IntArray
    near: TermBitmasks
    adjacent: TermBitmasks


class SentenceMatches(NamedTuple):
    """Sentences with any occurrence, in order: paragraph, number within it, terms, and terms of it and the next two."""

    paragraphs: IntArray
    numbers: IntArray
    terms: TermBitmasks
    window_terms: TermBitmasks


class Matches:
    """What paragraphs match of a query. All but ``occurrences``, ``pairs`` and ``sentences`` has one item a paragraph.

    ``paragraphs`` are the numbers of those with any occurrence, ascending; ``bounds`` the index of the first occurrence
    of each, and at the end the number of occurrences; ``terms`` what each matches. ``near`` and ``adjacent`` have bit i
    where words i and i + 1 are near each other there, or adjacent in this order.
    """

    def __init__(self, occurrences: Occurrences) -> None:
        firsts = run_starts(occurrences.paragraphs)
        self.occurrences = occurrences
        self.paragraphs = occurrences.paragraphs[firsts]
        self.bounds = np.append(firsts, len(occurrences.terms))
        self.terms = _union_runs(occurrences.terms, firsts)
        self.pairs = _find_near_pairs(occurrences)
        paired = np.searchsorted(firsts, self.pairs.first, side="right") - 1
        self.near = union_by(paired, self.pairs.near, len(firsts))
        self.adjacent = union_by(paired, self.pairs.adjacent, len(firsts))
        self.sentences = _find_sentences(occurrences)


def _union_runs(bitmasks: TermBitmasks, starts: IntArray) -> TermBitmasks:
    """The union of each run of consecutive bitmasks, by where it starts."""
    return np.bitwise_or.reduceat(bitmasks, starts) if len(starts) else bitmasks[:0]


def _find_near_pairs(occurrences: Occurrences) -> NearPairs:
    terms, one = occurrences.terms, np.uint64(1)
    # Numbered so that occurrences in two paragraphs are never near each other.
    at = occurrences.first_tokens + occurrences.paragraphs * (NEAR + 1)
    first = np.arange(len(at))
    both: TermBitmasks = terms & terms >> one
    found = [NearPairs(first, first, both, both)]
    lag = 1
    while len(first := first[: np.searchsorted(first, len(at) - lag)]):
        distance = at[first + lag] - at[first]
        # Occurrences further apart at this lag are so at any greater one.
        first, distance = first[distance <= NEAR], distance[distance <= NEAR]
        before, after = terms[first], terms[first + lag]
        in_order: TermBitmasks = before & after >> one
        reversed_order: TermBitmasks = after & before >> one
        adjacent = np.where(distance == 1, in_order, np.uint64(0))
        found.append(NearPairs(first, first + lag, in_order | reversed_order, adjacent))
        lag += 1
    pairs = NearPairs(*map(np.concatenate, zip(*found, strict=True)))
    is_near = np.flatnonzero(pairs.near)
    order = is_near[np.argsort(pairs.first[is_near], kind="stable")]
    return NearPairs(pairs.first[order], pairs.second[order], pairs.near[order], pairs.adjacent[order])


def _find_sentences(occurrences: Occurrences) -> SentenceMatches:
    inside = np.flatnonzero(occurrences.sentences >= 0)
    keys = occurrences.paragraphs[inside] << _SENTENCE_BITS | occurrences.sentences[inside]
    starts = run_starts(keys)
    keys, terms = keys[starts], _union_runs(occurrences.terms[inside], starts)
    window_terms = terms.copy()
    for lag in range(1, _WINDOW):
        followed = np.flatnonzero(keys[lag:] - keys[:-lag] < _WINDOW)
        window_terms[followed] |= terms[followed + lag]
    return SentenceMatches(keys >> _SENTENCE_BITS, keys & ((1 << _SENTENCE_BITS) - 1), terms, window_terms)


class ExpansionFinder:
    """Finds the expansions of a query, in paragraphs by their first terms."""

    def __init__(self, expansions: Sequence[Expansion], tokens: Tokens) -> None:
        self._tokens = tokens
        self._term_ids = [tokens.term_ids(expansion.terms) for expansion in expansions]
        self._covered = np.array([to_bitmask(expansion.positions) for expansion in expansions], np.uint64)
        self._lengths = np.array([*map(len, self._term_ids)], np.int64)
        firsts = np.array([ids[0] for ids in self._term_ids], np.int64)
        # The expansions grouped by first term, each group in their order.
        self._order = np.argsort(firsts, kind="stable")
        self._first_ids, starts = np.unique(firsts[self._order], return_index=True)
        self._bounds = np.append(starts, len(firsts))
        self._mask = tokens.term_mask(self._first_ids.tolist())

    def terms_in(self, term_ids: frozenset[int]) -> TermBitmask:
        """The words of which any expansion has all its terms in ``term_ids``, in whatever order."""
        terms = 0
        for own, covered in zip(self._term_ids, self._covered.tolist(), strict=True):
            if term_ids.issuperset(own):
                terms |= covered
        return terms

    def find(self, paragraphs: Sequence[int]) -> Matches:
        """The matches in the paragraphs with these numbers, which ascend."""
        found = self._tokens.occurrences(self._mask, paragraphs)
        group = np.searchsorted(self._first_ids, found.terms)
        # Each token once for every expansion that begins with its term.
        sizes = self._bounds[group + 1] - self._bounds[group]
        each = np.repeat(np.arange(len(group)), sizes)
        nth = np.arange(len(each)) - offsets(sizes)[each]
        expansions = self._order[self._bounds[group][each] + nth]
        tokens, numbers, sentences = found.tokens[each], found.paragraphs[each], found.sentences[each]
        is_match = np.ones(len(expansions), np.bool_)
        for at in np.flatnonzero(self._lengths[expansions] > 1).tolist():
            token, paragraph, ids = int(tokens[at]), int(numbers[at]), self._term_ids[expansions[at]]
            is_match[at] = self._tokens.has_sequence_at(ids, token, paragraph)
            if is_match[at] and self._tokens.sentence_of(token + len(ids) - 1, paragraph) != sentences[at]:
                sentences[at] = -1
        expansions, tokens = expansions[is_match], tokens[is_match]
        last_tokens = tokens + self._lengths[expansions] - 1
        covered = self._covered[expansions]
        return Matches(Occurrences(expansions, covered, numbers[is_match], tokens, last_tokens, sentences[is_match]))
