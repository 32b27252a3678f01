"""Build the index of an archive's files, reusing the previous index: only new articles are analyzed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bot.index.arrays import StringArray, in_memory, unprefix
from bot.index.build import analyze, build_arrays
from bot.index.lexicon import Lexicon, encode_vocabulary
from bot.index.rows import ArticleRows, RowRange, join_rows
from bot.index.versions import BuildInfo, IndexVersion, Manifest, ReadNotes, StageProgress, encode_inputs
from bot.ingest.files import Listing
from bot.ingest.reader import PreviousRead, read_files
from bot.ingest.vocabulary import read_vocabulary
from bot.models import Article


def refresh_index(
    listing: Listing, previous: IndexVersion | None, progress: StageProgress | None = None
) -> IndexVersion:
    """Build the index of the listed files, in memory; unchanged articles are taken from the ``previous`` one."""
    built_at_ns = time.time_ns()
    before = previous.index.archive if previous else None
    known = PreviousRead(previous.file_records(), before.positions(), before.article) if previous and before else None
    read = read_files(listing, _stage(progress, "Reading"), known)
    positions = [
        item if isinstance(item, int) else None if before is None else before.find_identical(item)
        for item in read.items
    ]
    if previous and before and positions == list(range(len(before))):
        arrays = previous.arrays
    else:
        new = [item for item, at in zip(read.items, positions, strict=True) if at is None and isinstance(item, Article)]
        new_rows = analyze(new, _stage(progress, "Indexing")) if new else None
        old_rows = ArticleRows.from_arrays(unprefix("rows", previous.arrays)) if previous else None
        arrays = in_memory(build_arrays(_merge_rows(positions, old_rows, new_rows)))
    warnings = [*read.warnings]
    lexicon = Lexicon(unprefix("lexicon", arrays), StringArray(unprefix("terms", arrays)))
    vocabulary = encode_vocabulary(lexicon, read_vocabulary(listing.paths, warnings), warnings)
    arrays = {**arrays, **in_memory({"lexicon.vocabulary": vocabulary})}
    manifest = Manifest(
        build_info=BuildInfo.current(),
        listing_digest=listing.digest,
        latest_mtime_ns=listing.latest_mtime_ns,
        built_at_ns=built_at_ns,
    )
    inputs = in_memory(encode_inputs(read.files, ReadNotes(read.skipped, tuple(warnings))))
    return IndexVersion(manifest, {**arrays, **inputs}, is_saved=False)


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
