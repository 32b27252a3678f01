"""Every word of some texts as it is written there, each with what the analysis makes of it.

Keeps secret that a word is analysed once, however often it stands in a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress

from bot import analysis
from bot.columns import Array, Columns, Strings, below, under


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words in order, none twice: as written, folded, and the term under which each is searched; "" where it is not."""

    words: tuple[str, ...]
    folded: tuple[str, ...]
    terms: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Vocabulary:
        """The words, analysed."""
        known = tuple(sorted(words))
        return cls(known, tuple(map(analysis.fold, known)), tuple(analysis.searched(word) or "" for word in known))

    @classmethod
    def opened(cls, columns: Columns) -> Vocabulary:
        """What ``arrays`` gave the columns of."""
        return cls(*(tuple(Strings(below(name, columns))) for name in cls.__slots__))

    def arrays(self) -> dict[str, Array]:
        """What it is made of."""
        return {
            key: array
            for name in self.__slots__
            for key, array in under(name, Strings.arrays(getattr(self, name))).items()
        }


def joined(parts: Iterable[tuple[Vocabulary, Iterable[bool]]]) -> Vocabulary:
    """The words of several vocabularies, each once; of each vocabulary those that are marked."""
    folded: dict[str, str] = {}
    terms: dict[str, str] = {}
    for known, marks in parts:
        folded.update(compress(zip(known.words, known.folded, strict=True), marks))
        terms.update(compress(zip(known.words, known.terms, strict=True), marks))
    words = tuple(sorted(folded))
    return Vocabulary(words, tuple(map(folded.__getitem__, words)), tuple(map(terms.__getitem__, words)))
