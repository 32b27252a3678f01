"""Archives of the tests, written to a cluster and opened from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.index.arrays import in_memory
from bot.index.build import analyze, build_arrays
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import hold_lease
from bot.index.cluster.publish import Publisher
from bot.index.cluster.reader import Revision
from bot.index.versions import IndexVersion, Manifest, ReadNotes, StageProgress, encode_inputs
from bot.ingest.files import Listing
from bot.models import Article, ClusterAddress, Question, Reply
from bot.search.answerer import Answerer
from tests.opensearch.cluster import Cluster


def create_version(articles: Sequence[Article]) -> IndexVersion:
    """Index articles in memory, as if they had been read from files."""
    arrays = build_arrays(analyze(articles)) | {"lexicon.vocabulary": np.frombuffer(b"[]", np.uint8)}
    arrays |= encode_inputs((), ReadNotes((), ()))
    return IndexVersion(Manifest.of(Listing((), (), ()), time.time_ns()), in_memory(arrays), is_saved=False)


def connect(cluster: Cluster, name: str) -> Connection:
    """Connect to an archive of this name."""
    return Connection(ClusterAddress(cluster.urls, name))


def publish(
    cluster: Cluster,
    name: str,
    version: IndexVersion,
    progress: StageProgress | None = None,
    folder: Path | None = None,
) -> Revision:
    """Write a version to a cluster, and open it."""
    connection = connect(cluster, name)
    with hold_lease(connection) as lease:
        Publisher(connection, lease).publish(version, progress)
    return Revision(connection, folder)


def comparable(reply: Reply) -> Any:
    """Everything in a reply but the time it took; scores are rounded."""
    hits = tuple(
        replace(hit, score=round(hit.score, 6), features=tuple((name, round(value, 6)) for name, value in hit.features))
        for hit in reply.trace.hits
    )
    return replace(reply, confidence=round(reply.confidence, 9), trace=replace(reply.trace, hits=hits, took_ms=0.0))


def ask(answerer: Answerer, questions: Sequence[Question]) -> list[Any]:
    """Ask questions, and return what must be the same wherever the index is."""
    return [comparable(answerer.answer(question)) for question in questions]


def ask_revision(revision: Revision, questions: Sequence[Question]) -> list[Any]:
    """Ask each question of an index of its own, as a bot does."""
    return [comparable(Answerer(revision.open()).answer(question)) for question in questions]
