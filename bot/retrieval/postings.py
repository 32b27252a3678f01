"""One field's index: rank-bm25's own class, with its postings in flat arrays.

Keeps secret how a score is answered from them. Parameters, average length and idf are the library's; the plain class
with the same idf is the reference that the tests hold this equal to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from bot.columns import Array, Columns, Strings, in_memory
from bot.idf import idf
from bot.retrieval.counting import count
from bot.retrieval.documents import Documents
from bot.retrieval.runs import Bytes, Floats, Numbers, Parameters, Runs


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

    columns: Columns
    terms: Strings


class Postings(LuceneIdf):
    """One field's index, asked as the library is asked. Safe to share between threads."""

    @classmethod
    def opened(cls, counted: Counted) -> Postings:
        """Those that gave these arrays; nothing is counted again."""
        k1, b, _ = counted.columns["parameters"].all().tolist()
        return cls(counted, k1=k1, b=b)

    def _initialize(self, corpus: Documents | Counted) -> Mapping[str, int]:
        self.terms = corpus.terms
        self.columns = corpus.columns if isinstance(corpus, Counted) else in_memory(self._counted(corpus))
        self.parameters = Parameters(*self.columns["parameters"].all().tolist())
        self.avgdl = self.parameters.average
        self.corpus_size = len(self.columns["lengths"])
        self.runs = Runs(self.columns)
        # Memory for it is taken where it is written to.
        self.idfs: Any = np.zeros(len(self.terms)).data
        """By term: 0 where ``ready`` has not been asked, below it where no passage holds the term."""
        return {}

    def _counted(self, documents: Documents) -> dict[str, Array]:
        lengths = documents.lengths
        # No passage, or none with a word in this field: the library would divide by zero.
        parameters = Parameters(self.k1, self.b, float(lengths.mean()) if lengths.any() else 1.0)
        by_name = {"lengths": lengths, "parameters": np.array([self.k1, self.b, parameters.average])}
        return count(documents, parameters) | by_name

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

    def mark(self, term: str, marks: Bytes) -> None:
        """Write a 1 for each passage that holds ``term``; ``marks`` are by passage, and 0 or 1."""
        if (number := self.terms.find(term)) is not None:
            self.runs.mark(number, marks)

    def saturated(self, term: int) -> tuple[Numbers, Floats]:
        """The passages that hold a term, by its number, and for each the library's score without the idf."""
        numbers, slots = self.runs.of(term, self.corpus_size)
        norms = self.parameters.norms(self.lengths[numbers])
        counts = self.runs.counts(slots, norms)
        return numbers, counts * (self.k1 + 1) / (counts + norms)

    def get_scores(self, query: Sequence[str]) -> Floats:
        """What the library's own method answers, shape (passages,), from the postings alone."""
        scores = np.zeros(self.corpus_size)
        for term in query:
            if (number := self.terms.find(term)) is not None:
                numbers, saturated = self.saturated(number)
                scores[numbers] += self.ready(number) * saturated
        return scores
