"""Wiring: build an answerer or a corpus from articles and paths."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import SettingsError
from bot.index import Index
from bot.index.store import IndexStore
from bot.index.versions import StageProgress
from bot.models import Article
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.search.ranking import FEATURES

PARTS = (*FEATURES, "acronym", "spelling")
"""Parts of the search that can be switched off to measure their effect: ranking features and query expansions."""


def build_answerer(articles: Sequence[Article], without: Collection[str] = ()) -> Answerer:
    """Answerer over these articles, without the named PARTS; ``SettingsError`` for an unknown name."""
    return Answerer(build_index(articles), _checked(without))


def build_index(articles: Sequence[Article]) -> Index:
    """Index of these articles, in memory."""
    # Imported here: a saved index needs none of this.
    from bot.index.arrays import in_memory
    from bot.index.build import analyze, build_arrays

    return Index.from_arrays(in_memory(build_arrays(analyze(articles))))


def open_corpus(
    paths: Sequence[Path],
    folder: Path | None = None,
    progress: StageProgress | None = None,
    without: Collection[str] = (),
) -> Corpus:
    """Corpus of the articles at ``paths``, without the named PARTS; its index is saved in ``folder``.

    Raises ``ArchiveError`` if there are no articles, ``SettingsError`` for an unknown part.
    """
    return Corpus(IndexStore(paths, folder), _checked(without), progress)


def _checked(without: Collection[str]) -> Collection[str]:
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    return without
