"""The embedded engine: rank-bm25's own scores, answered from postings.

Keeps secret how the postings lie in memory. rank-bm25 is the definition: parameters, average length and idf are the
library's, and its plain ``BM25Okapi`` with the same idf is the reference that the tests hold this equal to.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from bot.models import Hit, Passage, Query, Scope, Term
from bot.operators import is_in_scope
from bot.retrieval import FIELDS, K1, B, Terms, TermScore, body, has_phrases

Scores = npt.NDArray[np.float64]


class LuceneIdf(BM25Okapi):  # type: ignore[misc]  # rank-bm25 has no types
    """rank-bm25's Okapi with an idf that stays above zero.

    Okapi's own idf is zero for a term in half of the passages and negative above, which the library then floors: in an
    archive of a few articles that silences the very subject of all of them.
    """

    def _calc_idf(self, nd: dict[str, int]) -> None:
        for term, count in nd.items():
            self.idf[term] = math.log1p((self.corpus_size - count + 0.5) / (count + 0.5))


class Postings(LuceneIdf):
    """One field's index: for each term the passages that hold it, and how often, as flat arrays."""

    def _initialize(self, corpus: Iterable[Sequence[str]]) -> dict[str, int]:
        found: dict[str, tuple[list[int], list[int]]] = {}
        for number, document in enumerate(corpus):
            self.doc_len.append(len(document))
            for term, count in Counter(document).items():
                numbers, counts = found.setdefault(term, ([], []))
                numbers.append(number)
                counts.append(count)
        self.corpus_size = len(self.doc_len)
        lengths = np.array(self.doc_len, dtype=np.float64)
        # No passage, or none with a word in this field: the library would divide by zero.
        self.avgdl = float(lengths.mean()) if lengths.any() else 1.0
        self._norm = self.k1 * (1 - self.b + self.b * lengths / self.avgdl)
        self._postings = {
            term: (np.array(numbers, dtype=np.int32), np.array(counts, dtype=np.float64))
            for term, (numbers, counts) in found.items()
        }
        return {term: len(numbers) for term, (numbers, _) in found.items()}

    def holders(self, term: str) -> npt.NDArray[np.int32]:
        """The numbers of the passages that hold ``term``, ascending."""
        return self._postings[term][0] if term in self._postings else np.empty(0, dtype=np.int32)

    def add_scores(self, scores: Scores, terms: Iterable[Term], weight: float) -> None:
        """Add ``weight`` × Σ term weight × ``get_scores([term])`` to ``scores``, shape (passages,), in place."""
        for term in terms:
            if term.text in self._postings:
                numbers, counts = self._postings[term.text]
                saturated = counts * (self.k1 + 1) / (counts + self._norm[numbers])
                scores[numbers] += weight * term.weight * self.idf[term.text] * saturated

    def score(self, document: Sequence[str], term: str) -> float:
        """What ``get_scores([term])`` answers for ``document``, one of those that were counted."""
        count = document.count(term)
        if not count:
            return 0.0
        norm = self.k1 * (1 - self.b + self.b * len(document) / self.avgdl)
        return float(self.idf[term] * count * (self.k1 + 1) / (count + norm))

    def get_scores(self, query: Sequence[str]) -> Scores:
        """What the library's own method answers, shape (passages,), from the postings alone."""
        scores = np.zeros(self.corpus_size)
        self.add_scores(scores, (Term(term, 1.0, "typed") for term in query), 1.0)
        return scores


class Bm25Retriever:
    """Searches passages held in memory."""

    def __init__(self, passages: Sequence[Passage], body: Terms = body) -> None:
        """``body`` gives a passage's own terms, in case they are known already."""
        self._passages = passages
        self._terms = {name: body if name == "body" else terms for name, (terms, _) in FIELDS.items()}
        numbers: dict[str, int] = {}
        self._article_of = np.array([numbers.setdefault(one.article.id, len(numbers)) for one in passages], np.int32)
        self._articles = tuple({one.article.id: one.article for one in passages}.values())
        self._fields = {
            name: (Postings(map(self._terms[name], passages), k1=K1, b=B), weight)
            for name, (_, weight) in FIELDS.items()
        }

    def search(self, query: Query, limit: int) -> list[Hit]:
        """See ``Retriever.search``."""
        scores = np.zeros(len(self._passages))
        for postings, weight in self._fields.values():
            postings.add_scores(scores, query.terms, weight)
        numbers = self._candidates(query, scores)
        is_of_words = bool(query.filters.phrases or query.filters.excluded)
        # Only those at least as good as the last of the first ``limit`` need to be sorted, unless some are no hits.
        if len(numbers) > limit and not is_of_words:
            numbers = numbers[scores[numbers] >= np.partition(scores[numbers], -limit)[-limit]]
        best: Iterator[int] = iter(numbers[np.lexsort((numbers, -scores[numbers]))].tolist())
        if is_of_words:
            best = (number for number in best if has_phrases(self._passages[number], query.filters))
        return [Hit(self._passages[number], float(scores[number])) for number in islice(best, limit)]

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """See ``Retriever.explain``."""
        found: list[TermScore] = []
        terms = query.terms
        for name, (postings, weight) in self._fields.items():
            document = self._terms[name](passage)
            scores = ((term, weight * term.weight * postings.score(document, term.text)) for term in terms)
            found.extend(TermScore(name, term.text, score) for term, score in scores if score)
        return tuple(found)

    def _candidates(self, query: Query, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The numbers of the passages in scope that hold a term of the query and its requirements, ascending.

        A passage that holds a term has a score above 0, since every idf and every weight is.
        """
        found = np.flatnonzero(scores)
        for alternatives in query.required:
            found = np.intersect1d(found, _union([self._holding_all(terms) for terms in alternatives]))
        for term in query.excluded:
            found = np.setdiff1d(found, self._fields["body"][0].holders(term), assume_unique=True)
        if query.filters.scope != Scope():
            in_scope = np.array(
                [is_in_scope(article, query.filters.scope) for article in self._articles], dtype=np.bool_
            )
            found = found[in_scope[self._article_of[found]]]
        return found

    def _holding_all(self, terms: Sequence[str]) -> npt.NDArray[np.int32]:
        found = self._fields["body"][0].holders(terms[0])
        for term in terms[1:]:
            found = np.intersect1d(found, self._fields["body"][0].holders(term), assume_unique=True)
        return found


def _union(parts: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int32)
