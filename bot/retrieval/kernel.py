"""The compiled search over postings, ``kernel.c``, called in place.

Keeps secret how it is called. Where it could not be compiled, ``Scan`` answers, slower and the same.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.retrieval.compiled import compiled
from bot.retrieval.postings import Postings
from bot.retrieval.runs import Bytes
from bot.retrieval.scan import Engine, Found, Lists, Scan

MOST_LISTS = 1024
"""As many lists as ``kernel.c`` has room for."""
_HIT = struct.Struct("=dq")
_ARRAYS = "runs_of segments starts bounds slots shares aside aside_counts lengths".split()


def engine(fields: Sequence[Postings]) -> Engine:
    """The fastest there is over these fields, which are of the same passages."""
    library = compiled()
    return Kernel(library, fields) if library else Scan(fields)


class _Field(ctypes.Structure):
    """``Field`` of ``postings.h``."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        ("asides", ctypes.c_int64),
        *((name, ctypes.c_double) for name in ("gain", "k1", "b", "average")),
    )


class Kernel:
    """Leaves out most of the work. Safe to share between threads."""

    def __init__(self, library: ctypes.CDLL, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._search: Any = library.pullquote_search
        self._scan = Scan(fields)
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
        self._rooms: list[_Room] = []

    def best(self, lists: Lists, marks: Bytes | None, limit: int) -> Found:
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

    def _room(self, limit: int) -> _Room:
        try:
            room = self._rooms.pop()
        except IndexError:
            room = _Room(np.zeros(self._room_size, np.uint8), limit)
        return room if room.limit >= limit else _Room(room.own, limit)


class _Room:
    """What one search writes to: the kernel's own room, and the hits; and where both lie, which takes long to ask."""

    __slots__ = ("at", "hits", "hits_at", "limit", "own")

    def __init__(self, own: Bytes, limit: int) -> None:
        """The hits have room for ``limit``."""
        found = np.empty(limit * _HIT.size, np.uint8)
        self.own, self.limit, self.hits = own, limit, found.data
        self.at, self.hits_at = int(own.ctypes.data), int(found.ctypes.data)
