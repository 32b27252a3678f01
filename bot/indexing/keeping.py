"""The index of the archive at some paths, kept on disk, and made anew where its files are no longer what they were.

Keeps secret which articles have to be analysed again: those that are new. The others' rows are taken over.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Event

import numpy as np
import watchfiles
from pydantic import TypeAdapter, ValidationError

from bot.archive import Archive
from bot.articles import Reading, Skipped, read
from bot.articles.listing import SETTLED, Listing, listing
from bot.articles.reading import Read
from bot.columns import Array, Columns, Strings, below, in_memory, under
from bot.errors import DamagedSnapshotError, SnapshotError
from bot.indexing import Index, arrays
from bot.indexing.analysing import analyse
from bot.indexing.manifest import Manifest, maker
from bot.indexing.rows import Pick, Rows, join
from bot.models import Article
from bot.snapshot import load, save

log = logging.getLogger(__name__)
Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""
_READ = TypeAdapter(Read)
SETTLE_MS, STEP_MS = 400, 50
"""A change is told when nothing else has changed for a step, or so long after it at the latest."""
LOOK_EVERY_MS = 60_000
"""How often one is told of where the system tells of none: not every disk tells."""


@dataclass(frozen=True)
class Notes:
    """What a keeper of the archive should know of how it was read."""

    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """An index, what was noted of it, and of which files it was made."""

    index: Index
    notes: Notes
    listing: str
    made: datetime


class Keeper:
    """Keeps the index of the archive at ``paths`` in ``folder``; in memory alone where that is None."""

    def __init__(self, paths: Sequence[Path], folder: Path | None) -> None:
        self._paths, self._folder = tuple(paths), folder
        where = "\0".join(str(path.resolve()) for path in paths)
        self._name = hashlib.sha256(where.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def current(self, progress: Progress | None = None, before: Kept | None = None) -> Kept:
        """The index of the files as they are now: ``before`` itself where nothing has changed.

        Raises ``ArchiveError`` when there is nothing to answer from.
        """
        now = listing(self._paths)
        if before is not None and before.listing == now.digest:
            return before
        stored = self._stored()
        if stored is not None and stored.is_of(now):
            with suppress(DamagedSnapshotError):
                return stored.kept()
        return self._made(now, stored, progress)

    def anew(self, progress: Progress | None = None) -> Kept:
        """The index made of nothing but the files: what was kept of it is damaged."""
        return self._made(listing(self._paths), None, progress)

    def changes(self, over: Event) -> Iterator[None]:
        """Whenever something may have changed in the files, until ``over`` is set."""
        watched = watchfiles.watch(
            *self._paths,
            watch_filter=None,
            debounce=SETTLE_MS,
            step=STEP_MS,
            stop_event=over,
            rust_timeout=LOOK_EVERY_MS,
            yield_on_timeout=True,
            recursive=True,
            ignore_permission_denied=True,
        )
        yield from (None for _ in watched)

    def _stored(self) -> _Stored | None:
        if self._folder is None:
            return None
        try:
            snapshot = load(self._folder, self._name)
            if snapshot is None:
                return None
            stored = _Stored(Manifest.model_validate_json(snapshot.manifest), snapshot.columns)
        except (DamagedSnapshotError, ValidationError) as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            return None
        return stored if stored.manifest.maker == maker() else None

    def _made(self, now: Listing, stored: _Stored | None, progress: Progress | None) -> Kept:
        made = time.time_ns()
        try:
            found, reading = _found(self._paths, stored, progress)
        except DamagedSnapshotError as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            found, reading = _found(self._paths, None, progress)
        found |= under("read", _read_arrays(reading))
        manifest = Manifest(maker=maker(), listing=now.digest, latest=now.latest, made=made)
        stored = _Stored(manifest, in_memory(found))
        if self._folder is not None:
            try:
                save(self._folder, self._name, found, manifest.model_dump_json())
                stored = self._stored() or stored
            except SnapshotError as error:
                log.warning("%s", error)
        return stored.kept()


@dataclass(frozen=True)
class _Stored:
    """What is kept of an archive that was read before; see ``bot.articles.reading.Before``."""

    manifest: Manifest
    columns: Columns

    def is_of(self, now: Listing) -> bool:
        """Whether it was made of the files as they are now."""
        is_settled = self.manifest.latest + SETTLED < self.manifest.made
        return is_settled and self.manifest.listing == now.digest

    def kept(self) -> Kept:
        """The index and what was noted."""
        skipped, warnings = json.loads(self.columns["read.notes"].all().tobytes())
        notes = Notes(tuple(Skipped(*one) for one in skipped), tuple(warnings))
        made = datetime.fromtimestamp(self.manifest.made / 1e9, UTC)
        return Kept(Index.opened(self.columns), notes, self.manifest.listing, made)

    @cached_property
    def rows(self) -> Rows:
        return Rows.opened(below("rows", self.columns))

    @cached_property
    def _archive(self) -> Archive:
        return Archive(below("rows", self.columns), below("archive", self.columns))

    @cached_property
    def _files(self) -> dict[str, Read]:
        found = (_READ.validate_json(one) for one in Strings(below("read.files", self.columns)))
        return {one.path: one for one in found}

    def read(self, path: str) -> Read | None:
        return self._files.get(path)

    def place(self, article: str) -> int:
        return self._archive.place(article)

    def article(self, at: int) -> Article:
        return self._archive.article(at)

    def same(self, article: Article) -> int | None:
        """The place of an article that is the same in all; None where there is none."""
        return self._archive.same(article)


def _found(
    paths: Sequence[Path], stored: _Stored | None, progress: Progress | None
) -> tuple[dict[str, Array], Reading]:
    """The arrays of the articles at these paths."""
    reading = read(paths, before=stored, progress=_telling(progress, "Reading"))
    places = [
        item if isinstance(item, int) else stored.same(item) if stored is not None else None for item in reading.items
    ]
    new = [item for item, at in zip(reading.items, places, strict=True) if at is None and isinstance(item, Article)]
    fresh = analyse(new, _telling(progress, "Indexing")) if new else None
    picks: list[Pick] = []
    taken = 0
    for at in places:
        if at is None and fresh:
            _pick(picks, fresh, taken)
            taken += 1
        elif at is not None and stored:
            _pick(picks, stored.rows, at)
    is_whole = len(picks) == 1 and (picks[0].first, picks[0].end) == (0, len(picks[0].rows))
    return arrays(picks[0].rows if is_whole else join(picks)), reading


def _pick(picks: list[Pick], rows: Rows, at: int) -> None:
    """Pick one article more; neighbours are picked together."""
    last = picks[-1] if picks else None
    if last and last.rows is rows and last.end == at:
        picks[-1] = Pick(rows, last.first, at + 1)
    else:
        picks.append(Pick(rows, at, at + 1))


def _read_arrays(reading: Reading) -> dict[str, Array]:
    notes = ([(one.name, one.reason) for one in reading.skipped], reading.warnings)
    return {
        **under("files", Strings.arrays(_READ.dump_json(one).decode() for one in reading.files)),
        "notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
    }


def _telling(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(what, done, total)) if progress else None
