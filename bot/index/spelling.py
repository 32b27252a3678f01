"""Which words are one word spelt in two ways. Keeps secret the distances and the guards.

Names that are not each other are often one letter apart (Iran and Iraq, Niger and Nigeria), so distance alone joins
nothing. Two cases are told apart:

* Both words stand in the archive: joined only when both are names, one is the other with two letters exchanged
  ("Natakani", "Nakatani": the same letters, the same first and last, six or more), and the archive uses them beside
  the same words.
* The word was typed by a person and stands nowhere in the archive: joined to the archive's words that are one slip
  away, begin and end alike and have six letters or more. A slip is two letters exchanged, a letter doubled or not, one
  vowel for another (seven letters or more), or any one letter (ten or more); or else an "s" at the end, which the
  stemmer leaves on a name ("Senkakus"). The name of a country, a territory or a
  language is no slip for another word.

A word with a digit is never joined to another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile

from bot.index.arrays import StringArray
from bot.text import analysis

_VOWELS = frozenset("aeiouy")


def of_same_letters(names: Iterable[str]) -> list[list[str]]:
    """Groups of two names and more that have the same letters, the same first and last, and six or more of them.

    ``names`` are folded words.
    """
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in names:
        if len(name) >= 6 and name.isalpha():
            groups[name[0], name[-1], "".join(sorted(name))].append(name)
    return [group for group in groups.values() if len(group) > 1]


def exchanged(groups: Iterable[list[str]], beside: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Names that are each other with two letters exchanged.

    ``groups`` are those of ``of_same_letters``; ``beside[name]`` the terms that stand near it. Gives, for each name
    that has another spelling, those spellings.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for one in group:
            for other in group:
                apart = sum(a != b for a, b in zip(one, other, strict=True))
                if apart == 2 and not set(beside.get(one, ())).isdisjoint(beside.get(other, ())):
                    found[one].append(other)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def by_ends(words: Iterable[str]) -> list[str]:
    """The words of six letters or more, each behind the letters that it begins and ends with; sorted."""
    return sorted(word[0] + word[-1] + word for word in words if len(word) >= 6)


class KnownWords:
    """The words of an archive, folded, also by the letters that they begin and end with: a slip changes neither."""

    def __init__(self, words: StringArray, ends: StringArray, places: StringArray) -> None:
        """``words`` are sorted; ``ends`` and ``places`` are what ``by_ends`` and ``names_of_places`` gave."""
        self._words, self._ends, self._places = words, ends, places

    def __contains__(self, word: str) -> bool:
        return self._words.find(word) is not None

    def is_place(self, word: str) -> bool:
        """Whether ``word`` stands in the name of a country, a territory or a language."""
        return self._places.find(word) is not None

    def place(self, word: str) -> int:
        """Where a known word stands among all, sorted."""
        return self._words.place(word)

    def alike(self, word: str) -> Sequence[str]:
        """The words of six letters or more that begin and end as ``word`` does."""
        ends = word[0] + word[-1]
        behind = (self._ends[at] for at in range(self._ends.place(ends), len(self._ends)))
        return [found[2:] for found in takewhile(lambda one: one.startswith(ends), behind)]


def nearest_words(word: str, known: KnownWords) -> tuple[str, ...]:
    """The words of ``known`` for which a person who typed ``word`` (folded) may have slipped.

    Sorted; none is a common answer.
    """
    if len(word) < 6 or not word.isalpha() or known.is_place(word):
        return ()
    number = word.removesuffix("s") if word.endswith("s") else word + "s"
    if number in known:
        return (number,)
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    close = process.extract(word, known.alike(word), scorer=OSA.distance, score_cutoff=2, limit=None)
    return tuple(sorted(found for found, _, _ in close if is_slip(word, found)))


def is_slip(typed: str, word: str) -> bool:
    """Whether ``typed`` may be a slip for ``word``; both folded."""
    if min(len(typed), len(word)) < 6 or typed[0] != word[0] or typed[-1] != word[-1] or not word.isalpha():
        return False
    shorter, longer = sorted((typed, word), key=len)
    if len(shorter) == len(longer):
        changed = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
        if len(changed) == 2:
            return Counter(typed) == Counter(word)
        both_vowels = len(changed) == 1 and _VOWELS.issuperset(changed[0])
        return len(changed) == 1 and (len(word) >= 10 or (both_vowels and len(word) >= 7))
    if len(longer) - len(shorter) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if shorter[at:] != longer[at + 1 :]:
        return False
    return longer[at] == longer[at - 1] or len(longer) >= 10


@cache
def names_of_places() -> list[str]:
    """The words in the names of countries, territories and languages, folded and sorted."""
    from babel import Locale  # which takes as long to import as all else does for a question

    english = Locale("en")
    names = [*english.territories.values(), *english.languages.values()]
    return sorted({analysis.fold(word) for name in names for word in name.split() if word.isalpha()})
