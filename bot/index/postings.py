"""How documents become postings.

Keeps secret how a field's postings are found and laid out: segment by segment, on all cores, since numpy sorts and
counts beside other threads.

One field's index: rank-bm25's own class, with its postings in flat arrays.

Keeps secret how a score is answered from them. Parameters, average length and idf are the library's; the plain class
with the same idf is the reference that the tests hold this equal to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from bot.index.arrays import Array, ByteArray, FloatArray, IntArray, LazyArrays, StringArray, in_memory, offsets
from bot.index.posting_blocks import (
    SEGMENT,
    BM25Parameters,
    PostingBlocks,
    Segment,
    counts_from_impacts,
    impacts_from_counts,
)
from bot.index.scoring import idf
from bot.index.term_ids import Documents

MOST_THREADS = 4
"""More only wait for memory, of which each takes some 150 MB for a segment of passages of ordinary length."""
Exceptions = tuple[IntArray, npt.NDArray[np.int32]]


def build_postings(documents: Documents, parameters: BM25Parameters) -> dict[str, Array]:
    """What ``Runs`` reads, and ``held``: how many passages hold each term."""
    # Written segment by segment, and given back whole: there are as many postings as tokens at most.
    numbers, counts = np.empty(len(documents.tokens), np.uint16), np.empty(len(documents.tokens), np.int32)
    borders = np.append(np.arange(0, len(documents.lengths), SEGMENT), len(documents.lengths))
    firsts = offsets(documents.lengths)[borders].tolist()

    def segment(number: int) -> Segment:
        own = slice(firsts[number], firsts[number + 1])
        lengths = documents.lengths[borders[number] : borders[number + 1]]
        return Segment.of(documents.tokens[own], lengths, numbers[own], counts[own])

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as threads:
        segments = list(threads.map(segment, range(len(borders) - 1)))
        return _joined(segments, documents, parameters, threads)


def _joined(
    segments: list[Segment], documents: Documents, parameters: BM25Parameters, threads: ThreadPoolExecutor
) -> dict[str, Array]:
    """The runs of all segments, by term and then by segment."""
    terms = np.concatenate([np.empty(0, np.int32), *(segment.terms for segment in segments)])
    order = np.argsort(terms, kind="stable")
    sizes = np.concatenate([np.empty(0, np.int64), *(segment.slot_sizes() for segment in segments)])[order]
    starts = offsets(sizes)
    start_of = np.empty(len(terms), np.int64)
    start_of[order] = starts[:-1]
    slots, shares = np.zeros(starts[-1], np.uint16), np.zeros(starts[-1], np.uint8)
    held = np.zeros(len(documents.terms), np.int32)

    def write(number: int, starts: IntArray) -> tuple[ByteArray, Exceptions]:
        lengths = documents.lengths[number * SEGMENT : (number + 1) * SEGMENT]
        return _write(segments[number], parameters.norms(lengths), starts, slots, shares)

    borders = np.cumsum([len(segment.terms) for segment in segments])[:-1]
    written = list(threads.map(write, range(len(segments)), np.split(start_of, borders)))
    for segment in segments:
        held[segment.terms] += segment.sizes
    bounds = [own for own, _ in written]
    aside, aside_counts = _ascending([aside for _, aside in written])
    return {
        "runs_of": np.searchsorted(terms[order], np.arange(len(documents.terms) + 1)).astype(np.int64),
        "segments": np.repeat(np.arange(len(bounds), dtype=np.uint16), [len(own) for own in bounds])[order],
        "starts": starts,
        "bounds": np.concatenate([np.empty(0, np.uint8), *bounds])[order],
        "slots": slots,
        "shares": shares,
        "aside": aside,
        "aside_counts": aside_counts,
        "held": held,
    }


def _write(
    segment: Segment, norms: FloatArray, starts: IntArray, slots: npt.NDArray[np.uint16], shares: ByteArray
) -> tuple[ByteArray, Exceptions]:
    """Write a segment's runs, and return their bounds and what is kept aside."""
    own = impacts_from_counts(np.ones(len(norms)), norms)[segment.numbers]  # most passages hold a term once
    several = np.flatnonzero(segment.counts > 1)
    counts, of_several = segment.counts[several], norms[segment.numbers[several]]
    own[several] = impacts_from_counts(counts.astype(np.float64), of_several)
    places = segment.write(starts, own, slots)
    shares[places] = own
    untold = several[counts_from_impacts(own[several], of_several) != counts]
    return np.maximum.reduceat(own, segment.begins), (places[untold], segment.counts[untold])


def _ascending(aside: list[Exceptions]) -> tuple[IntArray, IntArray]:
    """Slots and their counts, ascending by slot."""
    slots = np.concatenate([np.empty(0, np.int64), *(slots for slots, _ in aside)])
    counts = np.concatenate([np.empty(0, np.int64), *(counts for _, counts in aside)])
    order = np.argsort(slots)
    return slots[order], counts[order]


class LuceneIdf(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25's Okapi with an idf that stays above zero.

    Okapi's own idf is zero for a term in half of the passages and negative above, which the library then floors: in an
    archive of a few articles that silences the very subject of all of them.
    """

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        for term, held in nd.items():
            self.idf[term] = idf(self.corpus_size, held)


@dataclass(frozen=True, slots=True)
class Counted:
    """What ``Postings.arrays`` gave, and the terms that were counted."""

    columns: LazyArrays
    terms: StringArray


class Postings(LuceneIdf):
    """One field's index, asked as the library is asked. Safe to share between threads."""

    @classmethod
    def from_arrays(cls, counted: Counted) -> Postings:
        """Those that gave these arrays; nothing is counted again."""
        k1, b, _ = counted.columns["parameters"].all().tolist()
        return cls(counted, k1=k1, b=b)

    def _initialize(self, corpus: Documents | Counted) -> Mapping[str, int]:
        self.terms = corpus.terms
        self.columns = corpus.columns if isinstance(corpus, Counted) else in_memory(self._counted(corpus))
        self.parameters = BM25Parameters(*self.columns["parameters"].all().tolist())
        self.avgdl = self.parameters.average
        self.corpus_size = len(self.columns["lengths"])
        self.runs = PostingBlocks(self.columns)
        # Memory for it is taken where it is written to.
        self.idfs: Any = np.zeros(len(self.terms)).data
        """By term: 0 where ``ready`` has not been asked, below it where no passage holds the term."""
        return {}

    def _counted(self, documents: Documents) -> dict[str, Array]:
        lengths = documents.lengths
        # No passage, or none with a word in this field: the library would divide by zero.
        parameters = BM25Parameters(self.k1, self.b, float(lengths.mean()) if lengths.any() else 1.0)
        by_name = {"lengths": lengths, "parameters": np.array([self.k1, self.b, parameters.average])}
        return build_postings(documents, parameters) | by_name

    def arrays(self) -> dict[str, Array]:
        """All that is kept of them, by name."""
        return {name: column.all() for name, column in self.columns.items()}

    @cached_property
    def lengths(self) -> npt.NDArray[np.int32]:
        """How many terms each passage has."""
        lengths: npt.NDArray[np.int32] = self.columns["lengths"].all()
        return lengths

    def ready(self, term: int) -> float:
        """The idf of a term, by its number; below 0 where no passage holds it. A search may then read its postings."""
        if not self.idfs[term]:
            held = int(self.columns["held"].part(term, term + 1)[0])
            if held:
                self.runs.check(term)
                _ = self.lengths
            self.idfs[term] = idf(self.corpus_size, held) if held else -1.0
        found: float = self.idfs[term]
        return found

    def score(self, document: Sequence[str], term: str) -> float:
        """What ``get_scores([term])`` answers for ``document``, one of those that were counted."""
        own = document.count(term)
        number = self.terms.find(term)
        if not own or number is None:
            return 0.0
        (norm,) = self.parameters.norms(np.array([len(document)], np.int32)).tolist()
        score: float = self.ready(number) * own * (self.k1 + 1) / (own + norm)
        return score

    def mark(self, term: str, marks: ByteArray) -> None:
        """Write a 1 for each passage that holds ``term``; ``marks`` are by passage, and 0 or 1."""
        if (number := self.terms.find(term)) is not None:
            self.runs.mark(number, marks)

    def saturated(self, term: int) -> tuple[IntArray, FloatArray]:
        """The passages that hold a term, by its number, and for each the library's score without the idf."""
        numbers, slots = self.runs.of(term, self.corpus_size)
        norms = self.parameters.norms(self.lengths[numbers])
        counts = self.runs.counts(slots, norms)
        return numbers, counts * (self.k1 + 1) / (counts + norms)

    def get_scores(self, query: Sequence[str]) -> FloatArray:
        """What the library's own method answers, shape (passages,), from the postings alone."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (number := self.terms.find(term)) is not None:
                numbers, saturated = self.saturated(number)
                scores[numbers] += self.ready(number) * saturated
        return scores
