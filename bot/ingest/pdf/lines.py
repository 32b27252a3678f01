"""Put words into rows, and rows into lines of text or rows of a table."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from bot.ingest.pdf.characters import WordBox

CELL_GAP = 1.2  # em between the cells of a table, at least
_MARKER_GAP = 4.0  # em between a list marker and its text, at most
_MAX_PAIRS = 10_000  # of words that are compared; more are no line of text
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_MARKER = regex.compile(r"[•●○◦▪■□◆‣⁃∙·*–—\-\uf0b7\uf0a7o]|\(?(?:\d{1,3}|\p{L}|[ivx]{1,4})[.)]|\d+(?:\.\d+)*\.?|[①-⑳]")
Cell = list[list[WordBox]]
"""The words of a cell, line by line."""


@dataclass(slots=True)
class Row:
    """Words on one baseline, from left to right, with raised and lowered ones."""

    words: list[WordBox]
    base: float
    size: float
    top: float
    bottom: float

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)


@dataclass(slots=True)
class Line:
    """A line of text, or a row of a table, with tabs between its cells (``is_row``).

    ``origins`` has the number on the page of each character of ``text``, -1 for one that is not the text layer's.
    ``size`` and ``font`` are those of most characters, ``largest`` is the largest size; ``is_bold`` tells whether all
    of it is bold. ``first_width`` is that of the first word, ``indent`` is where the text after a list marker begins,
    ``outer_gaps`` are those after the leftmost and before the rightmost word, ``mark_length`` is the length of a raised
    number at the line's start, ``blank`` the text layer's white space before the line.
    """

    page: int
    text: str
    origins: array[int]
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    size: float
    font: str
    is_bold: bool
    first_width: float
    indent: float
    outer_gaps: tuple[float, float]
    largest: float
    is_row: bool
    is_rtl: bool
    mark_length: int
    blank: str

    @property
    def start(self) -> float:
        """Where the line begins, in the direction in which it is read."""
        return -self.x1 if self.is_rtl else self.x0

    @property
    def end(self) -> float:
        return -self.x0 if self.is_rtl else self.x1


def build_rows(words: Iterable[WordBox]) -> list[Row]:
    """Group words by baseline, from top to bottom; raised and lowered words join the line that they are beside."""
    rows: list[Row] = []
    for word in sorted(words, key=lambda word: (word.base, word.x0)):
        for row in rows[-1:-7:-1]:
            if abs(word.base - row.base) <= 0.2 * max(row.size, word.size):
                _add(row, word)
                break
        else:
            rows.append(Row([word], word.base, word.size, word.top, word.bottom))
    for at, row in enumerate(rows):
        near = [rows[other] for other in (at - 1, at + 1, at - 2, at + 2) if 0 <= other < len(rows)]
        for larger in near:
            is_small = (
                0.4 * larger.size <= row.size <= 0.86 * larger.size
                and abs(row.base - larger.base) <= 0.65 * larger.size
            )
            if is_small and len(row.words) * len(larger.words) <= _MAX_PAIRS:
                beside = [word for word in row.words if _is_beside(word, larger)]
                row.words = [word for word in row.words if word not in beside]
                for word in beside:
                    _add(larger, word)
    rows = [row for row in rows if row.words]
    for row in rows:
        row.words.sort(key=lambda word: word.x0)
    return sorted(rows, key=lambda row: row.base)


def _add(row: Row, word: WordBox) -> None:
    row.words.append(word)
    if word.size > row.size * 1.15:
        row.base = word.base
    row.size = max(row.size, word.size)
    row.top, row.bottom = min(row.top, word.top), max(row.bottom, word.bottom)


def _is_beside(word: WordBox, row: Row) -> bool:
    """Whether a word is close to the end or the beginning of one of the row's, and not above or below any."""
    reach = 0.6 * row.size
    normal = [other for other in row.words if other.size >= 0.85 * row.size]
    overlaps = [min(word.x1, other.x1) - max(word.x0, other.x0) for other in normal]
    return any(overlap > -reach for overlap in overlaps) and max(overlaps) <= 0.4 * (word.x1 - word.x0)


def segment_row(row: Row) -> list[list[WordBox]]:
    """Split a row's words where the gap is that between cells; a list marker stays with its text."""
    segments: list[list[WordBox]] = [[row.words[0]]]
    end = row.words[0].x1
    for word in row.words[1:]:
        if word.x0 - end > CELL_GAP * row.size:
            segments.append([])
        segments[-1].append(word)
        end = max(end, word.x1)
    if len(segments) == 2 and is_marker("".join(word.text for word in segments[0])):
        is_item = any(character.isalpha() for word in segments[1] for character in word.text)
        if is_item and segments[1][0].x0 - segments[0][-1].x1 < _MARKER_GAP * row.size:
            return [segments[0] + segments[1]]
    return segments


def is_marker(text: str) -> bool:
    """Whether a text is the bullet or number of a list item or heading."""
    return len(text) <= 8 and _MARKER.fullmatch(text) is not None


def is_mostly_rtl(words: Iterable[WordBox]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    rtl = ltr = 0
    for word in words:
        if word.is_rtl:
            rtl += len(word.text)
        elif word.is_ltr:
            ltr += len(word.text)
    return rtl > ltr


def build_line(page: int, row: Row, cells: Sequence[Cell], *, is_row: bool, is_rtl: bool) -> Line:
    """Build the line of a row whose words are divided into ``cells``; ``is_row`` if it is a row of a table.

    ``is_rtl`` tells whether the text around it runs from right to left.
    """
    text: list[str] = []
    origins = array("i")
    is_rtl = any(word.is_rtl for word in row.words) and (is_rtl or is_mostly_rtl(row.words))
    mark_length = 0
    first_words: list[WordBox] = []
    is_first = True
    ordered = reversed(cells) if is_rtl else cells
    for is_cell_start, words in ((at == 0, words) for cell in ordered for at, words in enumerate(cell)):
        last: WordBox | None = None
        if text:
            text.append("\t" if is_cell_start else " ")
            origins.append(-1)
            is_first = False
        for word in order_words(words, is_rtl=is_rtl):
            raised = word.size < 0.86 * row.size and word.base < row.base - 0.1 * row.size
            if last is not None and (separator := _separate(last, word, raised, "".join(text[-12:]))):
                text.append(separator)
                origins.append(-1)
                is_first = False
            if raised and not text and word.text.isdigit():
                mark_length = len(word.text)
            elif mark_length and len(text) == mark_length:
                text.append(" ")
                origins.append(-1)
                is_first = False
            if is_first:
                first_words.append(word)
            text.extend(word.text)
            origins.extend(word.indices)
            last = word
    words = [word for cell in cells for line in cell for word in line]
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for word in words:
        sizes[word.size] += len(word.text)
        fonts[word.style.font] += len(word.text)
    x0 = min(word.x0 for word in words)
    indent = x0
    if len(words) > 1 and is_marker(words[0].text):
        indent = words[1].x0
    return Line(
        page,
        "".join(text),
        origins,
        x0,
        max(word.x1 for word in words),
        min(word.top for word in words),
        max(word.bottom for word in words),
        row.base,
        sizes.most_common(1)[0][0],
        fonts.most_common(1)[0][0],
        all(word.style.is_bold for word in words if any(map(str.isalnum, word.text))),
        _measure_first(first_words),
        indent,
        (words[1].x0 - words[0].x1, words[-1].x0 - words[-2].x1) if len(words) > 1 else (0.0, 0.0),
        row.size,
        is_row,
        is_rtl,
        mark_length,
        first_words[0].blank,
    )


def _measure_first(words: Sequence[WordBox]) -> float:
    """The width of what a line's first word needs on the line above; a Chinese or Japanese one can be broken."""
    if _WIDE.match(words[0].text):
        return words[0].size
    return max(word.x1 for word in words) - min(word.x0 for word in words)


def order_words(words: Sequence[WordBox], *, is_rtl: bool) -> list[WordBox]:
    """Order the words of a line as they are read: runs of the other direction are turned round."""
    ordered = sorted(words, key=lambda word: word.x0)
    if not is_rtl and not any(word.is_rtl for word in ordered):
        return ordered
    if is_rtl:
        ordered.reverse()
    result: list[WordBox] = []
    run: list[WordBox] = []
    for word in ordered:
        if word.is_ltr if is_rtl else word.is_rtl:
            run.append(word)
        else:
            result += reversed(run)
            run = []
            result.append(word)
    return result + run[::-1]


def _separate(last: WordBox, word: WordBox, raised: bool, before: str) -> str:
    """The blank between two words of a line: the text layer's, or one for a gap, or one before a footnote's mark."""
    gap = max(word.x0 - last.x1, last.x0 - word.x1)
    if word.previous == last.indices[-1]:
        if word.blank and gap > -0.3 * word.size:
            return word.blank
    elif gap > 0.1 * max(word.size, last.size):
        return " "
    if last.is_rtl != word.is_rtl and gap > 0.13 * max(word.size, last.size):
        return " "
    if gap > 0.35 * max(word.size, last.size):
        return " "
    if raised and word.text[0].isdigit() and last.size > word.size:
        # A unit such as m² is written so; a longer word, a number or a stop is followed by a footnote's mark.
        letters = regex.search(r"\p{L}*$", before)
        is_unit = letters is not None and 0 < len(letters[0]) <= 2
        return "" if is_unit else " "
    return ""
