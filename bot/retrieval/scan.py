"""A search over postings in numpy alone, by scoring every passage that holds a term.

Keeps nothing secret: it is what ``kernel`` answers faster, where that is compiled.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from bot.models import Term
from bot.retrieval.postings import Postings
from bot.retrieval.runs import Bytes

Found = list[tuple[float, int]]
"""Scores and the numbers of passages, best first, equal scores by number."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of postings that make up a score, in the order in which it is summed.

    Of each, the number of its field, that of its term, and the factor: field weight × term weight × idf.
    """

    fields: array[int] = field(default_factory=lambda: array("i"))
    terms: array[int] = field(default_factory=lambda: array("i"))
    factors: array[float] = field(default_factory=lambda: array("d"))

    @classmethod
    def of(cls, fields: Sequence[tuple[Postings, float]], terms: Iterable[Term]) -> Lists:
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


class Engine(Protocol):
    """Finds the best passages by their postings."""

    def best(self, lists: Lists, marks: Bytes | None, limit: int) -> Found:
        """The best ``limit`` passages that any of the lists holds; of those not marked 0, where marks are given."""
        ...


class Scan:
    """Scores every passage."""

    def __init__(self, fields: Sequence[Postings]) -> None:
        """The fields are of the same passages."""
        self._fields = fields

    def best(self, lists: Lists, marks: Bytes | None, limit: int) -> Found:
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
