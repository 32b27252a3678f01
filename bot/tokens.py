"""The searched tokens and the sentences of every paragraph of an archive, analysed once.

Keeps secret that they lie in flat arrays: a question looks at hundreds of paragraphs, and must not analyse them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.columns import Array, Columns, Strings, offsets
from bot.models import Paragraph, Passage, Span

UNKNOWN = -1
"""The number of a term that no paragraph holds."""


def arrays(rows: Columns, terms: Array) -> dict[str, Array]:
    """What tokens keep besides the rows of the articles (``bot.indexing.rows``).

    ``terms`` are the numbers of each token's term.
    """
    first_terms, first_sentences = (offsets(rows[f"paragraph.{key}"].all()) for key in ("tokens", "sentences"))
    before = np.repeat(first_terms[:-1], np.diff(first_sentences))
    return {
        "terms": terms,
        "first_terms": first_terms,
        "first_sentences": first_sentences,
        "sentence_terms": before + rows["sentence.first"].all(),
    }


class Tokens:
    """Tokens by paragraph, of whole articles, each article's together. A term is known by its number."""

    def __init__(self, rows: Columns, own: Columns, terms: Strings, number: Callable[[Paragraph], int]) -> None:
        """``own`` is what ``arrays`` gave of the ``rows``; ``terms`` are sorted, and a term's number is its place.

        ``number`` gives a paragraph's number among all, from 0; those of one article follow each other.
        """
        self._known, self.number = terms, number
        self._terms, self._starts, self._ends = own["terms"], rows["token.start"], rows["token.end"]
        self._sentence_starts, self._sentence_ends = rows["sentence.start"], rows["sentence.end"]
        self._first_terms, self._first_sentences, self._sentence_terms = (
            own[name].all() for name in ("first_terms", "first_sentences", "sentence_terms")
        )

    def numbers(self, terms: Sequence[str]) -> tuple[int, ...]:
        """The terms' numbers; UNKNOWN where no paragraph holds one."""
        found = (self._known.find(term) for term in terms)
        return tuple(UNKNOWN if number is None else number for number in found)

    def flags(self, numbers: Iterable[int]) -> npt.NDArray[np.bool_]:
        """True at these numbers, shape (vocabulary,); UNKNOWN is passed over."""
        flags = np.zeros(len(self._known), dtype=np.bool_)
        flags[[number for number in numbers if number != UNKNOWN]] = True
        return flags

    def standing(
        self, flags: npt.NDArray[np.bool_], paragraphs: Sequence[int]
    ) -> Iterator[tuple[int, int, int, int, int | None]]:
        """Every token of the numbered ``paragraphs`` (ascending) whose term's flag is set.

        As (the token's number, its term's, its paragraph's, how many tokens are before its paragraph, which of the
        paragraph's sentences holds it; None where none holds all of it).
        """
        at = [np.flatnonzero(flags[self._terms.part(*reach)]) + reach[0] for reach in self._reaches(paragraphs)]
        if not at:
            return iter(())
        tokens = np.concatenate(at)
        numbers = np.searchsorted(self._first_terms, tokens, side="right") - 1
        sentence = self._sentences_of(tokens, numbers)
        return zip(
            tokens.tolist(),
            self._terms.at(tokens).tolist(),
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
            & (self._starts.at(tokens) >= self._sentence_starts.at(np.maximum(sentence, 0)))
            & (self._ends.at(tokens) <= self._sentence_ends.at(np.maximum(sentence, 0)))
        )
        return np.where(is_inside, sentence - self._first_sentences[numbers], -1)

    def sentence_at(self, token: int, paragraph: int) -> int | None:
        """Which sentence of the numbered ``paragraph`` holds all of the numbered ``token``; None where none does."""
        (sentence,) = self._sentences_of(np.array([token]), np.array([paragraph])).tolist()
        return None if sentence < 0 else int(sentence)

    def follow(self, terms: Sequence[int], token: int, paragraph: int) -> bool:
        """Whether these terms stand one after the other in the numbered ``paragraph``, from ``token`` on."""
        end = token + len(terms)
        return end <= int(self._first_terms[paragraph + 1]) and bool(
            self._terms.part(token, end).tolist() == list(terms)
        )

    def length(self, paragraph: Paragraph) -> int:
        """How many tokens the paragraph has."""
        number = self.number(paragraph)
        return int(self._first_terms[number + 1] - self._first_terms[number])

    def span(self, paragraph: Paragraph, first: int, last: int) -> Span:
        """From the paragraph's token ``first`` to its token ``last``, as a span of the article's text."""
        start = int(self._first_terms[self.number(paragraph)])
        starts = self._starts.part(start + first, start + first + 1)
        return Span(int(starts[0]), int(self._ends.part(start + last, start + last + 1)[0]))

    def sentences(self, paragraph: Paragraph) -> tuple[Span, ...]:
        """The paragraph's sentences, in order, as spans of the article's text."""
        number = self.number(paragraph)
        reach = int(self._first_sentences[number]), int(self._first_sentences[number + 1])
        return tuple(map(Span, self._sentence_starts.part(*reach).tolist(), self._sentence_ends.part(*reach).tolist()))

    def body(self, passage: Passage) -> list[str]:
        """The terms of the passage's own words, in order: what ``retrieval.body`` gives, without analysing again."""
        first = self.number(passage.paragraphs[0])
        end = first + len(passage.paragraphs)
        numbers = self._terms.part(int(self._first_terms[first]), int(self._first_terms[end]))
        return [self._known[number] for number in numbers.tolist()]


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
