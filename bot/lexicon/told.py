"""The forms that an archive teaches: acronyms, and names that are spelt in two ways. Keeps secret how they are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Terms = tuple[str, ...]


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
        """What ``kept`` gave."""
        long_forms, short_forms, shown, spellings = json.loads(told)
        return cls(
            {short: [tuple(long) for long in longs] for short, longs in long_forms.items()},
            {first: [(tuple(long), short) for long, short in found] for first, found in short_forms.items()},
            {tuple(terms): written for terms, written in shown},
            spellings,
        )

    def kept(self) -> bytes:
        """All of it."""
        return json.dumps((self.long_forms, self.short_forms, list(self.shown.items()), self.spellings)).encode()
