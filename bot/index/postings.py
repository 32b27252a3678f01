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
from functools import cached_property
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
    in_memory,
    offsets,
    run_starts,
)
from bot.index.retrieval import idf

SEGMENT = 1 << 16
DENSE = 32
WINDOW = 64
RANK_STEP = 256

MAX_THREADS = 4
"""More only compete for memory bandwidth, and each takes some 150 MB for a segment of passages of ordinary length."""


@dataclass(frozen=True, slots=True)
class BM25Parameters:
    """BM25's parameters, and the average length of a field in terms."""

    k1: float
    b: float
    average: float

    def norms(self, lengths: Array) -> FloatArray:
        """Return what rank-bm25 adds to a term's count in the denominator: more, the longer the document."""
        norms: FloatArray = self.k1 * (1 - self.b + self.b * lengths / self.average)
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

    @property
    def starts(self) -> IntArray:
        """The first posting of each block, among the segment's."""
        ends = np.cumsum(self.sizes, dtype=np.int64)
        return ends - self.sizes

    def stored_sizes(self) -> IntArray:
        """Return the size of each block as it is stored, in units of two bytes."""
        return np.where(self._is_dense(), np.maximum(self.sizes, dense_block_size(self.documents)), self.sizes)

    def _is_dense(self) -> BoolArray:
        return self.sizes * DENSE >= self.documents

    def write(self, block_starts: IntArray, impacts: ByteArray, doc_ids: UInt16Array) -> IntArray:
        """Write each block to ``doc_ids`` from its start on, and return the position of each posting in it."""
        starts = self.starts
        positions = np.repeat(block_starts - starts, self.sizes) + np.arange(len(self.doc_ids))
        doc_ids[positions] = self.doc_ids
        for block in np.flatnonzero(self._is_dense()).tolist():
            own = slice(int(starts[block]), int(starts[block] + self.sizes[block]))
            start = int(block_starts[block])
            doc_ids[start : start + dense_block_size(self.documents)] = self._dense_block(
                self.doc_ids[own], impacts[own]
            )
        return positions

    def _dense_block(self, doc_ids: UInt16Array, impacts: ByteArray) -> UInt16Array:
        by_document = np.zeros(bit_set_size(self.documents) * 16, np.uint8)
        by_document[doc_ids] = impacts
        bounds = np.zeros(-(-bit_set_size(self.documents) // 8) * 2, np.uint8)
        bounds[: len(by_document) // WINDOW] = by_document.reshape(-1, WINDOW).max(1)
        steps = np.add.reduceat(by_document > 0, np.arange(0, self.documents, RANK_STEP), dtype=np.int64)
        bits = np.packbits(by_document > 0, bitorder="little")
        return np.concatenate((bits.view("<u2"), np.cumsum(steps) - steps, bounds.view("<u2"))).astype(np.uint16)


@dataclass(frozen=True, slots=True)
class Documents:
    """One field of every passage: the input of ``build_postings``.

    ``tokens`` are the term ids of the documents, concatenated; ``lengths`` is the number of terms of each document;
    ``terms`` are sorted, by id, and may include terms of other fields.
    """

    tokens: Int32Array
    lengths: Int32Array
    terms: StringArray


def build_postings(documents: Documents, parameters: BM25Parameters) -> dict[str, Array]:
    """Build the arrays of ``PostingBlocks``, and ``frequencies``: how many documents contain each term."""
    # Allocated once for all segments: there are at most as many postings as tokens.
    doc_ids, counts = np.empty(len(documents.tokens), np.uint16), np.empty(len(documents.tokens), np.int32)
    borders = np.append(np.arange(0, len(documents.lengths), SEGMENT), len(documents.lengths))
    firsts = offsets(documents.lengths)[borders].tolist()

    def count_segment(number: int) -> Segment:
        own = slice(firsts[number], firsts[number + 1])
        lengths = documents.lengths[borders[number] : borders[number + 1]]
        return Segment.count(documents.tokens[own], lengths, doc_ids[own], counts[own])

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MAX_THREADS)) as threads:
        segments = list(threads.map(count_segment, range(len(borders) - 1)))
        return _lay_out(segments, documents, parameters, threads)


def _lay_out(
    segments: list[Segment], documents: Documents, parameters: BM25Parameters, threads: ThreadPoolExecutor
) -> dict[str, Array]:
    """Write the blocks of all segments, by term and then by segment."""
    terms = np.concatenate([np.empty(0, np.int32), *(segment.terms for segment in segments)])
    order = np.argsort(terms, kind="stable")
    sizes = np.concatenate([np.empty(0, np.int64), *(segment.stored_sizes() for segment in segments)])[order]
    starts = offsets(sizes)
    start_of = np.empty(len(terms), np.int64)
    start_of[order] = starts[:-1]
    doc_ids, impacts = np.zeros(starts[-1], np.uint16), np.zeros(starts[-1], np.uint8)

    def write(number: int, starts: IntArray) -> tuple[ByteArray, IntArray, Int32Array]:
        lengths = documents.lengths[number * SEGMENT : (number + 1) * SEGMENT]
        return _write_segment(segments[number], parameters.norms(lengths), starts, doc_ids, impacts)

    borders = np.cumsum([len(segment.terms) for segment in segments])[:-1]
    written = list(threads.map(write, range(len(segments)), np.split(start_of, borders)))
    bounds = [bounds for bounds, _, _ in written]
    frequencies = np.zeros(len(documents.terms), np.int32)
    for segment in segments:
        frequencies[segment.terms] += segment.sizes
    exceptions = np.concatenate([np.empty(0, np.int64), *(positions for _, positions, _ in written)])
    exception_counts = np.concatenate([np.empty(0, np.int64), *(counts for _, _, counts in written)])
    ascending = np.argsort(exceptions)
    return {
        "first_blocks": np.searchsorted(terms[order], np.arange(len(documents.terms) + 1)).astype(np.int64),
        "segments": np.repeat(np.arange(len(bounds), dtype=np.uint16), [len(own) for own in bounds])[order],
        "starts": starts,
        "bounds": np.concatenate([np.empty(0, np.uint8), *bounds])[order],
        "doc_ids": doc_ids,
        "impacts": impacts,
        "exceptions": exceptions[ascending],
        "exception_counts": exception_counts[ascending],
        "frequencies": frequencies,
    }


def _write_segment(
    segment: Segment, norms: FloatArray, starts: IntArray, doc_ids: UInt16Array, impacts: ByteArray
) -> tuple[ByteArray, IntArray, Int32Array]:
    """Write a segment's blocks; return their greatest impacts, and the exceptions' positions and counts."""
    own = impacts_from_counts(np.ones(len(norms)), norms)[segment.doc_ids]  # most documents contain a term once
    repeated = np.flatnonzero(segment.counts > 1)
    counts, repeated_norms = segment.counts[repeated], norms[segment.doc_ids[repeated]]
    own[repeated] = impacts_from_counts(counts.astype(np.float64), repeated_norms)
    positions = segment.write(starts, own, doc_ids)
    impacts[positions] = own
    exceptions = repeated[counts_from_impacts(own[repeated], repeated_norms) != counts]
    return np.maximum.reduceat(own, segment.starts), positions[exceptions], segment.counts[exceptions]


class PostingBlocks:
    """The postings of a field in the layout of this module. Thread-safe.

    ``first_blocks`` (a term's first block) is by term and ``starts`` (a block's first position in ``doc_ids`` and
    ``impacts``) by block, each with one more at the end; ``segments`` and ``bounds`` (the greatest impact) are by
    block; ``exceptions`` are the positions whose count is not the least with that impact.
    """

    def __init__(self, arrays: LazyArrays) -> None:
        self._first_blocks, self._segments, self._starts = arrays["first_blocks"], arrays["segments"], arrays["starts"]
        self._bounds, self._doc_ids, self._impacts = arrays["bounds"], arrays["doc_ids"], arrays["impacts"]
        self._exception_arrays = arrays["exceptions"], arrays["exception_counts"]

    def check(self, term: int) -> None:
        """Check what a search for the term reads from the file, since the kernel gets addresses and checks nothing."""
        first, end = self._first_blocks.slice(term, term + 2).tolist()
        starts = self._starts.slice(first, end + 1)
        for by_block in (self._segments, self._bounds):
            by_block.slice(first, end)
        for by_position in (self._doc_ids, self._impacts):
            by_position.slice(int(starts[0]), int(starts[-1]))
        _ = self._exceptions

    def postings_of(self, term: int, documents: int) -> tuple[IntArray, IntArray]:
        """Return the ids of the documents that contain the term, ascending, and the position of each posting."""
        doc_ids, positions = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for base, start, block in self._blocks_of(term):
            size = min(SEGMENT, documents - base)
            own = np.flatnonzero(_unpack_bit_set(block, size)) if len(block) >= dense_block_size(size) else block
            doc_ids.append(own.astype(np.int64) + base)
            positions.append(np.arange(start, start + len(own)))
        return np.concatenate(doc_ids), np.concatenate(positions)

    def add_to_mask(self, term: int, mask: ByteArray) -> None:
        """Set ``mask``, which is 0 or 1 by document, to 1 for each document that contains the term."""
        for base, _, block in self._blocks_of(term):
            own = mask[base : base + SEGMENT]
            if len(block) >= dense_block_size(len(own)):
                own |= _unpack_bit_set(block, len(own))
            else:
                own[block] = 1

    def _blocks_of(self, term: int) -> Iterator[tuple[int, int, UInt16Array]]:
        """Yield the term's blocks: the segment's first document, the first position, and the stored document ids."""
        first, end = self._first_blocks.slice(term, term + 2).tolist()
        starts = self._starts.slice(first, end + 1).tolist()
        segments = self._segments.slice(first, end).tolist()
        for segment, (start, next_start) in zip(segments, pairwise(starts), strict=True):
            yield segment * SEGMENT, start, self._doc_ids.slice(start, next_start)

    def counts(self, positions: IntArray, norms: FloatArray) -> FloatArray:
        """Return the counts of one term's postings, at these positions, in documents with these norms."""
        if not len(positions):
            return np.empty(0)
        first = int(positions[0])
        counts = counts_from_impacts(self._impacts.slice(first, int(positions[-1]) + 1)[positions - first], norms)
        exceptions, exception_counts = self._exceptions
        found = np.searchsorted(exceptions, positions)
        is_exception = np.append(exceptions, -1)[found] == positions
        counts[is_exception] = exception_counts[found[is_exception]]
        return counts

    @cached_property
    def _exceptions(self) -> tuple[IntArray, IntArray]:
        positions, counts = self._exception_arrays
        return positions.all(), counts.all()


class LuceneIdf(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25's Okapi with Lucene's idf, which is always above zero.

    Okapi's own idf is zero for a term in half of the documents and negative above, which the library then floors: in an
    archive of a few articles that silences the very subject of all of them.
    """

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        for term, frequency in nd.items():
            self.idf[term] = idf(self.corpus_size, frequency)


@dataclass(frozen=True, slots=True)
class StoredPostings:
    """What ``Postings.to_arrays`` returned, and the terms, by id."""

    arrays: LazyArrays
    terms: StringArray


class Postings(LuceneIdf):
    """One field's index: rank-bm25's class, with scores computed from posting blocks. Thread-safe.

    Parameters, average length and idf are the library's; tests verify that the scores equal those of ``LuceneIdf``.
    """

    @classmethod
    def from_stored(cls, stored: StoredPostings) -> Postings:
        """Open stored postings; nothing is counted again."""
        k1, b, _ = stored.arrays["parameters"].all().tolist()
        return cls(stored, k1=k1, b=b)

    def _initialize(self, corpus: Documents | StoredPostings) -> Mapping[str, int]:
        self.terms = corpus.terms
        self.arrays = corpus.arrays if isinstance(corpus, StoredPostings) else in_memory(self._build(corpus))
        self.parameters = BM25Parameters(*self.arrays["parameters"].all().tolist())
        self.avgdl = self.parameters.average
        self.corpus_size = len(self.arrays["lengths"])
        self.blocks = PostingBlocks(self.arrays)
        # The system allocates a page of zeros when it is first written to.
        self.idfs: Any = np.zeros(len(self.terms)).data
        """By term id: 0 until ``prepare`` was called; negative if no document contains the term."""
        return {}

    def _build(self, documents: Documents) -> dict[str, Array]:
        lengths = documents.lengths
        # Without a document, or a term in this field, the library would divide by zero.
        parameters = BM25Parameters(self.k1, self.b, float(lengths.mean()) if lengths.any() else 1.0)
        by_name = {"lengths": lengths, "parameters": np.array([self.k1, self.b, parameters.average])}
        return build_postings(documents, parameters) | by_name

    def to_arrays(self) -> dict[str, Array]:
        """Return all arrays."""
        return {name: array.all() for name, array in self.arrays.items()}

    @cached_property
    def lengths(self) -> Int32Array:
        """The number of terms of each document."""
        lengths: Int32Array = self.arrays["lengths"].all()
        return lengths

    def prepare(self, term: int) -> float:
        """Return the idf of a term, by id (negative if no document contains it), and check what a search reads."""
        if not self.idfs[term]:
            frequency = int(self.arrays["frequencies"].slice(term, term + 1)[0])
            if frequency:
                self.blocks.check(term)
                _ = self.lengths
            self.idfs[term] = idf(self.corpus_size, frequency) if frequency else -1.0
        found: float = self.idfs[term]
        return found

    def score(self, document: Sequence[str], term: str) -> float:
        """Return what ``get_scores([term])`` gives for ``document``, the terms of an indexed one."""
        count = document.count(term)
        term_id = self.terms.find(term)
        if not count or term_id is None:
            return 0.0
        (norm,) = self.parameters.norms(np.array([len(document)], np.int32)).tolist()
        score: float = self.prepare(term_id) * count * (self.k1 + 1) / (count + norm)
        return score

    def add_to_mask(self, term: str, mask: ByteArray) -> None:
        """Set ``mask``, which is 0 or 1 by document, to 1 for each document that contains ``term``."""
        if (term_id := self.terms.find(term)) is not None:
            self.blocks.add_to_mask(term_id, mask)

    def saturated_counts(self, term: int) -> tuple[IntArray, FloatArray]:
        """Return the documents that contain a term, by id, and for each the library's score divided by the idf."""
        doc_ids, positions = self.blocks.postings_of(term, self.corpus_size)
        norms = self.parameters.norms(self.lengths[doc_ids])
        counts = self.blocks.counts(positions, norms)
        return doc_ids, counts * (self.k1 + 1) / (counts + norms)

    def get_scores(self, query: Sequence[str]) -> FloatArray:
        """Return what the library's own method does, shape (documents,)."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (term_id := self.terms.find(term)) is not None:
                doc_ids, saturated = self.saturated_counts(term_id)
                scores[doc_ids] += self.prepare(term_id) * saturated
        return scores
