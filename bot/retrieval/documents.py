"""What is counted: the terms of every passage in one field, as numbers.

A term's number is its place among all terms of the archive, sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.columns import Strings, in_memory
from bot.retrieval.numbering import numbering


@dataclass(frozen=True, slots=True)
class Documents:
    """One field of every passage.

    ``tokens`` are the numbers of the terms, one passage behind the other; ``lengths`` is how many each passage has;
    ``terms`` are sorted, and may be those of other fields too.
    """

    tokens: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    terms: Strings

    @staticmethod
    def of(*fields: Iterable[Sequence[str]]) -> tuple[Documents, ...]:
        """From the terms of each passage, field by field; the terms of all fields are numbered together.

        Raises ``ValueError`` where a term holds a NUL.
        """
        numbers = numbering()
        met = [numbers.met(passages) for passages in fields]
        known = numbers.terms()
        ascending = sorted(range(len(known)), key=known.__getitem__)
        place = np.empty(len(known), np.int32)
        place[ascending] = np.arange(len(known))
        terms = Strings(in_memory(Strings.arrays(known[number] for number in ascending)))
        return tuple(Documents(place[tokens], lengths, terms) for tokens, lengths in met)
