"""What a lexicon is made of: counts of words, and the forms that an archive teaches.

Keeps secret how they are kept in flat arrays, and how all is counted at once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import regex

from bot import analysis
from bot.columns import Array, Strings, under
from bot.lexicon import acronyms, spelling
from bot.vocabulary import Vocabulary

_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?: \p{Lu}\p{Ll}{2,}){1,3}(?![\p{L}-]| \p{Lu})")
_NEAR = 3
"""So many words on each side are what a name is used beside."""

Terms = tuple[str, ...]


def learnt(texts: Iterable[str]) -> bytes:
    """What the paragraphs of one article teach besides their words: acronyms with their long forms, and names."""
    definitions: list[tuple[str, str]] = []
    names: list[str] = []
    for text in texts:
        definitions += ((one.short, one.long) for one in acronyms.definitions(text))
        names += _NAME.findall(text)
    return json.dumps((definitions, names)).encode()


@dataclass(frozen=True, slots=True)
class Words:
    """Every word of an archive's paragraphs, in order.

    ``numbers`` are their places in the ``vocabulary``; ``paragraphs`` are each word's, numbered from 0, of ``size``;
    ``terms`` gives, for each word of the vocabulary, its term's number of so many ``terms_known``, or -1 where it is
    not searched.
    """

    vocabulary: Vocabulary
    numbers: Array
    paragraphs: Array
    size: int
    terms: Array
    terms_known: int

    def paragraphs_with(self, terms: Array) -> Array:
        """By term, in how many paragraphs a word stands of which ``terms`` gives that term."""
        found = terms[self.numbers]
        searched = found >= 0
        pairs = found[searched].astype(np.int64) << 32 | self.paragraphs[searched]
        pairs.sort()
        is_first = np.concatenate((np.ones(min(len(pairs), 1), np.bool_), pairs[1:] != pairs[:-1]))
        return np.bincount(pairs[is_first] >> 32, minlength=self.terms_known).astype(np.int32)

    def beside(self, names: Iterable[str]) -> Mapping[str, set[str]]:
        """For each name that could be another with two letters exchanged, the terms within three words of it."""
        alike = Counter((name[0], name[-1], "".join(sorted(name))) for name in names if name)
        wanted = {name for name in names if len(name) >= 6 and alike[name[0], name[-1], "".join(sorted(name))] > 1}
        folded, known = self.vocabulary.folded, self.vocabulary.terms
        is_wanted = np.array([one in wanted for one in folded], np.bool_)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for at in np.flatnonzero(is_wanted[self.numbers]).tolist():
            first, end = max(0, at - _NEAR), at + _NEAR + 1
            of_same = self.paragraphs[first:end] == self.paragraphs[at]
            of_same[at - first] = False
            near = (known[number] for number in self.numbers[first:end][of_same].tolist())
            found[folded[self.numbers[at]]].update(term for term in near if term)
        return found


def arrays(words: Words, learnt: Iterable[str]) -> dict[str, Array]:
    """What ``Lexicon`` is made of; ``learnt`` is what the function of that name gave of each article."""
    vocabulary, numbers = words.vocabulary, words.numbers
    first = np.full(len(vocabulary.words), len(numbers), np.int64)
    first[numbers[::-1]] = np.arange(len(numbers), dtype=np.int64)[::-1]
    met = [at for at in np.argsort(first, kind="stable").tolist() if first[at] < len(numbers)]
    written: dict[str, str] = {}
    for at in met:
        written.setdefault(vocabulary.folded[at], vocabulary.words[at])
    small = {vocabulary.folded[at] for at in met if vocabulary.words[at][0].islower()}
    names = [folded for folded in written if folded not in small]
    is_small = np.array([not word[0].isupper() for word in vocabulary.words], np.bool_)
    folded = sorted(written)
    told, frequent = _told(learnt, spelling.exchanged(names, words.beside(names)))
    return {
        "size": np.array([words.size], np.int64),
        "paragraphs_with": words.paragraphs_with(words.terms),
        "written_small": words.paragraphs_with(np.where(is_small, words.terms, -1)),
        **under("folded", Strings.arrays(folded)),
        **under("written", Strings.arrays(written[one] for one in folded)),
        **under("ends", Strings.arrays(spelling.by_ends(folded))),
        **under("names", Strings.arrays(frequent)),
        "told": np.frombuffer(told, np.uint8),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """The forms that an archive teaches.

    ``long_forms`` are the terms of an acronym's long forms by its own term, the most frequent first; ``short_forms``
    are, by the first term of a long form, its terms and its acronym's; ``shown`` is how each is written;
    ``spellings`` are the other spellings of a folded name.
    """

    long_forms: Mapping[str, Sequence[Terms]]
    short_forms: Mapping[str, Sequence[tuple[Terms, str]]]
    shown: Mapping[Terms, str]
    spellings: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, told: bytes) -> Told:
        """What ``arrays`` kept."""
        long_forms, short_forms, shown, spellings = json.loads(told)
        return cls(
            {short: [tuple(long) for long in longs] for short, longs in long_forms.items()},
            {first: [(tuple(long), short) for long, short in found] for first, found in short_forms.items()},
            {tuple(terms): written for terms, written in shown},
            spellings,
        )


def _told(learnt: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> tuple[bytes, list[str]]:
    """The forms as they are kept; and the names, the most frequent first."""
    long_forms: defaultdict[str, Counter[Terms]] = defaultdict(Counter)
    short_forms: defaultdict[str, dict[Terms, str]] = defaultdict(dict)
    shown: dict[Terms, str] = {}
    names: Counter[str] = Counter()
    for definitions, own_names in map(json.loads, learnt):
        names.update(own_names)
        for short_form, long_form in definitions:
            long, short = tuple(analysis.terms(long_form)), analysis.term(short_form)
            if long and (short,) != long:
                long_forms[short][long] += 1
                short_forms[long[0]][long] = short
                shown.setdefault((short,), short_form)
                shown.setdefault(long, long_form)
    kept = (
        {short: [long for long, _ in longs.most_common()] for short, longs in long_forms.items()},
        {first: list(found.items()) for first, found in short_forms.items()},
        list(shown.items()),
        spellings,
    )
    return json.dumps(kept).encode(), [name for name, _ in names.most_common()]
