"""The definition of the BM25 score: fields and their weights, parameters, idf; and the ``Retriever`` protocol.

The score of a passage is, summed over the fields, field weight × Σ term weight × ``get_scores([term])`` of rank-bm25.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from bot.index.filters import excluded_phrases, normalize
from bot.models import Filters, Hit, Passage, Query
from bot.text import analysis


def idf(size: int, frequency: int) -> float:
    """Return the inverse document frequency, 0 or more, of a term in ``frequency`` of ``size`` documents.

    ``ln(1 + (N - n + 0.5) / (n + 0.5))``, as Lucene defines it for BM25 (``BM25Similarity.idfExplain``).
    """
    return math.log1p((size - frequency + 0.5) / (frequency + 0.5))


def body_terms(passage: Passage) -> list[str]:
    """Return the terms of the passage's text."""
    return [term for paragraph in passage.paragraphs for term in analysis.extract_terms(paragraph.text)]


def heading_terms(passage: Passage) -> list[str]:
    """Return the terms of the heading above the passage, if any."""
    span = passage.paragraphs[0].heading
    return analysis.extract_terms(span.slice(passage.article.text)) if span else []


def title_terms(passage: Passage) -> list[str]:
    """Return the terms of the article's title."""
    return analysis.extract_terms(passage.article.title)


FieldTerms = Callable[[Passage], list[str]]
FIELDS: Mapping[str, tuple[FieldTerms, float]] = MappingProxyType(
    {"body": (body_terms, 1.0), "heading": (heading_terms, 0.3), "title": (title_terms, 0.6)}
)
"""By field, its terms and its weight in the score."""
K1, B = 0.9, 0.75
"""BM25's parameters: the best of the pairs tried on three archives of questions."""


@dataclass(frozen=True, slots=True)
class TermScore:
    """What one term in one field contributes to a passage's score."""

    field: str
    term: str
    score: float


class Retriever(Protocol):
    """Finds passages."""

    def search(self, query: Query, limit: int) -> list[Hit]:
        """Return the best ``limit`` (at least 1) passages, best first; equal scores by passage number.

        A hit contains a term of the query in some field; its body contains what the query requires and nothing that
        it excludes; it passes the filters (``is_in_scope``, ``has_phrases``).
        """
        ...

    def scores(self, query: Query, limit: int) -> dict[int, float]:
        """Return the hits of ``search`` as passage numbers with scores, in the same order."""
        ...

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """Return the nonzero contributions to the score of a searched passage; they add up to it, but for rounding."""
        ...


def has_phrases(passage: Passage, filters: Filters) -> bool:
    """Return whether one paragraph of ``passage`` has all required phrases, and none has an excluded one."""
    required = [normalize(phrase) for phrase in filters.phrases]
    excluded = [normalize(phrase) for phrase in excluded_phrases(filters)]
    if not required and not excluded:
        return True
    texts = [normalize(paragraph.text) for paragraph in passage.paragraphs]
    has_required = any(all(phrase in text for phrase in required) for text in texts)
    return has_required and not any(phrase in text for phrase in excluded for text in texts)
