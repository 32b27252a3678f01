"""Acronyms and what they stand for, learnt from a text that gives both.

The method is that of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (Pacific Symposium on Biocomputing, 2003): a short form stands beside its long form, one of the two
in brackets, and each letter of the short form is found in the long form, from right to left, its first letter at the
beginning of a word. Stricter here, since news has more brackets than biology: the short form holds two capitals or
more, or is the beginning of the long form's first word, the long form does not begin with a small word ("of", "and"),
and its other words give a letter each, but for one in six.

What a lexicon is made of: counts of words, and the forms that an archive teaches.

Keeps secret how they are kept in flat arrays, and how all is counted at once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import itemgetter

import numpy as np
import regex

from bot.index import spelling
from bot.index.arrays import Array, StringArray, prefix, run_starts
from bot.index.lexicon import LearnedExpansions, TermSequence
from bot.index.tokens import Vocabulary
from bot.text import analysis

_BRACKETED = regex.compile(r"\(([^()\n]{2,120}?)\)")
_SHORT = regex.compile(r"[\p{Lu}\p{N}][\p{L}\p{N}&.\-]{1,9}")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'.&]*")
_SMALL = frozenset("of the and for in on to a an de la du des et for with by at from".split())


@dataclass(frozen=True, slots=True)
class AcronymDefinition:
    """A short form and the long form beside it, each as it stands in the text."""

    short: str
    long: str


def find_definitions(text: str) -> Iterator[AcronymDefinition]:
    """The definitions in ``text``: "Long Form (LF)" and "LF (Long Form)", in order."""
    for match in _BRACKETED.finditer(text):
        inside = regex.split(r"[;,]\s|\s[–—-]\s", match.group(1))[0].strip("“”\"'’ ")
        before = text[max(0, match.start() - 160) : match.start()].rstrip("“”\"'’ ")
        if _SHORT.fullmatch(inside) and _is_short_form(inside):
            if long := _long_form(inside, before):
                yield AcronymDefinition(inside, long)
        elif (last := _SHORT.search(before, _last_word(before))) and _is_short_form(last.group()):
            long = _long_form(last.group(), inside)
            if long and long == inside:
                yield AcronymDefinition(last.group(), long)


def _last_word(text: str) -> int:
    return max(text.rfind(blank) for blank in (" ", "\n", "\u00a0", "(")) + 1


def _is_short_form(word: str) -> bool:
    return any(letter.isupper() for letter in word) and not word.replace(".", "").isdigit()


def _long_form(short: str, text: str) -> str | None:
    """The end of ``text`` that ``short`` abbreviates, or None."""
    letters = [letter for letter in short if letter.isalnum()]
    if letters[-1:] == ["s"] and sum(letter.isupper() for letter in letters) >= 2:
        letters.pop()  # a plural: "MPs"
    words = _last_words(text, min(len(letters) + 5, len(letters) * 2))
    if not words or regex.search(r"[.!?;:]\s", text[words[-1].end() :]):
        return None
    start = _match(letters, text, words[0].start())
    if start is None:
        return None
    long = text[start:].strip()
    return long if _is_long_form(letters, long) else None


def _last_words(text: str, count: int) -> list[regex.Match[str]]:
    """The end of ``text`` that holds ``count`` words besides the small ones."""
    words = list(_WORD.finditer(text))
    large = [i for i, word in enumerate(words) if word.group().casefold() not in _SMALL]
    return words[large[-count] if len(large) > count else 0 :]


def _match(letters: list[str], text: str, first: int) -> int | None:
    """Where the long form begins when each letter is found from right to left; None when one is not."""
    at = len(text)
    for index in range(len(letters) - 1, -1, -1):
        wanted = letters[index].casefold()
        at -= 1
        while at >= first and not (text[at].casefold() == wanted and (index > 0 or _begins(text, at))):
            at -= 1
        if at < first:
            return None
    return at


def _begins(text: str, at: int) -> bool:
    """Whether a word begins at ``at`` that a long form can begin with."""
    word = _WORD.match(text, at)
    return (at == 0 or not text[at - 1].isalnum()) and word is not None and word.group().casefold() not in _SMALL


def _is_long_form(letters: list[str], long: str) -> bool:
    words = [word.group() for word in _WORD.finditer(long)]
    if len(words) < 2 or "".join(letters).casefold() in long.casefold().split():
        return False
    if regex.search(r"[\p{Ll}\p{N}][.!?]\s+\p{Lu}", long):
        return False
    initials = {word[0].casefold() for word in words}
    capitals = sum(letter.isupper() for letter in letters)
    beginning = words[0].casefold().startswith("".join(letters).casefold())
    wanted = {letter.casefold() for letter in letters}
    idle = sum(word.casefold() not in _SMALL and word[0].casefold() not in wanted for word in words)
    each_gives = idle <= len(words) // 6
    # Most letters stand at the beginning of a word: "Global Combat Air Program", not letters strewn over a clause.
    at_beginning = sum(letter.casefold() in initials for letter in letters)
    return beginning or (capitals >= 2 and each_gives and at_beginning * 2 > len(letters))


_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?: \p{Lu}\p{Ll}{2,}){1,3}(?![\p{L}-]| \p{Lu})")
_NEAR = 3
"""So many words on each side are what a name is used beside."""


def learn_from_article(texts: Iterable[str]) -> bytes:
    """What the paragraphs of one article teach besides their words: acronyms with their long forms, and names."""
    definitions: list[tuple[str, str]] = []
    names: list[str] = []
    for text in texts:
        definitions += ((one.short, one.long) for one in find_definitions(text))
        names += _NAME.findall(text)
    return json.dumps((definitions, names)).encode()


@dataclass(frozen=True, slots=True)
class WordCounts:
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
        keys = keys[run_starts(keys >> 1)]
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


def count_arrays(words: WordCounts) -> dict[str, Array]:
    """What ``Lexicon`` knows of how often words stand in the archive."""
    every, small = words.paragraphs_with()
    return {"size": np.array([len(words.counts)], np.int64), "paragraphs_with": every, "written_small": small}


def expansion_arrays(words: WordCounts, learnt: Iterable[str]) -> dict[str, Array]:
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
        **prefix("folded", StringArray.arrays(folded)),
        **prefix("written", StringArray.arrays(written[one] for one in folded)),
        **prefix("ends", StringArray.arrays(spelling.by_ends(folded))),
        **prefix("places", StringArray.arrays(spelling.names_of_places())),
        **prefix("names", StringArray.arrays(frequent)),
        "told": np.frombuffer(told, np.uint8),
    }


def _told(learnt: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> tuple[bytes, list[str]]:
    """The forms as they are kept; and the names, the most frequent first."""
    long_forms: defaultdict[str, Counter[TermSequence]] = defaultdict(Counter)
    short_forms: defaultdict[str, dict[TermSequence, str]] = defaultdict(dict)
    shown: dict[TermSequence, str] = {}
    every = json.loads(f"[{','.join(learnt)}]")
    names = Counter(chain.from_iterable(names for _, names in every))
    for short_form, long_form in chain.from_iterable(definitions for definitions, _ in every):
        long, short = tuple(analysis.extract_terms(long_form)), analysis.to_term(short_form)
        if long and (short,) != long:
            long_forms[short][long] += 1
            short_forms[long[0]][long] = short
            shown.setdefault((short,), short_form)
            shown.setdefault(long, long_form)
    told = LearnedExpansions(
        {short: sorted(longs, key=longs.__getitem__, reverse=True) for short, longs in long_forms.items()},
        {first: list(found.items()) for first, found in short_forms.items()},
        shown,
        spellings,
    )
    return told.kept(), [name for name, _ in names.most_common()]
