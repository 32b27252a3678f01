"""Finds passages in a cluster: the engine chooses candidates, whose scores are computed here as rank-bm25 defines them.

The engine's score of a passage differs from rank-bm25's by factors between two bounds (``documents``). If ``limit``
passages have an engine's score of s or more, every passage with less than s × lower / upper is behind them all. The
others are the candidates; more are fetched until the last one is below that line. The engine also leaves out what lacks
a phrase, since the texts of many passages would have to be fetched to find out; ``has_phrases`` has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bot.index.arrays import LazyArrays, StringArray
from bot.index.cluster.documents import feature_name
from bot.index.cluster.fetched import FetchedArchive
from bot.index.postings import norms_from_lengths
from bot.index.retrieval import FIELDS, K1, FieldTerms, Retriever, TopK, excluded_phrases, idf, normalize
from bot.models import Json, Query, Scope

MORE, GROWTH, MOST = 12, 8, 10_000
"""So many candidates more than hits are fetched at first, then so many times as many, at most so many at once."""
MAX_WORD = 255
"""Letters after which the engine divides a word."""
LOWEST, HIGHEST = 1 - 1e-4, 1.005
"""Bounds of rank-bm25's score divided by the engine's where the average length has not drifted: the engine drops all
but eight bits after the first of a value (a share of 1/256), which was rounded to five decimal digits."""
CACHED_NORMS = 4096
MAX_CLAUSES = 1000
"""Terms of a query, in their fields, that are looked for, the first ones; the engine refuses more than 1,024."""


class FieldStatistics:
    """What rank-bm25 knows of one field of all passages."""

    def __init__(self, arrays: LazyArrays, terms: StringArray, passages: int, stored_average: float) -> None:
        """``stored_average`` is the length with which the norms in the documents were computed."""
        self._frequencies, self._terms, self._passages = arrays["frequencies"], terms, passages
        self.average, self.stored_average = arrays["average"].all()[0].item(), stored_average
        self.norm = lru_cache(CACHED_NORMS)(_norm)

    def idf(self, term: str) -> float:
        """Return the idf of a term; 0 if no passage has it."""
        term_id = self._terms.find(term)
        frequency = 0 if term_id is None else int(self._frequencies.slice(term_id, term_id + 1)[0])
        return idf(self._passages, frequency) if frequency else 0.0

    def score(self, document: Sequence[str], term: str) -> float:
        """Return what rank-bm25's ``get_scores([term])`` gives for ``document``."""
        count = document.count(term)
        return self.idf(term) * count * (K1 + 1) / (count + self.norm(len(document), self.average)) if count else 0.0


def _norm(length: int, average: float) -> float:
    found: float = norms_from_lengths(np.array([length], np.int32), average).item()
    return found


@dataclass(frozen=True, slots=True)
class Clause:
    """A term in a field, and by what its saturated count is multiplied."""

    field: str
    feature: str
    factor: float


class ClusterRetriever(Retriever):
    """Searches the passages of one revision for one question."""

    def __init__(
        self,
        archive: FetchedArchive,
        fields: Mapping[str, FieldStatistics],
        passage_terms: FieldTerms,
        search_passages: Callable[[Json], list[Json]],
    ) -> None:
        """``search_passages`` sends a search whose query concerns passages of the revision, and returns the hits."""
        super().__init__(archive.passages, fields, passage_terms)
        self._archive, self._fields, self._search_passages = archive, fields, search_passages
        drifts = [one.average / one.stored_average for one in fields.values()]
        self._lowest, self._highest = LOWEST * min(1.0, *drifts), HIGHEST * max(1.0, *drifts)

    def _ranking(self, query: Query) -> Callable[[int], TopK]:
        clauses = [
            Clause(name, feature_name(term.text), weight * term.weight * rarity)
            for name, (_, weight) in FIELDS.items()
            for term in query.terms
            if (rarity := self._fields[name].idf(term.text)) > 0
        ][:MAX_CLAUSES]
        condition = self._condition(query, clauses)
        return lambda limit: self._find_best(clauses, condition, limit) if clauses else []

    def _condition(self, query: Query, clauses: Sequence[Clause]) -> Json:
        required = [
            _any_of(
                [{"bool": {"filter": [_has("body", feature_name(term)) for term in terms]}} for terms in alternatives]
            )
            for alternatives in query.required
        ]
        return {
            "bool": {
                "should": [_has(one.field, one.feature, one.factor * (K1 + 1)) for one in clauses],
                "minimum_should_match": 1,
                "filter": [
                    *required,
                    *scope_filters(query.filters.scope),
                    *(_has_phrase(phrase) for phrase in query.filters.phrases),
                ],
                "must_not": [
                    *(_has("body", feature_name(term)) for term in query.excluded),
                    *(_has_phrase(phrase) for phrase in excluded_phrases(query.filters) if _is_searchable(phrase)),
                ],
            }
        }

    def _find_best(self, clauses: Sequence[Clause], condition: Json, limit: int) -> TopK:
        body: Json = {
            "query": condition,
            "_source": [f"{one.field}.{one.feature}" for one in clauses],
            "docvalue_fields": ["article", *(f"{name}_length" for name in FIELDS)],
            "track_total_hits": False,
            "sort": ["_score", "position", "number"],
        }
        hits: list[Json] = []
        least, size = 0.0, min(limit + MORE, MOST)
        while not hits or hits[-1]["sort"][0] >= least:
            found = self._search_passages({**body, "size": size})
            hits += found
            if len(hits) >= limit:
                least = hits[limit - 1]["sort"][0] * self._lowest / self._highest
            if len(found) < size:
                break
            body["search_after"], size = hits[-1]["sort"], min(size * GROWTH, MOST)
        scored = [
            (-self._score(clauses, hit), *hit["sort"][1:], hit["fields"]["article"][0])
            for hit in hits
            if hit["sort"][0] >= least
        ]
        best = sorted(scored)[:limit]
        self._archive.fetch(key for *_, key in best)
        return [(-score, self._archive.passage_number(key, number)) for score, _, number, key in best]

    def _score(self, clauses: Sequence[Clause], hit: Json) -> float:
        """Return rank-bm25's score of a hit, from the counts of the terms, which its features tell."""
        norms = {
            name: (one.norm(length, one.stored_average), one.norm(length, one.average))
            for name, one in self._fields.items()
            for length in hit["fields"][f"{name}_length"]
        }
        source, score = hit["_source"], 0.0
        for clause in clauses:
            if value := source.get(clause.field, {}).get(clause.feature):
                stored_norm, norm = norms[clause.field]
                count = round(value * stored_norm)
                score += clause.factor * (count * (K1 + 1) / (count + norm))
        return score


def scope_filters(scope: Scope) -> list[Json]:
    """Return the conditions under which a document's article is in ``scope`` (see ``Archive.scope_mask``)."""
    filters: list[Json] = []
    if scope.since or scope.before:
        limits = {"gte": scope.since.toordinal() if scope.since else 1}
        filters.append({"range": {"published": limits | ({"lt": scope.before.toordinal()} if scope.before else {})}})
    if scope.until:
        filters.append({"range": {"published": {"lte": scope.until.toordinal()}}})
    if scope.sources:
        phrases = [normalize(source).strip() for source in scope.sources]
        filters.append(_any_of([{"match_phrase": {"names": phrase}} for phrase in phrases if phrase]))
    return filters


def _is_searchable(phrase: str) -> bool:
    """Whether the engine has the words of ``phrase`` as they are."""
    return all(len(word) <= MAX_WORD for word in normalize(phrase).split())


def _has_phrase(phrase: str) -> Json:
    """Return a condition that every passage with ``phrase`` in a paragraph meets."""
    if not (words := normalize(phrase).strip()):
        return {"match_none": {}}
    return {"match_phrase": {"text": words}} if _is_searchable(phrase) else {"match_all": {}}


def _any_of(conditions: Sequence[Json]) -> Json:
    return {"bool": {"should": [*conditions], "minimum_should_match": 1}} if conditions else {"match_none": {}}


def _has(field: str, name: str, boost: float = 1.0) -> Json:
    """Return the condition that a passage has a feature; its score is the saturated count."""
    return {"rank_feature": {"field": f"{field}.{name}", "saturation": {"pivot": 1.0}, "boost": boost}}
