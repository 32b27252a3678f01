"""Filters of a question: which articles and texts meet them, and the terms to look up for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import regex

from bot.models import Article, Expansion, Filters, Query, Scope, Word
from bot.text import analysis

SENTENCE = 3
"""With as many content words beside its phrases a question is a sentence; with fewer it is phrases, narrowed down."""
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_INVISIBLE = regex.compile(r"[\p{Cf}\u034f]+")
_SAFE = regex.compile(r"(?<!\S)[A-Za-z]{4,}(?!\S)")
"""Words that stand in the index by themselves wherever they stand in a text: no part of "F-35", "R&D" or "O'Brien"."""


def normalize(text: str) -> str:
    """The words of ``text`` in one case and width, a blank before and after each: in it, a substring is a phrase."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return f" {' '.join(_WORD.findall(plain.casefold()))} "


_name = lru_cache(maxsize=4096)(normalize)


def contains_phrase(text: str, phrase: str) -> bool:
    """Whether ``text`` holds the words of ``phrase`` in a row."""
    return normalize(phrase) in normalize(text)


def is_of_source(article: Article, sources: tuple[str, ...]) -> bool:
    """Whether one of ``sources`` stands, in whole words, in the article's source or id; true where none is named."""
    return not sources or any(
        matches_source(where, source) for source in sources for where in (article.source, article.id)
    )


def matches_source(where: str, source: str) -> bool:
    """Whether ``source``, as a person typed it, stands in whole words in ``where``: an article's source, or its id."""
    return _name(source) in _name(where)


def is_in_scope(article: Article, scope: Scope) -> bool:
    """Whether ``article`` is one of those that ``scope`` names; an undated one is not where dates are named."""
    if scope.since or scope.before:
        when = article.published
        if when is None or (scope.since and when < scope.since) or (scope.before and when >= scope.before):
            return False
    return is_of_source(article, scope.sources)


def positions_outside_phrases(words: Sequence[Word], filters: Filters) -> list[int]:
    """The positions of the ``words`` that stand in none of the phrases that are asked for."""
    inside = {term for phrase in filters.phrases for term in analysis.extract_terms(phrase)}
    return [i for i, word in enumerate(words) if word.term not in inside]


def relax_phrases(filters: Filters, words: Sequence[Word]) -> Filters:
    """``filters`` as they are meant in a question of these content ``words``: in a sentence, phrases are quoted."""
    if not filters.phrases or len(positions_outside_phrases(words, filters)) < SENTENCE:
        return filters
    return replace(filters, phrases=(), optional_phrases=filters.phrases)


def required_terms(filters: Filters) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What any passage that holds the phrases holds, as ``Query.required``: an engine need look at no other."""
    words = dict.fromkeys(word for phrase in filters.phrases for word in _SAFE.findall(phrase))
    found = (_in_any_case(word) for word in words)
    return tuple(tuple((term,) for term in terms) for terms in found if terms)


def excluded_terms(filters: Filters) -> tuple[str, ...]:
    """The terms of single excluded words, as ``Query.excluded``."""
    single = (words[0] for typed in filters.excluded if len(words := analysis.split_words(typed)) == 1)
    return _distinct(
        [
            term
            for word in single
            for term in (analysis.to_search_term(word), analysis.to_search_term(word.title()))
            if term
        ]
    )


def excluded_phrases(filters: Filters) -> tuple[str, ...]:
    """The excluded phrases: what ``excluded_terms`` does not cover."""
    return tuple(typed for typed in filters.excluded if len(analysis.split_words(typed)) > 1)


def _in_any_case(word: str) -> tuple[str, ...]:
    """The terms that the index may hold ``word`` under; none where it may be a word that is not searched."""
    found = [analysis.to_search_term(one) for one in (word.lower(), word.title(), word.upper())]
    return _distinct([term for term in found if term]) if all(found) else ()


def drop_phrases(query: Query) -> Query:
    """The same, of passages that need not hold the phrases."""
    return replace(query, required=(), filters=replace(query.filters, phrases=()))


def phrase_query(query: Query, phrase: str) -> Query:
    """What finds ``phrase`` by itself, in the articles that ``query`` asks of."""
    terms = dict.fromkeys(
        term
        for word in analysis.split_words(phrase)
        for one in (word, word.lower(), word.title(), word.upper())
        if (term := analysis.to_search_term(one))
    )
    filters = Filters(phrases=(phrase,), scope=query.filters.scope)
    forms = tuple(Expansion((term,), (), 1.0, "typed", phrase) for term in terms)
    return Query(query.question, (), forms, required_terms(filters), filters=filters)


def _distinct(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
