"""What an archive's words teach: how rare each is, and the other forms in which names and acronyms are written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bot.columns import Column, Columns, Strings, below
from bot.idf import idf
from bot.lexicon import spelling
from bot.lexicon.told import Told

NAME_SMALL = 0.1
"""Of the paragraphs that hold a name, the share in which it may stand with a small letter."""


class Lexicon:
    """Counts and forms of the words of some paragraphs. Nothing in it changes: safe to share between threads."""

    def __init__(self, own: Columns, terms: Strings) -> None:
        """``own`` is what ``bot.lexicon.learning`` counted, and the forms that it found.

        ``terms`` are sorted, a term's number is its place.
        """
        self._terms = terms
        self.size = int(own["size"].all()[0])
        self._with, self._small = own["paragraphs_with"], own["written_small"]
        self.known = spelling.Known(*(Strings(below(name, own)) for name in ("folded", "ends", "places")))
        self._written, self._names = Strings(below("written", own)), Strings(below("names", own))
        self._told = own["told"]

    @cached_property
    def expansions(self) -> Told:
        """The acronyms, and the names that are spelt in two ways."""
        return Told.of(self._told.all().tobytes())

    def acronyms(self) -> Iterator[str]:
        """The archive's acronyms of three letters and more, as they are written, the most frequent first."""
        told = self.expansions
        known = sorted(told.long_forms, key=lambda short: (-self.paragraphs_with(short), short))
        yield from (told.shown[short,] for short in known if len(short) > 2)

    def names(self) -> Iterator[str]:
        """Names of several words that stand in the midst of the archive's sentences, the most frequent first."""
        return iter(self._names)

    def paragraphs_with(self, term: str) -> int:
        """In how many paragraphs ``term`` stands."""
        return self._count(self._with, term)

    def _count(self, counts: Column, term: str) -> int:
        number = self._terms.find(term)
        return 0 if number is None else int(counts.part(number, number + 1)[0])

    def idf(self, term: str) -> float:
        """How much ``term`` tells, by the paragraphs that hold it, 0 or more."""
        return idf(self.size, self.paragraphs_with(term))

    def is_name(self, term: str) -> bool:
        """Whether the archive holds ``term`` and hardly ever writes it with a small letter."""
        count = self.paragraphs_with(term)
        return count > 0 and self._count(self._small, term) <= NAME_SMALL * count

    def written(self, folded: str) -> str:
        """How the archive writes a folded word that it holds."""
        return str(self._written[self.known.place(folded)])
