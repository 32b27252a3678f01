"""Find what belongs to a page and not to the text: running headers, footers, page numbers and line numbers."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.ingest.pdf.characters import WordBox
from bot.ingest.pdf.columns import Region
from bot.ingest.pdf.lines import Line, build_rows

_SEARCHED = 4  # bands at the top of a page, and at its bottom
_TOLERANCE = 2.0  # points by which the height of a repeated line may differ
_MARGIN = 0.075  # of a page's height: where no text column reaches
_NEAR_MARGIN = 0.18
_ROMAN = r"[ivxlcdm]{1,7}"
_NUMBER = rf"(?:\d{{1,5}}|{_ROMAN}|[A-Z]{{1,2}}-?\d{{1,4}})"
_PAGE_NUMBER = re.compile(
    rf"[\W_]{{0,4}}(?:(?:page|seite|p\.|pág\.?|página|pagina|side|sida|strana|стр\.?)\s{{0,2}})?{_NUMBER}"
    rf"(?:\s{{0,2}}(?:/|of|von|de|sur|di|van|из)\s{{0,2}}\d{{1,5}})?[\W_]{{0,4}}",
    re.IGNORECASE,
)
_LINE_NUMBER = re.compile(r"[0-9]{1,4}")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Body:
    """How most of a document is set: its size in points, whether it is bold, and the leading for each rounded size."""

    size: float
    is_bold: bool
    leadings: dict[int, float]

    def leading(self, size: float) -> float:
        return self.leadings.get(round(size), 1.25 * size)


@dataclass(slots=True)
class Band:
    """The lines of a page at one height."""

    lines: list[Line]
    top: float
    bottom: float
    base: float
    size: float

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class PageLines:
    """The regions of a page, whose number counts from 1, and its size in points."""

    number: int
    width: float
    height: float
    regions: list[Region]


def measure_body(pages: Sequence[PageLines]) -> Body:
    """Measure the size, font and leadings of most of the text."""
    sizes: Counter[float] = Counter()
    bold: Counter[float] = Counter()
    distances: dict[int, Counter[float]] = {}
    for page in pages:
        for region in page.regions:
            for at, line in enumerate(region.lines):
                sizes[round(line.size, 1)] += len(line.text)
                bold[round(line.size, 1)] += len(line.text) if line.is_bold else 0
                if at and abs(line.size - region.lines[at - 1].size) < 0.5:
                    distance = line.base - region.lines[at - 1].base
                    if 0.9 * line.size <= distance <= 2.6 * line.size:
                        distances.setdefault(round(line.size), Counter())[round(distance * 2) / 2] += 1
    leadings: dict[int, float] = {}
    for rounded, counts in distances.items():
        needed = max(2, 0.15 * counts.total())
        if usual := [distance for distance, count in counts.items() if count >= needed]:
            leadings[rounded] = min(usual)
    size = sizes.most_common(1)[0][0]
    return Body(size, bold[size] * 2 > sizes[size], leadings)


def drop_furniture(pages: Sequence[PageLines], body: Body) -> int:
    """Drop running headers, footers and page numbers from the pages; return how many lines were dropped.

    A line repeats if it stands at the same height on three pages, or on both of two, apart from its digits. Other lines
    are judged by their place, distance and size. From the page's edge inwards, the first line of text ends the search.
    """
    bands_by_page = [_find_bands(page) for page in pages]
    pages_by_place: dict[tuple[str, bool, int], set[int]] = defaultdict(set)
    for at, bands in enumerate(bands_by_page):
        for is_top, band in _outer_bands(bands):
            pages_by_place[_mask(band.text), is_top, round(band.base / _TOLERANCE)].add(at)
    needed = min(3, max(2, len(pages)))

    def is_repeated(band: Band, is_top: bool) -> bool:
        text, place = _mask(band.text), round(band.base / _TOLERANCE)
        found = [pages_by_place.get((text, is_top, place + near), set()) for near in (-1, 0, 1)]
        return max(map(len, found)) >= needed or len(set().union(*found)) >= needed

    dropped: set[int] = set()
    for page, bands in zip(pages, bands_by_page, strict=True):
        for is_top in (True, False):
            ordered = bands if is_top else bands[::-1]
            end = 0  # of the bands that are dropped
            for number, band in enumerate(ordered[:_SEARCHED], 1):
                inner = next((one for one in ordered[number:] if not _PAGE_NUMBER.fullmatch(one.text)), None)
                if _is_lone(band, inner, page, body.size, is_top=is_top):
                    end = number
                elif not is_repeated(band, is_top):
                    break
                elif inner is None or _is_set_off(band, ordered[number], body):
                    end = number
            dropped.update(id(line) for band in ordered[:end] for line in band.lines)
    if len(dropped) == sum(len(band.lines) for bands in bands_by_page for band in bands):
        return 0
    for page in pages:
        for region in page.regions:
            region.lines = [line for line in region.lines if id(line) not in dropped]
        page.regions = [region for region in page.regions if region.lines]
    return len(dropped)


def _is_set_off(band: Band, inner: Band, body: Body) -> bool:
    """Whether a line differs from the next one inwards, or stands apart from it, as no line of one paragraph does."""
    first, second = band.lines[0], inner.lines[0]
    distance = abs(band.base - inner.base)
    return (
        first.font != second.font
        or abs(first.size - second.size) > 0.3
        or distance > 1.15 * body.leading(max(first.size, second.size))
    )


def _find_bands(page: PageLines) -> list[Band]:
    bands: list[Band] = []
    lines = sorted((line for region in page.regions for line in region.lines), key=lambda line: (line.base, line.x0))
    for line in lines:
        if bands and line.base - bands[-1].base <= 0.3 * line.size:
            band = bands[-1]
            band.lines.append(line)
            band.top, band.bottom = min(band.top, line.top), max(band.bottom, line.bottom)
            band.size = max(band.size, line.size)
        else:
            bands.append(Band([line], line.top, line.bottom, line.base, line.size))
    for band in bands:
        band.lines.sort(key=lambda line: line.x0)
    return bands


def _outer_bands(bands: Sequence[Band]) -> Iterable[tuple[bool, Band]]:
    yield from ((True, band) for band in bands[:_SEARCHED])
    yield from ((False, band) for band in bands[-_SEARCHED:])


def _mask(text: str) -> str:
    if _PAGE_NUMBER.fullmatch(text):
        return "#"
    return _DIGITS.sub("#", text).casefold()


def _is_lone(band: Band, inner: Band | None, page: PageLines, body_size: float, *, is_top: bool) -> bool:
    """Whether a line that does not repeat is a running header or footer, by its place, distance and size."""
    if inner is None:
        return False
    edge = band.bottom if is_top else page.height - band.top
    gap = inner.base - band.base if is_top else band.base - inner.base
    if _PAGE_NUMBER.fullmatch(band.text) and edge <= _NEAR_MARGIN * page.height:
        return True
    is_apart = gap >= 1.7 * max(band.size, inner.size)
    if _has_page_number(band) and edge <= _NEAR_MARGIN * page.height:
        return is_apart
    if band.size > 1.1 * body_size:
        return False
    if edge <= _MARGIN * page.height:
        return is_apart and len(band.text) <= 150
    return False


def _has_page_number(band: Band) -> bool:
    """Whether a page number stands at an end of the line, apart from the rest."""
    left, right = band.lines[0], band.lines[-1]
    words = left.text.split(), right.text.split()
    if len(band.lines) > 1:
        return any(_PAGE_NUMBER.fullmatch(line.text) for line in (left, right))
    least = 1.2 * band.size
    return bool(
        (left.outer_gaps[0] > least and _PAGE_NUMBER.fullmatch(words[0][0]))
        or (right.outer_gaps[1] > least and _PAGE_NUMBER.fullmatch(words[1][-1]))
    )


def drop_line_numbers(words: list[WordBox]) -> tuple[list[WordBox], int]:
    """Drop a column of line numbers: evenly spaced at the left or right of a page, counting up by one or by five.

    Returns the other words, and how many numbers were dropped.
    """
    rows = build_rows(words)
    for side in (0, -1):
        ends = [row.words[side] for row in rows if _LINE_NUMBER.fullmatch(row.words[side].text)]
        for edge in ("x0", "x1"):
            counts = Counter(round(getattr(word, edge)) for word in ends)
            if not counts:
                continue
            place = counts.most_common(1)[0][0]
            numbers = [word for word in ends if abs(getattr(word, edge) - place) <= 2.5]
            if _count_lines(numbers) and _is_beside_text(numbers, words, is_left=side == 0):
                chosen = {id(word) for word in numbers}
                return [word for word in words if id(word) not in chosen], len(numbers)
    return words, 0


def _count_lines(numbers: Sequence[WordBox]) -> bool:
    steps = {int(below.text) - int(above.text) for above, below in pairwise(numbers)}
    if not (steps == {1} and len(numbers) >= 10) and not (steps == {5} and len(numbers) >= 4):
        return False
    spaces = [below.base - above.base for above, below in pairwise(numbers)]
    middle = statistics.median(spaces)
    return sum(abs(space - middle) <= 0.12 * middle for space in spaces) >= 0.8 * len(spaces)


def _is_beside_text(numbers: Sequence[WordBox], words: Sequence[WordBox], *, is_left: bool) -> bool:
    """Whether the numbers stand apart from all text, on the outer side of it; those of a list stand close to it."""
    chosen = {id(word) for word in numbers}
    others = [word for word in words if id(word) not in chosen]
    if not others:
        return False
    size = statistics.median(word.size for word in numbers)
    if is_left:
        return min(word.x0 for word in others) - max(word.x1 for word in numbers) > 0.8 * size
    return min(word.x0 for word in numbers) - max(word.x1 for word in others) > 0.8 * size
