"""The embedded engine: rank-bm25's own scores, answered from postings.

Keeps secret how a query becomes lists of postings, and what it requires becomes marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from bot.index.arrays import ByteArray
from bot.index.postings import Postings
from bot.index.scorer import QueryPostings, Scorer, create_scorer
from bot.index.scoring import FIELDS, K1, B, FieldTerms, PassageSource, TermScore, body, has_phrases
from bot.index.term_ids import Documents
from bot.models import Hit, Passage, Query


class Bm25Retriever:
    """Searches passages by the postings of their fields. Safe to share between threads."""

    def __init__(
        self,
        passages: PassageSource,
        fields: Mapping[str, Postings],
        body: FieldTerms = body,
        engine: Callable[[Sequence[Postings]], Scorer] = create_scorer,
    ) -> None:
        """``fields`` are those of FIELDS, by name; ``body`` gives a passage's own terms, in case they are known."""
        self._passages = passages
        self._terms = {name: body if name == "body" else terms for name, (terms, _) in FIELDS.items()}
        self._fields = [(fields[name], weight) for name, (_, weight) in FIELDS.items()]
        self._body = fields["body"]
        self._engine = engine([postings for postings, _ in self._fields])

    def search(self, query: Query, limit: int) -> list[Hit]:
        """See ``Retriever.search``."""
        return [Hit(self._passages[number], score) for number, score in self.scores(query, limit).items()]

    def scores(self, query: Query, limit: int) -> dict[int, float]:
        """See ``Retriever.scores``."""
        found = self._best(query, limit)
        if query.filters.phrases or query.filters.excluded:
            found = (one for one in found if has_phrases(self._passages[one[0]], query.filters))
        return dict(islice(found, limit))

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """See ``Retriever.explain``."""
        found: list[TermScore] = []
        for (name, terms), (postings, weight) in zip(self._terms.items(), self._fields, strict=True):
            document = terms(passage)
            scores = ((term, weight * term.weight * postings.score(document, term.text)) for term in query.terms)
            found.extend(TermScore(name, term.text, score) for term, score in scores if score)
        return tuple(found)

    def _best(self, query: Query, limit: int) -> Iterator[tuple[int, float]]:
        """The best passages' numbers and scores, whatever their phrases: ``limit``, and when they are used up more."""
        lists = QueryPostings.of(self._fields, query.terms)
        marks = self._marks(query)
        given = 0
        while lists.terms:
            found = self._engine.best(lists, marks, limit)
            for score, number in found[given:]:
                yield number, score
            if len(found) < limit:
                return
            given, limit = limit, limit * 8

    def _marks(self, query: Query) -> ByteArray | None:
        """For each passage, whether it is in scope and holds what the query requires and nothing it excludes."""
        in_scope = self._passages.within(query.filters.scope)
        if not (query.required or query.excluded):
            return in_scope
        marks = np.ones(len(self._passages), np.uint8) if in_scope is None else in_scope.copy()
        for alternatives in query.required:
            held = np.zeros_like(marks)
            for terms in alternatives:
                held |= self._holding_all(terms)
            marks &= held
        if query.excluded:
            marks &= self._holding_any(query.excluded) ^ 1
        return marks

    def _holding_all(self, terms: Sequence[str]) -> ByteArray:
        """For each passage, whether its body holds all of the terms, one at least."""
        held = self._holding_any(terms[:1])
        for term in terms[1:]:
            held &= self._holding_any((term,))
        return held

    def _holding_any(self, terms: Sequence[str]) -> ByteArray:
        """For each passage, whether its body holds any of the terms."""
        held = np.zeros(len(self._passages), np.uint8)
        for term in terms:
            self._body.mark(term, held)
        return held


def count_documents(passages: Iterable[Passage], body: FieldTerms = body) -> dict[str, Postings]:
    """The postings of each field of these passages; ``body`` as for ``Bm25Retriever``."""
    every = tuple(passages)
    found = [map(body if name == "body" else terms, every) for name, (terms, _) in FIELDS.items()]
    return {name: Postings(one, k1=K1, b=B) for name, one in zip(FIELDS, Documents.of(*found), strict=True)}
