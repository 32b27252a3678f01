"""How much of a question some words of an article hold, term by term. Keeps secret how a form is found in a text.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.analysis import title_terms
from bot.models import Article, Form, Hit, Paragraph, Passage, Query, Span
from bot.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Match:
    """A form of the question where it stands in an article; ``at`` counts the paragraph's searched terms before it."""

    form: Form
    span: Span
    at: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph, and the positions of the question's words that it holds."""

    span: Span
    held: frozenset[int]


class Coverage:
    """One question held against paragraphs. ``weights[i]`` is word ``i``'s share of the question; they add up to 1.

    A word's share is its share of the sum over the question's words of ``told[i]``: its idf, times the word's weight.
    ``names`` are the positions of the words that are names. What was found in a paragraph is remembered.
    Not shared between threads.
    """

    def __init__(self, query: Query, idf: Callable[[str], float], tokens: Tokens) -> None:
        self.query = query
        self._tokens = tokens
        told = [word.weight * idf(word.term) for word in query.words]
        self.weights = tuple(value / sum(told) for value in told)
        self.told = tuple(told)
        self.names = frozenset(i for i, word in enumerate(query.words) if word.is_name)
        self._forms: defaultdict[int, list[tuple[Form, tuple[int, ...]]]] = defaultdict(list)
        for form in query.forms:
            numbers = tokens.numbers(form.terms)
            self._forms[numbers[0]].append((form, numbers))
        self._begins_form = tokens.flags(self._forms)
        self._matches: dict[tuple[str, int], tuple[Match, ...]] = {}
        self._sentences: dict[tuple[str, int], tuple[Sentence, ...]] = {}
        self._shares: dict[frozenset[int], float] = {}
        self._titles: dict[str, frozenset[int]] = {}
        self._touched: dict[tuple[str, int, int], tuple[Paragraph, ...]] = {}

    def matches(self, paragraph: Paragraph) -> tuple[Match, ...]:
        """Every form of the question that stands in ``paragraph``, in order; spans are of the article's text."""
        key = paragraph.article.id, paragraph.number
        if key not in self._matches:
            self._find((paragraph,))
        return self._matches[key]

    def touched(self, passage: Passage) -> tuple[Paragraph, ...]:
        """The paragraphs of ``passage`` in which some form of the question stands, in order."""
        paragraphs = passage.paragraphs
        key = paragraphs[0].article.id, paragraphs[0].number, paragraphs[-1].number
        if key not in self._touched:
            self._find(paragraphs)
            self._touched[key] = tuple(paragraph for paragraph in paragraphs if self.matches(paragraph))
        return self._touched[key]

    def _find(self, paragraphs: Sequence[Paragraph]) -> None:
        """Remember the matches of ``paragraphs``, which are neighbours: their terms are looked through at once."""
        starts, terms = self._tokens.neighbours(paragraphs)
        found: list[list[Match]] = [[] for _ in paragraphs]
        for at in np.flatnonzero(self._begins_form[terms]).tolist():
            place = bisect(starts, at) - 1
            begins = at - starts[place]
            for form, numbers in self._forms[int(terms[at])]:
                end = at + len(numbers)
                if end <= starts[place + 1] and tuple(terms[at:end].tolist()) == numbers:
                    span = self._tokens.span(paragraphs[place], begins, begins + len(numbers) - 1)
                    found[place].append(Match(form, span, begins))
        for paragraph, matches in zip(paragraphs, found, strict=True):
            self._matches[paragraph.article.id, paragraph.number] = tuple(matches)

    def sentences(self, paragraph: Paragraph) -> tuple[Sentence, ...]:
        """The sentences of ``paragraph``, in order; spans are of the article's text."""
        key = paragraph.article.id, paragraph.number
        if key not in self._sentences:
            matches = self.matches(paragraph)
            starts = [match.span.start for match in matches]
            self._sentences[key] = tuple(
                Sentence(
                    span, self.held(within(matches[bisect_left(starts, span.start) : bisect(starts, span.end)], span))
                )
                for span in self._tokens.sentences(paragraph)
            )
        return self._sentences[key]

    def length(self, paragraph: Paragraph) -> int:
        """How many searched terms ``paragraph`` has."""
        return len(self._tokens.terms(paragraph))

    def share(self, words: Iterable[int]) -> float:
        """The share of the question that its words at these positions make up, 0 to 1; a position counts once."""
        key = frozenset(words)
        if key not in self._shares:
            self._shares[key] = sum(self.weights[word] for word in key)
        return self._shares[key]

    def held(self, matches: Iterable[Match]) -> frozenset[int]:
        """The positions of the words that ``matches`` cover."""
        return frozenset(word for match in matches for word in match.form.words)

    def near(self, paragraphs: Iterable[Iterable[Match]]) -> float:
        """The share of the question's neighbouring words that stand within four terms of each other, 0 to 1.

        ``paragraphs`` holds the matches of each paragraph. A question of one word has no neighbours: 0.
        """
        weights = [one + other for one, other in pairwise(self.weights)]
        near: set[int] = set()
        for matches in paragraphs:
            at: defaultdict[int, list[int]] = defaultdict(list)
            for match in matches:
                for word in match.form.words:
                    at[word].append(match.at)
            near.update(i for i in at if i + 1 in at and any(abs(a - b) <= 4 for a in at[i] for b in at[i + 1]))
        return sum(weights[i] for i in near) / (sum(weights) or 1.0)

    def adjacent(self, paragraphs: Iterable[Iterable[Match]]) -> float:
        """The share of the question's neighbouring words that stand next to each other, in the same order; as ``near``.

        ``paragraphs`` holds the matches of each paragraph. A question of one word has no neighbours: 0.
        """
        weights = [one + other for one, other in pairwise(self.weights)]
        found: set[int] = set()
        for matches in paragraphs:
            at = {(word, match.at) for match in matches for word in match.form.words}
            found.update(word for word, place in at if (word + 1, place + 1) in at)
        return sum(weights[i] for i in found) / (sum(weights) or 1.0)

    def held_in_passage(self, hit: Hit) -> frozenset[int]:
        """The positions of the words that the passage's own paragraphs hold."""
        return frozenset().union(*(self.held(self.matches(paragraph)) for paragraph in self.touched(hit.passage)))

    def held_in_title(self, article: Article) -> frozenset[int]:
        """As ``held_in_terms``, of the article's title."""
        if article.id not in self._titles:
            self._titles[article.id] = self.held_in_terms(title_terms(article.title))
        return self._titles[article.id]

    def held_in_terms(self, terms: Iterable[str]) -> frozenset[int]:
        """The positions of the words of which some form's terms are all among ``terms``, in whatever order."""
        known = frozenset(terms)
        return frozenset(word for form in self.query.forms if known.issuperset(form.terms) for word in form.words)


def within(matches: Iterable[Match], span: Span) -> tuple[Match, ...]:
    """Those of ``matches`` that lie wholly in ``span``."""
    return tuple(match for match in matches if span.holds(match.span))
