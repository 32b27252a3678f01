"""What is counted: the terms of every passage in one field, as numbers.

Keeps secret how words become numbers. A term's number is its place among all terms of the archive, sorted.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from bot.columns import Strings, in_memory


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
        """From the terms of each passage, field by field; the terms of all fields are numbered together."""
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__
        met = [_met(passages, numbers) for passages in fields]
        ascending = sorted(numbers)
        terms = Strings(in_memory(Strings.arrays(ascending)))
        place = np.empty(len(ascending), np.int32)
        place[np.fromiter(map(numbers.__getitem__, ascending), np.int32, len(ascending))] = np.arange(len(ascending))
        return tuple(Documents(place[tokens], lengths, terms) for tokens, lengths in met)


def _met(
    passages: Iterable[Sequence[str]], numbers: defaultdict[str, int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The numbers of all terms, counted from 0 in the order in which they are met, and how many each passage has."""
    tokens, lengths = array("i"), array("i")
    for terms in passages:
        if terms:
            # All of a passage's terms in one call, which needs two at least: it is the longest step of all.
            tokens.extend(itemgetter(terms[0], *terms)(numbers)[1:])
        lengths.append(len(terms))
    return np.frombuffer(tokens, np.int32), np.frombuffer(lengths, np.int32)
