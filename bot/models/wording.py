"""How dates and lists stand in a sentence: the same words wherever one is said. Keeps secret how months are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

# strftime's %B follows the process's locale; an archive is shown in one language wherever it runs.
_MONTHS = "January February March April May June July August September October November December".split()


def day(when: date | None) -> str:
    """A date as people write it: "7 May 2025"; "undated" where there is none."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}" if when else "undated"


def joined(words: Sequence[str], joint: str = "and") -> str:
    """``words`` as a list in a sentence: "a", "a and b", "a, b and c"; empty where there are none."""
    return f" {joint} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
