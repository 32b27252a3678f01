"""Keeps the index of an archive's files in a cluster up to date, by way of the index on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

from bot.errors import ArchiveError, ClusterConflictError, ClusterError, PullquoteError
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import Lease
from bot.index.cluster.publish import Publisher
from bot.index.cluster.reader import Generation
from bot.index.store import IndexStore
from bot.index.versions import IndexVersion, ReadNotes, StageProgress

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""After so long, what could not be written is tried again."""


class Indexer:
    """Reads the archive's files and writes their index; the index on this machine tells what has changed."""

    def __init__(self, store: IndexStore, connection: Connection, lease: Lease) -> None:
        self._store, self._publisher = store, Publisher(connection, lease)
        self._version: IndexVersion | None = None

    @property
    def notes(self) -> ReadNotes:
        """Skipped files and warnings of what was written last."""
        return self._version.notes if self._version else ReadNotes((), ())

    def write(self, progress: StageProgress | None = None) -> Generation:
        """Write the index of the files as they are now; return what is current then."""
        self._version = self._store.save(self._store.load_current(progress, self._version))
        return self._publisher.publish(self._version, progress)

    def follow(self, current: Generation, stop: Event, on_change: Callable[[int], None]) -> None:
        """Write what differs from ``current``, and then what changes, until ``stop`` is set.

        Raises ``ClusterConflictError`` if another process writes.
        """
        for _ in self._store.watch(stop):
            while not stop.is_set():
                before = current
                try:
                    current = self.write()
                except ClusterConflictError:
                    raise
                except PullquoteError as error:
                    log.warning("The index in the cluster is left as it was: %s", error)
                    if isinstance(error, ArchiveError) and not isinstance(error, ClusterError):
                        break  # until the files change again
                    stop.wait(RETRY_SECONDS)
                    continue
                if current != before:
                    on_change(current.state.facts.articles)
                if not self.notes.is_pending:
                    break
