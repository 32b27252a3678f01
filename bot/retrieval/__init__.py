"""How passages are found: one narrow method, and the fields that every engine scores.

Keeps secret which engine answers. The score of a passage is rank-bm25's: for each field, the sum over the query's
terms of weight × ``get_scores([term])``, and of those the sum over fields, each by its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from bot import analysis
from bot.models import Hit, Passage, Query

Terms = Callable[[Passage], list[str]]


class Retriever(Protocol):
    """Finds passages."""

    def search(self, query: Query, limit: int) -> list[Hit]:
        """The best ``limit`` passages for ``query``, best first; equal scores by passage number.

        A passage that holds no term of the query in any field is no hit, whatever the library would score it, nor is
        one whose body lacks something the query requires. Fewer, or none, where fewer qualify. ``limit`` is at least 1.
        """
        ...


def body(passage: Passage) -> list[str]:
    """The terms of the passage's own words."""
    found: list[str] = []
    for paragraph in passage.paragraphs:
        start = max(paragraph.span.start, passage.span.start)
        end = min(paragraph.span.end, passage.span.end)
        found.extend(analysis.terms(passage.article.text[start:end]))
    return found


def heading(passage: Passage) -> list[str]:
    """The terms of the heading under which the passage stands; none without one."""
    span = passage.paragraphs[0].heading
    return analysis.terms(span.of(passage.article.text)) if span else []


def title(passage: Passage) -> list[str]:
    """The terms of the article's title."""
    return analysis.terms(passage.article.title)


FIELDS: Mapping[str, tuple[Terms, float]] = MappingProxyType(
    {"body": (body, 1.0), "heading": (heading, 0.3), "title": (title, 0.6)}
)
"""Each field's terms and its weight in the score."""
K1, B = 0.9, 0.75
"""BM25's parameters: those that did best over three archives of questions, of the pairs tried."""
