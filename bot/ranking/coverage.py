"""How much of a question some words of an article hold, term by term. Keeps secret that what was found is remembered.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.models import Article, Form, Paragraph, Passage, Query, Span
from bot.ranking.forms import Forms
from bot.ranking.seen import Seen
from bot.ranking.sightings import Sighted, Words, positions_of, union, words_at
from bot.tokens import Tokens


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
        self.names = words_at(i for i, word in enumerate(query.words) if word.is_name)
        together = [one + other for one, other in pairwise(self.weights)]
        self.pairs = tuple(pair / (sum(together) or 1.0) for pair in together)
        self._forms = Forms(query.forms, tokens)
        self._asked = frozenset(tokens.numbers([word.term for word in query.words]))
        self._seen: dict[int, tuple[Seen, int] | None] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._shares: dict[Words, float] = {}
        self._titles: dict[str, frozenset[int]] = {}
        self._held_in_titles: dict[str, Words] = {}

    def see(self, paragraphs: Iterable[int]) -> Sighted:
        """What stands in the paragraphs with these numbers; it is remembered."""
        numbers = sorted(paragraphs)
        sighted = Sighted(self._forms.sighted(numbers))
        seen = Seen(sighted, self.tokens)
        self._seen.update(dict.fromkeys(numbers))
        self._seen.update((number, (seen, at)) for at, number in enumerate(sighted.paragraphs.tolist()))
        return sighted

    def _known(self, paragraph: Paragraph) -> tuple[Seen, int] | None:
        """Where it is remembered what stands in ``paragraph``; None where nothing does."""
        number = self.tokens.number(paragraph)
        if number not in self._seen:
            self.see([number])
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
            self.see(numbers)
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

    def share(self, words: Words) -> float:
        """The share of the question that ``words`` make up, 0 to 1."""
        if words not in self._shares:
            self._shares[words] = sum(self.weights[position] for position in positions_of(words))
        return self._shares[words]

    def share_of_pairs(self, firsts: Words) -> float:
        """The share, 0 to 1, that the pairs of neighbouring words make up whose first stand at these positions."""
        return sum(self.pairs[position] for position in positions_of(firsts))

    def held_in_title(self, article: Article) -> Words:
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
            self._titles[article.id] = self.tokens.title(article)
        return self._titles[article.id]
