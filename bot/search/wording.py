"""Compare wordings: whether a quote's own words stand in another text, and in which words similar quotes differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import regex

from bot.models import MONTHS, Article, Difference, Quote, Span
from bot.text import analysis

MIN_SIMILARITY = 0.7
"""Sentences are nearly equal if so much of them is (2 × equal words / all words): a name, a number, and what stands
before and after the statement may differ. Chosen by hand, on pairs of reports of one event."""
MIN_EQUAL = 5
"""Nearly equal sentences have at least so many equal words."""
MAX_EDGE = 2
"""Other words at the beginning or end of a sentence are a difference if both sides have at most so many; more are
another way to begin or end."""
MAX_PIECES = 3
"""Places in which two quotes differ that are shown, the first ones."""

_IGNORED = regex.compile(r"[\s\p{Pi}\p{Pf}\"'`„‟‚‛＂＇ʼ]+")
_TURNING = frozenset(
    """
    no not nor cannot without against before after above below up down over under more few only until since all both
    most some for
    """.split()
)
"""Stop words that turn a statement into another one; so do contractions with "not"."""
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday yesterday today tomorrow".split())
_MONTHS = {name.casefold(): number for number, name in enumerate(MONTHS, 1)}
_YEAR = regex.compile(r"(?:1[5-9]|20)\d\d")
_DAY_NUMBER = regex.compile(r"(?:[12]?\d|3[01])(?:st|nd|rd|th)?")


class _Words(NamedTuple):
    """The words of a text, as written and as they are compared, and their spans."""

    written: list[str]
    keys: list[str]
    spans: list[Span]


class _Change(NamedTuple):
    """Words of one sentence, and the words that another has in their place, as half-open ranges."""

    one: tuple[int, int]
    other: tuple[int, int]


@lru_cache(maxsize=10_000)
def _key(word: str) -> str:
    # Capitalized, so that "rose" is not folded to "rise": tense is part of the wording, regional spelling is not.
    return analysis.fold(word.capitalize()) + ("'s" if analysis.strip_possessive(word) != word else "")


class Wording:
    """The words and punctuation of a quote, to be found in other texts.

    Case, quotation marks, blanks and regional spelling do not count, nor does punctuation at the ends of the quote.
    """

    def __init__(self, quote: str) -> None:
        parts = _split_with_punctuation(quote)
        is_word = [any(map(str.isalnum, part)) for part in parts]
        if True in is_word:
            parts = parts[is_word.index(True) : len(parts) - is_word[::-1].index(True)]
        self._parts = "\0".join(["", *parts, ""]) if True in is_word else ""
        # A text without it need not be split; a word of another regional spelling would miss copies.
        plain = (word for word in analysis.split_words(quote) if word.casefold() == _key(word))
        self._longest = max(plain, key=len, default="").casefold()

    def is_in(self, text: str) -> bool:
        """Whether ``text`` has all of it in a row."""
        if not self._parts or self._longest not in text.casefold():
            return False
        return self._parts in "\0".join(["", *_split_with_punctuation(text), ""])


def _split_with_punctuation(text: str) -> list[str]:
    parts: list[str] = []
    at = 0
    for word, start, end in analysis.locate_words(text):
        parts += (*_IGNORED.sub("", text[at:start]), _key(word))
        at = end
    return [*parts, *_IGNORED.sub("", text[at:])]


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts differ in punctuation, inflection, and words that turn no statement into another, at most."""
    return _statement(analysis.split_words(one)) == _statement(analysis.split_words(other))


def _statement(words: Iterable[str]) -> list[str]:
    """What of ``words`` makes a statement: the terms of content words, and the words that turn it."""
    terms = []
    for word in words:
        plain = analysis.fold(word)
        if plain in _TURNING or plain.endswith("nt"):
            terms.append(plain)
        elif term := analysis.to_search_term(word):
            terms.append(term)
    return terms


def _split(text: str, span: Span) -> _Words:
    found = [*analysis.locate_words(span.slice(text))]
    spans = [Span(span.start + start, span.start + end) for _, start, end in found]
    return _Words([word for word, _, _ in found], [_key(word) for word, _, _ in found], spans)


def find_differences(quotes: Sequence[Quote], sentences: Sequence[Sequence[Span]]) -> tuple[Difference, ...]:
    """Find the words in which nearly equal sentences of ``quotes`` from different articles differ.

    ``sentences[i]`` are the sentences of ``quotes[i]``, as spans of its article's text. What does not
    count in ``says_the_same`` is no difference, nor is a date or year that is each article's own period.
    """
    words = [[_split(quote.article.text, one) for one in own] for quote, own in zip(quotes, sentences, strict=True)]
    found = []
    for i, j in combinations(range(len(quotes)), 2):
        article, other_article = quotes[i].article, quotes[j].article
        if article.id != other_article.id:
            pairs = ((one, other) for one in words[i] for other in words[j])
            pieces = [piece for pair in pairs for piece in _pieces(article, pair[0], other_article, pair[1])]
            if pieces:
                one, other = zip(*dict.fromkeys(pieces[:MAX_PIECES]), strict=True)
                found.append(Difference((i, j), (one, other)))
    return tuple(found)


def _pieces(article: Article, one: _Words, other_article: Article, other: _Words) -> Iterator[tuple[str, str]]:
    for change in _changes(one.keys, other.keys):
        own, others = one.written[slice(*change.one)], other.written[slice(*change.other)]
        periods = {_period(article, own) if own else None, _period(other_article, others) if others else None}
        is_own_period = len(periods - {None}) == 1 and (None not in periods or not (own and others))
        if not is_own_period and "".join(_statement(own)) != "".join(_statement(others)):
            (start, end), (other_start, other_end) = _widen(change, one.keys)
            yield (
                article.text[one.spans[start].start : one.spans[end - 1].end],
                other_article.text[other.spans[other_start].start : other.spans[other_end - 1].end],
            )


def _changes(one: Sequence[str], other: Sequence[str]) -> Iterator[_Change]:
    """Where two nearly equal sentences have other words; nothing if they are equal, or not nearly equal."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < MIN_SIMILARITY or matcher.ratio() < MIN_SIMILARITY:
        return
    if sum(block.size for block in matcher.get_matching_blocks()) < MIN_EQUAL:
        return
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        is_edge = start == other_start == 0 or (end == len(one) and other_end == len(other))
        shorter, longer = sorted((end - start, other_end - other_start))
        if tag != "equal" and (not is_edge or (shorter and longer <= MAX_EDGE)):
            yield _Change((start, end), (other_start, other_end))


def _widen(change: _Change, words: Sequence[str]) -> _Change:
    """Add what makes a change readable: the number before it ("40 million"), or the word after an insertion."""
    (start, end), (other_start, other_end) = change
    if start and other_start and words[start - 1][0].isdigit():
        start, other_start = start - 1, other_start - 1
    if start == end or other_start == other_end:
        end, other_end = end + 1, other_end + 1
    return _Change((start, end), (other_start, other_end))


def _period(article: Article, words: Sequence[str]) -> tuple[int | None, bool] | None:
    """Which date ``words`` are, seen from the publication: the years after it, and whether a day or month is named.

    None if they are no date, or one more than a year (or of a month) away.
    """
    published = article.published
    if published is None:
        return None
    years, has_day = None, False
    for word in map(str.casefold, words):
        if _YEAR.fullmatch(word):
            years = int(word) - published.year
            if abs(years) > 1:
                return None
        elif word in _DAYS or (word in _MONTHS and (published.month - _MONTHS[word]) % 12 <= 1):
            has_day = True
        elif not _DAY_NUMBER.fullmatch(word):
            return None
    return (years, has_day) if has_day or years is not None else None
