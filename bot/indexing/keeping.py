"""The index of the archive at some paths, kept on disk, and made anew where its files are no longer what they were.

Keeps secret which articles have to be analysed again: those that are new. The others' rows are taken over.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np
from pydantic import TypeAdapter, ValidationError

from bot.archive import Archive
from bot.articles import Skipped
from bot.articles.listing import SETTLED, Listing, listing
from bot.articles.reading import Read, read_listed
from bot.columns import Array, Arrays, Columns, Strings, below, in_memory, under
from bot.errors import DamagedSnapshotError, SnapshotError
from bot.indexing import Index, arrays
from bot.indexing.analysing import analyse
from bot.indexing.manifest import Manifest, maker
from bot.indexing.rows import Pick, Rows, join
from bot.indexing.watching import changes
from bot.models import Article
from bot.snapshot import load, save
from bot.vocabulary import Vocabulary

log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""
_READ = TypeAdapter(Read)


@dataclass(frozen=True)
class Notes:
    """What a keeper of the archive should know of how it was read."""

    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """An index, and what was noted while its articles were read."""

    index: Index
    notes: Notes
    stored: Stored

    @property
    def made(self) -> datetime:
        """When the articles were read."""
        return datetime.fromtimestamp(self.stored.manifest.made / 1e9, UTC)


class Keeper:
    """Keeps the index of the archive at ``paths`` in ``folder``; in memory alone where that is None."""

    def __init__(self, paths: Sequence[Path], folder: Path | None) -> None:
        self._paths, self._folder = tuple(paths), folder
        where = "\0".join(str(path.resolve()) for path in paths)
        self._name = hashlib.sha256(where.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def current(self, progress: Progress | None = None, before: Kept | None = None) -> Kept:
        """The index of the files as they are now: ``before`` itself where nothing has changed. It is not yet saved.

        Raises ``ArchiveError`` when there is nothing to answer from.
        """
        now = listing(self._paths)
        if before is not None and before.stored.is_of(now):
            return before
        stored = self._load()
        if stored is not None and stored.is_of(now):
            with suppress(DamagedSnapshotError):
                return stored.opened()
        try:
            return made_of(now, before.stored if before else stored, progress).opened()
        except DamagedSnapshotError as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self.anew(progress)

    def anew(self, progress: Progress | None = None) -> Kept:
        """The index made of nothing but the files: what was kept of it is damaged."""
        return made_of(listing(self._paths), None, progress).opened()

    def save(self, kept: Kept) -> Kept:
        """The same index, kept on disk and read from there; as it is where it cannot be, or was already."""
        if self._folder is None or kept.stored.is_saved:
            return kept
        manifest = kept.stored.manifest
        try:
            save(self._folder, self._name, kept.stored.arrays(), manifest.model_dump_json())
        except SnapshotError as error:
            log.warning("%s", error)
            return kept
        except DamagedSnapshotError as error:  # in what was taken over
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self.save(self.anew())
        saved = self._load()
        if saved is None or saved.manifest != manifest:  # another process has saved its own meanwhile
            return kept
        return Stored(manifest, saved.columns, kept.stored.known).opened()

    def changes(self, over: Event) -> Iterator[None]:
        """See ``watching.changes``."""
        return changes(self._paths, over)

    def _load(self) -> Stored | None:
        if self._folder is None:
            return None
        try:
            snapshot = load(self._folder, self._name)
            if snapshot is None:
                return None
            stored = Stored(Manifest.model_validate_json(snapshot.manifest), snapshot.columns)
        except (DamagedSnapshotError, ValidationError) as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            return None
        return stored if stored.manifest.maker == maker() else None


@dataclass(frozen=True, slots=True)
class Known:
    """What an archive is taken over by: its files by their paths, what was noted of them, and the words of its rows."""

    files: Mapping[str, Read]
    notes: Notes
    vocabulary: Vocabulary

    @classmethod
    def opened(cls, columns: Columns) -> Known:
        """What ``arrays`` gave the columns of."""
        read = [_READ.validate_json(one) for one in Strings(below("read.files", columns))]
        words = Vocabulary.opened(below("rows.vocabulary", columns))
        return cls({one.path: one for one in read}, noted(columns), words)

    def arrays(self) -> dict[str, Array]:
        """What it is made of, but for the words."""
        notes = ([(one.name, one.reason) for one in self.notes.skipped], self.notes.warnings)
        return {
            **under("read.files", Strings.arrays(_READ.dump_json(one).decode() for one in self.files.values())),
            "read.notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
        }


def noted(columns: Columns) -> Notes:
    """What ``Known.arrays`` kept of the notes."""
    skipped, warnings = json.loads(columns["read.notes"].all().tobytes())
    return Notes(tuple(Skipped(*one) for one in skipped), tuple(warnings))


class Stored:
    """What is kept of an archive: a ``bot.articles.reading.Before``."""

    def __init__(self, manifest: Manifest, columns: Columns, known: Known | None = None) -> None:
        """``known`` is what need not be read from the columns. Where they do not hold it, they are not yet saved."""
        self.manifest, self.columns = manifest, columns
        self._known = known

    @property
    def is_saved(self) -> bool:
        """Whether it is on disk."""
        return "read.notes" in self.columns

    def arrays(self) -> Arrays:
        """All that is to be saved."""
        return {name: column.all() for name, column in self.columns.items()} | self.known.arrays()

    def is_of(self, now: Listing) -> bool:
        """Whether it was made of the files as they are now."""
        is_settled = self.manifest.latest + SETTLED < self.manifest.made
        return is_settled and self.manifest.listing == now.digest

    def opened(self) -> Kept:
        """The index, and what was noted."""
        notes = self._known.notes if self._known is not None else noted(self.columns)
        return Kept(Index.opened(self.columns), notes, self)

    @cached_property
    def known(self) -> Known:
        """What an article is taken over by."""
        return Known.opened(self.columns) if self._known is None else self._known

    @cached_property
    def rows(self) -> Rows:
        """The rows of its articles."""
        return Rows.opened(below("rows", self.columns), self.known.vocabulary)

    @cached_property
    def _archive(self) -> Archive:
        return Archive(below("rows", self.columns), below("archive", self.columns))

    @cached_property
    def _places(self) -> dict[str, int]:
        ids = Strings(below("archive.ids", self.columns))
        return dict(zip(ids, self.columns["archive.ids_at"].all().tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._places)

    def read(self, path: str) -> Read | None:
        """See ``Before.read``."""
        return self.known.files.get(path)

    def place(self, article: str) -> int:
        """See ``Before.place``."""
        return self._places[article]

    def article(self, at: int) -> Article:
        """See ``Before.article``."""
        return self._archive.article(at)

    def same(self, article: Article) -> int | None:
        """The place of an article that is the same in all; None where there is none."""
        return self._archive.same(article)


def made_of(now: Listing, before: Stored | None, progress: Progress | None = None) -> Stored:
    """What there is to keep of these files; what was kept ``before`` is taken over where it is the same."""
    made = time.time_ns()
    reading = read_listed(now, _telling(progress, "Reading"), before)
    places = [
        item if isinstance(item, int) else before.same(item) if before is not None else None for item in reading.items
    ]
    if before is not None and places == list(range(len(before))):
        rows = before.rows
        columns: Columns = {name: one for name, one in before.columns.items() if not name.startswith("read.")}
    else:
        new = [item for item, at in zip(reading.items, places, strict=True) if at is None and isinstance(item, Article)]
        fresh = analyse(new, _telling(progress, "Indexing")) if new else None
        rows = _picked(places, None if before is None else before.rows, fresh)
        columns = in_memory(arrays(rows))
    manifest = Manifest(maker=maker(), listing=now.digest, latest=now.latest, made=made)
    notes = Notes(reading.skipped, reading.warnings)
    return Stored(manifest, columns, Known({one.path: one for one in reading.files}, notes, rows.vocabulary))


def _picked(places: Sequence[int | None], before: Rows | None, fresh: Rows | None) -> Rows:
    """The rows at these places ``before``, and where there is none the next of the ``fresh`` ones."""
    picks: list[Pick] = []
    taken = 0
    for at in places:
        if at is None and fresh:
            _pick(picks, fresh, taken)
            taken += 1
        elif at is not None and before:
            _pick(picks, before, at)
    return join(picks)


def _pick(picks: list[Pick], rows: Rows, at: int) -> None:
    """Pick one article more; neighbours are picked together."""
    last = picks[-1] if picks else None
    if last and last.rows is rows and last.end == at:
        picks[-1] = Pick(rows, last.first, at + 1)
    else:
        picks.append(Pick(rows, at, at + 1))


def _telling(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(what, done, total)) if progress else None
