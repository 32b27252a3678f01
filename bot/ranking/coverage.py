"""How much of a question some words of an article hold, term by term. Keeps secret how a form is found in a text.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

from bot.analysis import title_terms
from bot.models import Article, Form, Paragraph, Passage, Query
from bot.ranking.sightings import Look, Match, Placed, Sentence, Sighting, Words, held, positions_of, words_at
from bot.tokens import Tokens


class Coverage:
    """One question held against paragraphs. ``weights[i]`` is word ``i``'s share of the question; they add up to 1.

    A word's share is its share of the sum over the question's words of ``told[i]``: its idf, times the word's weight.
    ``names`` are the words that are names. What was found in a paragraph is remembered.
    Not shared between threads.
    """

    def __init__(self, query: Query, idf: Callable[[str], float], tokens: Tokens) -> None:
        self.query = query
        self._tokens = tokens
        told = [word.weight * idf(word.term) for word in query.words]
        self.weights = tuple(value / sum(told) for value in told)
        self.told = tuple(told)
        self.names = words_at(i for i, word in enumerate(query.words) if word.is_name)
        self._forms: defaultdict[int, list[tuple[Form, Words, tuple[int, ...]]]] = defaultdict(list)
        for form in query.forms:
            numbers = tokens.numbers(form.terms)
            self._forms[numbers[0]].append((form, words_at(form.words), numbers))
        self._begins_form = tokens.flags(self._forms)
        self._pairs = [one + other for one, other in pairwise(self.weights)]
        self._sightings: dict[int, tuple[Sighting, ...]] = {}
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._shares: dict[Words, float] = {}
        self._titles: dict[str, Words] = {}
        self._looks: dict[range, Look] = {}

    def look_at(self, passages: Sequence[Passage]) -> list[Look]:
        """What stands in each of ``passages``; found in all at once, which costs less than in one after the other."""
        reaches = [self._numbers(passage) for passage in passages]
        self._find({number for reach in reaches for number in reach})
        return [self._look(passage, reach) for passage, reach in zip(passages, reaches, strict=True)]

    def look(self, passage: Passage) -> Look:
        """What stands in ``passage``."""
        return self.look_at((passage,))[0]

    def _look(self, passage: Passage, reach: range) -> Look:
        if reach not in self._looks:
            numbered = zip(reach, passage.paragraphs, strict=True)
            touched = [(paragraph, found) for number, paragraph in numbered if (found := self._sightings[number])]
            self._looks[reach] = Look(
                tuple(paragraph for paragraph, _ in touched),
                tuple(found for _, found in touched),
                tuple(_by_sentence(found) for _, found in touched),
                reduce(or_, (held(found) for _, found in touched), 0),
                self.held_in_title(passage.article),
            )
        return self._looks[reach]

    def sightings(self, paragraph: Paragraph) -> tuple[Sighting, ...]:
        """Every form of the question that stands in ``paragraph``, in order."""
        number = self._tokens.number(paragraph)
        if number not in self._sightings:
            self._find({number})
        return self._sightings[number]

    def _numbers(self, passage: Passage) -> range:
        first = self._tokens.number(passage.paragraphs[0])
        return range(first, first + len(passage.paragraphs))

    def _find(self, numbers: Collection[int]) -> None:
        """Remember the sightings of the paragraphs with these numbers."""
        tokens = self._tokens
        found: dict[int, list[Sighting]] = {number: [] for number in numbers if number not in self._sightings}
        for at, term, number, before, sentence in tokens.standing(self._begins_form, sorted(found)):
            for form, words, terms in self._forms[term]:
                if len(terms) == 1:
                    found[number].append(Sighting(form, words, at - before, sentence))
                elif tokens.follow(terms, at, number):
                    ends_in = tokens.sentence_at(at + len(terms) - 1, number)
                    found[number].append(Sighting(form, words, at - before, sentence if sentence == ends_in else None))
        self._sightings.update((number, tuple(sightings)) for number, sightings in found.items())

    def matches(self, paragraph: Paragraph) -> tuple[Match, ...]:
        """The sightings in ``paragraph``, in order, with their spans."""
        number = self._tokens.number(paragraph)
        if number not in self._matches:
            self._matches[number] = tuple(
                Match(form, words, at, self._tokens.span(paragraph, at, at + len(form.terms) - 1))
                for form, words, at, _ in self.sightings(paragraph)
            )
        return self._matches[number]

    def sentences(self, paragraph: Paragraph) -> tuple[Sentence, ...]:
        """The sentences of ``paragraph``, in order; spans are of the article's text."""
        held = _by_sentence(self.sightings(paragraph))
        return tuple(Sentence(span, held.get(i, 0)) for i, span in enumerate(self._tokens.sentences(paragraph)))

    def sentence(self, paragraph: Paragraph, place: int) -> str:
        """The words of the sentence of ``paragraph`` that so many others precede."""
        return self._tokens.sentences(paragraph)[place].of(paragraph.article.text)

    def length(self, paragraph: Paragraph) -> int:
        """How many searched terms ``paragraph`` has."""
        return self._tokens.length(paragraph)

    def share(self, words: Words) -> float:
        """The share of the question that ``words`` make up, 0 to 1."""
        if words not in self._shares:
            self._shares[words] = sum(self.weights[position] for position in positions_of(words))
        return self._shares[words]

    def near(self, paragraphs: Iterable[Sequence[Placed]]) -> float:
        """The share of the question's neighbouring words that stand within four terms of each other, 0 to 1.

        ``paragraphs`` holds what was found in each paragraph. A question of one word has no neighbours: 0.
        """
        return self._share_of_pairs(paragraphs, _within_four)

    def adjacent(self, paragraphs: Iterable[Sequence[Placed]]) -> float:
        """The share of the question's neighbouring words that stand next to each other, in the same order; as ``near``.

        ``paragraphs`` holds what was found in each paragraph. A question of one word has no neighbours: 0.
        """
        return self._share_of_pairs(paragraphs, _next_to)

    def _share_of_pairs(
        self, paragraphs: Iterable[Sequence[Placed]], qualify: Callable[[Sequence[int], Sequence[int]], bool]
    ) -> float:
        """The share of the question's neighbouring words whose places in one of ``paragraphs`` ``qualify``."""
        found: set[int] = set()
        for placed in paragraphs:
            words = held(placed)
            pairs = words & words >> 1
            if pairs:
                at = [[one.at for one in placed if one.words >> position & 1] for position in range(words.bit_length())]
                found.update(i for i in positions_of(pairs) if qualify(at[i], at[i + 1]))
        return sum(self._pairs[i] for i in found) / (sum(self._pairs) or 1.0)

    def held_in_title(self, article: Article) -> Words:
        """As ``held_in_terms``, of the article's title."""
        if article.id not in self._titles:
            self._titles[article.id] = self.held_in_terms(title_terms(article.title))
        return self._titles[article.id]

    def held_in_terms(self, terms: Iterable[str]) -> Words:
        """The words of which some form's terms are all among ``terms``, in whatever order."""
        known = frozenset(terms)
        return words_at(word for form in self.query.forms if known.issuperset(form.terms) for word in form.words)


def _by_sentence(sightings: Iterable[Sighting]) -> dict[int, Words]:
    found: dict[int, Words] = {}
    for _, words, _, sentence in sightings:
        if sentence is not None:
            found[sentence] = found.get(sentence, 0) | words
    return found


def _within_four(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(abs(a - b) <= 4 for a in one for b in other)


def _next_to(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(a + 1 in other for a in one)
