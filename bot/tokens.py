"""The searched tokens and the sentences of every paragraph of an archive, analysed once.

Keeps secret that they lie in flat arrays: a question looks at hundreds of paragraphs, and must not analyse them again.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

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
        self._reach: dict[tuple[str, int], tuple[int, int, int, int]] = {}
        for paragraph in paragraphs:
            first, first_border = len(terms), len(borders)
            for term, start, end in analysis.searched_terms(paragraph.text):
                terms.append(self._numbers.setdefault(term, len(self._numbers)))
                starts.append(paragraph.span.start + start)
                ends.append(paragraph.span.start + end)
            for span in sentences(paragraph.text):
                borders.extend((paragraph.span.start + span.start, paragraph.span.start + span.end))
            self._reach[paragraph.article.id, paragraph.number] = first, len(terms), first_border, len(borders)
        self._terms, self._starts, self._ends, self._borders = (
            np.array(values, dtype=np.int32) for values in (terms, starts, ends, borders)
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

    def terms(self, paragraph: Paragraph) -> Numbers:
        """The numbers of the paragraph's terms, in order, shape (tokens,)."""
        first, end, *_ = self._reach[paragraph.article.id, paragraph.number]
        return self._terms[first:end]

    def neighbours(self, paragraphs: Sequence[Paragraph]) -> tuple[list[int], Numbers]:
        """The terms of paragraphs that follow each other in one article, and where among them each begins.

        The beginnings have shape (paragraphs + 1,): the last is where the last paragraph ends.
        """
        reach = [self._reach[paragraph.article.id, paragraph.number] for paragraph in paragraphs]
        first, end = reach[0][0], reach[-1][1]
        return [*(begins - first for begins, *_ in reach), end - first], self._terms[first:end]

    def span(self, paragraph: Paragraph, first: int, last: int) -> Span:
        """From the paragraph's token ``first`` to its token ``last``, as a span of the article's text."""
        start, *_ = self._reach[paragraph.article.id, paragraph.number]
        return Span(int(self._starts[start + first]), int(self._ends[start + last]))

    def sentences(self, paragraph: Paragraph) -> tuple[Span, ...]:
        """The paragraph's sentences, in order, as spans of the article's text."""
        *_, first, end = self._reach[paragraph.article.id, paragraph.number]
        borders = self._borders[first:end].tolist()
        return tuple(map(Span, borders[::2], borders[1::2]))

    def body(self, passage: Passage) -> list[str]:
        """The terms of the passage's own words, in order: what ``retrieval.body`` gives, without analysing again."""
        found: list[str] = []
        for paragraph in passage.paragraphs:
            found.extend(self._known[number] for number in self.terms(paragraph).tolist())
        return found
