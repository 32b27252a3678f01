"""The articles, paragraphs and passages of an archive, as collections. Keeps secret that each is made on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bot.columns import Array
from bot.models import Article, Paragraph, Passage, Scope, Span

if TYPE_CHECKING:
    from bot.archive import Archive

MOST_PASSAGES = 1 << 14
"""How many passages are kept as they were made, those that were asked for last."""
Marks = npt.NDArray[np.uint8]


class Articles(Mapping[str, Article]):
    """The archive's articles by id, in the order they were read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getitem__(self, id: str) -> Article:
        return self._archive.article(self._archive.place(id))

    def __iter__(self) -> Iterator[str]:
        return (self._archive.article(at).id for at in range(len(self)))

    def __len__(self) -> int:
        return len(self._archive)


class Paragraphs(Sequence[Paragraph]):
    """Every paragraph of the archive, article by article."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __len__(self) -> int:
        return self._archive.passages.paragraphs

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        at = range(len(self))[at]
        return self._archive.between(at, at + 1)[0]


class Passages(Sequence[Passage]):
    """Passages of an archive: each is of neighbouring paragraphs, and they follow each other without a gap."""

    def __init__(self, archive: Archive, borders: Array) -> None:
        """Passage ``i`` is of the paragraphs numbered from ``borders[i]`` up to ``borders[i + 1]``."""
        self._archive, self._borders = archive, borders
        self._border = borders.data
        self._made = lru_cache(MOST_PASSAGES)(self._make)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs they have together."""
        return self._border[-1]

    def __len__(self) -> int:
        return len(self._border) - 1

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        return self._made(at if at >= 0 else at + len(self))

    def _make(self, at: int) -> Passage:
        found = self._archive.between(self._border[at], self._border[at + 1])
        return Passage(found, Span(found[0].span.start, found[-1].span.end))

    def holding(self, passage: Passage) -> int:
        """The number of the one that holds ``passage``, which lies in one of them."""
        return bisect_right(self._border, self._archive.number(passage.paragraphs[0])) - 1

    def within(self, scope: Scope) -> Marks | None:
        """For each passage, 1 where its article is in ``scope`` and 0 elsewhere; None where all are."""
        return None if scope == Scope() else self._archive.within(scope).view(np.uint8)[self._articles]

    @cached_property
    def _articles(self) -> Array:
        """The place of each passage's article."""
        return self._archive.places(self._borders[:-1])
