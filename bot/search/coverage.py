"""How much of a query paragraphs, passages and titles match, term by term.

All of it comes from the terms of the articles and the archive's idf, never from an engine's score: the embedded index
and a cluster share one rule of what counts as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import regex

from bot.index.tokens import Tokens
from bot.models import Article, Expansion, Paragraph, Passage, Query, Span
from bot.search.occurrences import ExpansionFinder, Matches, TermBitmask, sum_weights, to_bitmask
from bot.text import analysis


@dataclass(frozen=True, slots=True)
class Match:
    """An occurrence of an expansion in a paragraph; ``terms`` are the words that it covers."""

    expansion: Expansion
    terms: TermBitmask
    span: Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph and the terms that it matches."""

    span: Span
    terms: TermBitmask


class TitleMatch(NamedTuple):
    """The terms that a title or heading matches, in whatever order, and the share of it that the query names."""

    terms: TermBitmask
    share: float


NO_MATCH = TitleMatch(0, 0.0)
_SECTION_NUMBER = regex.compile(r"^\W*+\d++(?:\.\d++)*+\.?\s")


class ParagraphView(NamedTuple):
    """A paragraph's row ``at`` of ``matches``, and its terms and near terms from there."""

    matches: Matches
    at: int
    terms: TermBitmask
    near: TermBitmask


class Coverage:
    """What articles match of one query. Results are remembered; not to be shared between threads.

    ``term_weights[i]`` is the idf of word ``i`` times the word's own weight; ``shares[i]`` its share of their sum;
    ``pair_shares[i]`` that of words ``i`` and ``i + 1`` among all neighbours; ``names`` the words that are names,
    ``every`` all.
    """

    def __init__(self, query: Query, idf: Callable[[str], float], tokens: Tokens) -> None:
        self.query, self.tokens = query, tokens
        # What is misspelt is as rare as what was probably meant.
        terms = [[word.term] for word in query.words]
        for one in query.expansions:
            if one.origin == "spelling" and len(one.positions) == 1:
                terms[one.positions[0]].append(one.terms[0])
        self.term_weights = [word.weight * min(map(idf, own)) for word, own in zip(query.words, terms, strict=True)]
        total = sum(self.term_weights)
        self.shares = [weight / total for weight in self.term_weights]
        pairs = [one + other for one, other in pairwise(self.shares)]
        total = sum(pairs) or 1.0
        self.pair_shares = [pair / total for pair in pairs]
        self.names = to_bitmask(i for i, word in enumerate(query.words) if word.is_name)
        self._finder = ExpansionFinder(query.expansions, tokens)
        self._query_terms = frozenset(tokens.term_ids([word.term for word in query.words]))
        self._views: dict[int, ParagraphView | None] = {}
        self._shares: dict[TermBitmask, float] = {}
        self._titles: dict[str, TitleMatch] = {}
        self._headings: dict[tuple[str, Span], TitleMatch] = {}
        self.every = to_bitmask(range(len(query.words)))

    def share(self, terms: TermBitmask) -> float:
        """The share of the query, 0 to 1, that ``terms`` make up."""
        if terms not in self._shares:
            self._shares[terms] = sum_weights(terms, self.shares)
        return self._shares[terms]

    def title(self, article: Article) -> TitleMatch:
        """What the title of ``article`` matches."""
        if article.id not in self._titles:
            self._titles[article.id] = self._match_title(self.tokens.title_terms(article))
        return self._titles[article.id]

    def heading(self, paragraph: Paragraph) -> TitleMatch:
        """What the heading above ``paragraph`` matches, if any; its number ("2.1") aside."""
        article, heading = paragraph.article, paragraph.heading
        if heading is None:
            return NO_MATCH
        if (article.id, heading) not in self._headings:
            words = analysis.extract_terms(_SECTION_NUMBER.sub("", heading.slice(article.text)))
            self._headings[article.id, heading] = self._match_title(frozenset(self.tokens.term_ids(words)))
        return self._headings[article.id, heading]

    def _match_title(self, terms: frozenset[int]) -> TitleMatch:
        return TitleMatch(self._finder.terms_in(terms), len(self._query_terms & terms) / max(1, len(terms)))

    def context(self, paragraph: Paragraph) -> TermBitmask:
        """The terms that the title of the paragraph's article matches, or the heading above it."""
        return self.title(paragraph.article).terms | self.heading(paragraph).terms

    def covers_all(self, passage: Passage) -> bool:
        """Whether every word of the query stands in ``passage``, its heading or its article's title."""
        return self.terms_around(passage) == self.every != 0

    def terms_around(self, passage: Passage) -> TermBitmask:
        """The terms that ``passage``, its heading or its article's title matches."""
        return self.context(passage.paragraphs[0]) | self.passage_terms(passage)

    def match_paragraphs(self, numbers: Iterable[int]) -> Matches:
        """Match the paragraphs with these numbers, all at once."""
        ascending = sorted(numbers)
        matches = self._finder.find(ascending)
        self._views.update(dict.fromkeys(ascending))
        rows = zip(matches.paragraphs.tolist(), matches.terms.tolist(), matches.near.tolist(), strict=True)
        for at, (number, terms, near) in enumerate(rows):
            self._views[number] = ParagraphView(matches, at, terms, near)
        return matches

    def matching_paragraphs(self, passage: Passage) -> Iterator[tuple[Paragraph, ParagraphView]]:
        """The paragraphs of ``passage`` that match anything."""
        first = self.tokens.paragraph_number(passage.paragraphs[0])
        numbers = range(first, first + len(passage.paragraphs))
        if not self._views.keys() >= set(numbers):
            self.match_paragraphs(numbers)
        for number, paragraph in enumerate(passage.paragraphs, first):
            if view := self._views[number]:
                yield paragraph, view

    def passage_terms(self, passage: Passage) -> TermBitmask:
        """The terms that ``passage`` matches."""
        terms = 0
        for _, view in self.matching_paragraphs(passage):
            terms |= view.terms
        return terms

    def _view(self, paragraph: Paragraph) -> ParagraphView | None:
        number = self.tokens.paragraph_number(paragraph)
        if number not in self._views:
            self.match_paragraphs([number])
        return self._views[number]

    def matches(self, paragraph: Paragraph) -> list[Match]:
        """Every occurrence in ``paragraph``, in order."""
        view = self._view(paragraph)
        if view is None:
            return []
        found = view.matches.occurrences
        own = slice(*view.matches.bounds[view.at : view.at + 2].tolist())
        starts, ends = self.tokens.token_spans(found.first_tokens[own], found.last_tokens[own])
        spans = map(Span, starts.tolist(), ends.tolist())
        rows = zip(found.expansions[own].tolist(), found.terms[own].tolist(), spans, strict=True)
        return [Match(self.query.expansions[expansion], terms, span) for expansion, terms, span in rows]

    def terms_in(self, paragraph: Paragraph, span: Span) -> TermBitmask:
        """The terms that ``span`` of ``paragraph`` matches."""
        terms = 0
        for match in self.matches(paragraph):
            if span.contains(match.span):
                terms |= match.terms
        return terms

    def near_pairs(self, paragraph: Paragraph) -> list[tuple[int, int, TermBitmask]]:
        """See ``NearPairs``: (first, second, near), as indices into ``matches`` of ``paragraph``."""
        view = self._view(paragraph)
        if view is None:
            return []
        pairs, bounds = view.matches.pairs, view.matches.bounds[view.at : view.at + 2]
        own = slice(*np.searchsorted(pairs.first, bounds).tolist())
        first, second = pairs.first[own] - bounds[0], pairs.second[own] - bounds[0]
        return list(zip(first.tolist(), second.tolist(), pairs.near[own].tolist(), strict=True))

    def sentences(self, paragraph: Paragraph) -> list[Sentence]:
        """The sentences of ``paragraph``, in order; spans are of the article's text."""
        view = self._view(paragraph)
        terms: dict[int, TermBitmask] = {}
        if view is not None:
            found, number = view.matches.sentences, int(view.matches.paragraphs[view.at])
            own = slice(*np.searchsorted(found.paragraphs, [number, number + 1]).tolist())
            terms = dict(zip(found.numbers[own].tolist(), found.terms[own].tolist(), strict=True))
        return [Sentence(span, terms.get(i, 0)) for i, span in enumerate(self.tokens.sentences(paragraph))]
