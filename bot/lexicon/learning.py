"""What a lexicon is made of: counts of words, and the forms that an archive teaches.

Keeps secret how they are kept in flat arrays, and how all is counted at once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import itemgetter

import numpy as np
import regex

from bot import analysis
from bot.columns import Array, Strings, firsts, under
from bot.lexicon import acronyms, spelling
from bot.lexicon.told import Terms, Told
from bot.vocabulary import Vocabulary

_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?: \p{Lu}\p{Ll}{2,}){1,3}(?![\p{L}-]| \p{Lu})")
_NEAR = 3
"""So many words on each side are what a name is used beside."""


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

    ``numbers`` are their places in the ``vocabulary``, ``counts`` how many each paragraph has; ``searched`` and
    ``searched_counts`` are the same of those that are searched. ``terms`` gives, for each word of the vocabulary, its
    term's number of so many ``terms_known``, or -1 where it is not searched.
    """

    vocabulary: Vocabulary
    numbers: Array
    counts: Array
    searched: Array
    searched_counts: Array
    terms: Array
    terms_known: int

    def paragraphs_with(self) -> tuple[Array, Array]:
        """By term, in how many paragraphs it stands; and in how many it is written with a small letter."""
        words = self.vocabulary.words
        is_large = np.fromiter(map(str.isupper, map(itemgetter(0), words)), np.bool_, len(words))
        keys = self.terms[self.searched].astype(np.int64)
        keys <<= 32
        keys |= np.repeat(np.arange(0, 2 * len(self.counts), 2, dtype=np.int32), self.searched_counts)
        keys |= is_large[self.searched]
        keys.sort()
        keys = keys[firsts(keys >> 1)]
        terms, is_small = keys >> 32, keys & 1 == 0
        found = (np.bincount(one, minlength=self.terms_known).astype(np.int32) for one in (terms, terms[is_small]))
        every, small = found
        return every, small

    def beside(self, wanted: Collection[str]) -> Mapping[str, set[str]]:
        """For each of the ``wanted`` words, folded, the terms within three words of it."""
        folded, known = self.vocabulary.folded, self.vocabulary.terms
        is_wanted = np.fromiter(map(wanted.__contains__, folded), np.bool_, len(folded))
        ends = np.cumsum(self.counts, dtype=np.int64)
        found: defaultdict[str, set[str]] = defaultdict(set)
        wanted_at = np.flatnonzero(is_wanted[self.numbers])
        paragraphs = np.searchsorted(ends, wanted_at, side="right")
        firsts = np.maximum(ends[paragraphs] - self.counts[paragraphs], wanted_at - _NEAR)
        lasts = np.minimum(ends[paragraphs], wanted_at + _NEAR + 1)
        for at, first, end in zip(wanted_at.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
            around = self.numbers[first:end].tolist()
            own = around.pop(at - first)
            found[folded[own]].update(filter(None, map(known.__getitem__, around)))
        return found


def counts(words: Words) -> dict[str, Array]:
    """What ``Lexicon`` knows of how often words stand in the archive."""
    every, small = words.paragraphs_with()
    return {"size": np.array([len(words.counts)], np.int64), "paragraphs_with": every, "written_small": small}


def forms(words: Words, learnt: Iterable[str]) -> dict[str, Array]:
    """What else ``Lexicon`` is made of; ``learnt`` is what the function of that name gave of each article."""
    vocabulary, numbers = words.vocabulary, words.numbers
    first = np.full(len(vocabulary.words), len(numbers), np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    met = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(numbers))].tolist()
    met_words, met_folded = ([*map(one.__getitem__, met)] for one in (vocabulary.words, vocabulary.folded))
    # Of words that are one when they are folded, the one that was met first.
    written = dict(zip(reversed(met_folded), reversed(met_words), strict=True))
    small = set(compress(met_folded, map(str.islower, map(itemgetter(0), met_words))))
    folded = sorted(written)
    names = [one for one in folded if one not in small]
    groups = spelling.of_same_letters(names)
    beside = words.beside({name for group in groups for name in group})
    told, frequent = _told(learnt, spelling.exchanged(groups, beside))
    return {
        **under("folded", Strings.arrays(folded)),
        **under("written", Strings.arrays(written[one] for one in folded)),
        **under("ends", Strings.arrays(spelling.by_ends(folded))),
        **under("places", Strings.arrays(spelling.names_of_places())),
        **under("names", Strings.arrays(frequent)),
        "told": np.frombuffer(told, np.uint8),
    }


def _told(learnt: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> tuple[bytes, list[str]]:
    """The forms as they are kept; and the names, the most frequent first."""
    long_forms: defaultdict[str, Counter[Terms]] = defaultdict(Counter)
    short_forms: defaultdict[str, dict[Terms, str]] = defaultdict(dict)
    shown: dict[Terms, str] = {}
    every = json.loads(f"[{','.join(learnt)}]")
    names = Counter(chain.from_iterable(names for _, names in every))
    for short_form, long_form in chain.from_iterable(definitions for definitions, _ in every):
        long, short = tuple(analysis.terms(long_form)), analysis.term(short_form)
        if long and (short,) != long:
            long_forms[short][long] += 1
            short_forms[long[0]][long] = short
            shown.setdefault((short,), short_form)
            shown.setdefault(long, long_form)
    told = Told(
        {short: sorted(longs, key=longs.__getitem__, reverse=True) for short, longs in long_forms.items()},
        {first: list(found.items()) for first, found in short_forms.items()},
        shown,
        spellings,
    )
    return told.kept(), [name for name, _ in names.most_common()]
