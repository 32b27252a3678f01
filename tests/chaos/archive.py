"""An archive with one place name per paragraph, so that a reply shows which question it answers."""

from __future__ import annotations

import random
from pathlib import Path

KNOWN, UNKNOWN = 300, 60
_PARAGRAPHS_PER_ARTICLE = 10

# So few that a question matches about as many passages as in a real archive.
_THINGS = "lanterns bridges orchards towers fountains barrels stables looms kilns wells".split()
_DEEDS = "counted painted measured repaired sold numbered inspected mapped insured photographed".split()


def _names(count: int) -> list[str]:
    """Random names, too different to be taken for misspellings of one another; always the same ones."""
    letters = random.Random(20)
    return ["".join(letters.choices("bcdfghjklmnpqrstvwxz", k=10)).capitalize() for _ in range(count)]


NAMES = _names(KNOWN + UNKNOWN)
"""Places to ask about: the first KNOWN are in the archive, the others are not."""


def write_archive(folder: Path) -> None:
    """Write the articles as text files."""
    folder.mkdir(parents=True)
    for start in range(0, KNOWN, _PARAGRAPHS_PER_ARTICLE):
        paragraphs = [
            f"In {NAMES[number]} {100 + number} {_thing(number)} were {_deed(number)} before winter."
            for number in range(start, start + _PARAGRAPHS_PER_ARTICLE)
        ]
        title = f"The register of district {start}"
        (folder / f"district-{start:03}.txt").write_text("\n\n".join([title, *paragraphs]), encoding="utf-8")


def question_about(name: str) -> str:
    """A question about the place ``name``."""
    number = NAMES.index(name)
    return f"How many {_thing(number)} were {_deed(number)} in {name}?"


def _thing(number: int) -> str:
    return _THINGS[number % len(_THINGS)]


def _deed(number: int) -> str:
    return _DEEDS[number // len(_THINGS) % len(_DEEDS)]
