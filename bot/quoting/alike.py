"""When two paragraphs say nearly the same, as two prints of one agency's report do.

A figure is never "nearly the same": paragraphs that differ in a number are two statements, however alike they look.
"""

from __future__ import annotations

from functools import lru_cache

from bot import analysis
from bot.models import Paragraph

ALIKE = 0.6
"""The least share of three-word runs that two paragraphs have in common (Jaccard): one word in twenty may differ."""


def nearly_same(one: Paragraph, other: Paragraph) -> bool:
    """Whether the two paragraphs share most of their runs of three words, and all of their figures."""
    first, second = _shingles(one.text), _shingles(other.text)
    return len(first & second) >= ALIKE * len(first | second) and _figures(first) == _figures(second)


def _figures(shingles: frozenset[tuple[str, ...]]) -> set[str]:
    return {term for shingle in shingles for term in shingle if any(map(str.isdigit, term))}


@lru_cache(maxsize=2048)
def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    terms = [term for word in analysis.words(text) if (term := analysis.term(word))]
    return frozenset(zip(terms, terms[1:], terms[2:], strict=False)) if len(terms) > 2 else frozenset((tuple(terms),))
