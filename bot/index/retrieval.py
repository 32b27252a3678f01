"""What a search finds, by definition: filters, fields and their weights, and BM25's idf.

The score of a passage is, summed over the fields, field weight × Σ term weight × ``get_scores([term])`` of rank-bm25.
Filters say which passages are found at all, and which index terms to look up for them.
"""

from __future__ import annotations

import math
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

import regex

from bot.models import Expansion, Filters, Hit, Passage, Query, Word
from bot.text import analysis

SENTENCE = 3
"""From this many content words outside its phrases, a question is a sentence that quotes; below, a phrase search."""
_WORD = regex.compile(rf"{analysis.UNSPACED}|[[\p{{L}}\p{{M}}\p{{N}}]--{analysis.UNSPACED}]+", regex.VERSION1)
_INVISIBLE = regex.compile(r"[\p{Cf}\u034f]+")
_PLAIN_WORD = regex.compile(r"(?<!\S)[A-Za-z]{4,}(?!\S)")
"""Words that are always index terms of their own: never part of "F-35", "R&D" or "O'Brien"."""


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


class FieldScorer(Protocol):
    """Scores one field of a passage."""

    def score(self, document: Sequence[str], term: str) -> float:
        """Return what rank-bm25's ``get_scores([term])`` gives for ``document``, the terms of the field."""
        ...


TopK = list[tuple[float, int]]
"""Scores and passage numbers, best first; equal scores by number."""


class Retriever(ABC):
    """Finds the passages of an archive that are most relevant to a query, wherever the archive is."""

    def __init__(
        self, passages: Sequence[Passage], fields: Mapping[str, FieldScorer], passage_terms: FieldTerms = body_terms
    ) -> None:
        """``fields`` are named as in FIELDS; ``passage_terms`` returns the terms of a passage's body."""
        self._passages, self._scorers = passages, fields
        self._terms = {name: passage_terms if name == "body" else terms for name, (terms, _) in FIELDS.items()}

    def search(self, query: Query, limit: int) -> list[Hit]:
        """Return the best ``limit`` (at least 1) passages, best first; equal scores in reading order.

        A hit contains a term of the query in some field; its body contains what the query requires and nothing that
        it excludes; its article is in the scope (``Archive.scope_mask``), and it passes ``has_phrases``.
        """
        return [Hit(self._passages[number], score) for number, score in self.scores(query, limit).items()]

    def scores(self, query: Query, limit: int) -> dict[int, float]:
        """Return the hits of ``search`` as passage numbers with scores, in the same order."""
        find_best = self._ranking(query)
        has_all_phrases = not (query.filters.phrases or query.filters.excluded)
        scores: dict[int, float] = {}
        checked, fetched = 0, limit
        while True:
            found = find_best(fetched)
            for score, number in found[checked:]:
                if has_all_phrases or has_phrases(self._passages[number], query.filters):
                    scores[number] = score
                    if len(scores) == limit:
                        return scores
            if len(found) < fetched:
                return scores
            checked, fetched = fetched, fetched * 8

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """Return the nonzero contributions to the score of a searched passage; they add up to it, but for rounding."""
        found: list[TermScore] = []
        for name, terms in self._terms.items():
            document, weight = terms(passage), FIELDS[name][1]
            scores = (
                (term, weight * term.weight * self._scorers[name].score(document, term.text)) for term in query.terms
            )
            found.extend(TermScore(name, term.text, score) for term, score in scores if score)
        return tuple(found)

    @abstractmethod
    def _ranking(self, query: Query) -> Callable[[int], TopK]:
        """Return a function that returns the best passages, at most so many, before phrases are looked at."""


def normalize(text: str) -> str:
    """Return the words of ``text``, case-folded, with a blank before and after each: a phrase is a substring of it."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return f" {' '.join(_WORD.findall(plain.casefold()))} "


_normalize_name = lru_cache(maxsize=4096)(normalize)


def contains_phrase(text: str, phrase: str) -> bool:
    """Return whether ``text`` contains the words of ``phrase`` in a row."""
    return normalize(phrase) in normalize(text)


def matches_source(name: str, source: str) -> bool:
    """Return whether ``name``, an article's source or id, contains the whole words of ``source``, as typed."""
    return _normalize_name(source) in _normalize_name(name)


def positions_outside_phrases(words: Sequence[Word], filters: Filters) -> list[int]:
    """Return the positions of the ``words`` that are in none of the required phrases."""
    inside = {term for phrase in filters.phrases for term in analysis.extract_terms(phrase)}
    return [i for i, word in enumerate(words) if word.term not in inside]


def relax_phrases(filters: Filters, words: Sequence[Word]) -> Filters:
    """Return ``filters`` with the phrases merely quoted, not required, if the content ``words`` form a sentence."""
    if not filters.phrases or len(positions_outside_phrases(words, filters)) < SENTENCE:
        return filters
    return replace(filters, phrases=(), optional_phrases=filters.phrases)


def required_terms(filters: Filters) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return terms that every passage with the phrases contains, as ``Query.required``."""
    words = dict.fromkeys(word for phrase in filters.phrases for word in _PLAIN_WORD.findall(phrase))
    required = []
    for word in words:
        terms = [analysis.to_search_term(cased) for cased in (word.lower(), word.title(), word.upper())]
        if all(terms):  # else it may be a stop word, which the index does not contain
            required.append(tuple((term,) for term in dict.fromkeys(terms) if term))
    return tuple(required)


def excluded_terms(filters: Filters) -> tuple[str, ...]:
    """Return the terms of the single excluded words, as ``Query.excluded``."""
    single = (words[0] for typed in filters.excluded if len(words := analysis.split_words(typed)) == 1)
    terms = (analysis.to_search_term(cased) for word in single for cased in (word, word.title()))
    return tuple(dict.fromkeys(term for term in terms if term))


def excluded_phrases(filters: Filters) -> tuple[str, ...]:
    """Return the excluded phrases of several words, which ``excluded_terms`` does not cover."""
    return tuple(typed for typed in filters.excluded if len(analysis.split_words(typed)) > 1)


def drop_phrases(query: Query) -> Query:
    """Return ``query`` without the requirement that passages contain its phrases."""
    return replace(query, required=(), filters=replace(query.filters, phrases=()))


def phrase_query(query: Query, phrase: str) -> Query:
    """Return a query for ``phrase`` alone, in the scope of ``query``."""
    terms = dict.fromkeys(
        term
        for word in analysis.split_words(phrase)
        for cased in (word, word.lower(), word.title(), word.upper())
        if (term := analysis.to_search_term(cased))
    )
    filters = Filters(phrases=(phrase,), scope=query.filters.scope)
    expansions = tuple(Expansion((term,), (), 1.0, "typed", phrase) for term in terms)
    return Query(query.question, (), expansions, required_terms(filters), filters=filters)


def has_phrases(passage: Passage, filters: Filters) -> bool:
    """Return whether one paragraph of ``passage`` has all required phrases, and none has an excluded one."""
    required = [normalize(phrase) for phrase in filters.phrases]
    excluded = [normalize(phrase) for phrase in excluded_phrases(filters)]
    if not required and not excluded:
        return True
    texts = [normalize(paragraph.text) for paragraph in passage.paragraphs]
    has_required = any(all(phrase in text for phrase in required) for text in texts)
    return has_required and not any(phrase in text for phrase in excluded for text in texts)
