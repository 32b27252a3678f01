"""Wiring: open the corpus of the articles at some paths, or in a cluster."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from bot.errors import SettingsError
from bot.index.store import IndexStore
from bot.index.versions import StageProgress
from bot.models import READ_LIMITS, ClusterAddress, ReadLimits
from bot.search.corpus import Corpus, FileCorpus
from bot.search.ranking import FEATURES

PARTS = (*FEATURES, "acronym", "spelling", "role")
"""Parts of the search that can be switched off to measure their effect: ranking features and query expansions."""


def open_corpus(
    paths: Sequence[Path],
    folder: Path | None = None,
    progress: StageProgress | None = None,
    without: Collection[str] = (),
    limits: ReadLimits = READ_LIMITS,
    cluster: ClusterAddress | None = None,
) -> Corpus:
    """Corpus of the articles at ``paths``, or in the ``cluster``, without the named PARTS.

    Its index, or what it needs of the cluster's, is saved in ``folder``. ``limits`` are of reading one file.

    Raises ``ArchiveError`` if there are no articles, ``SettingsError`` for an unknown part.
    """
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    if cluster is not None:
        from bot.index.cluster.connection import Connection
        from bot.search.cluster_corpus import ClusterCorpus

        return ClusterCorpus(Connection(cluster), folder, without)
    return FileCorpus(IndexStore(paths, folder, limits), without, progress)
