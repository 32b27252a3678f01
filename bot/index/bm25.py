"""The embedded retriever: exact top-k BM25 over posting blocks, in C (``kernel.c``) or else in numpy.

The C library is compiled when Pullquote is installed (``deploy/hatch_build.py``). If that failed, or the sources have
changed, ``NumpyScorer`` gives the same results, more slowly.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import iand, ior
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.index.archive import PassageList
from bot.index.arrays import ByteArray
from bot.index.postings import Postings
from bot.index.retrieval import FIELDS, K1, B, FieldTerms, Retriever, TopK, body_terms
from bot.models import Query, Term


@dataclass(frozen=True, slots=True)
class QueryPostings:
    """The lists of postings that a score is the sum of, in the order of summation.

    For each list: its field's number, its term's id, and the factor: field weight × term weight × idf.
    """

    fields: array[int]
    terms: array[int]
    factors: array[float]

    @classmethod
    def look_up(cls, fields: Sequence[tuple[Postings, float]], terms: Iterable[Term]) -> QueryPostings:
        """Look up weighted terms in weighted fields, which share their term ids, and prepare them for a search."""
        lists = cls(array("i"), array("i"), array("d"))
        find = fields[0][0].terms.find
        known = [(term_id, term.weight) for term in terms if (term_id := find(term.text)) is not None]
        for number, (postings, weight) in enumerate(fields):
            idfs = postings.idfs
            for term_id, term_weight in known:
                if (idf := idfs[term_id] or postings.prepare(term_id)) > 0:
                    lists.fields.append(number)
                    lists.terms.append(term_id)
                    lists.factors.append(weight * term_weight * idf)
        return lists


class Scorer(Protocol):
    """Finds the passages with the best scores."""

    def top_k(self, lists: QueryPostings, mask: ByteArray | None, limit: int) -> TopK:
        """Return the best ``limit`` passages that any of the lists contains and the ``mask``, if any, does not exclude.

        The mask is 0 for each excluded passage.
        """
        ...


class NumpyScorer:
    """Scores every passage."""

    def __init__(self, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._fields = fields

    def top_k(self, lists: QueryPostings, mask: ByteArray | None, limit: int) -> TopK:
        """See ``Scorer.top_k``."""
        scores = np.zeros(self._fields[0].corpus_size)
        for number, term_id, factor in zip(lists.fields, lists.terms, lists.factors, strict=True):
            doc_ids, saturated = self._fields[number].saturated_counts(term_id)
            scores[doc_ids] += factor * saturated
        if mask is not None:
            scores[mask == 0] = 0
        # Every idf and weight is above 0, and so is the score of a passage that contains a term.
        found = np.flatnonzero(scores)
        # Sort only those at least as good as the last of the first ``limit``.
        if len(found) > limit:
            found = found[scores[found] >= np.partition(scores[found], -limit)[-limit]]
        found = found[np.lexsort((found, -scores[found]))[:limit]]
        return list(zip(scores[found].tolist(), found.tolist(), strict=True))


SOURCES = tuple(Path(__file__).with_name(name) for name in ("export.h", "postings.h", "kernel.c"))
LIBRARY = Path(__file__).with_name("_kernel.so")
"""Named alike on every system: a library that is opened by path may have any suffix."""


@cache
def load_library(path: Path = LIBRARY, sources: Sequence[Path] = SOURCES) -> ctypes.CDLL | None:
    """Load the library at ``path``; None if it is missing, not for this machine, or not compiled from ``sources``."""
    if not path.exists() or sys.byteorder != "little":
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    library.pullquote_sources.restype = ctypes.c_uint64
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if library.pullquote_sources() != int(digest[:16], 16):
        return None
    pointer, int32, int64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
    library.pullquote_scratch_size.restype = int64
    library.pullquote_search.argtypes = (*(pointer,) * 4, int32, int64, pointer, int32, *(pointer,) * 2)
    return library


MAX_LISTS = 1024
"""As in ``kernel.c``."""
_HIT = struct.Struct("=dq")
_FIELD_ARRAYS = "first_blocks segments starts bounds doc_ids impacts exceptions exception_counts lengths".split()


def create_scorer(fields: Sequence[Postings]) -> Scorer:
    """Return the fastest scorer available for these fields, which are of the same passages."""
    library = load_library()
    return NativeScorer(library, fields) if library else NumpyScorer(fields)


class _Field(ctypes.Structure):
    """``Field`` of ``postings.h``."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _FIELD_ARRAYS),
        ("exception_count", ctypes.c_int64),
        *((name, ctypes.c_double) for name in ("gain", "k1", "b", "average")),
    )


class NativeScorer:
    """Calls ``kernel.c``, which skips most postings. Thread-safe."""

    def __init__(self, library: ctypes.CDLL, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._search: Any = library.pullquote_search
        self._fallback = NumpyScorer(fields)
        self._passages = fields[0].corpus_size
        self._arrays = [one.arrays for one in fields]  # must outlive their addresses
        self._fields = (_Field * len(fields))()
        for number, one in enumerate(fields):
            addresses = (one.arrays[name].address for name in _FIELD_ARRAYS)
            self._fields[number] = _Field(*addresses, len(one.arrays["exceptions"]), K1 + 1, K1, B, one.avgdl)
        self._fields_address = ctypes.addressof(self._fields)
        self._scratch_size = library.pullquote_scratch_size()
        # A search takes one and puts it back: there are as many as searches ever ran at once.
        self._free_scratch: list[ctypes.Array[ctypes.c_char]] = []

    def top_k(self, lists: QueryPostings, mask: ByteArray | None, limit: int) -> TopK:
        """See ``Scorer.top_k``."""
        if len(lists.terms) > MAX_LISTS:
            return self._fallback.top_k(lists, mask, limit)
        limit = min(limit, self._passages)
        try:
            scratch = self._free_scratch.pop()
        except IndexError:
            scratch = ctypes.create_string_buffer(self._scratch_size)
        hits = ctypes.create_string_buffer(limit * _HIT.size)
        count = self._search(
            self._fields_address,
            lists.fields.buffer_info()[0],
            lists.terms.buffer_info()[0],
            lists.factors.buffer_info()[0],
            len(lists.terms),
            self._passages,
            None if mask is None else mask.ctypes.data,
            limit,
            scratch,
            hits,
        )
        self._free_scratch.append(scratch)
        return list(_HIT.iter_unpack(memoryview(hits)[: count * _HIT.size]))


class Bm25Retriever(Retriever):
    """Searches passages by the postings of their fields. Thread-safe."""

    def __init__(
        self,
        passages: PassageList,
        fields: Mapping[str, Postings],
        passage_terms: FieldTerms = body_terms,
        scorer: Callable[[Sequence[Postings]], Scorer] = create_scorer,
    ) -> None:
        """``fields`` are named as in FIELDS; ``passage_terms`` returns the terms of a passage's body."""
        super().__init__(passages, fields, passage_terms)
        self._passages: PassageList = passages
        self._fields = [(fields[name], weight) for name, (_, weight) in FIELDS.items()]
        self._body = fields["body"]
        self._scorer = scorer([postings for postings, _ in self._fields])

    def _ranking(self, query: Query) -> Callable[[int], TopK]:
        lists, mask = QueryPostings.look_up(self._fields, query.terms), self._filter_mask(query)
        return lambda limit: self._scorer.top_k(lists, mask, limit) if lists.terms else []

    def _filter_mask(self, query: Query) -> ByteArray | None:
        """Return 1 for each passage in scope whose body has the required terms and no excluded one; None if all do."""
        in_scope = self._passages.scope_mask(query.filters.scope)
        if not (query.required or query.excluded):
            return in_scope
        mask = np.ones(len(self._passages), np.uint8) if in_scope is None else in_scope.copy()
        for alternatives in query.required:
            masks = (reduce(iand, map(self._body.mask_of, terms)) for terms in alternatives)
            mask &= reduce(ior, masks, np.zeros_like(mask))
        for term in query.excluded:
            mask &= self._body.mask_of(term) ^ 1
        return mask
