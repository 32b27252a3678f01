"""The embedded engine: rank-bm25's own scores, answered from postings.

Keeps secret how a query becomes lists of postings, and what it requires becomes marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from bot.models import Hit, Passage, Query, Scope
from bot.operators import is_in_scope
from bot.retrieval import FIELDS, K1, B, Terms, TermScore, body, has_phrases
from bot.retrieval.kernel import engine
from bot.retrieval.postings import Postings
from bot.retrieval.runs import Bytes, Numbers
from bot.retrieval.scan import Engine, Lists


class Bm25Retriever:
    """Searches passages held in memory. Safe to share between threads."""

    def __init__(
        self,
        passages: Sequence[Passage],
        body: Terms = body,
        engine: Callable[[Sequence[Postings]], Engine] = engine,
    ) -> None:
        """``body`` gives a passage's own terms, in case they are known already."""
        self._passages = passages
        self._terms = {name: body if name == "body" else terms for name, (terms, _) in FIELDS.items()}
        numbers: dict[str, int] = {}
        self._article_of = np.array([numbers.setdefault(one.article.id, len(numbers)) for one in passages], np.int32)
        self._articles = tuple({one.article.id: one.article for one in passages}.values())
        self._fields = [
            (Postings(map(self._terms[name], passages), k1=K1, b=B), weight) for name, (_, weight) in FIELDS.items()
        ]
        self._body = self._fields[list(FIELDS).index("body")][0]
        self._engine = engine([postings for postings, _ in self._fields])

    def search(self, query: Query, limit: int) -> list[Hit]:
        """See ``Retriever.search``."""
        hits = self._best(query, limit)
        if query.filters.phrases or query.filters.excluded:
            hits = (hit for hit in hits if has_phrases(hit.passage, query.filters))
        return list(islice(hits, limit))

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """See ``Retriever.explain``."""
        found: list[TermScore] = []
        for (name, terms), (postings, weight) in zip(self._terms.items(), self._fields, strict=True):
            document = terms(passage)
            scores = ((term, weight * term.weight * postings.score(document, term.text)) for term in query.terms)
            found.extend(TermScore(name, term.text, score) for term, score in scores if score)
        return tuple(found)

    def _best(self, query: Query, limit: int) -> Iterator[Hit]:
        """The best hits, whatever their phrases: the first ``limit``, and when they are used up ever more."""
        lists = Lists.of(self._fields, query.terms)
        marks = self._marks(query)
        given = 0
        while lists.terms:
            found = self._engine.best(lists, marks, limit)
            for score, number in found[given:]:
                yield Hit(self._passages[number], score)
            if len(found) < limit:
                return
            given, limit = limit, limit * 8

    def _marks(self, query: Query) -> Bytes | None:
        """For each passage, whether it is in scope and holds what the query requires and nothing it excludes."""
        if not (query.required or query.excluded) and query.filters.scope == Scope():
            return None
        if query.required:
            marks = np.zeros(len(self._passages), np.uint8)
            marks[self._holding(query.required)] = 1
        else:
            marks = np.ones(len(self._passages), np.uint8)
        for term in query.excluded:
            marks[self._body.holders(term)] = 0
        if query.filters.scope != Scope():
            in_scope = [is_in_scope(article, query.filters.scope) for article in self._articles]
            marks &= np.array(in_scope, np.uint8)[self._article_of]
        return marks

    def _holding(self, required: Sequence[Sequence[Sequence[str]]]) -> Numbers:
        """The numbers of the passages whose body holds, of each requirement, one alternative whole."""
        found: Numbers | None = None
        for alternatives in required:
            parts = [self._holding_all(terms) for terms in alternatives]
            holders = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)
            found = holders if found is None else np.intersect1d(found, holders, assume_unique=True)
        return np.empty(0, np.int64) if found is None else found

    def _holding_all(self, terms: Sequence[str]) -> Numbers:
        found = self._body.holders(terms[0])
        for term in terms[1:]:
            found = np.intersect1d(found, self._body.holders(term), assume_unique=True)
        return found
