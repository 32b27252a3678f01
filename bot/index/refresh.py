"""The index of an archive, made of its files and of what was known of them before.

Keeps secret which articles have to be analysed again: those that are new. The others' rows are taken over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property

from bot.index.archive import Archive
from bot.index.arrays import LazyArrays, StringArray, in_memory, unprefix
from bot.index.build import analyze, build_arrays
from bot.index.rows import ArticleRows, RowRange, join_rows
from bot.index.versions import BuildInfo, IndexInputs, IndexVersion, Manifest, ReadNotes, StageProgress
from bot.ingest.files import Listing
from bot.ingest.reader import FileRecord, read_files
from bot.models import Article


class _PreviousIndex:
    """What was kept before: see ``bot.articles.before.Before``."""

    def __init__(self, kept: IndexVersion) -> None:
        self._known = IndexInputs.of(kept)
        self.columns: LazyArrays = {
            name: column for name, column in kept.columns.items() if not name.startswith("read.")
        }
        self._archive = Archive(unprefix("rows", self.columns), unprefix("archive", self.columns))

    def __len__(self) -> int:
        return len(self._archive)

    @cached_property
    def rows(self) -> ArticleRows:
        """The rows of its articles."""
        return ArticleRows.from_arrays(unprefix("rows", self.columns), self._known.vocabulary)

    @cached_property
    def _places(self) -> dict[str, int]:
        ids = StringArray(unprefix("archive.ids", self.columns))
        return dict(zip(ids, self.columns["archive.ids_at"].all().tolist(), strict=True))

    def file_record(self, path: str) -> FileRecord | None:
        return self._known.files.get(path)

    def position(self, article_id: str) -> int:
        return self._places[article_id]

    def article(self, position: int) -> Article:
        return self._archive.article(position)

    def same(self, article: Article) -> int | None:
        """The place of an article that is the same in all; None where there is none."""
        return self._archive.same(article)


def refresh_index(now: Listing, kept: IndexVersion | None, progress: StageProgress | None = None) -> IndexVersion:
    """What there is to keep of these files; what was ``kept`` before is taken over where it is the same."""
    made = time.time_ns()
    before = _PreviousIndex(kept) if kept else None
    reading = read_files(now, _telling(progress, "Reading"), before)
    places = [
        item if isinstance(item, int) else before.same(item) if before is not None else None for item in reading.items
    ]
    if before is not None and places == list(range(len(before))):
        rows, columns = before.rows, before.columns
    else:
        new = [item for item, at in zip(reading.items, places, strict=True) if at is None and isinstance(item, Article)]
        fresh = analyze(new, _telling(progress, "Indexing")) if new else None
        rows = _picked(places, None if before is None else before.rows, fresh)
        columns = in_memory(build_arrays(rows))
    manifest = Manifest(maker=BuildInfo.here(), listing=now.digest, latest=now.latest_mtime_ns, made=made)
    notes = ReadNotes(reading.skipped, reading.warnings)
    return IndexVersion(
        manifest, columns, IndexInputs({one.path: one for one in reading.files}, notes, rows.vocabulary)
    )


def _picked(places: Sequence[int | None], before: ArticleRows | None, fresh: ArticleRows | None) -> ArticleRows:
    """The rows at these places ``before``, and where there is none the next of the ``fresh`` ones."""
    picks: list[RowRange] = []
    taken = 0
    for at in places:
        if at is None and fresh:
            _pick(picks, fresh, taken)
            taken += 1
        elif at is not None and before:
            _pick(picks, before, at)
    return join_rows(picks)


def _pick(picks: list[RowRange], rows: ArticleRows, at: int) -> None:
    """Pick one article more; neighbours are picked together."""
    last = picks[-1] if picks else None
    if last and last.rows is rows and last.end == at:
        picks[-1] = RowRange(rows, last.first, at + 1)
    else:
        picks.append(RowRange(rows, at, at + 1))


def _telling(progress: StageProgress | None, what: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(what, done, total)) if progress else None
