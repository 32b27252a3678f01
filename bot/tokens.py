"""The searched tokens and the sentences of every paragraph of an archive, analysed once.

Keeps secret that they lie in flat arrays: a question looks at hundreds of paragraphs, and must not analyse them again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot import analysis
from bot.models import Paragraph, Passage, Span
from bot.sentences import sentences

Numbers = npt.NDArray[np.int32]
UNKNOWN = -1
"""The number of a term that no paragraph holds."""


class Tokens:
    """Tokens by paragraph. A term is known by its number, counted from 0 in the order of first appearance.

    The paragraphs are those of whole articles, each article's together.
    """

    def __init__(self, paragraphs: Iterable[Paragraph]) -> None:
        self._numbers: dict[str, int] = {}
        terms, starts, ends, borders = array("i"), array("i"), array("i"), array("i")
        first_terms, first_sentences, sentence_terms = array("i"), array("i"), array("i")
        self._first_of: dict[str, int] = {}
        for number, paragraph in enumerate(paragraphs):
            self._first_of.setdefault(paragraph.article.id, number - paragraph.number)
            first_terms.append(len(terms))
            first_sentences.append(len(sentence_terms))
            for term, start, end in analysis.searched_terms(paragraph.text):
                terms.append(self._numbers.setdefault(term, len(self._numbers)))
                starts.append(paragraph.span.start + start)
                ends.append(paragraph.span.start + end)
            for span in sentences(paragraph.text):
                borders.extend((paragraph.span.start + span.start, paragraph.span.start + span.end))
                sentence_terms.append(bisect_left(starts, borders[-2], first_terms[-1]))
        first_terms.append(len(terms))
        first_sentences.append(len(sentence_terms))
        self._terms, self._starts, self._ends, self._borders = (
            np.array(values, dtype=np.int32) for values in (terms, starts, ends, borders)
        )
        self._first_terms, self._first_sentences, self._sentence_terms = (
            np.array(values, dtype=np.int32) for values in (first_terms, first_sentences, sentence_terms)
        )
        self._known = tuple(self._numbers)

    def numbers(self, terms: Sequence[str]) -> tuple[int, ...]:
        """The terms' numbers; UNKNOWN where no paragraph holds one."""
        return tuple(self._numbers.get(term, UNKNOWN) for term in terms)

    def flags(self, numbers: Iterable[int]) -> npt.NDArray[np.bool_]:
        """True at these numbers, shape (vocabulary,); UNKNOWN is passed over."""
        flags = np.zeros(len(self._known), dtype=np.bool_)
        flags[[number for number in numbers if number != UNKNOWN]] = True
        return flags

    def number(self, paragraph: Paragraph) -> int:
        """The paragraph's number among all, from 0; those of one article follow each other."""
        return self._first_of[paragraph.article.id] + paragraph.number

    def standing(
        self, flags: npt.NDArray[np.bool_], paragraphs: Sequence[int]
    ) -> Iterator[tuple[int, int, int, int, int | None]]:
        """Every token of the numbered ``paragraphs`` (ascending) whose term's flag is set.

        As (the token's number, its term's, its paragraph's, how many tokens are before its paragraph, which of the
        paragraph's sentences holds it; None where none holds all of it).
        """
        at = [np.flatnonzero(flags[self._terms[first:end]]) + first for first, end in self._reaches(paragraphs)]
        if not at:
            return iter(())
        tokens = np.concatenate(at)
        numbers = np.searchsorted(self._first_terms, tokens, side="right") - 1
        sentence = self._sentences_of(tokens, numbers)
        return zip(
            tokens.tolist(),
            self._terms[tokens].tolist(),
            numbers.tolist(),
            self._first_terms[numbers].tolist(),
            [None if one < 0 else one for one in sentence.tolist()],
            strict=True,
        )

    def _reaches(self, paragraphs: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The tokens of ``paragraphs`` as (first, end), those that follow each other together."""
        for first, end in runs(paragraphs):
            yield int(self._first_terms[first]), int(self._first_terms[end])

    def _sentences_of(self, tokens: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each token which sentence of its paragraph holds all of it; -1 where none does."""
        sentence = np.searchsorted(self._sentence_terms, tokens, side="right") - 1
        is_inside = (
            (sentence >= self._first_sentences[numbers])
            & (self._starts[tokens] >= self._borders[2 * sentence])
            & (self._ends[tokens] <= self._borders[2 * sentence + 1])
        )
        return np.where(is_inside, sentence - self._first_sentences[numbers], -1)

    def sentence_at(self, token: int, paragraph: int) -> int | None:
        """Which sentence of the numbered ``paragraph`` holds all of the numbered ``token``; None where none does."""
        (sentence,) = self._sentences_of(np.array([token]), np.array([paragraph])).tolist()
        return None if sentence < 0 else int(sentence)

    def follow(self, terms: Sequence[int], token: int, paragraph: int) -> bool:
        """Whether these terms stand one after the other in the numbered ``paragraph``, from ``token`` on."""
        end = token + len(terms)
        return end <= int(self._first_terms[paragraph + 1]) and bool(self._terms[token:end].tolist() == list(terms))

    def length(self, paragraph: Paragraph) -> int:
        """How many tokens the paragraph has."""
        number = self.number(paragraph)
        return int(self._first_terms[number + 1] - self._first_terms[number])

    def span(self, paragraph: Paragraph, first: int, last: int) -> Span:
        """From the paragraph's token ``first`` to its token ``last``, as a span of the article's text."""
        start = self._first_terms[self.number(paragraph)]
        return Span(int(self._starts[start + first]), int(self._ends[start + last]))

    def sentences(self, paragraph: Paragraph) -> tuple[Span, ...]:
        """The paragraph's sentences, in order, as spans of the article's text."""
        number = self.number(paragraph)
        first, end = self._first_sentences[number], self._first_sentences[number + 1]
        borders = self._borders[2 * first : 2 * end].tolist()
        return tuple(map(Span, borders[::2], borders[1::2]))

    def body(self, passage: Passage) -> list[str]:
        """The terms of the passage's own words, in order: what ``retrieval.body`` gives, without analysing again."""
        found: list[str] = []
        for paragraph in passage.paragraphs:
            found.extend(self._known[number] for number in self._terms_of(paragraph).tolist())
        return found

    def _terms_of(self, paragraph: Paragraph) -> Numbers:
        number = self.number(paragraph)
        return self._terms[self._first_terms[number] : self._first_terms[number + 1]]


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending ``numbers`` as half-open ranges, those that follow each other in one."""
    first = end = -1
    for number in numbers:
        if number != end:
            if end >= 0:
                yield first, end
            first = number
        end = number + 1
    if end >= 0:
        yield first, end
