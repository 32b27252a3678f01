"""The passages that are searched, as an engine knows them.

Keeps nothing secret: an archive may make its passages on demand, and has one object that does.
"""

from __future__ import annotations

from typing import Protocol

from bot.models import Passage, Scope
from bot.retrieval.runs import Bytes


class Passages(Protocol):
    """Passages by number, made when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Passage: ...

    def within(self, scope: Scope) -> Bytes | None:
        """For each passage, 1 where its article is in ``scope`` and 0 elsewhere; None where all are."""
        ...
