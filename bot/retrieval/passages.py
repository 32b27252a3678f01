"""The passages that are searched, as an engine knows them.

Keeps nothing secret: an archive may make its passages on demand, and has one object that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bot.models import Passage, Scope
from bot.operators import is_in_scope
from bot.retrieval.runs import Bytes


class Passages(Protocol):
    """Passages by number, made when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Passage: ...

    def within(self, scope: Scope) -> Bytes | None:
        """For each passage, 1 where its article is in ``scope`` and 0 elsewhere; None where all are."""
        ...


class Held:
    """Passages that are all there."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages

    def __len__(self) -> int:
        return len(self._passages)

    def __getitem__(self, number: int, /) -> Passage:
        return self._passages[number]

    def within(self, scope: Scope) -> Bytes | None:
        """See ``Passages.within``."""
        if scope == Scope():
            return None
        return np.array([is_in_scope(one.article, scope) for one in self._passages], np.uint8)
