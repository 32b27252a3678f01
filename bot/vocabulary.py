"""Every word of some texts as it is written there, each with what the analysis makes of it.

Keeps secret that a word is analysed once, however often it stands in a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


def joined(parts: Iterable[tuple[Vocabulary, Iterable[int]]]) -> Vocabulary:
    """The words of several vocabularies at these places, each once."""
    found: dict[str, tuple[str, str]] = {}
    for known, places in parts:
        for at in places:
            found[known.words[at]] = known.folded[at], known.terms[at]
    words = sorted(found)
    return Vocabulary(tuple(words), tuple(found[word][0] for word in words), tuple(found[word][1] for word in words))
