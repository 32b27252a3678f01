"""How much of a question some words of an article hold, term by term. Keeps secret how a form is found in a text.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from bot.analysis import title_terms
from bot.models import Article, Form, Paragraph, Passage, Query, Span
from bot.ranking.sightings import (
    Floats,
    Numbers,
    Sets,
    Sighted,
    Sightings,
    Words,
    positions_of,
    shares,
    union,
    words_at,
)
from bot.tokens import Standing, Tokens


@dataclass(frozen=True, slots=True)
class Match:
    """A form of the question where it stands in a paragraph."""

    form: Form
    words: Words
    span: Span


def held(matches: Iterable[Match]) -> Words:
    """The words that ``matches`` cover."""
    return union(match.words for match in matches)


def within(matches: Iterable[Match], span: Span) -> tuple[Match, ...]:
    """Those of ``matches`` that lie wholly in ``span``."""
    return tuple(match for match in matches if span.holds(match.span))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph, and the words that it holds."""

    span: Span
    held: Words


@dataclass(frozen=True, slots=True)
class Looks:
    """What of the question stands in some passages; each member but ``sentences`` has one for each of them, in order.

    ``words`` is what a passage holds, ``titles`` what its article's title does. The others are shares of the question,
    0 to 1: ``sentence`` what the best single sentence holds, ``run`` what the best three in a row do; ``near`` and
    ``adjacent`` the shares of its neighbouring words that stand, in one paragraph, within four terms of each other, or
    next to each other in the same order; 0 for a question of one word. ``sentences`` are those that hold anything, as
    (its share, the passage's number among these, its span), those that hold most first.
    """

    words: Sequence[Words]
    titles: Sequence[Words]
    sentence: Sequence[float]
    run: Sequence[float]
    near: Sequence[float]
    adjacent: Sequence[float]
    sentences: Callable[[], Iterator[tuple[float, int, Span]]]


class Coverage:
    """One question held against paragraphs. ``weights[i]`` is word ``i``'s share of the question; they add up to 1.

    A word's share is its share of the sum over the question's words of ``told[i]``: its idf, times the word's weight.
    ``names`` are the words that are names. What was found in a paragraph is remembered.
    Not shared between threads.
    """

    def __init__(self, query: Query, idf: Callable[[str], float], tokens: Tokens) -> None:
        self.query, self.tokens = query, tokens
        told = [word.weight * idf(word.term) for word in query.words]
        self.weights = tuple(value / sum(told) for value in told)
        self.told = tuple(told)
        self.names = words_at(i for i, word in enumerate(query.words) if word.is_name)
        pairs = [one + other for one, other in pairwise(self.weights)]
        self._pairs = tuple(pair / (sum(pairs) or 1.0) for pair in pairs)
        self._forms = _Forms(query.forms, tokens)
        self._seen: dict[int, tuple[_Seen, int] | None] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._shares: dict[Words, float] = {}
        self._titles: dict[str, Words] = {}

    def look_at(self, passages: Sequence[Passage]) -> Looks:
        """What stands in each of ``passages``; found in all at once, which costs less than in one after the other."""
        firsts = np.array([self.tokens.number(passage.paragraphs[0]) for passage in passages], np.int64)
        order = np.argsort(firsts, kind="stable")
        sighted = self._see(
            number
            for first, passage in zip(firsts.tolist(), passages, strict=True)
            for number in range(first, first + len(passage.paragraphs))
        )

        def passage_of(paragraphs: Numbers) -> Numbers:
            return order[np.searchsorted(firsts[order], paragraphs, side="right") - 1]

        def joined(sets: Sets) -> Sets:
            whole = np.zeros(len(passages), np.uint64)
            np.bitwise_or.at(whole, passage_of(sighted.paragraphs), sets)
            return whole

        told = sighted.sentences
        places, found = passage_of(told.paragraphs), shares(told.words, self.weights)

        def best(shares: Floats) -> list[float]:
            most = np.zeros(len(passages))
            np.maximum.at(most, places, shares)
            found: list[float] = most.tolist()
            return found

        def sentences() -> Iterator[tuple[float, int, Span]]:
            fullest = np.argsort(-found, kind="stable")
            spans = self.tokens.sentence_spans(told.paragraphs[fullest], told.places[fullest])
            return zip(found[fullest].tolist(), places[fullest].tolist(), spans, strict=True)

        return Looks(
            joined(sighted.words).tolist(),
            [self.held_in_title(passage.article) for passage in passages],
            best(found),
            best(shares(told.runs, self.weights)),
            shares(joined(sighted.near), self._pairs).tolist(),
            shares(joined(sighted.adjacent), self._pairs).tolist(),
            sentences,
        )

    def _see(self, paragraphs: Iterable[int]) -> Sighted:
        """What stands in the paragraphs with these numbers; it is remembered."""
        numbers = sorted(paragraphs)
        sighted = Sighted(self._forms.sighted(numbers))
        seen = _Seen(sighted, self.tokens)
        self._seen.update(dict.fromkeys(numbers))
        self._seen.update((number, (seen, at)) for at, number in enumerate(sighted.paragraphs.tolist()))
        return sighted

    def _known(self, paragraph: Paragraph) -> tuple[_Seen, int] | None:
        """Where it is remembered what stands in ``paragraph``; None where nothing does."""
        number = self.tokens.number(paragraph)
        if number not in self._seen:
            self._see([number])
        return self._seen[number]

    def words(self, passage: Passage) -> Words:
        """What of the question stands in ``passage``."""
        return union(words for _, words, _ in self.touched(passage))

    def touched(self, passage: Passage) -> Iterator[tuple[Paragraph, Words, Words]]:
        """The paragraphs of ``passage`` in which anything stands, and what does.

        Behind it, for which positions i words i and i + 1 stand near each other in the paragraph.
        """
        first = self.tokens.number(passage.paragraphs[0])
        numbers = range(first, first + len(passage.paragraphs))
        if any(number not in self._seen for number in numbers):
            self._see(numbers)
        for number, paragraph in enumerate(passage.paragraphs, first):
            if known := self._seen[number]:
                seen, at = known
                yield paragraph, seen.words[at], seen.near[at]

    def neighbours(self, paragraph: Paragraph) -> Iterator[tuple[int, int, Words]]:
        """Those of the ``matches`` in ``paragraph`` that are near each other, two by two, and what that makes near.

        As (the first's number, the second's, for which positions i words i and i + 1 are near each other).
        """
        known = self._known(paragraph)
        return known[0].neighbours(known[1]) if known else iter(())

    def matches(self, paragraph: Paragraph) -> tuple[Match, ...]:
        """Every form of the question that stands in ``paragraph``, in order."""
        number = self.tokens.number(paragraph)
        if number not in self._matches:
            known = self._known(paragraph)
            found = known[0].sightings(known[1]) if known else ()
            self._matches[number] = tuple(Match(self.query.forms[form], words, span) for form, words, span in found)
        return self._matches[number]

    def sentences(self, paragraph: Paragraph) -> tuple[Sentence, ...]:
        """The sentences of ``paragraph``, in order; spans are of the article's text."""
        known = self._known(paragraph)
        words = dict(known[0].sentences(known[1])) if known else {}
        return tuple(Sentence(span, words.get(i, 0)) for i, span in enumerate(self.tokens.sentences(paragraph)))

    def length(self, paragraph: Paragraph) -> int:
        """How many searched terms ``paragraph`` has."""
        return self.tokens.length(paragraph)

    def share(self, words: Words) -> float:
        """The share of the question that ``words`` make up, 0 to 1."""
        if words not in self._shares:
            self._shares[words] = sum(self.weights[position] for position in positions_of(words))
        return self._shares[words]

    def share_of_pairs(self, firsts: Words) -> float:
        """The share, 0 to 1, that the pairs of neighbouring words make up whose first stand at these positions."""
        return sum(self._pairs[position] for position in positions_of(firsts))

    def held_in_title(self, article: Article) -> Words:
        """As ``held_in_terms``, of the article's title."""
        if article.id not in self._titles:
            self._titles[article.id] = self.held_in_terms(title_terms(article.title))
        return self._titles[article.id]

    def held_in_terms(self, terms: Iterable[str]) -> Words:
        """The words of which some form's terms are all among ``terms``, in whatever order."""
        known = frozenset(terms)
        return words_at(word for form in self.query.forms if known.issuperset(form.terms) for word in form.words)


class _Seen:
    """What of the question stands in some paragraphs, to be asked of one at a time, by its place among those touched.

    ``words`` and ``near`` are by paragraph: see ``Sighted``.
    """

    def __init__(self, sighted: Sighted, tokens: Tokens) -> None:
        self._sighted, self._tokens = sighted, tokens

    @cached_property
    def words(self) -> list[Words]:
        found: list[Words] = self._sighted.words.tolist()
        return found

    @cached_property
    def near(self) -> list[Words]:
        found: list[Words] = self._sighted.near.tolist()
        return found

    @cached_property
    def _borders(self) -> list[int]:
        found: list[int] = self._sighted.borders.tolist()
        return found

    def sightings(self, at: int) -> Iterator[tuple[int, Words, Span]]:
        """Each one's form, by its number, the words that it covers, and where it stands."""
        own = slice(self._borders[at], self._borders[at + 1])
        forms, words, starts, ends = (column[own] for column in self._sightings)
        return zip(forms, words, map(Span, starts, ends), strict=True)

    @cached_property
    def _sightings(self) -> tuple[list[int], list[Words], list[int], list[int]]:
        forms, words, _, firsts, lasts, _ = self._sighted.sightings
        starts, ends = self._tokens.places(firsts, lasts)
        return forms.tolist(), words.tolist(), starts.tolist(), ends.tolist()

    def neighbours(self, at: int) -> Iterator[tuple[int, int, Words]]:
        """See ``Coverage.neighbours``."""
        borders, pairs = self._neighbours
        before = self._borders[at]
        for first, second, near in pairs[borders[at] : borders[at + 1]]:
            yield first - before, second - before, near

    @cached_property
    def _neighbours(self) -> tuple[list[int], list[tuple[int, int, Words]]]:
        first, second, near, _ = self._sighted.neighbours
        pairs = list(zip(first.tolist(), second.tolist(), near.tolist(), strict=True))
        return np.searchsorted(first, self._sighted.borders).tolist(), pairs

    def sentences(self, at: int) -> list[tuple[int, Words]]:
        """What each sentence holds that holds anything, by how many precede it."""
        borders, held = self._sentences
        return held[borders[at] : borders[at + 1]]

    @cached_property
    def _sentences(self) -> tuple[list[int], list[tuple[int, Words]]]:
        told = self._sighted.sentences
        borders = np.searchsorted(told.paragraphs, np.append(self._sighted.paragraphs, np.iinfo(np.int64).max))
        return borders.tolist(), list(zip(told.places.tolist(), told.words.tolist(), strict=True))


class _Forms:
    """The forms of a question, found in paragraphs by their first terms."""

    def __init__(self, forms: Sequence[Form], tokens: Tokens) -> None:
        self._tokens = tokens
        self._terms = [tokens.numbers(form.terms) for form in forms]
        self._words = np.array([words_at(form.words) for form in forms], np.uint64)
        self._lengths = np.array([len(terms) for terms in self._terms], np.int64)
        firsts = np.array([terms[0] for terms in self._terms], np.int64)
        # Forms that begin with one term, one behind the other, in their order.
        self._order = np.argsort(firsts, kind="stable")
        self._begins, starts = np.unique(firsts[self._order], return_index=True)
        self._borders = np.append(starts, len(firsts))
        self._flags = tokens.flags(self._begins.tolist())

    def sighted(self, paragraphs: Sequence[int]) -> Sightings:
        """Where they stand in the numbered ``paragraphs``, which ascend."""
        found = self._tokens.standing(self._flags, paragraphs)
        at = np.searchsorted(self._begins, found.terms)
        several = self._borders[at + 1] - self._borders[at]
        each = np.repeat(np.arange(len(at)), several)
        before = np.cumsum(several) - several
        forms = self._order[np.arange(len(each)) - (before - self._borders[at])[each]]
        found = Standing(*(array[each] for array in found))
        sentences = found.sentences.copy()
        stands = np.ones(len(forms), np.bool_)
        for place in np.flatnonzero(self._lengths[forms] > 1).tolist():
            token, paragraph, terms = int(found.tokens[place]), int(found.paragraphs[place]), self._terms[forms[place]]
            stands[place] = self._tokens.follow(terms, token, paragraph)
            if stands[place] and self._tokens.sentence_at(token + len(terms) - 1, paragraph) != sentences[place]:
                sentences[place] = -1
        return Sightings(
            forms[stands],
            self._words[forms[stands]],
            found.paragraphs[stands],
            found.tokens[stands],
            found.tokens[stands] + self._lengths[forms[stands]] - 1,
            sentences[stands],
        )
