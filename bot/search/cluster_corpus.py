"""The corpus of an archive whose index is in an OpenSearch cluster."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Collection
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from time import monotonic, sleep

from bot.errors import (
    ArchiveError,
    ClusterError,
    ClusterUnavailableError,
    DamagedSnapshotError,
    EmptyClusterError,
    PullquoteError,
    SupersededError,
)
from bot.index.cluster.connection import Connection
from bot.index.cluster.reader import Revision, find_generation
from bot.index.versions import ReadNotes, software_digest
from bot.models import Quote
from bot.search.answerer import Answerer
from bot.search.corpus import PATIENCE, Corpus, T

log = logging.getLogger(__name__)

POLL_SECONDS, MAX_AGE = 2.0, 10.0
"""How often the cluster is asked whether the archive has changed; and seconds after which a question asks it first."""
RETRY_SECONDS, RETRIES_FOR = 0.5, 10.0
"""A question is tried again at this interval, for so long, while the cluster does not answer."""


class _RevisionAnswerer(Answerer):
    """Answers one question from a revision."""

    def __init__(self, revision: Revision, without: Collection[str]) -> None:
        super().__init__(revision.open(), without)
        self._revision = revision

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """See ``Answerer.examples``; found once for a revision, as it takes dozens of searches."""
        if self._revision.examples is None:
            self._revision.examples = Answerer(self._index).examples
        return self._revision.examples


class ClusterCorpus(Corpus):
    """The archive that was last written to a cluster; other processes write it."""

    waits_for_network = True

    def __init__(self, connection: Connection, folder: Path | None, without: Collection[str] = ()) -> None:
        """The learned tables are kept in ``folder``; ``without`` is as for ``Answerer``.

        A cluster that does not answer, or has no archive yet, is asked again by each question.
        """
        self._connection, self._folder, self._without = connection, folder, tuple(without)
        self._lock = Lock()
        self._revision: Revision | None = None
        self._checked_at = monotonic()
        try:
            self._refresh()
        except (ClusterUnavailableError, EmptyClusterError, SupersededError) as error:
            self.problem = str(error)

    @property
    def notes(self) -> ReadNotes:
        """Skipped files and warnings of the current archive."""
        return self._revision.state.notes if self._revision else ReadNotes((), ())

    @property
    def read_at(self) -> datetime:
        """When the current archive was read."""
        return self._current().read_at

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = PATIENCE) -> T:
        """See ``Corpus.with_current``; with some patience, a cluster that does not answer is tried again."""
        deadline = monotonic() + (RETRIES_FOR if patience else 0.0)
        is_superseded = False
        while True:
            try:
                result = work(_RevisionAnswerer(self._current(is_superseded=is_superseded), self._without))
                self.problem = None
                return result
            except EmptyClusterError as error:
                self.problem = str(error)
                raise
            except (SupersededError, DamagedSnapshotError) as error:
                if is_superseded and monotonic() > deadline:
                    raise
                is_superseded = True
                if isinstance(error, DamagedSnapshotError):
                    log.warning("The learned tables are kept in memory. %s", error)
                    self._folder = self._revision = None
            except ClusterUnavailableError as error:
                self.problem = str(error)
                if monotonic() > deadline:
                    raise
            sleep(RETRY_SECONDS)

    def draw_page(self, quote: Quote) -> bytes:
        """Raise ``ArchiveError``: the files are elsewhere."""
        raise ArchiveError("Pages can be shown only by a bot that reads the archive's files itself.")

    def _current(self, *, is_superseded: bool = False) -> Revision:
        """Return the current revision, or one that was current a few seconds ago unless that ``is_superseded``."""
        revision, age = self._revision, monotonic() - self._checked_at
        return self._refresh() if revision is None or is_superseded or age > MAX_AGE else revision

    def _refresh(self) -> Revision:
        """Open the current revision if it is not open yet."""
        with self._lock:
            before, generation = self._revision, find_generation(self._connection)
            if before is None or generation != before.generation:
                self._revision = before = Revision(self._connection, self._folder, generation)
                gc.collect()  # a revision is part of reference cycles
                size, tables = before.facts.articles, before.table_bytes / 1e6
                log.info("the archive in the cluster: %d articles, %.0f MB of learned tables", size, tables)
                if before.state.software != software_digest():
                    log.warning(
                        "The archive in the cluster was indexed by another version of Pullquote, Python or a library; "
                        "answers may differ. Run the same versions on all hosts."
                    )
            self._checked_at = monotonic()
            return before

    def _watch(self, stop: Event, on_change: Callable[[int], None] | None) -> None:
        while not stop.is_set():
            before = self._revision
            try:
                current = self._refresh()
                current.check()
                self.problem = None
                if on_change and current is not before:
                    on_change(current.facts.articles)
            except ClusterError as error:
                if self.problem is None:
                    log.warning("%s", error)
                self.problem = str(error)
            except PullquoteError as error:
                self.problem = str(error)
                log.warning("The archive is left as it was: %s", error)
            except Exception:  # a thread that ended here would notice no further change
                self.problem = "The archive could not be opened again because of an unexpected error; see the log."
                log.exception("The archive is left as it was.")
            stop.wait(POLL_SECONDS)
