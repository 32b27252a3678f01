"""An archive whose every paragraph tells of a place of its own, so that a reply shows which question it answers."""

from __future__ import annotations

import random
from pathlib import Path

TOLD, UNTOLD = 300, 60
_PARAGRAPHS = 10  # of one article

# So many that a question has about as many passages to choose among as in an archive that people write
_THINGS = "lanterns bridges orchards towers fountains barrels stables looms kilns wells".split()
_DEEDS = "counted painted measured repaired sold numbered inspected mapped insured photographed".split()


def _names(count: int) -> list[str]:
    """Made-up names, so unlike one another that none is taken for another's misspelling; always the same ones."""
    letters = random.Random(20)
    return ["".join(letters.choices("bcdfghjklmnpqrstvwxz", k=10)).capitalize() for _ in range(count)]


NAMES = _names(TOLD + UNTOLD)
"""Places that may be asked about: the archive tells of the first TOLD, and does not know the others."""


def write_archive(folder: Path) -> None:
    """Write the articles as text files."""
    folder.mkdir(parents=True)
    for start in range(0, TOLD, _PARAGRAPHS):
        told = [
            f"In {NAMES[number]} {100 + number} {_thing(number)} were {_deed(number)} before winter."
            for number in range(start, start + _PARAGRAPHS)
        ]
        title = f"The ledger of district {start}"
        (folder / f"district-{start:03}.txt").write_text("\n\n".join([title, *told]), encoding="utf-8")


def question_about(name: str) -> str:
    number = NAMES.index(name)
    return f"How many {_thing(number)} were {_deed(number)} in {name}?"


def _thing(number: int) -> str:
    return _THINGS[number % len(_THINGS)]


def _deed(number: int) -> str:
    return _DEEDS[number // len(_THINGS) % len(_DEEDS)]
