"""Wiring: open the corpus of the articles at some paths."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import SettingsError
from bot.index.store import IndexStore
from bot.index.versions import StageProgress
from bot.models import READ_LIMITS, ReadLimits
from bot.search.corpus import Corpus
from bot.search.ranking import FEATURES

PARTS = (*FEATURES, "acronym", "spelling", "role")
"""Parts of the search that can be switched off to measure their effect: ranking features and query expansions."""


def open_corpus(
    paths: Sequence[Path],
    folder: Path | None = None,
    progress: StageProgress | None = None,
    without: Collection[str] = (),
    limits: ReadLimits = READ_LIMITS,
) -> Corpus:
    """Corpus of the articles at ``paths``, without the named PARTS; its index is saved in ``folder``.

    ``limits`` are of reading one file.

    Raises ``ArchiveError`` if there are no articles, ``SettingsError`` for an unknown part.
    """
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    return Corpus(IndexStore(paths, folder, limits), without, progress)
