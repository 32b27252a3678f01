"""The forms of a question, found in many paragraphs at once. Keeps secret that they are found by their first terms.

What stands in some paragraphs, asked of one at a time. Keeps secret that it lies in arrays of all of them.

How much of a question some words of an article hold, term by term. Keeps secret that what was found is remembered.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from bot.index.arrays import offsets
from bot.index.tokens import TermOccurrences, Tokens
from bot.models import Article, Expansion, Paragraph, Passage, Query, Span
from bot.search.occurrences import Matches, Occurrences, TermMask, mask_of, positions_in, union


class ExpansionFinder:
    """The forms of a question, found in paragraphs by their first terms."""

    def __init__(self, forms: Sequence[Expansion], tokens: Tokens) -> None:
        self._tokens = tokens
        self._terms = [tokens.term_ids(form.terms) for form in forms]
        self._words = np.array([mask_of(form.positions) for form in forms], np.uint64)
        self._lengths = np.array([len(terms) for terms in self._terms], np.int64)
        firsts = np.array([terms[0] for terms in self._terms], np.int64)
        self._by_terms = list(zip(map(frozenset, self._terms), self._words.tolist(), strict=True))
        # Forms that begin with one term, one behind the other, in their order.
        self._order = np.argsort(firsts, kind="stable")
        self._begins, starts = np.unique(firsts[self._order], return_index=True)
        self._borders = np.append(starts, len(firsts))
        self._flags = tokens.term_mask(self._begins.tolist())

    def held(self, terms: frozenset[int]) -> TermMask:
        """The words of which some form's terms are all among ``terms``, in whatever order."""
        return union(words for own, words in self._by_terms if own <= terms)

    def sighted(self, paragraphs: Sequence[int]) -> Occurrences:
        """Where they stand in the numbered ``paragraphs``, which ascend."""
        found = self._tokens.occurrences(self._flags, paragraphs)
        at = np.searchsorted(self._begins, found.terms)
        several = self._borders[at + 1] - self._borders[at]
        each = np.repeat(np.arange(len(at)), several)
        nth = np.arange(len(each)) - offsets(several)[each]
        forms = self._order[self._borders[at][each] + nth]
        found = TermOccurrences(*(array[each] for array in found))
        sentences = found.sentences.copy()
        stands = np.ones(len(forms), np.bool_)
        for place in np.flatnonzero(self._lengths[forms] > 1).tolist():
            token, paragraph, terms = int(found.tokens[place]), int(found.paragraphs[place]), self._terms[forms[place]]
            stands[place] = self._tokens.has_sequence_at(terms, token, paragraph)
            if stands[place] and self._tokens.sentence_of(token + len(terms) - 1, paragraph) != sentences[place]:
                sentences[place] = -1
        return Occurrences(
            forms[stands],
            self._words[forms[stands]],
            found.paragraphs[stands],
            found.tokens[stands],
            found.tokens[stands] + self._lengths[forms[stands]] - 1,
            sentences[stands],
        )


class ParagraphView:
    """What of the question stands in some paragraphs, to be asked of one at a time, by its place among those touched.

    ``words`` and ``near`` are by paragraph: see ``Sighted``.
    """

    def __init__(self, sighted: Matches, tokens: Tokens) -> None:
        self._sighted, self._tokens = sighted, tokens

    @cached_property
    def words(self) -> list[TermMask]:
        found: list[TermMask] = self._sighted.words.tolist()
        return found

    @cached_property
    def near(self) -> list[TermMask]:
        found: list[TermMask] = self._sighted.near.tolist()
        return found

    @cached_property
    def _borders(self) -> list[int]:
        found: list[int] = self._sighted.borders.tolist()
        return found

    def sightings(self, at: int) -> Iterator[tuple[int, TermMask, Span]]:
        """Each one's form, by its number, the words that it covers, and where it stands."""
        own = slice(self._borders[at], self._borders[at + 1])
        forms, words, starts, ends = (column[own] for column in self._sightings)
        return zip(forms, words, map(Span, starts, ends), strict=True)

    @cached_property
    def _sightings(self) -> tuple[list[int], list[TermMask], list[int], list[int]]:
        forms, words, _, firsts, lasts, _ = self._sighted.sightings
        starts, ends = self._tokens.token_spans(firsts, lasts)
        return forms.tolist(), words.tolist(), starts.tolist(), ends.tolist()

    def neighbours(self, at: int) -> Iterator[tuple[int, int, TermMask]]:
        """See ``Coverage.neighbours``."""
        borders, pairs = self._neighbours
        before = self._borders[at]
        for first, second, near in pairs[borders[at] : borders[at + 1]]:
            yield first - before, second - before, near

    @cached_property
    def _neighbours(self) -> tuple[list[int], list[tuple[int, int, TermMask]]]:
        first, second, near, _ = self._sighted.neighbours
        pairs = list(zip(first.tolist(), second.tolist(), near.tolist(), strict=True))
        return np.searchsorted(first, self._sighted.borders).tolist(), pairs

    def sentences(self, at: int) -> list[tuple[int, TermMask]]:
        """What each sentence holds that holds anything, by how many precede it."""
        borders, held = self._sentences
        return held[borders[at] : borders[at + 1]]

    @cached_property
    def _sentences(self) -> tuple[list[int], list[tuple[int, TermMask]]]:
        told = self._sighted.sentences
        borders = np.searchsorted(told.paragraphs, np.append(self._sighted.paragraphs, np.iinfo(np.int64).max))
        return borders.tolist(), list(zip(told.places.tolist(), told.words.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Match:
    """A form of the question where it stands in a paragraph."""

    form: Expansion
    words: TermMask
    span: Span


def matched_terms(matches: Iterable[Match]) -> TermMask:
    """The words that ``matches`` cover."""
    return union(match.words for match in matches)


def within(matches: Iterable[Match], span: Span) -> tuple[Match, ...]:
    """Those of ``matches`` that lie wholly in ``span``."""
    return tuple(match for match in matches if span.contains(match.span))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph, and the words that it holds."""

    span: Span
    held: TermMask


class Coverage:
    """One question held against paragraphs. ``weights[i]`` is word ``i``'s share of the question; they add up to 1.

    A word's share is its share of the sum over the question's words of ``told[i]``: its idf, times the word's weight.
    ``pairs[i]`` is the share of words ``i`` and ``i + 1`` among all pairs of neighbours. ``names`` are the words that
    are names. Not shared between threads.
    """

    def __init__(self, query: Query, idf: Callable[[str], float], tokens: Tokens) -> None:
        self.query, self.tokens = query, tokens
        told = [word.weight * idf(word.term) for word in query.words]
        self.weights = tuple(value / sum(told) for value in told)
        self.told = tuple(told)
        self.names = mask_of(i for i, word in enumerate(query.words) if word.is_name)
        together = [one + other for one, other in pairwise(self.weights)]
        self.pairs = tuple(pair / (sum(together) or 1.0) for pair in together)
        self._forms = ExpansionFinder(query.expansions, tokens)
        self._asked = frozenset(tokens.term_ids([word.term for word in query.words]))
        self._seen: dict[int, tuple[ParagraphView, int] | None] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._shares: dict[TermMask, float] = {}
        self._titles: dict[str, frozenset[int]] = {}
        self._held_in_titles: dict[str, TermMask] = {}

    def see(self, paragraphs: Iterable[int]) -> Matches:
        """What stands in the paragraphs with these numbers; it is remembered."""
        numbers = sorted(paragraphs)
        sighted = Matches(self._forms.sighted(numbers))
        seen = ParagraphView(sighted, self.tokens)
        self._seen.update(dict.fromkeys(numbers))
        self._seen.update((number, (seen, at)) for at, number in enumerate(sighted.paragraphs.tolist()))
        return sighted

    def _known(self, paragraph: Paragraph) -> tuple[ParagraphView, int] | None:
        """Where it is remembered what stands in ``paragraph``; None where nothing does."""
        number = self.tokens.paragraph_number(paragraph)
        if number not in self._seen:
            self.see([number])
        return self._seen[number]

    def words(self, passage: Passage) -> TermMask:
        """What of the question stands in ``passage``."""
        return union(words for _, words, _ in self.touched(passage))

    def touched(self, passage: Passage) -> Iterator[tuple[Paragraph, TermMask, TermMask]]:
        """The paragraphs of ``passage`` in which anything stands, and what does.

        Behind it, for which positions i words i and i + 1 stand near each other in the paragraph.
        """
        first = self.tokens.paragraph_number(passage.paragraphs[0])
        numbers = range(first, first + len(passage.paragraphs))
        if any(number not in self._seen for number in numbers):
            self.see(numbers)
        for number, paragraph in enumerate(passage.paragraphs, first):
            if known := self._seen[number]:
                seen, at = known
                yield paragraph, seen.words[at], seen.near[at]

    def neighbours(self, paragraph: Paragraph) -> Iterator[tuple[int, int, TermMask]]:
        """Those of the ``matches`` in ``paragraph`` that are near each other, two by two, and what that makes near.

        As (the first's number, the second's, for which positions i words i and i + 1 are near each other).
        """
        known = self._known(paragraph)
        return known[0].neighbours(known[1]) if known else iter(())

    def matches(self, paragraph: Paragraph) -> tuple[Match, ...]:
        """Every form of the question that stands in ``paragraph``, in order."""
        number = self.tokens.paragraph_number(paragraph)
        if number not in self._matches:
            known = self._known(paragraph)
            found = known[0].sightings(known[1]) if known else ()
            self._matches[number] = tuple(
                Match(self.query.expansions[form], words, span) for form, words, span in found
            )
        return self._matches[number]

    def sentences(self, paragraph: Paragraph) -> tuple[Sentence, ...]:
        """The sentences of ``paragraph``, in order; spans are of the article's text."""
        known = self._known(paragraph)
        words = dict(known[0].sentences(known[1])) if known else {}
        return tuple(Sentence(span, words.get(i, 0)) for i, span in enumerate(self.tokens.sentences(paragraph)))

    def share(self, words: TermMask) -> float:
        """The share of the question that ``words`` make up, 0 to 1."""
        if words not in self._shares:
            self._shares[words] = sum(self.weights[position] for position in positions_in(words))
        return self._shares[words]

    def share_of_pairs(self, firsts: TermMask) -> float:
        """The share, 0 to 1, that the pairs of neighbouring words make up whose first stand at these positions."""
        return sum(self.pairs[position] for position in positions_in(firsts))

    def held_in_title(self, article: Article) -> TermMask:
        """The words of which some form's terms are all in the article's title, in whatever order."""
        if article.id not in self._held_in_titles:
            self._held_in_titles[article.id] = self._forms.held(self._title(article))
        return self._held_in_titles[article.id]

    def headline(self, article: Article) -> float:
        """The share of the terms of the article's title, 0 to 1, that the question names."""
        title = self._title(article)
        return len(self._asked & title) / max(1, len(title))

    def _title(self, article: Article) -> frozenset[int]:
        if article.id not in self._titles:
            self._titles[article.id] = self.tokens.title_terms(article)
        return self._titles[article.id]
