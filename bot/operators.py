"""What a person may ask for beside the words of a question, and which articles and texts meet it.

Keeps secret how operators are spelt, with the quotation marks and dashes that phones type, and when words are the same:

    "exact phrase"      one paragraph holds these words in a row, whatever their case, blanks and punctuation; in a
                        sentence, titles and sayings stand so too, and nothing is asked of them
    -word  -"a phrase"  the passage does not hold it
    source:name         the article's publisher, or its file's path, has the name among its words; of several, any one
    after:2024-01       published on the first day of that year, month or day, or later
    before:2025-06-01   published before the first day of that year, month or day

Whatever is no operator is left as it was typed: a single word in quotation marks, a lone mark, a hyphen inside a word
or before a number, an aside between dashes, a time, an address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

import regex

from bot import analysis
from bot.models import Article, Filters, Form, Query, Scope, Word

SENTENCE = 3
"""With as many content words beside its phrases a question is a sentence; with fewer it is phrases, narrowed down."""

_MARK = r'["“”„‟«»＂]'
_NO_MARK = r'[^"“”„‟«»＂]'
_DASH = r"[-‐‑‒–—−－]"
_OPERATOR = regex.compile(
    rf"""
      (?<aside> (?<!\S){_DASH}\p{{L}}(?:(?!\s{_DASH}){_NO_MARK})*?[\p{{L}}\p{{N}}]{_DASH}(?!\S) )
    | (?<![^\s(\[{{]) {_MARK}(?=\S)(?<phrase>{_NO_MARK}+){_MARK} (?![\p{{L}}\p{{N}}])
    | (?<!\S) {_DASH} {_MARK}(?<unphrase>{_NO_MARK}+){_MARK}
    | (?<!\S) {_DASH} (?<unword>\p{{L}}(?:[\p{{L}}\p{{N}}]|{_DASH})[^\s:]*+)(?!:)
    | (?<!\S) (?<name>(?i:source|after|before)) : (?: {_MARK}(?<quoted>{_NO_MARK}+){_MARK} | (?<value>\S+) )
    # A phone writes the first word of a message with a capital; elsewhere "Mission:Impossible" is a name.
    | (?: (?<!\S){_DASH}?\p{{Ll}}{{2,20}} | ^\s*\p{{Lu}}\p{{Ll}}{{1,19}} ) (?<!mailto|tel)
      : (?=[\p{{L}}\p{{N}}]|{_MARK}) (?: {_MARK}{_NO_MARK}+{_MARK} | \S+ )
    """,
    regex.VERSION1 | regex.VERBOSE,
)
_HINT = re.compile(rf"{_MARK}|:|(?:^|\s){_DASH}")
"""What every operator has: most questions have none of it."""
_DATE = regex.compile(rf"([0-9]{{4}})(?:{_DASH}([0-9]{{1,2}}))?(?:{_DASH}([0-9]{{1,2}}))?")
_CLOSING = ".,;:!?)]}…"
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_INVISIBLE = regex.compile(r"[\p{Cf}\u034f]+")
_SAFE = regex.compile(r"(?<!\S)[A-Za-z]{4,}(?!\S)")
"""Words that stand in the index by themselves wherever they stand in a text: no part of "F-35", "R&D" or "O'Brien"."""


def parse(text: str) -> tuple[str, Filters]:
    """The words of a question that are searched, and what its operators ask for.

    Without an operator ``text`` comes back as it is.
    """
    if not _HINT.search(text):
        return text, Filters()
    phrases: list[str] = []
    excluded: list[str] = []
    unread: list[str] = []
    scope = Scope()

    def read(match: regex.Match[str]) -> str:
        nonlocal scope
        group = match.lastgroup
        if group == "phrase" and _is_phrase(found := _squeezed(match)):
            phrases.append(found)
        elif group in {"unphrase", "unword"} and analysis.terms(found := _squeezed(match).rstrip(_CLOSING)):
            excluded.append(found)
            return " "
        elif group in {"value", "quoted"} and (narrower := _narrowed(scope, match["name"], _squeezed(match))):
            scope = narrower
            return " "
        elif group in {"value", "quoted", None}:
            unread.append(match.group().strip())
        return match.group()

    words = _OPERATOR.sub(read, text)
    return words, Filters(_once(phrases), _once(excluded), scope, _once(unread))


def _squeezed(match: regex.Match[str]) -> str:
    return " ".join(match[match.lastgroup or 0].split())


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _is_phrase(typed: str) -> bool:
    """Whether ``typed`` is several words, one of which can be searched for."""
    return " " in typed and len(canonical(typed).split()) > 1 and bool(analysis.terms(typed))


def _narrowed(scope: Scope, name: str, value: str) -> Scope | None:
    """``scope`` with one more operator; None when its value says nothing."""
    value = value.rstrip(_CLOSING)
    if name.casefold() == "source":
        return replace(scope, sources=_once([*scope.sources, value])) if canonical(value).strip() else None
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    if name.casefold() == "after":
        return replace(scope, since=max(day, scope.since or day))
    return replace(scope, before=min(day, scope.before or day))


def canonical(text: str) -> str:
    """The words of ``text`` in one case and width, a blank before and after each: in it, a substring is a phrase."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return f" {' '.join(_WORD.findall(plain.casefold()))} "


_name = lru_cache(maxsize=4096)(canonical)


def holds(text: str, phrase: str) -> bool:
    """Whether ``text`` holds the words of ``phrase`` in a row."""
    return canonical(phrase) in canonical(text)


def is_of_source(article: Article, sources: tuple[str, ...]) -> bool:
    """Whether one of ``sources`` stands, in whole words, in the article's source or id; true where none is named."""
    return not sources or any(
        names_source(where, source) for source in sources for where in (article.source, article.id)
    )


def names_source(where: str, source: str) -> bool:
    """Whether ``source``, as a person typed it, stands in whole words in ``where``: an article's source, or its id."""
    return _name(source) in _name(where)


def is_in_scope(article: Article, scope: Scope) -> bool:
    """Whether ``article`` is one of those that ``scope`` names; an undated one is not where dates are named."""
    if scope.since or scope.before:
        when = article.published
        if when is None or (scope.since and when < scope.since) or (scope.before and when >= scope.before):
            return False
    return is_of_source(article, scope.sources)


def outside_phrases(words: Sequence[Word], filters: Filters) -> list[int]:
    """The positions of the ``words`` that stand in none of the phrases that are asked for."""
    inside = {term for phrase in filters.phrases for term in analysis.terms(phrase)}
    return [i for i, word in enumerate(words) if word.term not in inside]


def in_question(filters: Filters, words: Sequence[Word]) -> Filters:
    """``filters`` as they are meant in a question of these content ``words``: in a sentence, phrases are quoted."""
    if not filters.phrases or len(outside_phrases(words, filters)) < SENTENCE:
        return filters
    return replace(filters, phrases=(), quoted=filters.phrases)


def required_terms(filters: Filters) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """What any passage that holds the phrases holds, as ``Query.required``: an engine need look at no other."""
    words = dict.fromkeys(word for phrase in filters.phrases for word in _SAFE.findall(phrase))
    found = (_in_any_case(word) for word in words)
    return tuple(tuple((term,) for term in terms) for terms in found if terms)


def excluded_terms(filters: Filters) -> tuple[str, ...]:
    """The terms of single excluded words, as ``Query.excluded``."""
    single = (words[0] for typed in filters.excluded if len(words := analysis.words(typed)) == 1)
    return _once(
        [term for word in single for term in (analysis.searched(word), analysis.searched(word.title())) if term]
    )


def excluded_phrases(filters: Filters) -> tuple[str, ...]:
    """The excluded phrases: what ``excluded_terms`` does not cover."""
    return tuple(typed for typed in filters.excluded if len(analysis.words(typed)) > 1)


def _in_any_case(word: str) -> tuple[str, ...]:
    """The terms that the index may hold ``word`` under; none where it may be a word that is not searched."""
    found = [analysis.searched(one) for one in (word.lower(), word.title(), word.upper())]
    return _once([term for term in found if term]) if all(found) else ()


def without_phrases(query: Query) -> Query:
    """The same, of passages that need not hold the phrases."""
    return replace(query, required=(), filters=replace(query.filters, phrases=()))


def for_phrase(query: Query, phrase: str) -> Query:
    """What finds ``phrase`` by itself, in the articles that ``query`` asks of."""
    terms = dict.fromkeys(
        term
        for word in analysis.words(phrase)
        for one in (word, word.lower(), word.title(), word.upper())
        if (term := analysis.searched(one))
    )
    filters = Filters(phrases=(phrase,), scope=query.filters.scope)
    forms = tuple(Form((term,), (), 1.0, "typed", phrase) for term in terms)
    return Query(query.question, (), forms, required_terms(filters), filters=filters)
