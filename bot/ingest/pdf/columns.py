"""Put the words of a page in reading order: find the gutters between columns of text."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from bot.ingest.pdf.characters import WordBox
from bot.ingest.pdf.lines import Line, Row, build_rows
from bot.ingest.pdf.tables import build_lines

_MAX_STRIPS = 40  # followed at once; more stem from a drawing or a hostile file
_MAX_TRIED = 80
_MAX_DEPTH = 12
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
    """Lines that follow one another in one column; ``is_uncertain`` if they seem to be of several columns."""

    lines: list[Line]
    is_uncertain: bool


def order_page(page: int, words: Sequence[WordBox], gutters: list[Strip]) -> list[Region]:
    """Divide the words into regions, in reading order.

    ``gutters`` are those of earlier pages, to which the page's are added: where a gutter is known, few lines beside it
    make a column.
    """
    regions: list[Region] = []
    for rows in split_columns(build_rows(words), gutters):
        lines, is_uncertain = build_lines(page, rows)
        regions.append(Region(lines, is_uncertain))
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
    strips = sorted(_find_strips(rows), key=lambda strip: strip.first - strip.end)[:_MAX_TRIED]
    trimmed = [cut for strip in strips if (cut := _trim(rows, strip)) is not None]
    trimmed.sort(key=lambda strip: (strip.end - strip.first, strip.x1 - strip.x0), reverse=True)
    for strip in trimmed:
        if _is_gutter(rows[strip.first : strip.end], strip, is_known=_is_known(strip, gutters)):
            return strip
    return None


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
            if len(kept) == _MAX_STRIPS:
                break
    return kept


def _find_gaps(row: Row, least: float) -> list[tuple[float, float]]:
    """The empty stretches of a row, the first and last of which reach beyond the page."""
    gaps = []
    end = -1e6
    for word in row.words:
        if word.x0 - end >= least:
            gaps.append((end, word.x0))
        end = max(end, word.x1)
    if len(gaps) > _MAX_STRIPS:
        gaps = sorted(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_MAX_STRIPS])
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
