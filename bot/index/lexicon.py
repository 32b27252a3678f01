"""The forms that an archive teaches: acronyms, and names that are spelt in two ways. Keeps secret how they are kept.

What an archive's words teach: how rare each is, and the other forms in which names and acronyms are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.index import spelling
from bot.index.arrays import LazyArray, LazyArrays, StringArray, unprefix
from bot.index.scoring import idf

TermSequence = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LearnedExpansions:
    """The forms that an archive teaches.

    ``long_forms`` are the terms of an acronym's long forms by its own term, the most frequent first; ``short_forms``
    are, by the first term of a long form, its terms and its acronym's; ``shown`` is how each is written;
    ``spellings`` are the other spellings of a folded name.
    """

    long_forms: Mapping[str, Sequence[TermSequence]]
    short_forms: Mapping[str, Sequence[tuple[TermSequence, str]]]
    shown: Mapping[TermSequence, str]
    spellings: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, told: bytes) -> LearnedExpansions:
        """What ``kept`` gave."""
        long_forms, short_forms, shown, spellings = json.loads(told)
        return cls(
            {short: [tuple(long) for long in longs] for short, longs in long_forms.items()},
            {first: [(tuple(long), short) for long, short in found] for first, found in short_forms.items()},
            {tuple(terms): written for terms, written in shown},
            spellings,
        )

    def kept(self) -> bytes:
        """All of it."""
        return json.dumps((self.long_forms, self.short_forms, list(self.shown.items()), self.spellings)).encode()


NAME_SMALL = 0.1
"""Of the paragraphs that hold a name, the share in which it may stand with a small letter."""


class Lexicon:
    """Counts and forms of the words of some paragraphs. Nothing in it changes: safe to share between threads."""

    def __init__(self, own: LazyArrays, terms: StringArray) -> None:
        """``own`` is what ``bot.lexicon.learning`` counted, and the forms that it found.

        ``terms`` are sorted, a term's number is its place.
        """
        self._terms = terms
        self.size = int(own["size"].all()[0])
        self._with, self._small = own["paragraphs_with"], own["written_small"]
        self.known_words = spelling.KnownWords(
            *(StringArray(unprefix(name, own)) for name in ("folded", "ends", "places"))
        )
        self._written, self._names = StringArray(unprefix("written", own)), StringArray(unprefix("names", own))
        self._told = own["told"]

    @cached_property
    def expansions(self) -> LearnedExpansions:
        """The acronyms, and the names that are spelt in two ways."""
        return LearnedExpansions.of(self._told.all().tobytes())

    def acronyms(self) -> Iterator[str]:
        """The archive's acronyms of three letters and more, as they are written, the most frequent first."""
        told = self.expansions
        known = sorted(told.long_forms, key=lambda short: (-self.paragraph_count(short), short))
        yield from (told.shown[short,] for short in known if len(short) > 2)

    def names(self) -> Iterator[str]:
        """Names of several words that stand in the midst of the archive's sentences, the most frequent first."""
        return iter(self._names)

    def paragraph_count(self, term: str) -> int:
        """In how many paragraphs ``term`` stands."""
        return self._count(self._with, term)

    def _count(self, counts: LazyArray, term: str) -> int:
        number = self._terms.find(term)
        return 0 if number is None else int(counts.part(number, number + 1)[0])

    def idf(self, term: str) -> float:
        """How much ``term`` tells, by the paragraphs that hold it, 0 or more."""
        return idf(self.size, self.paragraph_count(term))

    def is_name(self, term: str) -> bool:
        """Whether the archive holds ``term`` and hardly ever writes it with a small letter."""
        count = self.paragraph_count(term)
        return count > 0 and self._count(self._small, term) <= NAME_SMALL * count

    def original_spelling(self, folded: str) -> str:
        """How the archive writes a folded word that it holds."""
        return str(self._written[self.known_words.place(folded)])
