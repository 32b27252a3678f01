"""One field's postings: their layout in flat arrays, how they are built, and rank-bm25's scores computed from them.

Layout, which ``postings.h`` reads too. Documents (passages) are divided into segments of ``SEGMENT``. A term's postings
in one segment are a block; the blocks of a term are consecutive, so that a rare term is read from one place. A block
has two bytes per posting: the document id within the segment, ascending. If more than one document in ``DENSE`` of the
segment contains the term, the block is a bit set instead, followed by the number of bits before every ``RANK_STEP``-th
document, and the greatest impact in each window of ``WINDOW`` documents.

Parallel to the document ids is one byte per posting, the impact: count / (count + norm), the document's part of the
score, in 255ths and rounded up. It is an upper bound of the score. Together with the document's length it also gives
the count: the least one with that impact, except for a few postings, whose counts are listed as exceptions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from rank_bm25 import BM25Okapi

from bot.index.arrays import (
    Array,
    BoolArray,
    ByteArray,
    FloatArray,
    Int32Array,
    IntArray,
    LazyArrays,
    StringArray,
    UInt16Array,
    offsets,
    run_starts,
)
from bot.index.retrieval import K1, B, idf

SEGMENT = 1 << 16
DENSE = 32
WINDOW = 64
RANK_STEP = 256

MAX_THREADS = 4
"""More only compete for memory bandwidth, and each takes some 150 MB for a segment of passages of ordinary length."""


def norms_from_lengths(lengths: Array, average: float) -> FloatArray:
    """Return what rank-bm25 adds to a term's count in the denominator: more, the longer the document."""
    norms: FloatArray = K1 * (1 - B + B * lengths / average)
    return norms


def impacts_from_counts(counts: FloatArray, norms: FloatArray) -> ByteArray:
    """Return count / (count + norm), the document's part of the score, in 255ths, rounded up."""
    return np.ceil(counts / (counts + norms) * 255).astype(np.uint8)


def counts_from_impacts(impacts: ByteArray, norms: FloatArray) -> FloatArray:
    """Return the least counts with these impacts."""
    highest = impacts.astype(np.float64)
    counts: FloatArray = np.maximum(np.floor(norms * (highest - 1) / (256 - highest)) - 1, 1)
    too_low = np.flatnonzero(impacts_from_counts(counts, norms) < impacts)
    while len(too_low):
        counts[too_low] += 1
        too_low = too_low[impacts_from_counts(counts[too_low], norms[too_low]) < impacts[too_low]]
    return counts


def bit_set_size(documents: int) -> int:
    """Return the size of a bit set, in units of two bytes: whole words of 64 bits."""
    return -(-documents // 64) * 4


def dense_block_size(documents: int) -> int:
    """Return the least size of a block with a bit set, its ranks and the windows' bounds, in units of two bytes."""
    return bit_set_size(documents) + -(-documents // RANK_STEP) + -(-bit_set_size(documents) // 8)


def _unpack_bit_set(doc_ids: UInt16Array, documents: int) -> ByteArray:
    """Return the bit of each document, from the bit set at the beginning of a dense block."""
    bits = doc_ids[: bit_set_size(documents)].astype("<u2", copy=False).view(np.uint8)
    return np.unpackbits(bits, count=documents, bitorder="little")


@dataclass(frozen=True, slots=True)
class Segment:
    """The posting blocks of one segment of documents, by term.

    ``terms`` and ``sizes`` (in postings) are by block; ``doc_ids`` (within the segment) and ``counts`` by posting.
    """

    documents: int
    terms: Int32Array
    sizes: Int32Array
    doc_ids: UInt16Array
    counts: Int32Array

    @classmethod
    def count(cls, tokens: Int32Array, lengths: Int32Array, doc_ids: UInt16Array, counts: Int32Array) -> Segment:
        """Count the term ids of the segment's documents, concatenated; ``lengths`` is the number of each document's.

        The postings are written to the beginning of ``doc_ids`` and ``counts``, which are as long as ``tokens``.
        """
        # Sorting (term, document) pairs as single integers brings equal ones together.
        keys = tokens.astype(np.int64)
        keys <<= 16
        keys |= np.repeat(np.arange(len(lengths), dtype=np.uint16), lengths)
        keys.sort()
        starts = run_starts(keys)
        keys = keys[starts]
        doc_ids, counts = doc_ids[: len(keys)], counts[: len(keys)]
        np.bitwise_and(keys, 0xFFFF, out=doc_ids, casting="unsafe")
        np.subtract(np.append(starts[1:], len(tokens)), starts, out=counts, casting="unsafe")
        keys >>= 16
        blocks = run_starts(keys)
        sizes = np.diff(blocks, append=len(keys)).astype(np.int32)
        return cls(len(lengths), keys[blocks].astype(np.int32), sizes, doc_ids, counts)

    def stored_sizes(self) -> IntArray:
        """Return the size of each block as it is stored, in units of two bytes."""
        return np.where(self._is_dense(), np.maximum(self.sizes, dense_block_size(self.documents)), self.sizes)

    def _is_dense(self) -> BoolArray:
        return self.sizes * DENSE >= self.documents

    def write(
        self, norms: FloatArray, block_starts: IntArray, doc_ids: UInt16Array, impacts: ByteArray
    ) -> tuple[ByteArray, IntArray, Int32Array]:
        """Write each block from its start on; return their greatest impacts, and the exceptions' positions and counts.

        ``norms`` are by document of the segment.
        """
        own = impacts_from_counts(np.ones(len(norms)), norms)[self.doc_ids]  # most documents contain a term once
        repeated = np.flatnonzero(self.counts > 1)
        counts, repeated_norms = self.counts[repeated], norms[self.doc_ids[repeated]]
        own[repeated] = impacts_from_counts(counts.astype(np.float64), repeated_norms)
        starts = offsets(self.sizes)[:-1]
        positions = np.repeat(block_starts - starts, self.sizes) + np.arange(len(self.doc_ids))
        doc_ids[positions], impacts[positions] = self.doc_ids, own
        for block in np.flatnonzero(self._is_dense()).tolist():
            postings = slice(starts[block], starts[block] + self.sizes[block])
            start = block_starts[block]
            doc_ids[start : start + dense_block_size(self.documents)] = self._dense_block(
                self.doc_ids[postings], own[postings]
            )
        exceptions = repeated[counts_from_impacts(own[repeated], repeated_norms) != counts]
        return np.maximum.reduceat(own, starts), positions[exceptions], self.counts[exceptions]

    def _dense_block(self, doc_ids: UInt16Array, impacts: ByteArray) -> UInt16Array:
        by_document = np.zeros(bit_set_size(self.documents) * 16, np.uint8)
        by_document[doc_ids] = impacts
        bounds = np.zeros(-(-bit_set_size(self.documents) // 8) * 2, np.uint8)
        bounds[: len(by_document) // WINDOW] = by_document.reshape(-1, WINDOW).max(1)
        steps = np.add.reduceat(by_document > 0, np.arange(0, self.documents, RANK_STEP), dtype=np.int64)
        bits = np.packbits(by_document > 0, bitorder="little")
        return np.concatenate((bits.view("<u2"), np.cumsum(steps) - steps, bounds.view("<u2"))).astype(np.uint16)


@dataclass(frozen=True, slots=True)
class TermLists:
    """Consecutive lists of term ids: list ``i`` is ``borders[i]`` to ``borders[i + 1]`` (exclusive)."""

    terms: Int32Array
    borders: IntArray

    def join(self, borders: Array) -> TermLists:
        """Join neighboring lists: those from ``borders[i]`` to ``borders[i + 1]`` (exclusive) become list ``i``."""
        return TermLists(self.terms, self.borders[borders])

    def select(self, positions: Array) -> TermLists:
        """Return the lists at these positions, in this order."""
        sizes = np.diff(self.borders)[positions]
        new_borders = offsets(sizes)
        moves = np.repeat(self.borders[positions] - new_borders[:-1], sizes)
        return TermLists(self.terms[moves + np.arange(len(moves))], new_borders)


def build_postings(documents: TermLists, term_count: int) -> dict[str, Array]:
    """Build the arrays of ``Postings`` from the terms of each document; all term ids are below ``term_count``."""
    lengths = np.diff(documents.borders).astype(np.int32)
    # Without a document, or a term in this field, the library would divide by zero.
    average = float(lengths.mean()) if lengths.any() else 1.0
    # Allocated once for all segments: there are at most as many postings as tokens.
    doc_ids, counts = np.empty(len(documents.terms), np.uint16), np.empty(len(documents.terms), np.int32)

    def count_segment(first: int) -> Segment:
        borders = documents.borders[first : first + SEGMENT + 1]
        own = slice(borders[0], borders[-1])
        return Segment.count(documents.terms[own], lengths[first : first + SEGMENT], doc_ids[own], counts[own])

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MAX_THREADS)) as threads:
        segments = list(threads.map(count_segment, range(0, max(len(lengths), 1), SEGMENT)))
        arrays = _lay_out(segments, norms_from_lengths(lengths, average), term_count, threads)
    return arrays | {"lengths": lengths, "average": np.array([average])}


def _lay_out(
    segments: list[Segment], norms: FloatArray, term_count: int, threads: ThreadPoolExecutor
) -> dict[str, Array]:
    """Write the blocks of all segments, by term and then by segment."""
    terms = np.concatenate([segment.terms for segment in segments])
    order = np.argsort(terms, kind="stable")
    starts = offsets(np.concatenate([segment.stored_sizes() for segment in segments])[order])
    start_of = np.empty(len(terms), np.int64)
    start_of[order] = starts[:-1]
    doc_ids, impacts = np.zeros(starts[-1], np.uint16), np.zeros(starts[-1], np.uint8)

    def write(number: int, starts: IntArray) -> tuple[ByteArray, IntArray, Int32Array]:
        own_norms = norms[number * SEGMENT : (number + 1) * SEGMENT]
        return segments[number].write(own_norms, starts, doc_ids, impacts)

    block_counts = [len(segment.terms) for segment in segments]
    written = threads.map(write, range(len(segments)), np.split(start_of, np.cumsum(block_counts)[:-1]))
    bounds, exceptions, exception_counts = map(np.concatenate, zip(*written, strict=True))
    frequencies = np.zeros(term_count, np.int32)
    for segment in segments:
        frequencies[segment.terms] += segment.sizes
    ascending = np.argsort(exceptions)
    return {
        "first_blocks": np.searchsorted(terms[order], np.arange(term_count + 1)).astype(np.int64),
        "segments": np.repeat(np.arange(len(segments), dtype=np.uint16), block_counts)[order],
        "starts": starts,
        "bounds": bounds[order],
        "doc_ids": doc_ids,
        "impacts": impacts,
        "exceptions": exceptions[ascending],
        "exception_counts": exception_counts[ascending].astype(np.int64),
        "frequencies": frequencies,
    }


class LuceneIdf(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25's Okapi with Lucene's idf, which is always above zero.

    Okapi's own idf is zero for a term in half of the documents and negative above, which the library then floors: in an
    archive of a few articles that silences the very subject of all of them.
    """

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        for term, frequency in nd.items():
            self.idf[term] = idf(self.corpus_size, frequency)


class Postings(LuceneIdf):
    """One field's index: rank-bm25's class, with scores computed from posting blocks. Thread-safe.

    Parameters, average length and idf are the library's; tests verify that the scores equal those of ``LuceneIdf``.

    Of the ``arrays``, in the layout of this module, ``first_blocks`` (a term's first block) and ``frequencies`` (how
    many documents contain it) are by term; ``starts`` (a block's first position in ``doc_ids`` and ``impacts``),
    ``segments`` and ``bounds`` (the greatest impact) by block; ``exceptions`` are the positions whose count is not the
    least with that impact. ``first_blocks`` and ``starts`` have one element more at the end.
    """

    def __init__(self, arrays: LazyArrays, terms: StringArray) -> None:
        """``arrays`` are those of ``build_postings``; ``terms`` are sorted, by term id."""
        self.arrays, self.terms = arrays, terms
        super().__init__((), k1=K1, b=B)
        # The system allocates a page of zeros when it is first written to.
        self.idfs: Any = np.zeros(len(terms)).data
        """By term id: 0 until ``prepare`` was called; negative if no document contains the term."""

    def _initialize(self, corpus: object) -> Mapping[str, int]:
        self.avgdl: float = self.arrays["average"].all()[0].item()
        self.corpus_size = len(self.arrays["lengths"])
        return {}

    def prepare(self, term: int) -> float:
        """Return the idf of a term, by id (negative if no document contains it), and check what a search reads."""
        if not self.idfs[term]:
            frequency = int(self.arrays["frequencies"].slice(term, term + 1)[0])
            if frequency:
                self._check(term)
            self.idfs[term] = idf(self.corpus_size, frequency) if frequency else -1.0
        found: float = self.idfs[term]
        return found

    def _check(self, term: int) -> None:
        """Check what a search for the term reads from the file, since the kernel gets addresses and checks nothing."""
        first, end = self.arrays["first_blocks"].slice(term, term + 2).tolist()
        starts = self.arrays["starts"].slice(first, end + 1)
        for name in ("segments", "bounds"):
            self.arrays[name].slice(first, end)
        for name in ("doc_ids", "impacts"):
            self.arrays[name].slice(int(starts[0]), int(starts[-1]))
        for name in ("exceptions", "exception_counts", "lengths"):
            self.arrays[name].all()

    def score(self, document: Sequence[str], term: str) -> float:
        """Return what ``get_scores([term])`` gives for ``document``, the terms of an indexed one."""
        count = document.count(term)
        term_id = self.terms.find(term)
        if not count or term_id is None:
            return 0.0
        norm = norms_from_lengths(np.array([len(document)], np.int32), self.avgdl).item()
        score: float = self.prepare(term_id) * count * (self.k1 + 1) / (count + norm)
        return score

    def _blocks_of(self, term: int) -> Iterator[tuple[int, int, UInt16Array]]:
        """Yield the term's blocks: the segment's first document, the first position, and the stored document ids."""
        first, end = self.arrays["first_blocks"].slice(term, term + 2).tolist()
        starts = self.arrays["starts"].slice(first, end + 1).tolist()
        segments = self.arrays["segments"].slice(first, end).tolist()
        for segment, (start, next_start) in zip(segments, pairwise(starts), strict=True):
            yield segment * SEGMENT, start, self.arrays["doc_ids"].slice(start, next_start)

    def mask_of(self, term: str) -> ByteArray:
        """Return 1 for each document that contains ``term``, else 0."""
        mask = np.zeros(self.corpus_size, np.uint8)
        term_id = self.terms.find(term)
        for base, _, block in () if term_id is None else self._blocks_of(term_id):
            own = mask[base : base + SEGMENT]
            if len(block) >= dense_block_size(len(own)):
                own[:] = _unpack_bit_set(block, len(own))
            else:
                own[block] = 1
        return mask

    def counts(self, term: int) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return the ids of the documents that contain a term, ascending, and for each its count and its norm."""
        doc_ids, positions = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        impacts = [np.empty(0, np.uint8)]
        for base, start, block in self._blocks_of(term):
            size = min(SEGMENT, self.corpus_size - base)
            own = np.flatnonzero(_unpack_bit_set(block, size)) if len(block) >= dense_block_size(size) else block
            doc_ids.append(own.astype(np.int64) + base)
            positions.append(np.arange(start, start + len(own)))
            impacts.append(self.arrays["impacts"].slice(start, start + len(own)))
        norms = norms_from_lengths(self.arrays["lengths"].all()[np.concatenate(doc_ids)], self.avgdl)
        counts = counts_from_impacts(np.concatenate(impacts), norms)
        exceptions, own_positions = self.arrays["exceptions"].all(), np.concatenate(positions)
        found = np.searchsorted(exceptions, own_positions)
        is_exception = np.append(exceptions, -1)[found] == own_positions
        counts[is_exception] = self.arrays["exception_counts"].all()[found[is_exception]]
        return np.concatenate(doc_ids), counts, norms

    def saturated_counts(self, term: int) -> tuple[IntArray, FloatArray]:
        """Return the documents that contain a term, by id, and for each the library's score divided by the idf."""
        doc_ids, counts, norms = self.counts(term)
        return doc_ids, counts * (self.k1 + 1) / (counts + norms)

    def get_scores(self, query: Sequence[str]) -> FloatArray:
        """Return what the library's own method does, shape (documents,)."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (term_id := self.terms.find(term)) is not None:
                doc_ids, saturated = self.saturated_counts(term_id)
                scores[doc_ids] += self.prepare(term_id) * saturated
        return scores
