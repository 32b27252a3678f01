"""A search over postings in numpy alone, by scoring every passage that holds a term.

Keeps nothing secret: it is what ``kernel`` answers faster, where that is compiled.

The compiled search over postings, ``kernel.c``, called in place.

Keeps secret how it is called. Where it could not be compiled, ``Scan`` answers, slower and the same.
"""

from __future__ import annotations

import ctypes
import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from bot.index.arrays import ByteArray
from bot.index.native import native_library
from bot.index.postings import Postings
from bot.models import Term

TopK = list[tuple[float, int]]
"""Scores and the numbers of passages, best first, equal scores by number."""


@dataclass(frozen=True, slots=True)
class QueryPostings:
    """The lists of postings that make up a score, in the order in which it is summed.

    Of each, the number of its field, that of its term, and the factor: field weight × term weight × idf.
    """

    fields: array[int] = field(default_factory=lambda: array("i"))
    terms: array[int] = field(default_factory=lambda: array("i"))
    factors: array[float] = field(default_factory=lambda: array("d"))

    @classmethod
    def of(cls, fields: Sequence[tuple[Postings, float]], terms: Iterable[Term]) -> QueryPostings:
        """Those of weighted terms in weighted fields, whose terms are the same: a search may read their postings."""
        lists = cls()
        find = fields[0][0].terms.find
        asked = [(number, term.weight) for term in terms if (number := find(term.text)) is not None]
        for field_number, (postings, weight) in enumerate(fields):
            idfs = postings.idfs
            for number, term_weight in asked:
                if (idf := idfs[number] or postings.ready(number)) > 0:
                    lists.fields.append(field_number)
                    lists.terms.append(number)
                    lists.factors.append(weight * term_weight * idf)
        return lists


class Scorer(Protocol):
    """Finds the best passages by their postings."""

    def best(self, lists: QueryPostings, marks: ByteArray | None, limit: int) -> TopK:
        """The best ``limit`` passages that any of the lists holds; of those not marked 0, where marks are given."""
        ...


class NumpyScorer:
    """Scores every passage."""

    def __init__(self, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._fields = fields

    def best(self, lists: QueryPostings, marks: ByteArray | None, limit: int) -> TopK:
        """See ``Engine.best``."""
        scores = np.zeros(self._fields[0].corpus_size)
        for number, term, factor in zip(lists.fields, lists.terms, lists.factors, strict=True):
            numbers, saturated = self._fields[number].saturated(term)
            scores[numbers] += factor * saturated
        if marks is not None:
            scores[marks == 0] = 0
        # A passage that holds a term has a score above 0, since every idf and every weight is.
        found = np.flatnonzero(scores)
        # Only those at least as good as the last of the first ``limit`` need to be sorted.
        if len(found) > limit:
            found = found[scores[found] >= np.partition(scores[found], -limit)[-limit]]
        found = found[np.lexsort((found, -scores[found]))[:limit]]
        return list(zip(scores[found].tolist(), found.tolist(), strict=True))


MOST_LISTS = 1024
"""As many lists as ``kernel.c`` has room for."""
_HIT = struct.Struct("=dq")
_ARRAYS = "runs_of segments starts bounds slots shares aside aside_counts lengths".split()


def create_scorer(fields: Sequence[Postings]) -> Scorer:
    """The fastest there is over these fields, which are of the same passages."""
    library = native_library()
    return NativeScorer(library, fields) if library else NumpyScorer(fields)


class _Field(ctypes.Structure):
    """``Field`` of ``postings.h``."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        ("asides", ctypes.c_int64),
        *((name, ctypes.c_double) for name in ("gain", "k1", "b", "average")),
    )


class NativeScorer:
    """Leaves out most of the work. Safe to share between threads."""

    def __init__(self, library: ctypes.CDLL, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._search: Any = library.pullquote_search
        self._scan = NumpyScorer(fields)
        self._passages = fields[0].corpus_size
        self._kept = [one.columns for one in fields]
        self._fields = (_Field * len(fields))(
            *(
                _Field(
                    *(one.columns[name].address for name in _ARRAYS),
                    len(one.columns["aside"]),
                    one.k1 + 1,
                    one.k1,
                    one.b,
                    one.avgdl,
                )
                for one in fields
            )
        )
        self._fields_at = ctypes.addressof(self._fields)
        self._room_size = library.pullquote_room()
        # Each search has a room to itself, and leaves it as it was: as many as ever were under way at once.
        self._rooms: list[_Scratch] = []

    def best(self, lists: QueryPostings, marks: ByteArray | None, limit: int) -> TopK:
        """See ``Engine.best``."""
        if len(lists.terms) > MOST_LISTS:
            return self._scan.best(lists, marks, limit)
        limit = min(limit, self._passages)
        room = self._room(limit)
        count = self._search(
            self._fields_at,
            lists.fields.buffer_info()[0],
            lists.terms.buffer_info()[0],
            lists.factors.buffer_info()[0],
            len(lists.terms),
            self._passages,
            None if marks is None else marks.ctypes.data,
            limit,
            room.at,
            room.hits_at,
        )
        hits = list(_HIT.iter_unpack(room.hits[: count * _HIT.size]))
        self._rooms.append(room)
        return hits

    def _room(self, limit: int) -> _Scratch:
        try:
            room = self._rooms.pop()
        except IndexError:
            room = _Scratch(np.zeros(self._room_size, np.uint8), limit)
        return room if room.limit >= limit else _Scratch(room.own, limit)


class _Scratch:
    """What one search writes to: the kernel's own room, and the hits; and where both lie, which takes long to ask."""

    __slots__ = ("at", "hits", "hits_at", "limit", "own")

    def __init__(self, own: ByteArray, limit: int) -> None:
        """The hits have room for ``limit``."""
        found = np.empty(limit * _HIT.size, np.uint8)
        self.own, self.limit, self.hits = own, limit, found.data
        self.at, self.hits_at = int(own.ctypes.data), int(found.ctypes.data)
