"""Keeps the index of an archive's files in a cluster up to date, by way of the index on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

from bot.errors import ArchiveError, ClusterError, PullquoteError
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import Lease
from bot.index.cluster.publish import Publisher
from bot.index.store import IndexStore
from bot.index.versions import IndexVersion, ReadNotes, StageProgress

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""After so long, what could not be written is tried again."""


class Indexer:
    """Reads the archive's files and writes their index; the index on this machine tells what has changed."""

    def __init__(
        self, store: IndexStore, connection: Connection, lease: Lease, progress: StageProgress | None = None
    ) -> None:
        self._store, self._lease, self._progress = store, lease, progress
        self._publisher = Publisher(connection, lease, progress)
        self._version: IndexVersion | None = None

    @property
    def notes(self) -> ReadNotes:
        """Skipped files and warnings of what was written last."""
        return self._version.notes if self._version else ReadNotes((), ())

    def write(self) -> int:
        """Write the index of the files as they are now; return the number of articles."""
        self._version = self._store.save(self._store.load_current(self._progress, self._version))
        self._publisher.publish(self._version)
        return len(self._version.index.archive)

    def follow(self, stop: Event, on_change: Callable[[int], None]) -> None:
        """Write what changes until ``stop`` is set; raises ``ClusterError`` if the lease is lost."""
        for _ in self._store.watch(stop):
            while not stop.is_set() and self._is_behind(on_change):
                stop.wait(RETRY_SECONDS)

    def _is_behind(self, on_change: Callable[[int], None]) -> bool:
        """Write what has changed; return whether it must be tried again."""
        before = self._version
        try:
            count = self.write()
        except ClusterError as error:
            self._lease.check()
            log.warning("The index in the cluster is left as it was: %s", error)
            return True
        except ArchiveError as error:
            log.warning("The index in the cluster is left as it was: %s", error)
            return False
        except PullquoteError as error:
            log.warning("The index in the cluster is left as it was: %s", error)
            return True
        if self._version is not before:
            on_change(count)
        return self.notes.is_pending
