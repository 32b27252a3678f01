"""Build the lines of a column: lines of text, and rows of tables with tabs between their cells."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from bot.ingest.pdf.characters import WordBox
from bot.ingest.pdf.lines import Cell, Line, Row, build_line, is_mostly_rtl, segment_row

_SPREAD = 3.0  # em between the parts of a row alone
_CLOSE = 4.0  # em between the baselines of neighbouring rows of a table
_TIGHT = 1.6  # em between the baselines of two lines in one cell
_TEXT_CELL = 25  # characters; longer cells in most rows are rather columns of text
_MAX_COLUMNS = 40  # of a table


@dataclass(slots=True)
class _TableRow:
    """A row as it is read: its cells, each with one line or more."""

    row: Row
    cells: list[Cell]
    is_row: bool


def build_lines(page: int, rows: Sequence[Row]) -> tuple[list[Line], bool]:
    """Build the lines of rows that stand in one column.

    Also returns whether the rows seem to belong to several columns, which could not be separated.
    """
    is_stretched = _find_stretched(rows)
    segments = [[row.words] if is_stretched[at] else segment_row(row) for at, row in enumerate(rows)]
    in_table = _find_tables(rows, segments)
    found: list[_TableRow] = []
    for is_table, first, last in _find_runs(in_table):
        if is_table:
            cells = _align_cells(rows[first:last], segments[first:last])
            found += _join_cells(rows[first:last], cells)
            continue
        for at in range(first, last):
            parts = segments[at] if _is_spread(rows[at], segments[at]) else [rows[at].words]
            found.append(_TableRow(rows[at], [[part] for part in parts], len(parts) > 1))
    is_rtl = is_mostly_rtl(word for row in rows for word in row.words)
    lines = [build_line(page, one.row, one.cells, is_row=one.is_row, is_rtl=is_rtl) for one in found]
    return lines, _is_uncertain(segments)


def _is_uncertain(segments: Sequence[Sequence[Sequence[WordBox]]]) -> bool:
    """Whether many rows have two long parts or more, as lines of neighbouring columns have."""
    long = [
        cells for cells in segments if sum(sum(len(word.text) for word in cell) >= _TEXT_CELL for cell in cells) > 1
    ]
    return len(long) >= 5 and len(long) * 3 > len(segments)


def _find_stretched(rows: Sequence[Row]) -> list[bool]:
    """Which rows have wide gaps because they are justified: equal gaps, or one gap and both edges of a neighbour."""
    edges = [(row.x0, row.x1) for row in rows]
    ends = Counter(round(x1) for _, x1 in edges)
    found = []
    single = []
    for at, row in enumerate(rows):
        gaps = [gap for left, right in pairwise(row.words) if (gap := right.x0 - left.x1) > 0.1 * row.size]
        if len(gaps) == 1:
            single.append(at)
        is_even = len(gaps) > 1 and max(gaps) - min(gaps) <= 0.2 * row.size
        found.append(is_even and sum(ends[round(edges[at][1]) + near] for near in (-1, 0, 1)) > 1)
    for at in single:
        found[at] = any(
            abs(edges[other][0] - edges[at][0]) < 1.5
            and abs(edges[other][1] - edges[at][1]) < 1.5
            and (found[other] or len(segment_row(rows[other])) == 1)
            for other in (at - 1, at + 1)
            if 0 <= other < len(rows)
        )
    return found


def _find_tables(rows: Sequence[Row], segments: Sequence[Sequence[Sequence[WordBox]]]) -> list[bool]:
    """Which rows belong to a table: neighbours with several cells each, some of which are aligned.

    A row below them with less than all cells, none of which begins where the first ones do, goes on in their cells.
    """
    found = [False] * len(rows)
    for at in range(len(rows) - 1):
        above, below = segments[at], segments[at + 1]
        if len(above) < 2 or len(below) < 2:
            continue
        close = rows[at + 1].base - rows[at].base < _CLOSE * max(rows[at].size, rows[at + 1].size)
        if close and _are_aligned(above, below, rows[at].size):
            found[at] = found[at + 1] = True
    for at in range(1, len(rows)):
        if found[at - 1] and not found[at] and _goes_on(rows[at - 1], rows[at]):
            found[at] = True
    return found


def _goes_on(above: Row, row: Row) -> bool:
    """Whether a row is the second line of cells of the row above, other than the first."""
    is_tight = row.base - above.base <= _TIGHT * max(row.size, above.size)
    return is_tight and row.x0 > above.x0 + row.size and row.x1 <= above.x1 + 4 * row.size


def _find_runs(flags: Sequence[bool]) -> Iterator[tuple[bool, int, int]]:
    """Each run of equal flags: the flag, the first index, and one past the last."""
    at = 0
    for flag, group in groupby(flags):
        size = len(list(group))
        yield flag, at, at + size
        at += size


def _align_cells(rows: Sequence[Row], segments: Sequence[list[list[WordBox]]]) -> list[list[list[WordBox]]]:
    """Split the cells of a table also at narrow gaps where columns begin in other rows."""
    starts = Counter(round(cell[0].x0 / 2) for cells in segments for cell in cells)
    columns = [place * 2 for place, count in starts.most_common(_MAX_COLUMNS) if count > 1]
    found = []
    for row, cells in zip(rows, segments, strict=True):
        split: list[list[WordBox]] = []
        for cell in cells:
            split.append([cell[0]])
            for left, right in pairwise(cell):
                is_start = any(abs(right.x0 - column) <= 0.35 * row.size for column in columns)
                if right.x0 - left.x1 > 0.5 * row.size and is_start:
                    split.append([])
                split[-1].append(right)
        found.append(split)
    return found


def _join_cells(rows: Sequence[Row], cells: Sequence[list[list[WordBox]]]) -> list[_TableRow]:
    """The rows of a table, where lines that only go on in cells of the row above are joined to it.

    They do if they are closer than the rows that begin in the first column, and their own first cell is empty.
    """
    left = min(row.x0 for row in rows)
    begins = [row.x0 < left + row.size for row in rows]
    firsts = [row.base for row, is_begin in zip(rows, begins, strict=True) if is_begin]
    usual = statistics.median([below - above for above, below in pairwise(firsts)] or [0.0])
    found: list[_TableRow] = []
    for at, row in enumerate(rows):
        distance = row.base - rows[at - 1].base if at else 0.0
        if at and not begins[at] and distance <= _TIGHT * row.size and distance < 0.95 * usual:
            for cell in cells[at]:
                _find_cell(found[-1].cells, cell).append(cell)
        else:
            found.append(_TableRow(row, [[cell] for cell in cells[at]], True))
    return found


def _find_cell(cells: Sequence[Cell], added: Sequence[WordBox]) -> Cell:
    """The cell that begins nearest to the left of the words."""
    before = [cell for cell in cells if cell[0][0].x0 <= added[0].x0 + 2]
    return before[-1] if before else cells[0]


def _is_spread(row: Row, cells: Sequence[Sequence[WordBox]]) -> bool:
    """Whether a row alone has parts too far apart for one line, such as the two ends of a running header."""
    return any(right[0].x0 - max(word.x1 for word in left) > _SPREAD * row.size for left, right in pairwise(cells))


def _are_aligned(above: Sequence[Sequence[WordBox]], below: Sequence[Sequence[WordBox]], size: float) -> bool:
    edges_above, edges_below = [_edges(cell) for cell in above], [_edges(cell) for cell in below]
    aligned = sum(
        any(abs(one[side] - other[side]) < 0.6 * size for side in range(3) for other in edges_below)
        for one in edges_above
    )
    return aligned >= min(2, len(above), len(below))


def _edges(cell: Sequence[WordBox]) -> tuple[float, float, float]:
    left, right = cell[0].x0, max(word.x1 for word in cell)
    return left, right, (left + right) / 2
