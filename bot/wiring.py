"""The one place that knows everybody: from paths to a librarian."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import SettingsError
from bot.indexing import Index
from bot.indexing.keeping import Keeper
from bot.indexing.versions import Progress
from bot.librarian import Librarian
from bot.library import Library, librarian_over
from bot.models import Article
from bot.ranking import PARTS as RANKING

PARTS = (*RANKING, "acronym", "spelling")
"""What can be left out to measure what it gives: the parts of the ranking, and the forms that are not typed."""


def librarian_of(articles: Sequence[Article], without: Collection[str] = ()) -> Librarian:
    """A librarian over these articles, without the named PARTS. Raises ``SettingsError`` for another name."""
    return librarian_over(index_of(articles), _known(without))


def index_of(articles: Sequence[Article]) -> Index:
    """The index of these articles, in memory."""
    from bot.columns import in_memory
    from bot.indexing.analysing import analyse
    from bot.indexing.making import arrays

    return Index.opened(in_memory(arrays(analyse(articles))))


def open_library(
    paths: Sequence[Path],
    folder: Path | None = None,
    progress: Progress | None = None,
    without: Collection[str] = (),
) -> Library:
    """The library of the articles at ``paths``, without the named PARTS; ``folder`` is where its index is kept.

    Raises ``ArchiveError`` when there is nothing to answer from, ``SettingsError`` for a part that there is not.
    """
    return Library(Keeper(paths, folder), _known(without), progress)


def _known(without: Collection[str]) -> Collection[str]:
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    return without
