"""Build the index of an archive's files, reusing the previous index: only new articles are analyzed."""

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
    """An earlier index, as ``ingest.reader.PreviousRead``."""

    def __init__(self, version: IndexVersion) -> None:
        self._inputs = IndexInputs.of_version(version)
        self.arrays: LazyArrays = {
            name: array for name, array in version.arrays.items() if not name.startswith("inputs.")
        }
        self.archive = Archive(unprefix("rows", self.arrays), unprefix("archive", self.arrays))

    @cached_property
    def rows(self) -> ArticleRows:
        """The rows of its articles."""
        return ArticleRows.from_arrays(unprefix("rows", self.arrays), self._inputs.vocabulary)

    @cached_property
    def _positions(self) -> dict[str, int]:
        ids = StringArray(unprefix("archive.ids", self.arrays))
        return dict(zip(ids, self.arrays["archive.id_articles"].all().tolist(), strict=True))

    def file_record(self, path: str) -> FileRecord | None:
        return self._inputs.files.get(path)

    def position(self, article_id: str) -> int:
        return self._positions[article_id]

    def article(self, position: int) -> Article:
        return self.archive.article(position)


def refresh_index(
    listing: Listing, previous: IndexVersion | None, progress: StageProgress | None = None
) -> IndexVersion:
    """Build the index of the listed files, in memory; unchanged articles are taken from the ``previous`` one."""
    built_at_ns = time.time_ns()
    before = _PreviousIndex(previous) if previous else None
    read = read_files(listing, _stage(progress, "Reading"), before)
    positions = [
        item if isinstance(item, int) else None if before is None else before.archive.find_identical(item)
        for item in read.items
    ]
    if before is not None and positions == list(range(len(before.archive))):
        rows, arrays = before.rows, before.arrays
    else:
        new = [item for item, at in zip(read.items, positions, strict=True) if at is None and isinstance(item, Article)]
        new_rows = analyze(new, _stage(progress, "Indexing")) if new else None
        rows = _merge_rows(positions, None if before is None else before.rows, new_rows)
        arrays = in_memory(build_arrays(rows))
    manifest = Manifest(
        build_info=BuildInfo.current(),
        listing_digest=listing.digest,
        latest_mtime_ns=listing.latest_mtime_ns,
        built_at_ns=built_at_ns,
    )
    notes = ReadNotes(read.skipped, read.warnings)
    return IndexVersion(manifest, arrays, IndexInputs({one.path: one for one in read.files}, notes, rows.vocabulary))


def _merge_rows(positions: Sequence[int | None], before: ArticleRows | None, new: ArticleRows | None) -> ArticleRows:
    """Join the rows at these positions of ``before``; for each None, the next of the ``new`` rows."""
    ranges: list[RowRange] = []
    used = 0
    for position in positions:
        if position is None and new:
            _append_row(ranges, new, used)
            used += 1
        elif position is not None and before:
            _append_row(ranges, before, position)
    return join_rows(ranges)


def _append_row(ranges: list[RowRange], rows: ArticleRows, at: int) -> None:
    """Append one article, extending the last range if it is adjacent."""
    last = ranges[-1] if ranges else None
    if last and last.rows is rows and last.end == at:
        ranges[-1] = RowRange(rows, last.first, at + 1)
    else:
        ranges.append(RowRange(rows, at, at + 1))


def _stage(progress: StageProgress | None, name: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(name, done, total)) if progress else None
