"""Which words are one word in two spellings.

Different names are often one letter apart (Iran and Iraq, Niger and Nigeria), so edit distance alone decides nothing:

* Two words of the archive are joined only if both are names, one is the other with two letters exchanged
  ("Natakani", "Nakatani": the same letters, the same first and last, six or more), and the archive uses them next to
  the same words.
* A word that a person typed and the archive does not contain is joined to the archive's words that are one typo away,
  begin and end alike and have six letters or more. A typo is two letters exchanged, or one letter dropped, added or
  replaced; or else a final "s", which the stemmer leaves on a name ("Senkakus"). The name of a country, a territory or
  a language is never a typo, and one of fewer than ten letters is never meant if another letter was typed, as it may be
  a person's ("Georgina").
* A shorter word in small letters, or one whose last two letters are exchanged, is joined to frequent words that are
  not names, since names differ by as little ("Brian", "Christina").

A word with a digit is never joined to another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase

from bot.index.arrays import StringArray
from bot.text import analysis

MIN_LETTERS, MIN_LETTERS_FOR_PLACE = 6, 10
SHORTEST, LONGEST = 4, 40
"""Letters of a word that may be a typo."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYBOARD = {
    letter: "".join(other[max(0, at - 1) : at + 2] for other in _ROWS[max(0, row - 1) : row + 2]).replace(letter, "")
    for row, letters in enumerate(_ROWS)
    for at, letter in enumerate(letters)
}
"""The letters around each letter on a keyboard."""


def group_anagrams(names: Iterable[str]) -> list[list[str]]:
    """Group folded names with the same letters, first letter and last letter; groups of two or more."""
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in names:
        if len(name) >= MIN_LETTERS and name.isalpha():
            groups[name[0], name[-1], "".join(sorted(name))].append(name)
    return [group for group in groups.values() if len(group) > 1]


def find_transpositions(
    groups: Iterable[list[str]], neighbors: Mapping[str, Collection[str]]
) -> dict[str, tuple[str, ...]]:
    """Return, for each name with another spelling, those spellings: two letters exchanged, and a common neighbor.

    ``groups`` are those of ``group_anagrams``; ``neighbors[name]`` the terms near it in the archive.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for one in group:
            for other in group:
                different = sum(a != b for a, b in zip(one, other, strict=True))
                if different == 2 and not set(neighbors.get(one, ())).isdisjoint(neighbors.get(other, ())):
                    found[one].append(other)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def key_by_end_letters(words: Iterable[str]) -> list[str]:
    """Return the words of six letters or more, prefixed with their first and last letter; sorted."""
    return sorted(word[0] + word[-1] + word for word in words if len(word) >= MIN_LETTERS)


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The folded words of an archive; ``key_by_end_letters`` of them; and ``list_place_names``. All are sorted."""

    words: StringArray
    by_end_letters: StringArray
    place_names: StringArray


def nearest_words(word: str, known: KnownWords) -> tuple[str, ...]:
    """Return the ``known`` words of which ``word``, as a person typed it and folded, may be a typo; sorted."""
    if not MIN_LETTERS <= len(word) <= LONGEST or not word.isalpha() or word in known.place_names:
        return ()
    other_number = word.removesuffix("s") if word.endswith("s") else word + "s"
    if other_number in known.words:
        return (other_number,)
    # Imported here for start-up time: few questions contain an unknown word.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    # A typo does not change the first letter, nor the last.
    same_ends = [key[2:] for key in known.by_end_letters.starting_with(word[0] + word[-1])]
    close = process.extract(word, same_ends, scorer=OSA.distance, score_cutoff=2, limit=None)
    return tuple(sorted(other for other, _, _ in close if _is_typo(word, other, is_place=other in known.place_names)))


def _is_typo(typed: str, word: str, *, is_place: bool) -> bool:
    """Return whether ``typed`` may be a typo of ``word``, which may be part of the name of a place.

    Both are folded, have six letters or more, and begin and end alike.
    """
    if not word.isalpha():
        return False
    letters_for_any = MIN_LETTERS_FOR_PLACE if is_place else MIN_LETTERS
    shorter, longer = sorted((typed, word), key=len)
    if len(shorter) == len(longer):
        changed = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
        if len(changed) == 2:
            return Counter(typed) == Counter(word)
        return len(changed) == 1 and len(word) >= letters_for_any
    if len(longer) - len(shorter) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if shorter[at:] != longer[at + 1 :]:
        return False
    return longer[at] == longer[at - 1] or len(longer) >= letters_for_any


def near_slips(word: str) -> set[str]:
    """Return what a person may have meant who typed ``word``, folded, whether or not these are words.

    Two letters after the first are exchanged; in a word of four to six letters, a letter inside it may also be missing,
    doubled, or next to the right one on the keyboard.
    """
    if not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
        return set()
    inside = range(1, len(word) - 1)
    found = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in inside}
    if len(word) <= MIN_LETTERS:
        found |= {word[:i] + word[i + 1 :] for i in inside if word[i] in (word[i - 1], word[i + 1])}
        found |= {word[:i] + letter + word[i:] for i in range(1, len(word)) for letter in ascii_lowercase}
        found |= {word[:i] + letter + word[i + 1 :] for i in inside for letter in _KEYBOARD.get(word[i], "")}
    return found - {word}


@cache
def list_place_names() -> list[str]:
    """Return the words in the English names of countries, territories and languages, folded and sorted."""
    from babel import Locale  # as slow to import as everything else that a question needs

    english = Locale("en")
    names = [*english.territories.values(), *english.languages.values()]
    return sorted({analysis.fold(word) for name in names for word in name.split() if word.isalpha()})
