"""The index of an archive, made of its files and of what was known of them before.

Keeps secret which articles have to be analysed again: those that are new. The others' rows are taken over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property

from bot.archive import Archive
from bot.articles.before import Read
from bot.articles.listing import Listing
from bot.articles.reading import read_listed
from bot.columns import Columns, Strings, below, in_memory
from bot.indexing.analysing import analyse
from bot.indexing.making import arrays
from bot.indexing.manifest import Maker, Manifest
from bot.indexing.rows import Pick, Rows, join
from bot.indexing.versions import Kept, Known, Notes, Progress
from bot.models import Article


class _Before:
    """What was kept before: see ``bot.articles.before.Before``."""

    def __init__(self, kept: Kept) -> None:
        self._known = Known.of(kept)
        self.columns: Columns = {name: column for name, column in kept.columns.items() if not name.startswith("read.")}
        self._archive = Archive(below("rows", self.columns), below("archive", self.columns))

    def __len__(self) -> int:
        return len(self._archive)

    @cached_property
    def rows(self) -> Rows:
        """The rows of its articles."""
        return Rows.opened(below("rows", self.columns), self._known.vocabulary)

    @cached_property
    def _places(self) -> dict[str, int]:
        ids = Strings(below("archive.ids", self.columns))
        return dict(zip(ids, self.columns["archive.ids_at"].all().tolist(), strict=True))

    def read(self, path: str) -> Read | None:
        return self._known.files.get(path)

    def place(self, article: str) -> int:
        return self._places[article]

    def article(self, at: int) -> Article:
        return self._archive.article(at)

    def same(self, article: Article) -> int | None:
        """The place of an article that is the same in all; None where there is none."""
        return self._archive.same(article)


def made_of(now: Listing, kept: Kept | None, progress: Progress | None = None) -> Kept:
    """What there is to keep of these files; what was ``kept`` before is taken over where it is the same."""
    made = time.time_ns()
    before = _Before(kept) if kept else None
    reading = read_listed(now, _telling(progress, "Reading"), before)
    places = [
        item if isinstance(item, int) else before.same(item) if before is not None else None for item in reading.items
    ]
    if before is not None and places == list(range(len(before))):
        rows, columns = before.rows, before.columns
    else:
        new = [item for item, at in zip(reading.items, places, strict=True) if at is None and isinstance(item, Article)]
        fresh = analyse(new, _telling(progress, "Indexing")) if new else None
        rows = _picked(places, None if before is None else before.rows, fresh)
        columns = in_memory(arrays(rows))
    manifest = Manifest(maker=Maker.here(), listing=now.digest, latest=now.latest, made=made)
    notes = Notes(reading.skipped, reading.warnings)
    return Kept(manifest, columns, Known({one.path: one for one in reading.files}, notes, rows.vocabulary))


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
