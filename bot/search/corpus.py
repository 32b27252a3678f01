"""The librarian of an archive whose files may change while questions are answered.

Keeps secret when the archive is read again. A question sees one archive from its beginning to its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Event, Lock, Thread
from typing import TypeVar

from bot.errors import DamagedSnapshotError, PullquoteError
from bot.index import Index
from bot.index.store import IndexStore, SavedIndex
from bot.index.versions import IndexVersion, ReadNotes, StageProgress
from bot.search.answerer import Answerer

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds for which a question waits, at most, for a change that was noticed before it came."""


@dataclass(frozen=True, slots=True)
class CorpusAddress:
    """By which another process finds the librarian of the same archive."""

    place: SavedIndex
    without: tuple[str, ...]

    def librarian(self) -> Answerer | None:
        """Who is found there; None where the archive cannot be opened, or is another by now."""
        index = self.place.open()
        return None if index is None else create_answerer(index, self.without)


class Corpus:
    """Gives the librarian of the archive as it is now. Safe to share between threads."""

    def __init__(
        self, keeper: IndexStore, without: Collection[str] = (), progress: StageProgress | None = None
    ) -> None:
        """``without`` names parts that are left out, as for ``Librarian``.

        Raises ``ArchiveError`` when there is nothing to answer from.
        """
        self._keeper, self._without = keeper, tuple(without)
        self._kept = keeper.save(keeper.load_current(progress))
        self._librarian = create_answerer(self._kept.index, self._without)
        self._turn = Lock()
        self._settled = Condition()
        self._is_changing = False

    @property
    def notes(self) -> ReadNotes:
        """What was met while the archive was read."""
        return self._kept.notes

    @property
    def read_at(self) -> datetime:
        """When the archive was read as it is now."""
        return self._kept.built_at

    @property
    def is_kept(self) -> bool:
        """Whether its index is on disk, so that the next start need not make it."""
        return self._kept.is_saved

    @property
    def address(self) -> CorpusAddress | None:
        """Where another process finds the same librarian; None where the index is in memory alone."""
        place = self._keeper.locate(self._kept)
        return None if place is None else CorpusAddress(place, self._without)

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = PATIENCE) -> T:
        """What ``work`` makes of the librarian, who stays the same for as long as it takes.

        Where the snapshot proves damaged, it is made anew, and the work done again. A change of the files that was
        noticed already is waited for, for so many seconds.
        """
        with self._settled:
            self._settled.wait_for(lambda: not self._is_changing, patience)
        librarian = self._librarian
        try:
            return work(librarian)
        except DamagedSnapshotError as error:
            return work(self._mended(librarian, error))

    def refresh(self, progress: StageProgress | None = None) -> bool:
        """Look at the files again; whether anything had changed. ``ArchiveError`` where nothing is left to read."""
        with self._turn:
            before = self._kept
            if not self._take(self._keeper.load_current(progress, before)):
                return False
            now = self._kept
            self._settle()  # questions need not wait for the disk
            self._take(self._keeper.save(now))
            # What was read again, since it had not settled or was touched, may say the same.
            return (now.notes, now.index.archive.fingerprint) != (before.notes, before.index.archive.fingerprint)

    def _mended(self, librarian: Answerer, why: DamagedSnapshotError) -> Answerer:
        with self._turn:
            if self._librarian is librarian:  # else another thread has mended it meanwhile
                log.warning("The archive is read again: %s", why)
                self._take(self._keeper.rebuild())
                self._keeper.save(self._kept)  # for the next start; here it is answered from memory
            return self._librarian

    def _take(self, kept: IndexVersion) -> bool:
        if kept is self._kept:
            return False
        self._librarian, self._kept = create_answerer(kept.index, self._without), kept
        return True

    @contextmanager
    def watched(self, told: Callable[[int], None] | None = None) -> Iterator[None]:
        """Within it, what changes in the files is noticed at once. ``told`` gets the number of articles after each."""
        over = Event()
        watching = Thread(target=self._watch, args=(over, told), name="watching", daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join(1.0)

    def _watch(self, over: Event, told: Callable[[int], None] | None) -> None:
        for _ in self._keeper.watch(over):
            self._look(told)

    def _look(self, told: Callable[[int], None] | None) -> None:
        self._is_changing = True
        try:
            if self.refresh():
                count = len(self._librarian.archive)
                log.info("the archive has changed: it holds %d articles now", count)
                if told:
                    told(count)
        except PullquoteError as error:
            log.warning("The archive is left as it was: %s", error)
        except Exception:  # the edge of the thread, without which no change would be seen any more
            log.exception("The archive is left as it was.")
        finally:
            self._settle()

    def _settle(self) -> None:
        with self._settled:
            self._is_changing = False
            self._settled.notify_all()


def create_answerer(index: Index, without: Collection[str] = ()) -> Answerer:
    """A librarian who asks this index, without the named parts."""
    return Answerer(index.archive, index.tokens, index.lexicon, index.retriever, index.articles, without)
