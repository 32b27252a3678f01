"""What the words of an archive teach: how rare each is, and how names and acronyms are also written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bot.index import spelling
from bot.index.arrays import Array, LazyArray, LazyArrays, StringArray, unprefix
from bot.index.retrieval import idf
from bot.text import analysis

if TYPE_CHECKING:
    from bot.ingest.vocabulary import VocabularyEntry

TermSequence = tuple[str, ...]

MAX_LOWERCASE_SHARE = 0.1
"""In at most this share of the paragraphs with a name, it is written with a small letter."""
MIN_SIMILAR = 3
"""Letters at the beginning of two words that may be forms of one, at least."""


@dataclass(frozen=True, slots=True)
class LearnedExpansions:
    """Acronyms and alternative spellings of names, learned from an archive.

    ``long_forms`` maps an acronym's term to the terms of its long forms, the most frequent first; ``short_forms`` the
    first term of a long form to pairs of (all its terms, the acronym's term); ``shown`` terms to how they are written;
    ``spellings`` a folded name to its other spellings.
    """

    long_forms: Mapping[str, Sequence[TermSequence]]
    short_forms: Mapping[str, Sequence[tuple[TermSequence, str]]]
    shown: Mapping[TermSequence, str]
    spellings: Mapping[str, Sequence[str]]

    @classmethod
    def from_json(cls, encoded: bytes) -> LearnedExpansions:
        """Decode what ``to_json`` returned."""
        long_forms, short_forms, shown, spellings = json.loads(encoded)
        return cls(
            {short: [tuple(long) for long in longs] for short, longs in long_forms.items()},
            {first: [(tuple(long), short) for long, short in pairs] for first, pairs in short_forms.items()},
            {tuple(terms): written for terms, written in shown},
            spellings,
        )

    def to_json(self) -> bytes:
        """Encode all fields."""
        return json.dumps((self.long_forms, self.short_forms, list(self.shown.items()), self.spellings)).encode()


@dataclass(frozen=True, slots=True)
class Synonym:
    """What is searched as well where the terms ``typed`` are asked for, by the archive's ``vocabulary.toml``."""

    typed: TermSequence
    terms: TermSequence
    shown: str


class Lexicon:
    """Word counts and learned expansions of an archive. Immutable and thread-safe."""

    def __init__(self, own: LazyArrays, terms: StringArray) -> None:
        """``own`` is what ``bot.index.learning`` computed; ``terms`` are sorted, a term's id is its position."""
        self._terms = terms
        self.size = int(own["size"].all()[0])
        """The number of paragraphs."""
        self._paragraph_counts, self._lowercase_counts = own["paragraph_counts"], own["lowercase_counts"]
        self.known_words = spelling.KnownWords(
            *(StringArray(unprefix(name, own)) for name in ("folded", "by_end_letters", "place_names"))
        )
        self._spellings, self._names, self._compounds = (
            StringArray(unprefix(name, own)) for name in ("spellings", "names", "compounds")
        )
        self._expansions, self._vocabulary = own["expansions"], own.get("vocabulary")

    @cached_property
    def expansions(self) -> LearnedExpansions:
        """The acronyms, and the names that are spelled in two ways."""
        return LearnedExpansions.from_json(self._expansions.all().tobytes())

    @cached_property
    def synonyms(self) -> Mapping[str, Sequence[Synonym]]:
        """What the archive's vocabulary lists, by the first of the terms typed."""
        found: defaultdict[str, list[Synonym]] = defaultdict(list)
        for typed, terms, shown in json.loads(self._vocabulary.all().tobytes()) if self._vocabulary else ():
            found[typed[0]].append(Synonym(tuple(typed), tuple(terms), shown))
        return found

    def acronyms(self) -> Iterator[str]:
        """Yield the acronyms of three letters or more, as they are written, the most frequent first."""
        learned = self.expansions
        known = sorted(learned.long_forms, key=lambda short: (-self.paragraph_count(short), short))
        yield from (learned.shown[short,] for short in known if len(short) > 2)

    def names(self) -> Iterator[str]:
        """Yield the names of several words that occur in mid-sentence, the most frequent first."""
        return iter(self._names)

    def compounds(self, term: str) -> Iterator[TermSequence]:
        """Yield the terms of words that are ``term`` when they are written as one word without marks.

        So does "ceasefire" give those of "cease-fire", and "Brien" that of "O'Brien", of which it is the end.
        """
        for line in self._compounds.starting_with(f"{term}\t"):
            yield tuple(line.partition("\t")[2].split(" "))

    def has_term(self, term: str) -> bool:
        """Return whether ``term`` stands in any paragraph, heading or title."""
        return term in self._terms

    def writes_with(self, folded: str, marks: str) -> bool:
        """Return whether the archive has a folded word and writes it with one of the letters ``marks``."""
        return folded in self.known_words.words and not set(self.original_spelling(folded).lower()).isdisjoint(marks)

    def similar_terms(self, term: str) -> Iterator[str]:
        """Yield the terms that may be another form of ``term``: alike but for the end, or a designation ("Su-30")."""
        if term.isalpha() and len(term) <= MIN_SIMILAR:
            yield from (other for other in self.terms_starting_with(term) if other[len(term) :][:1].isdigit())
        if term.isalpha() and len(term) > MIN_SIMILAR:
            start = term[: max(MIN_SIMILAR, len(term) - 2)]
            yield from (other for other in self.terms_starting_with(start) if len(other) <= len(term) + 2)

    def terms_starting_with(self, start: str, least: str = "") -> Iterator[str]:
        """Yield the terms that begin with ``start``, of which what follows is not less than ``least``."""
        return self._terms.starting_with(start, least)

    def paragraph_count(self, term: str) -> int:
        """Return how many paragraphs contain ``term``."""
        return self._count(self._paragraph_counts, term)

    def _count(self, counts: LazyArray, term: str) -> int:
        term_id = self._terms.find(term)
        return 0 if term_id is None else int(counts.slice(term_id, term_id + 1)[0])

    def idf(self, term: str) -> float:
        """Return the idf of ``term`` over paragraphs, 0 or more."""
        return idf(self.size, self.paragraph_count(term))

    def is_name(self, term: str) -> bool:
        """Return whether the archive contains ``term`` and hardly ever writes it with a small letter."""
        count = self.paragraph_count(term)
        return count > 0 and self._count(self._lowercase_counts, term) <= MAX_LOWERCASE_SHARE * count

    def original_spelling(self, folded: str) -> str:
        """Return how the archive writes a folded word that it contains."""
        return self._spellings[self.known_words.words.insertion_point(folded)]


def encode_vocabulary(lexicon: Lexicon, entries: Iterable[VocabularyEntry], warnings: list[str]) -> Array:
    """Return the array of ``Lexicon.synonyms``; append a warning of one sentence for each that is refused."""
    synonyms = []
    for entry in entries:
        typed = analysis.extract_terms(entry.typed)
        for other in entry.others:
            terms = analysis.extract_terms(other)
            if not typed or not terms:
                word = other if typed else entry.typed
                warnings.append(
                    f'{entry.where}: "{word}" is left out, because it has no word that can be searched for.'
                )
            elif all(map(lexicon.is_name, (*typed, *terms))) and not _is_acronym(entry.typed, other):
                reason = "because both are names in the archive and may be two things"
                warnings.append(f'{entry.where}: "{other}" is left out, {reason}.')
            elif typed != terms:
                synonyms.append((typed, terms, other))
    return np.frombuffer(json.dumps(synonyms).encode(), np.uint8)


def _is_acronym(one: str, other: str) -> bool:
    """Whether one of the two is a word in capitals, and the other several words."""
    short, long = sorted((one, other), key=len)
    return short.isupper() and " " not in short and " " in long.strip()
