"""How much a word tells. Keeps secret which of the published formulas says so.

How passages are found: a narrow protocol, and the fields that every engine scores.

Keeps secret which engine answers. The score of a passage is rank-bm25's: for each field, the sum over the query's
terms of weight × ``get_scores([term])``, and of those the sum over fields, each by its weight.

The passages that are searched, as an engine knows them.

Keeps nothing secret: an archive may make its passages on demand, and has one object that does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from bot.index.arrays import ByteArray
from bot.index.filters import excluded_phrases, normalize
from bot.models import Filters, Hit, Passage, Query, Scope
from bot.text import analysis


def idf(size: int, held: int) -> float:
    """The inverse frequency of a term that ``held`` of ``size`` documents hold, 0 or more.

    ``ln(1 + (N - n + 0.5) / (n + 0.5))``, as Lucene defines it for BM25 (``BM25Similarity.idfExplain``).
    """
    return math.log1p((size - held + 0.5) / (held + 0.5))


FieldTerms = Callable[[Passage], list[str]]


@dataclass(frozen=True, slots=True)
class TermScore:
    """What one term, where it stands in one field, gives to a passage's score."""

    field: str
    term: str
    score: float


class Retriever(Protocol):
    """Finds passages."""

    def search(self, query: Query, limit: int) -> list[Hit]:
        """The best ``limit`` passages for ``query``, best first; equal scores by passage number.

        A passage that holds no term of the query in any field is no hit, whatever the library would score it, nor is
        one whose body lacks something the query requires or holds something it excludes, or which its filters do not
        admit (``is_in_scope``, ``has_phrases``). Fewer, or none, where fewer qualify. ``limit`` is at least 1.
        """
        ...

    def scores(self, query: Query, limit: int) -> dict[int, float]:
        """The scores that ``search`` gives, by the passages' numbers, in its order: for those who need no passage."""
        ...

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """What the score of ``passage`` for ``query`` is made of, field by field; terms that give nothing are left out.

        The sum is the hit's score, but for rounding. ``passage`` is one of those that are searched.
        """
        ...


def has_phrases(passage: Passage, filters: Filters) -> bool:
    """Whether a paragraph of ``passage`` holds every phrase that is asked for, and none an excluded one."""
    wanted = [normalize(phrase) for phrase in filters.phrases]
    unwanted = [normalize(phrase) for phrase in excluded_phrases(filters)]
    if not wanted and not unwanted:
        return True
    texts = [normalize(text) for text in _texts(passage)]
    is_held = any(all(phrase in text for phrase in wanted) for text in texts)
    return is_held and not any(phrase in text for phrase in unwanted for text in texts)


def _texts(passage: Passage) -> Iterator[str]:
    """The words of each paragraph of ``passage``."""
    return (paragraph.text for paragraph in passage.paragraphs)


def body(passage: Passage) -> list[str]:
    """The terms of the passage's own words."""
    return [term for text in _texts(passage) for term in analysis.extract_terms(text)]


def heading(passage: Passage) -> list[str]:
    """The terms of the heading under which the passage stands; none without one."""
    span = passage.paragraphs[0].heading
    return analysis.extract_terms(span.slice(passage.article.text)) if span else []


def title(passage: Passage) -> list[str]:
    """The terms of the article's title."""
    return analysis.extract_terms(passage.article.title)


FIELDS: Mapping[str, tuple[FieldTerms, float]] = MappingProxyType(
    {"body": (body, 1.0), "heading": (heading, 0.3), "title": (title, 0.6)}
)
"""Each field's terms and its weight in the score."""
K1, B = 0.9, 0.75
"""BM25's parameters: those that did best over three archives of questions, of the pairs tried."""


class PassageSource(Protocol):
    """Passages by number, made when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Passage: ...

    def within(self, scope: Scope) -> ByteArray | None:
        """For each passage, 1 where its article is in ``scope`` and 0 elsewhere; None where all are."""
        ...
