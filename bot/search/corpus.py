"""The corpus: an answerer that follows the archive, whose files may change while questions are answered."""

from __future__ import annotations

import gc
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import TypeVar

from bot.errors import ArchiveError, ArchiveGoneError, DamagedSnapshotError, PullquoteError
from bot.index.store import GONE_AFTER, IndexStore, SavedIndex
from bot.index.versions import IndexVersion, ReadNotes, StageProgress
from bot.ingest.pages import draw_page
from bot.ingest.processes import ReaderProcess
from bot.models import Quote
from bot.search.answerer import Answerer

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 0.5
"""Seconds that a question waits, at most, for a change that was noticed before it came."""


@dataclass(frozen=True, slots=True)
class CorpusAddress:
    """Identifies a saved index, so that another process can answer from the same archive."""

    saved: SavedIndex
    without: tuple[str, ...]

    def open_answerer(self) -> Answerer | None:
        """Open the answerer; None if the index cannot be opened, or has been replaced."""
        index = self.saved.open()
        return None if index is None else Answerer(index, self.without)


class Corpus(ABC):
    """Provides the current answerer. Safe to share between threads."""

    problem: str | None = None
    """Why the articles, or some of them, cannot be read any more; else None. Questions are answered from the last
    index, but not from articles that are gone."""

    waits_for_network: bool = False
    """Whether most of an answer's time is spent waiting for other machines, so that many can be computed at once."""

    @property
    @abstractmethod
    def notes(self) -> ReadNotes:
        """Skipped files and warnings of the current archive."""

    @property
    @abstractmethod
    def read_at(self) -> datetime:
        """When the current archive was read."""

    @property
    def is_saved(self) -> bool:
        """Whether the index is kept, so that the next start need not build it."""
        return True

    @property
    def address(self) -> CorpusAddress | None:
        """Identifies the current index for another process; None if there is no file that it could open."""
        return None

    @abstractmethod
    def with_current(self, work: Callable[[Answerer], T], *, patience: float = PATIENCE) -> T:
        """Run ``work`` with the current answerer, which cannot change meanwhile.

        Waits up to ``patience`` seconds for a change that was already noticed; if what is searched proves damaged or
        gone, ``work`` is run again with what replaces it. ``ArchiveUnavailableError`` if nothing can be quoted now.
        """

    @abstractmethod
    def draw_page(self, quote: Quote) -> bytes:
        """Return a PNG of the page of a PDF on which ``quote`` begins, with the quote boxed.

        Raises ``VerificationError`` if its article or file has changed since, and ``ArchiveError`` if there is no page
        to show.
        """

    @contextmanager
    def watch(self, on_change: Callable[[int], None] | None = None) -> Iterator[None]:
        """Follow changes in a thread, calling ``on_change`` with the number of articles."""
        stop = Event()
        thread = Thread(target=self._watch, args=(stop, on_change), name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(1.0)

    @abstractmethod
    def _watch(self, stop: Event, on_change: Callable[[int], None] | None) -> None:
        """Follow changes until ``stop`` is set."""


class FileCorpus(Corpus):
    """The archive of some files, with its index on this machine."""

    def __init__(self, store: IndexStore, without: Collection[str] = (), progress: StageProgress | None = None) -> None:
        """Load or build the index; ``without`` is as for ``Answerer``.

        Raises ``ArchiveError`` when there are no articles.
        """
        self._store, self._without = store, tuple(without)
        self._version = store.save(store.load_current(progress))
        self._answerer = Answerer(self._version.index, self._without)
        self._drawing = ReaderProcess(store.limits)
        self._refresh_lock = Lock()
        self._changed = Condition()
        self._is_changing = False
        self._missing_since: float | None = None

    @property
    def notes(self) -> ReadNotes:
        """Skipped files and warnings of the current archive."""
        return self._version.notes

    @property
    def read_at(self) -> datetime:
        """When the current archive was read."""
        return self._version.built_at

    @property
    def is_saved(self) -> bool:
        """Whether the index is on disk, so that the next start need not build it."""
        return self._version.is_saved

    @property
    def address(self) -> CorpusAddress | None:
        """Identifies the current index for another process; None if it is in memory only."""
        saved = self._store.locate(self._version)
        return None if saved is None else CorpusAddress(saved, self._without)

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = PATIENCE) -> T:
        """See ``Corpus.with_current``; raises ``ArchiveGoneError`` if the articles have been removed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_changing, patience)
        self._check_presence()
        answerer = self._answerer
        try:
            return work(answerer)
        except DamagedSnapshotError as error:
            return work(self._rebuild(answerer, error))

    def draw_page(self, quote: Quote) -> bytes:
        """See ``Corpus.draw_page``."""
        self._check_presence()
        version = self._version
        version.index.archive.verify(quote)
        file = version.find_file(quote.article.id)
        assert file is not None, "an article of the archive comes from a file"
        return draw_page(file, quote.span, self._drawing)

    def refresh(self, progress: StageProgress | None = None) -> bool:
        """Read changed files again; returns whether anything changed.

        Raises ``ArchiveError`` when no articles are left; the previous archive stays current.
        """
        with self._refresh_lock:
            previous = self._version
            if not self._replace(self._store.load_current(progress, previous)):
                return False
            current = self._version
            self._end_change()  # questions need not wait for the disk
            self._replace(self._store.save(current))
            # Files whose mtime could not be trusted were read again, and may say the same.
            old, new = (
                (one.index.archive.fingerprint, one.index.lexicon.synonyms, one.notes) for one in (previous, current)
            )
            return old != new

    def _rebuild(self, damaged: Answerer, reason: DamagedSnapshotError) -> Answerer:
        with self._refresh_lock:
            if self._answerer is damaged:  # else another thread has rebuilt it meanwhile
                log.warning("The archive is read again: %s", reason)
                self._replace(self._store.rebuild())
                self._store.save(self._version)  # for the next start; this process answers from memory
            return self._answerer

    def _check_presence(self) -> None:
        """Removed articles are not quoted from the index."""
        since = self._missing_since
        if since is not None and monotonic() - since > GONE_AFTER:
            raise ArchiveGoneError

    def _replace(self, version: IndexVersion) -> bool:
        if version is self._version:
            return False
        self._answerer, self._version = Answerer(version.index, self._without), version
        return True

    def _watch(self, stop: Event, on_change: Callable[[int], None] | None) -> None:
        for _ in self._store.watch(stop):
            self._is_changing = True
            self._follow(on_change)
            while self._version.notes.is_pending and self.problem is None and not stop.is_set():
                self._follow(on_change)  # questions do not wait for files that take long

    def _follow(self, on_change: Callable[[int], None] | None) -> None:
        try:
            is_changed = self.refresh()
            gc.collect()  # an index is part of reference cycles, and takes as much memory as the archive
            is_changed = is_changed or self._missing_since is not None
            self._missing_since = None
            missing = self._store.missing_paths
            self.problem = f"There is no {missing[0]}; its articles are not searched." if missing else None
            if is_changed:
                count = len(self._answerer.archive)
                log.info("the archive has changed: it holds %d articles now", count)
                if on_change:
                    on_change(count)
        except ArchiveError as error:
            self.problem = str(error)
            self._missing_since = self._missing_since or monotonic()
            log.warning("Nothing is quoted until there are articles again. %s", error)
            if on_change:
                on_change(0)
        except PullquoteError as error:
            self.problem = str(error)
            log.warning("The archive is left as it was: %s", error)
        except Exception:  # a thread that ended here would notice no further change
            self.problem = "The archive could not be read again because of an unexpected error; see the log."
            log.exception("The archive is left as it was.")
        finally:
            self._end_change()

    def _end_change(self) -> None:
        with self._changed:
            self._is_changing = False
            self._changed.notify_all()
