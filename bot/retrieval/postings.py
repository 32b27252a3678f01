"""One field's index: rank-bm25's own class, with its postings in flat arrays.

Keeps secret how postings are found in documents. Parameters, average length and idf are the library's; the plain class
with the same idf is the reference that the tests hold this equal to.
"""

from __future__ import annotations

import math
import os
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import itemgetter

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from bot.retrieval.runs import SEGMENT, Bytes, Floats, Numbers, Runs, counts_of, shares_of
from bot.retrieval.segments import Segment, Segments


class LuceneIdf(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25's Okapi with an idf that stays above zero.

    Okapi's own idf is zero for a term in half of the passages and negative above, which the library then floors: in an
    archive of a few articles that silences the very subject of all of them.
    """

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        for term, count in nd.items():
            self.idf[term] = self.idf_of(count)

    def idf_of(self, count: int) -> float:
        """The idf of a term that ``count`` passages hold."""
        return math.log1p((self.corpus_size - count + 0.5) / (count + 0.5))


class Postings(LuceneIdf):
    """One field's index, asked as the library is asked."""

    def _initialize(self, corpus: Iterable[Sequence[str]]) -> Mapping[str, int]:
        vocabulary: defaultdict[str, int] = defaultdict()
        vocabulary.default_factory = vocabulary.__len__
        segments = Segments()
        tokens, lengths = array("i"), array("i")
        # numpy sorts one segment on another core while the next one's words are looked up.
        with ThreadPoolExecutor(1) as sorter:
            sorting = []
            for document in corpus:
                if document:
                    # All of a document's words in one call, which needs two at least: it is the longest step of all.
                    tokens.extend(itemgetter(document[0], *document)(vocabulary)[1:])
                lengths.append(len(document))
                if len(lengths) % SEGMENT == 0:
                    sorting.append(sorter.submit(segments.add, tokens, lengths[-SEGMENT:]))
                    tokens = array("i")
            if rest := len(lengths) % SEGMENT:
                sorting.append(sorter.submit(segments.add, tokens, lengths[-rest:]))
            for each in sorting:
                each.result()
        self._measure(lengths)
        self.terms: Mapping[str, int] = dict(vocabulary)
        self.runs = self._joined(segments)
        held = np.zeros(len(vocabulary), np.int64)
        for segment in segments:
            held[segment.terms] += segment.sizes
        # By number rather than by word, and once for each count: a large archive has far fewer of those than terms.
        counts, which = np.unique(held, return_inverse=True)
        self.idfs = array("d", np.array([self.idf_of(count) for count in counts.tolist()])[which].tobytes())
        return {}

    def _measure(self, lengths: array[int]) -> None:
        self.doc_len = np.array(lengths, dtype=np.int32)
        self.corpus_size = len(self.doc_len)
        # No passage, or none with a word in this field: the library would divide by zero.
        self.avgdl = float(self.doc_len.mean()) if self.doc_len.any() else 1.0

    def _joined(self, segments: Segments) -> Runs:
        """The runs of all segments, by term and then by segment."""
        terms = np.concatenate([np.empty(0, np.int32), *(segment.terms for segment in segments)])
        order = np.argsort(terms, kind="stable")
        sizes = np.concatenate([np.empty(0, np.int64), *(segment.slot_sizes() for segment in segments)])[order]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        start_of = np.empty(len(terms), np.int64)
        start_of[order] = starts[:-1]
        slots, shares = np.zeros(starts[-1], np.uint16), np.zeros(starts[-1], np.uint8)
        borders = np.cumsum([len(segment.terms) for segment in segments])[:-1]
        with ThreadPoolExecutor(os.cpu_count()) as writers:
            at = np.split(start_of, borders)
            written = list(writers.map(partial(self._write, slots, shares), range(len(at)), segments, at))
        bounds = [own for own, _ in written]
        return Runs(
            np.searchsorted(terms[order], np.arange(len(self.terms) + 1)).astype(np.int64),
            np.repeat(np.arange(len(bounds), dtype=np.uint16), [len(own) for own in bounds])[order],
            starts,
            np.concatenate([np.empty(0, np.uint8), *bounds])[order],
            slots,
            shares,
            *_ascending([aside for _, aside in written]),
        )

    def _write(
        self, slots: npt.NDArray[np.uint16], shares: Bytes, number: int, segment: Segment, starts: Numbers
    ) -> tuple[Bytes, tuple[Numbers, npt.NDArray[np.int32]]]:
        """Write a segment's runs, and return their bounds and what is kept aside."""
        norms = self.norms(number * SEGMENT + segment.numbers.astype(np.int64))
        own = shares_of(segment.counts.astype(np.float64), norms)
        places = segment.write(starts, own, slots)
        shares[places] = own
        several = np.flatnonzero(segment.counts > 1)
        untold = several[counts_of(own[several], norms[several]) != segment.counts[several]]
        return np.maximum.reduceat(own, segment.firsts), (places[untold], segment.counts[untold])

    def norms(self, numbers: Numbers) -> Floats:
        """What the library adds to the count of a term in these passages: the longer, the more."""
        norms: Floats = self.k1 * (1 - self.b + self.b * self.doc_len[numbers] / self.avgdl)
        return norms

    def score(self, document: Sequence[str], term: str) -> float:
        """What ``get_scores([term])`` answers for ``document``, one of those that were counted."""
        count = document.count(term)
        if not count:
            return 0.0
        norm = self.k1 * (1 - self.b + self.b * len(document) / self.avgdl)
        score: float = self.idfs[self.terms[term]] * count * (self.k1 + 1) / (count + norm)
        return score

    def holders(self, term: str) -> Numbers:
        """The numbers of the passages that hold ``term``, ascending."""
        number = self.terms.get(term)
        return np.empty(0, np.int64) if number is None else self.runs.of(number, self.corpus_size)[0]

    def saturated(self, number: int) -> tuple[Numbers, Floats]:
        """The passages that hold a term, by its number, and for each the library's score without the idf."""
        numbers, slots = self.runs.of(number, self.corpus_size)
        norms = self.norms(numbers)
        counts = self.runs.counts(slots, norms)
        return numbers, counts * (self.k1 + 1) / (counts + norms)

    def get_scores(self, query: Sequence[str]) -> Floats:
        """What the library's own method answers, shape (passages,), from the postings alone."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (number := self.terms.get(term)) is not None:
                numbers, saturated = self.saturated(number)
                scores[numbers] += self.idfs[number] * saturated
        return scores


def _ascending(aside: Sequence[tuple[Numbers, npt.NDArray[np.int32]]]) -> tuple[Numbers, Numbers]:
    """Slots and their counts, ascending by slot."""
    slots = np.concatenate([np.empty(0, np.int64), *(slots for slots, _ in aside)])
    counts = np.concatenate([np.empty(0, np.int64), *(counts for _, counts in aside)])
    order = np.argsort(slots)
    return slots[order], counts[order]
