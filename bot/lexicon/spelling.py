"""Which words are one word spelt in two ways. Keeps secret the distances and the guards.

Names that are not each other are often one letter apart (Iran and Iraq, Niger and Nigeria), so distance alone joins
nothing. Two cases are told apart:

* Both words stand in the archive: joined only when both are names, one is the other with two letters exchanged
  ("Natakani", "Nakatani": the same letters, the same first and last, six or more), and the archive uses them beside
  the same words.
* The word was typed by a person and stands nowhere in the archive: joined to the archive's nearest words when it is one
  slip away (six letters or more), or two (ten or more), begins alike, is not a beginning or an ending away ("India",
  "Indiana") and, where one letter stands for another in a word of less than eight, both are vowels.

A word with a digit is never joined to another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_VOWELS = frozenset("aeiouy")


def exchanged(names: Iterable[str], beside: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Names that are each other with two letters exchanged.

    ``names`` are folded words; ``beside[name]`` the terms that stand near it. Gives, for each name that has another
    spelling, those spellings.
    """
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in names:
        if len(name) >= 6 and name.isalpha():
            groups[name[0], name[-1], "".join(sorted(name))].append(name)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups.values():
        for one in group:
            for other in group:
                apart = sum(a != b for a, b in zip(one, other, strict=True))
                if apart == 2 and not set(beside[one]).isdisjoint(beside[other]):
                    found[one].append(other)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def nearest(word: str, known: Collection[str]) -> tuple[str, ...]:
    """The words of ``known`` that a person who typed ``word`` may have meant; none is a common answer."""
    if len(word) < 6 or not word.isalpha():
        return ()
    slips = 2 if len(word) >= 10 else 1
    close = process.extract(word, list(known), scorer=OSA.distance, score_cutoff=slips, limit=8)
    best = min((distance for candidate, distance, _ in close if is_slip(word, candidate)), default=None)
    return tuple(sorted(found for found, distance, _ in close if distance == best and is_slip(word, found)))


def is_slip(typed: str, word: str) -> bool:
    """Whether ``typed`` may be a slip for ``word``, given that the two are one or two edits apart."""
    shorter, longer = sorted((typed, word), key=len)
    if typed[0] != word[0] or longer.startswith(shorter) or longer.endswith(shorter):
        return False
    if len(shorter) < 5 or not word.isalpha():
        return False
    if len(typed) == len(word) and len(typed) < 8:
        changed = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
        swapped = len(changed) == 2 and changed[0] == changed[1][::-1]
        return swapped or (changed[-1][0] in _VOWELS and changed[-1][1] in _VOWELS and typed[-1] == word[-1])
    return True
