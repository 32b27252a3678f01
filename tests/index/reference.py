"""The reference retriever: rank-bm25 unchanged, one term at a time.

It defines the score that ``Bm25Retriever`` must equal, and is too slow for more than a few thousand passages.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.index.postings import LuceneIdf
from bot.index.retrieval import FIELDS, K1, B, TermScore, body_terms, has_phrases, matches_source
from bot.models import Article, Hit, Passage, Query, Scope


def is_in_scope(article: Article, scope: Scope) -> bool:
    """Return whether ``article`` is in ``scope``; an undated article is in none with ``since`` or ``before``."""
    if scope.until and article.published and article.published > scope.until:
        return False
    if scope.since or scope.before:
        published = article.published
        if published is None or (scope.since and published < scope.since):
            return False
        if scope.before and published >= scope.before:
            return False
    names = (article.source, article.id)
    return not scope.sources or any(matches_source(name, source) for source in scope.sources for name in names)


class ReferenceRetriever:
    """Scores every passage with rank-bm25's own method."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._bodies = [set(body_terms(passage)) for passage in passages]
        self._terms = [{term for terms, _ in FIELDS.values() for term in terms(passage)} for passage in passages]
        corpora = {name: [terms(passage) for passage in passages] for name, (terms, _) in FIELDS.items()}
        # rank-bm25 divides by the average length: a field without a word has no index, and no score.
        self._fields = {
            name: (LuceneIdf(corpus, k1=K1, b=B), FIELDS[name][1]) for name, corpus in corpora.items() if any(corpus)
        }

    def search(self, query: Query, limit: int) -> list[Hit]:
        """See ``Bm25Retriever.search``."""
        return [Hit(self._passages[number], score) for number, score in self.scores(query, limit).items()]

    def scores(self, query: Query, limit: int) -> dict[int, float]:
        """See ``Bm25Retriever.scores``."""
        scores = [0.0] * len(self._passages)
        for field, weight in self._fields.values():
            for term in query.terms:
                for number, score in enumerate(field.get_scores([term.text])):
                    scores[number] += weight * term.weight * float(score)
        hits = [number for number in range(len(scores)) if self._is_hit(number, query)]
        hits.sort(key=lambda number: (-scores[number], number))
        return {number: scores[number] for number in hits[:limit]}

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """See ``Bm25Retriever.explain``."""
        number = self._passages.index(passage)
        scores = (
            TermScore(name, term.text, weight * term.weight * float(field.get_scores([term.text])[number]))
            for name, (field, weight) in self._fields.items()
            for term in query.terms
        )
        return tuple(one for one in scores if one.score)

    def _is_hit(self, number: int, query: Query) -> bool:
        body, passage = self._bodies[number], self._passages[number]
        return (
            not self._terms[number].isdisjoint(term.text for term in query.terms)
            and all(any(body.issuperset(one) for one in alternatives) for alternatives in query.required)
            and body.isdisjoint(query.excluded)
            and is_in_scope(passage.article, query.filters.scope)
            and has_phrases(passage, query.filters)
        )
