"""Build the index of an archive's files, reusing the previous index: only new articles are analyzed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from itertools import count

from bot.index.arrays import StringArray, in_memory, unprefix
from bot.index.build import analyze, build_arrays
from bot.index.lexicon import Lexicon, encode_vocabulary
from bot.index.rows import ArticleRows, RowRange, join_rows
from bot.index.versions import IndexVersion, Manifest, ReadNotes, StageProgress, encode_inputs
from bot.ingest.files import Listing
from bot.ingest.processes import shared_process
from bot.ingest.reader import PreviousRead, read_files
from bot.ingest.vocabulary import read_vocabulary
from bot.models import READ_LIMITS, Article, ReadLimits


def refresh_index(
    listing: Listing,
    previous: IndexVersion | None,
    progress: StageProgress | None = None,
    limits: ReadLimits = READ_LIMITS,
    *,
    is_live: bool = False,
) -> IndexVersion:
    """Build the index of the listed files, in memory; unchanged articles are taken from the ``previous`` one.

    ``is_live`` is as for ``read_files``.
    """
    built_at_ns = time.time_ns()
    before = previous.index.archive if previous else None
    known = PreviousRead(previous.file_records(), before.positions(), before.article) if previous and before else None
    reading = partial(progress, "Reading") if progress else None
    read = read_files(listing, shared_process(limits), reading, known, is_live=is_live)
    positions = [
        item if isinstance(item, int) else None if before is None else before.find_identical(item)
        for item in read.items
    ]
    if previous and before and positions == list(range(len(before))):
        arrays = previous.arrays
    else:
        new = [item for item, at in zip(read.items, positions, strict=True) if at is None and isinstance(item, Article)]
        new_rows = analyze(new, partial(progress, "Indexing") if progress else None) if new else None
        old_rows = ArticleRows.from_arrays(unprefix("rows", previous.arrays)) if previous else None
        arrays = in_memory(build_arrays(_merge_rows(positions, old_rows, new_rows)))
    warnings = [*read.warnings]
    lexicon = Lexicon(unprefix("lexicon", arrays), StringArray(unprefix("terms", arrays)))
    vocabulary = encode_vocabulary(lexicon, read_vocabulary(listing, warnings), warnings)
    arrays = {**arrays, **in_memory({"lexicon.vocabulary": vocabulary})}
    inputs = in_memory(encode_inputs(read.files, ReadNotes(read.skipped, tuple(warnings), read.is_pending)))
    return IndexVersion(Manifest.of(listing, built_at_ns), {**arrays, **inputs}, is_saved=False)


def _merge_rows(positions: Sequence[int | None], before: ArticleRows | None, new: ArticleRows | None) -> ArticleRows:
    """Join the rows at these positions of ``before``; for each None, the next of the ``new`` rows."""
    ranges: list[RowRange] = []
    following = count()
    for position in positions:
        rows, at = (new, next(following)) if position is None else (before, position)
        last = ranges[-1] if ranges else None
        if last and last.rows is rows and last.end == at:
            ranges[-1] = RowRange(last.rows, last.first, at + 1)
        elif rows:
            ranges.append(RowRange(rows, at, at + 1))
    return join_rows(ranges)
