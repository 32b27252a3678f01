"""Put the words of a page in reading order: find the gutters between columns, and the tables in them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import regex

from bot.ingest.pdf.characters import WordBox
from bot.ingest.pdf.lines import Line, Row, build_line, build_rows, is_mostly_rtl, segment_row

_MAX_STRIPS = 40  # followed at once
_MAX_DEPTH = 12
_SPREAD = 3.0  # em between the parts of a row alone
_SPARSE = 1.25  # characters per em; lines of text have about 1.7 without their blanks
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


@dataclass(slots=True)
class Strip:
    """An empty strip of a page from ``x0`` to ``x1``, beside the rows from ``first`` to before ``end``."""

    x0: float
    x1: float
    first: int
    end: int


@dataclass(slots=True)
class Region:
    """Lines that follow one another in one column."""

    lines: list[Line]
    x0: float
    x1: float


def order_page(page: int, words: Sequence[WordBox], gutters: list[Strip]) -> list[Region]:
    """Divide the words into regions, in reading order.

    ``gutters`` are those of earlier pages, to which the page's are added: where a gutter is known, few lines beside it
    make a column.
    """
    regions: list[Region] = []
    for rows in split_columns(build_rows(words), gutters):
        lines = list(_build_lines(page, rows))
        regions.append(Region(lines, min(line.x0 for line in lines), max(line.x1 for line in lines)))
    return regions


def split_columns(rows: list[Row], gutters: list[Strip], depth: int = 0) -> list[list[Row]]:
    """Divide rows at the gutters between columns: what is above them, each column, and what is below."""
    if not rows:
        return []
    strip = _choose_strip(rows, gutters) if depth < _MAX_DEPTH else None
    if strip is None:
        return [rows]
    if not _is_known(strip, gutters):
        gutters.append(strip)
    middle = (strip.x0 + strip.x1) / 2
    inside = [word for row in rows[strip.first : strip.end] for word in row.words]
    parts = (
        rows[: strip.first],
        build_rows(word for word in inside if word.x1 <= middle),
        build_rows(word for word in inside if word.x1 > middle),
        rows[strip.end :],
    )
    return [region for part in parts for region in split_columns(part, gutters, depth + 1)]


def _choose_strip(rows: Sequence[Row], gutters: Sequence[Strip]) -> Strip | None:
    best: Strip | None = None
    for strip in _find_strips(rows):
        if (trimmed := _trim(rows, strip)) is None or not _is_gutter(
            rows[trimmed.first : trimmed.end], trimmed, is_known=_is_known(trimmed, gutters)
        ):
            continue
        if best is None or (trimmed.end - trimmed.first, trimmed.x1 - trimmed.x0) > (
            best.end - best.first,
            best.x1 - best.x0,
        ):
            best = trimmed
    return best


def _find_strips(rows: Sequence[Row]) -> Iterator[Strip]:
    """Find the empty strips that no row crosses, from the first to the last row that has a gap there.

    Upwards, a strip reaches to the first row that does not cross it.
    """
    least = max(4.0, 0.7 * statistics.median(row.size for row in rows))
    active: list[Strip] = []
    free_by_row = [_find_gaps(row, least) for row in rows]
    for number, gaps in enumerate([*free_by_row, []]):
        following: list[Strip] = []
        for strip in active:
            common = [(max(strip.x0, x0), min(strip.x1, x1)) for x0, x1 in gaps]
            wide = [(x0, x1) for x0, x1 in common if x1 - x0 >= least]
            following += [Strip(x0, x1, strip.first, number + 1) for x0, x1 in wide]
            if (strip.x0, strip.x1) not in wide and strip.end - strip.first >= 3:
                yield _extend(strip, free_by_row, least)
        following += [Strip(x0, x1, number, number + 1) for x0, x1 in gaps[1:-1]]
        active = _drop_dominated(following)


def _extend(strip: Strip, gaps: Sequence[Sequence[tuple[float, float]]], least: float) -> Strip:
    x0, x1, first = strip.x0, strip.x1, strip.first
    while first:
        common = [(max(x0, left), min(x1, right)) for left, right in gaps[first - 1]]
        widest = max(common, key=lambda gap: gap[1] - gap[0])
        if widest[1] - widest[0] < max(least, 0.8 * (strip.x1 - strip.x0)):
            break
        (x0, x1), first = widest, first - 1
    return Strip(x0, x1, first, strip.end)


def _drop_dominated(strips: Sequence[Strip]) -> list[Strip]:
    """Drop each strip that lies within another one that is as long."""
    kept: list[Strip] = []
    for strip in sorted(strips, key=lambda strip: (strip.first, strip.x0 - strip.x1)):
        if not any(other.x0 <= strip.x0 + 1 and strip.x1 - 1 <= other.x1 for other in kept):
            kept.append(strip)
    return kept[:_MAX_STRIPS]


def _find_gaps(row: Row, least: float) -> list[tuple[float, float]]:
    """The empty stretches of a row, the first and last of which reach beyond the page."""
    gaps = []
    end = -1e6
    for word in row.words:
        if word.x0 - end >= least:
            gaps.append((end, word.x0))
        end = max(end, word.x1)
    return [*gaps, (end, 1e6)]


def _trim(rows: Sequence[Row], strip: Strip) -> Strip | None:
    """Cut off rows on one side of the strip that are set apart from the columns, such as a heading above both."""
    inside = range(strip.first, strip.end)
    sides = [
        (
            any(word.x1 <= strip.x0 + 0.1 for word in rows[at].words),
            any(word.x0 >= strip.x1 - 0.1 for word in rows[at].words),
        )
        for at in inside
    ]
    left = [at for at, side in zip(inside, sides, strict=True) if side[0]]
    right = [at for at, side in zip(inside, sides, strict=True) if side[1]]
    if not left or not right:
        return None
    first, last = max(left[0], right[0]), min(left[-1], right[-1])
    if first > last:
        return None
    leading = statistics.median(row.size for row in rows[strip.first : strip.end]) * 1.2
    start, end = first, last + 1
    while start > strip.first and rows[start].base - rows[start - 1].base <= 1.9 * leading:
        start -= 1
    while end < strip.end and (rows[end].base - rows[end - 1].base <= 1.9 * leading or strip.end - end > 3):
        end += 1
    return Strip(strip.x0, strip.x1, start, end)


def _is_known(strip: Strip, gutters: Sequence[Strip]) -> bool:
    return any(abs(strip.x1 - gutter.x1) < 3 and abs(strip.x0 - gutter.x0) < 6 for gutter in gutters)


def _is_gutter(rows: Sequence[Row], strip: Strip, *, is_known: bool) -> bool:
    """Whether text runs in columns on both sides of the strip, rather than in cells of a table."""
    sides: tuple[list[list[WordBox]], list[list[WordBox]]] = ([], [])
    for row in rows:
        left = [word for word in row.words if word.x1 <= strip.x0 + 0.1]
        right = [word for word in row.words if word.x0 >= strip.x1 - 0.1]
        if left:
            sides[0].append(left)
        if right:
            sides[1].append(right)
    both = sum(len(side) for side in sides) - len(rows)
    size = statistics.median(row.size for row in rows)
    if is_known and len(sides[0]) >= 3 > len(sides[1]):
        return _is_prose(sides[0], size) and not _has_cells(sides[0], size)
    if min(map(len, sides)) < 3 or (both < 4 and not is_known and strip.x1 - strip.x0 < 1.5 * size):
        return False
    if not all(_is_prose(side, size) for side in sides):
        return False
    is_aligned = both >= 0.8 * max(map(len, sides))
    return not (is_aligned and any(_has_cells(side, size) for side in sides))


def _is_prose(side: Sequence[Sequence[WordBox]], size: float) -> bool:
    lengths = [_measure_text(words) for words in side]
    widths = [words[-1].x1 - words[0].x0 for words in side]
    digits = sum(character.isdigit() for words in side for word in words for character in word.text)
    return statistics.median(lengths) >= 14 and statistics.median(widths) >= 6 * size and digits * 3 < sum(lengths)


def _has_cells(side: Sequence[Sequence[WordBox]], size: float) -> bool:
    """Whether the lines of a side are uneven or sparse, as those of a table are."""
    widths = sorted(words[-1].x1 - words[0].x0 for words in side)
    densities = [_measure_text(words) * size / (words[-1].x1 - words[0].x0) for words in side]
    is_uneven = widths[len(widths) // 2] < 0.65 * widths[len(widths) * 4 // 5]
    return is_uneven or statistics.median(densities) < _SPARSE


def _measure_text(words: Sequence[WordBox]) -> int:
    """The number of characters; a wide one, such as a Chinese one, counts twice."""
    text = "".join(word.text for word in words)
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _build_lines(page: int, rows: Sequence[Row]) -> Iterator[Line]:
    is_stretched = _find_stretched(rows)
    segments = [[row.words] if is_stretched[at] else segment_row(row) for at, row in enumerate(rows)]
    in_table = _find_tables(rows, segments)
    is_rtl = is_mostly_rtl(word for row in rows for word in row.words)
    for first, last in _find_runs(in_table):
        segments[first:last] = _align_cells(rows[first:last], segments[first:last])
    for row, cells, is_row in zip(rows, segments, in_table, strict=True):
        yield build_line(page, row, cells if is_row or _is_spread(row, cells) else [row.words], is_rtl=is_rtl)


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


def _find_runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The first and one past the last index of each run of true flags."""
    at = 0
    for flag, group in groupby(flags):
        size = len(list(group))
        if flag:
            yield at, at + size
        at += size


def _align_cells(rows: Sequence[Row], segments: Sequence[list[list[WordBox]]]) -> list[list[list[WordBox]]]:
    """Split the cells of a table also at narrow gaps where columns begin in other rows."""
    starts = Counter(round(cell[0].x0 / 2) for cells in segments for cell in cells)
    columns = [place * 2 for place, count in starts.items() if count > 1]
    found = []
    for row, cells in zip(rows, segments, strict=True):
        split: list[list[WordBox]] = []
        for cell in cells:
            split.append([cell[0]])
            for left, right in pairwise(cell):
                is_start = any(abs(right.x0 - column) <= 2 for column in columns)
                if right.x0 - left.x1 > 0.5 * row.size and is_start:
                    split.append([])
                split[-1].append(right)
        found.append(split)
    return found


def _is_spread(row: Row, cells: Sequence[Sequence[WordBox]]) -> bool:
    """Whether a row alone has parts too far apart for one line, such as the two ends of a running header."""
    return any(right[0].x0 - max(word.x1 for word in left) > _SPREAD * row.size for left, right in pairwise(cells))


def _find_tables(rows: Sequence[Row], segments: Sequence[Sequence[Sequence[WordBox]]]) -> list[bool]:
    """Which rows belong to a table: neighbours with several cells each, some of which are aligned."""
    found = [False] * len(rows)
    for at in range(len(rows) - 1):
        above, below = segments[at], segments[at + 1]
        if len(above) < 2 or len(below) < 2:
            continue
        close = rows[at + 1].base - rows[at].base < 4 * max(rows[at].size, rows[at + 1].size)
        if close and _are_aligned(above, below, rows[at].size):
            found[at] = found[at + 1] = True
    return found


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
