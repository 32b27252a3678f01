"""Encode terms as integer ids, and documents as arrays of them."""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bot.index.arrays import Int32Array, StringArray, in_memory
from bot.index.native import native_library

BATCH = 1 << 16
"""Terms per call of the library: enough to make the call's cost negligible, at little memory."""
MAX_PENDING = 4
"""Batches that wait for the library; a faster producer waits as well."""
END = "\0"


class TermIds(Protocol):
    """Gives each distinct term an integer id, from 0, in order of first occurrence over all calls."""

    def encode(self, documents: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """Return the ids of the documents' terms, concatenated, and the number of terms of each document.

        Raises ``ValueError`` if a term contains a NUL, which no word of an article does.
        """
        ...

    def terms(self) -> list[str]:
        """Return all terms so far, by id."""
        ...


def create_term_ids() -> TermIds:
    """Return the fastest implementation available."""
    library = native_library()
    return HashTermIds(library) if library else DictTermIds()


class DictTermIds:
    """``TermIds`` in a dict."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def encode(self, documents: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """See ``TermIds.encode``."""
        ids, lengths = array("i"), array("i")
        for terms in documents:
            ids.extend([self._ids.setdefault(term, len(self._ids)) for term in terms])
            lengths.append(len(terms))
        if any(END in term for term in self._ids):
            raise _nul_error()
        return np.frombuffer(ids, np.int32), np.frombuffer(lengths, np.int32)

    def terms(self) -> list[str]:
        """See ``TermIds.terms``."""
        return list(self._ids)


class _Terms(ctypes.Structure):
    """``Terms`` of ``term_ids.c``."""

    _fields_ = (
        ("slots", ctypes.c_void_p),
        ("mask", ctypes.c_int64),
        ("starts", ctypes.c_void_p),
        ("bytes", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    )


class HashTermIds:
    """``TermIds`` in the hash table of ``term_ids.c``, which runs beside the thread that produces the terms."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._encode: Any = library.pullquote_term_ids
        self._terms = _Terms()
        self._capacity = 0
        """The number of terms that fit."""
        self._slots, self._starts, self._bytes = np.empty(0, np.uint64), np.zeros(1, np.int64), np.empty(0, np.uint8)

    def encode(self, documents: Iterable[Sequence[str]]) -> tuple[Int32Array, Int32Array]:
        """See ``TermIds.encode``."""
        lengths, encoded, pending = array("i"), [np.empty(0, np.int32)], deque[Future[Int32Array]]()
        with ThreadPoolExecutor(1) as thread:
            for batch, count in _split_into_batches(documents, lengths):
                if len(pending) == MAX_PENDING:
                    encoded.append(pending.popleft().result())
                pending.append(thread.submit(self._encode_batch, batch, count))
            encoded += [one.result() for one in pending]
        return np.concatenate(encoded), np.frombuffer(lengths, np.int32)

    def terms(self) -> list[str]:
        """See ``TermIds.terms``."""
        return self._bytes[: self._bytes_used].tobytes().decode("utf-8", "surrogatepass").split(END)[:-1]

    @property
    def _bytes_used(self) -> int:
        return int(self._starts[self._terms.count])

    def _encode_batch(self, batch: Sequence[str], count: int) -> Int32Array:
        text = END.join((*batch, "")).encode("utf-8", "surrogatepass")
        if self._terms.count + count > self._capacity or self._bytes_used + len(text) > len(self._bytes):
            self._grow(count, len(text))
        return self._look_up(text, count)

    def _look_up(self, text: bytes, count: int) -> Int32Array:
        ids = np.empty(count, np.int32)
        if not self._encode(ctypes.addressof(self._terms), text, len(text), ids.ctypes.data, count):
            raise _nul_error()
        return ids

    def _grow(self, count: int, size: int) -> None:
        """Allocate twice the space that all terms so far and ``count`` new ones of ``size`` bytes need."""
        text, known = self._bytes[: self._bytes_used].tobytes(), self._terms.count
        self._capacity = 2 * (known + count)
        self._slots = np.zeros(1 << self._capacity.bit_length(), np.uint64)
        self._starts, self._bytes = np.zeros(self._capacity + 1, np.int64), np.empty(2 * (len(text) + size), np.uint8)
        addresses = [own.ctypes.data for own in (self._starts, self._bytes)]
        self._terms = _Terms(self._slots.ctypes.data, len(self._slots) - 1, *addresses, 0)
        self._look_up(text, known)  # adds them in the order of their ids, which stay the same


def _split_into_batches(documents: Iterable[Sequence[str]], lengths: array[int]) -> Iterator[tuple[list[str], int]]:
    """Yield the documents' terms, joined by ``END``, and their number; append document lengths to ``lengths``."""
    batch: list[str] = []
    count = 0
    for terms in documents:
        lengths.append(len(terms))
        if terms:
            batch.append(END.join(terms))
            count += len(terms)
        if count >= BATCH:
            yield batch, count
            batch, count = [], 0
    yield batch, count


def _nul_error() -> ValueError:
    return ValueError("A term contains a NUL character, which no word of an article does.")


@dataclass(frozen=True, slots=True)
class Documents:
    """One field of every passage: the input of ``build_postings``.

    ``tokens`` are the term ids of the documents, concatenated; ``lengths`` is the number of terms of each document;
    ``terms`` are sorted, by id, and may include terms of other fields.
    """

    tokens: Int32Array
    lengths: Int32Array
    terms: StringArray

    @staticmethod
    def encode(*fields: Iterable[Sequence[str]]) -> tuple[Documents, ...]:
        """Encode the terms of each document, field by field; all fields share their term ids.

        Raises ``ValueError`` if a term contains a NUL.
        """
        ids = create_term_ids()
        encoded = [ids.encode(documents) for documents in fields]
        known = ids.terms()
        ascending = sorted(range(len(known)), key=known.__getitem__)
        sorted_id = np.empty(len(known), np.int32)
        sorted_id[ascending] = np.arange(len(known))
        terms = StringArray(in_memory(StringArray.encode(known[term_id] for term_id in ascending)))
        return tuple(Documents(sorted_id[tokens], lengths, terms) for tokens, lengths in encoded)
