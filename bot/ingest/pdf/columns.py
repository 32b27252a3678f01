"""Put the words of a page in reading order: find the gutters between columns, and the tables in them."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from bot.ingest.pdf.characters import WordBox
from bot.ingest.pdf.lines import CELL_GAP, Line, Row, build_line, build_rows, segment_row

_MAX_STRIPS = 40  # followed at once
_MAX_DEPTH = 12
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


def order_page(page: int, words: Sequence[WordBox]) -> list[Region]:
    """Divide the words into regions, in reading order."""
    regions = []
    for rows in split_columns(build_rows(words)):
        lines = list(_build_lines(page, rows))
        regions.append(Region(lines, min(line.x0 for line in lines), max(line.x1 for line in lines)))
    return regions


def split_columns(rows: list[Row], depth: int = 0) -> list[list[Row]]:
    """Divide rows at the gutters between columns: what is above them, each column, and what is below."""
    if not rows:
        return []
    strip = _choose_strip(rows) if depth < _MAX_DEPTH else None
    if strip is None:
        return [rows]
    middle = (strip.x0 + strip.x1) / 2
    inside = [word for row in rows[strip.first : strip.end] for word in row.words]
    parts = (
        rows[: strip.first],
        build_rows(word for word in inside if word.x1 <= middle),
        build_rows(word for word in inside if word.x1 > middle),
        rows[strip.end :],
    )
    return [region for part in parts for region in split_columns(part, depth + 1)]


def _choose_strip(rows: Sequence[Row]) -> Strip | None:
    best: Strip | None = None
    for strip in _find_strips(rows):
        if (trimmed := _trim(rows, strip)) is None or not _is_gutter(rows[trimmed.first : trimmed.end], trimmed):
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


def _is_gutter(rows: Sequence[Row], strip: Strip) -> bool:
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
    if min(map(len, sides)) < 3 or (both < 4 and strip.x1 - strip.x0 < 1.5 * size):
        return False
    if not all(_is_prose(side, size) for side in sides):
        return False
    is_aligned = both >= 0.8 * max(map(len, sides))
    return not (is_aligned and any(_has_cells(side, size) for side in sides))


def _is_prose(side: Sequence[Sequence[WordBox]], size: float) -> bool:
    texts = ["".join(word.text for word in words) for words in side]
    lengths = [len(text) + len(_WIDE.findall(text)) for text in texts]
    widths = [max(word.x1 for word in words) - words[0].x0 for words in side]
    digits = sum(character.isdigit() for text in texts for character in text)
    return statistics.median(lengths) >= 14 and statistics.median(widths) >= 6 * size and digits * 3 < sum(lengths)


def _has_cells(side: Sequence[Sequence[WordBox]], size: float) -> bool:
    """Whether the lines of a side are uneven, or most have gaps, as those of a table have."""
    starts = min(words[0].x0 for words in side)
    width = max(words[-1].x1 for words in side) - starts
    fills = [(words[-1].x1 - words[0].x0) / width for words in side]
    with_gap = sum(any(right.x0 - left.x1 > CELL_GAP * size for left, right in pairwise(words)) for words in side)
    return statistics.median(fills) < 0.65 or with_gap * 2 > len(side)


def _build_lines(page: int, rows: Sequence[Row]) -> Iterator[Line]:
    segments = [segment_row(row) for row in rows]
    in_table = _find_tables(rows, segments)
    for row, cells, is_row in zip(rows, segments, in_table, strict=True):
        if is_row or _is_spread(row, cells):
            yield build_line(page, row, cells)
        else:
            yield build_line(page, row, [row.words])


def _is_spread(row: Row, cells: Sequence[Sequence[WordBox]]) -> bool:
    """Whether a row alone has parts too far apart for one line, such as the two ends of a running header."""
    return any(right[0].x0 - max(word.x1 for word in left) > 3 * row.size for left, right in pairwise(cells))


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
