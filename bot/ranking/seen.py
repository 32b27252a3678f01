"""What stands in some paragraphs, asked of one at a time. Keeps secret that it lies in arrays of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from bot.models import Span
from bot.ranking.sightings import Sighted, Words
from bot.tokens import Tokens


class Seen:
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
