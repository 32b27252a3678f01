"""The one place that knows everybody: from paths to a librarian."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import SettingsError
from bot.index import Index
from bot.index.store import IndexStore
from bot.index.versions import StageProgress
from bot.models import Article
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus, create_answerer
from bot.search.ranking import FEATURES as RANKING

PARTS = (*RANKING, "acronym", "spelling")
"""What can be left out to measure what it gives: the parts of the ranking, and the forms that are not typed."""


def answerer_over(articles: Sequence[Article], without: Collection[str] = ()) -> Answerer:
    """A librarian over these articles, without the named PARTS. Raises ``SettingsError`` for another name."""
    return create_answerer(build_index(articles), _known(without))


def build_index(articles: Sequence[Article]) -> Index:
    """The index of these articles, in memory."""
    from bot.index.arrays import in_memory
    from bot.index.build import analyze, build_arrays

    return Index.from_arrays(in_memory(build_arrays(analyze(articles))))


def open_corpus(
    paths: Sequence[Path],
    folder: Path | None = None,
    progress: StageProgress | None = None,
    without: Collection[str] = (),
) -> Corpus:
    """The library of the articles at ``paths``, without the named PARTS; ``folder`` is where its index is kept.

    Raises ``ArchiveError`` when there is nothing to answer from, ``SettingsError`` for a part that there is not.
    """
    return Corpus(IndexStore(paths, folder), _known(without), progress)


def _known(without: Collection[str]) -> Collection[str]:
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    return without
