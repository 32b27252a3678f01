"""Read the characters of a page with PDFium, and group them into words.

Coordinates are in points, x to the right and y downwards, in a frame in which the text is upright: the frame depends on
the direction of the text alone, not on the page's rotation.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium
import regex

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SKEW = 12.0  # degrees by which a scanned line may slope; text that slopes more is a watermark or a drawing
_TINY = 1.5  # points; text that nobody can read
_LAM = "ل"
_HALF_CODES = np.array([ord(half) for half in "آأإا"])
_LINE_END_HYPHENS = np.array([0x02, 0xFFFE])  # what PDFium makes of a hyphen at a line's end
_BLANKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200B), 0x202F, 0x205F})
_BLANK_CODES = np.array(sorted(_BLANKS))
_BOLD = re.compile(r"bold|black|heavy|demi|medi(?!um)|cmbx|sfbx", re.IGNORECASE)
_UNKNOWN = 0xFFFD  # a glyph of which the file does not say what it stands for
_RTL = regex.compile(r"[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]")
_LTR = regex.compile(r"[\p{L}--[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]]", regex.V1)


class Style(NamedTuple):
    """How a text object is set: its direction in quarter turns (-1 if oblique), and its size in points."""

    direction: int
    size: float
    font: str
    is_bold: bool


_NO_STYLE = Style(-1, 0.0, "", False)


@dataclass(slots=True)
class WordBox:
    """Adjacent characters of one style on one baseline, in logical order.

    ``indices`` are the characters' numbers in PDFium's text page; ``blank`` is the white space that the text layer has
    before the word, and ``previous`` the number of the character that it follows directly or after that blank, if any.
    """

    text: str
    indices: list[int]
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    size: float
    style: Style
    blank: str
    previous: int

    @property
    def is_rtl(self) -> bool:
        return not self.text.isascii() and bool(_RTL.search(self.text))

    @property
    def is_ltr(self) -> bool:
        return bool(_LTR.search(self.text)) or (self.text[0].isdigit() and not self.is_rtl)


@dataclass(slots=True)
class DirectedWords:
    """The words of a page that run in one direction, and the width and height of the page when it is turned so."""

    width: float
    height: float
    words: list[WordBox] = field(default_factory=list)

    def count_lines(self) -> int:
        """The number of different baselines, to a point."""
        return len({round(word.base) for word in self.words})


@dataclass(slots=True)
class PageWords:
    """The words of a page by direction, that of most lines first; the numbers of characters, and of unknown ones."""

    directions: list[DirectedWords]
    characters: int
    unknown: int


def read_words(page: Any, text_page: Any) -> PageWords:
    """Read the words of a pypdfium2 page.

    Left out is what is not to be read: text outside the page, tiny or oblique text, such as a watermark. The halves of
    the ligature lam-alef, which some fonts map in visual order, are put in logical order. A word that is drawn twice,
    as in bold or shadowed text, counts once.
    """
    reader = _WordReader(page, text_page)
    reader.read()
    found = sorted(reader.found.values(), key=lambda one: (one.count_lines(), len(one.words)), reverse=True)
    return PageWords(found, reader.characters, reader.unknown)


class _WordReader:
    """Reads the characters of a page into arrays, and cuts them into words where one does not continue the other."""

    def __init__(self, page: Any, text_page: Any) -> None:
        self._box = page.get_bbox()
        self._count = text_page.count_chars()
        self._handle = text_page.raw
        self._styles = _Styles(text_page.raw)
        self._seen: set[tuple[str, int, int]] = set()
        self.found: dict[int, DirectedWords] = {}
        self.characters = self.unknown = 0

    def read(self) -> None:
        """Read all characters; blanks are properties of the words after them."""
        codes, owners, boxes = _read_arrays(self._handle, self._count)
        numbers = np.flatnonzero((codes >= 0) & ~np.isin(codes, _BLANK_CODES))
        self.characters, self.unknown = len(numbers), int(np.count_nonzero(codes[numbers] == _UNKNOWN))
        styles, bases = self._read_styles(numbers, owners[numbers], boxes[numbers])
        sizes = np.array([style.size for style in self._styles.all])[styles]
        directions = np.array([style.direction for style in self._styles.all])[styles]
        left, top, right, bottom = boxes[numbers].T  # FS_RECTF has the top second
        x, y = (left + right) / 2, (bottom + top) / 2
        box = self._box
        is_inside = (x >= box[0] - 1) & (x <= box[2] + 1) & (y >= box[1] - 1) & (y <= box[3] + 1)
        kept = np.flatnonzero(is_inside & (sizes >= _TINY) & (directions >= 0))
        if len(kept) == 0:
            return
        frames = np.empty((4, len(kept)))
        for direction in range(4):
            here = directions[kept] == direction
            x0, y0 = _to_frame(left[kept][here], top[kept][here], direction, box)
            x1, y1 = _to_frame(right[kept][here], bottom[kept][here], direction, box)
            frames[:, here] = np.minimum(x0, x1), np.maximum(x0, x1), np.minimum(y0, y1), np.maximum(y0, y1)
        self._build_words(codes, numbers[kept], styles[kept], sizes[kept], bases[kept], frames)

    def _read_styles(self, numbers: Ints, owners: Ints, boxes: Floats) -> tuple[Ints, Floats]:
        """The number of each character's style, and its baseline in the frame of its direction.

        Each text object has one of both. A form that is drawn twice has the same objects at two heights.
        """
        if len(numbers) == 0:
            return np.zeros(0, np.int64), np.zeros(0)
        height = np.abs(boxes[:, 1] - boxes[:, 3])
        is_first = np.ones(len(numbers), bool)
        is_first[1:] = (owners[1:] != owners[:-1]) | (np.abs(np.diff(boxes[:, 3])) > 0.2 * height[1:])
        firsts = np.flatnonzero(is_first)
        x, y = ctypes.c_double(), ctypes.c_double()
        styles, bases = [], []
        for number, owner in zip(numbers[firsts].tolist(), owners[firsts].tolist(), strict=True):
            style = self._styles.number(owner, number)
            pdfium.FPDFText_GetCharOrigin(self._handle, number, x, y)
            styles.append(style)
            bases.append(_to_frame(x.value, y.value, self._styles.all[style].direction, self._box)[1])
        lengths = np.diff([*firsts.tolist(), len(numbers)])
        return np.repeat(styles, lengths), np.repeat(bases, lengths)

    def _build_words(
        self, codes: Ints, numbers: Ints, styles: Ints, sizes: Floats, bases: Floats, frames: Floats
    ) -> None:
        x0, x1, top, bottom = frames
        has_blank, may_be_apart = self._find_blanks(codes, numbers)
        following, before = slice(1, None), slice(None, -1)
        gaps = np.where(x0[following] >= x0[before], x0[following] - x1[before], x0[before] - x1[following])
        is_start = np.ones(len(numbers), bool)
        is_start[following] = (
            has_blank[following]
            | may_be_apart[following]
            | (styles[following] != styles[before])
            | (np.abs(np.diff(bases)) > 0.12 * sizes[following])
            | (gaps < -0.6 * sizes[following])
            | (gaps > 0.35 * sizes[following])
        )
        texts, order = codes[numbers], numbers.copy()
        swapped = np.flatnonzero(
            (texts[following] == ord(_LAM))
            & np.isin(texts[before], _HALF_CODES)
            & ~is_start[following]
            & (x0[following] == x0[before])
        )
        for at in swapped.tolist():
            texts[at], texts[at + 1] = texts[at + 1], texts[at]
            order[at], order[at + 1] = order[at + 1], order[at]
        starts = np.flatnonzero(is_start)
        text, indices = "".join(map(chr, texts.tolist())), order.tolist()
        ends, all_codes = [*starts[1:].tolist(), len(text)], codes.tolist()
        edges = (np.minimum.reduceat(x0, starts), np.maximum.reduceat(x1, starts), top[starts], bottom[starts])
        columns = (starts, *edges, bases[starts], styles[starts], has_blank[starts], may_be_apart[starts])
        for end, row in zip(ends, zip(*(column.tolist() for column in columns), strict=True), strict=True):
            start, word_x0, word_x1, word_top, word_bottom, base, style_number, is_after_blank, is_apart = row
            style = self._styles.all[style_number]
            previous = indices[start - 1] if start else -1
            blank = _read_blank(all_codes, previous, indices[start]) if is_after_blank else ""
            self._keep(
                WordBox(
                    text[start:end],
                    indices[start:end],
                    word_x0,
                    word_x1,
                    word_top,
                    word_bottom,
                    base,
                    style.size,
                    style,
                    blank,
                    -1 if is_apart and not is_after_blank else previous,
                )
            )

    def _find_blanks(self, codes: Ints, numbers: Ints) -> tuple[Flags, Flags]:
        """Whether the text layer has white space before each character, and whether PDFium supposes some there."""
        is_blank = np.isin(codes, _BLANK_CODES)
        is_generated = np.zeros(len(codes), bool)
        for number in np.flatnonzero(is_blank).tolist():
            is_generated[number] = pdfium.FPDFText_IsGenerated(self._handle, number)
        real, supposed = np.cumsum(is_blank & ~is_generated), np.cumsum(is_generated)
        return np.diff(real[numbers], prepend=0) > 0, np.diff(supposed[numbers], prepend=0) > 0

    def _keep(self, word: WordBox) -> None:
        unit = word.size * 0.08
        keys = {(word.text, int(word.x0 / unit + shift), int(word.base / unit + shift)) for shift in (0.0, 0.5)}
        if keys & self._seen:
            return
        self._seen |= keys
        direction = word.style.direction
        if direction not in self.found:
            self.found[direction] = DirectedWords(*_frame_size(direction, self._box))
        self.found[direction].words.append(word)


def _read_arrays(handle: Any, count: int) -> tuple[Ints, Ints, Floats]:
    """The code of each character (-1 for none), the address of its text object, and its box as FS_RECTF has it."""
    pointer = ctypes.cast(handle, ctypes.c_void_p)
    codes = np.array(list(map(_GET_UNICODE, repeat(pointer), range(count))), np.int64)
    owners = np.array([address or 0 for address in map(_GET_OBJECT, repeat(pointer), range(count))], np.int64)
    boxes = np.zeros((count, 4), np.float32)
    start, size = boxes.ctypes.data, boxes.itemsize * 4
    deque(map(_GET_BOX, repeat(pointer), range(count), range(start, start + count * size, size)), maxlen=0)
    return _repair_codes(codes), owners, boxes.astype(np.float64)


def _repair_codes(codes: Ints) -> Ints:
    """Replace codes that PDFium uses itself, and halves of surrogate pairs; -1 is for what is no character."""
    is_high, is_low = (codes >= 0xD800) & (codes < 0xDC00), (codes >= 0xDC00) & (codes < 0xE000)
    pairs = np.flatnonzero(is_high[:-1] & is_low[1:])
    whole = 0x10000 + ((codes[pairs] - 0xD800) << 10) + (codes[pairs + 1] - 0xDC00)
    is_control = ((codes < 0x20) | ((codes >= 0x7F) & (codes < 0xA0))) & ~np.isin(codes, _BLANK_CODES)
    repaired = np.where(is_high | is_low | is_control | (codes > 0x10FFFF), -1, codes)
    repaired[codes == 0] = _UNKNOWN
    repaired[np.isin(codes, _LINE_END_HYPHENS)] = ord("-")
    repaired[pairs] = whole
    return repaired


def _read_blank(codes: Sequence[int], previous: int, number: int) -> str:
    """The first white space between two characters, which are numbered; tabs and line ends are blanks."""
    code = next(code for code in codes[previous + 1 : number] if code in _BLANKS)
    return " " if code < 0x21 else chr(code)


def read_boxes(text_page: Any, numbers: Iterable[int]) -> Iterator[tuple[tuple[float, float, float, float], int]]:
    """The boxes of characters in page space (left, bottom, right, top), each with its direction in quarter turns."""
    rect = pdfium.FS_RECTF()
    styles = _Styles(text_page.raw)
    handle = ctypes.cast(text_page.raw, ctypes.c_void_p)
    for number in numbers:
        pdfium.FPDFText_GetLooseCharBox(text_page.raw, number, rect)
        style = styles.all[styles.number(_GET_OBJECT(handle, number) or 0, number)]
        yield (rect.left, rect.bottom, rect.right, rect.top), style.direction


class _Styles:
    """The styles of a page, and which of them each text object has; each object is read once."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.all: list[Style] = [_NO_STYLE]
        self._numbers: dict[Style, int] = {_NO_STYLE: 0}
        self._by_object: dict[int, int] = {0: 0}
        self._fonts: dict[int, tuple[str, bool]] = {}
        self._matrix = pdfium.FS_MATRIX()

    def number(self, address: int, character: int) -> int:
        """The number, in ``all``, of the style of the text object at ``address``, which the character belongs to."""
        found = self._by_object.get(address)
        if found is None:
            style = self._read(character)
            found = self._by_object[address] = self._numbers.setdefault(style, len(self.all))
            if found == len(self.all):
                self.all.append(style)
        return found

    def _read(self, number: int) -> Style:
        matrix = self._matrix
        pdfium.FPDFText_GetMatrix(self._handle, number, matrix)
        angle = math.degrees(math.atan2(matrix.b, matrix.a)) % 360
        turns = round(angle / 90)
        direction = turns % 4 if abs(angle - turns * 90) <= _SKEW else -1
        size = pdfium.FPDFText_GetFontSize(self._handle, number) * math.hypot(matrix.c, matrix.d)
        return Style(direction, round(abs(size), 2), *self._read_font(number))

    def _read_font(self, number: int) -> tuple[str, bool]:
        font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(self._handle, number))
        if not font:
            return "", False
        address = ctypes.addressof(font.contents)
        if address not in self._fonts:
            length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
            buffer = ctypes.create_string_buffer(max(length, 1))
            pdfium.FPDFFont_GetBaseFontName(font, buffer, length)
            name = buffer.value.decode("utf-8", "replace").split("+")[-1]
            self._fonts[address] = (name, bool(_BOLD.search(name)) or pdfium.FPDFFont_GetWeight(font) >= 600)
        return self._fonts[address]


def _frame_size(direction: int, box: tuple[float, float, float, float]) -> tuple[float, float]:
    width, height = box[2] - box[0], box[3] - box[1]
    return (height, width) if direction % 2 else (width, height)


def _to_frame(x: Any, y: Any, direction: int, box: tuple[float, float, float, float]) -> tuple[Any, Any]:
    """The place of points, as numbers or arrays, in the frame in which text of that direction is upright."""
    left, bottom, right, top = box
    if direction == 1:
        return y - bottom, x - left
    if direction == 2:
        return right - x, y - bottom
    if direction == 3:
        return top - y, right - x
    return x - left, top - y


def _bind(function: Any, result: Any, *arguments: Any) -> Any:
    """Bind a function of PDFium again, for calls on each character.

    Plain addresses in place of typed pointers take half of the time of a call.
    """
    address = ctypes.cast(function, ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(address or 0)


_GET_UNICODE = _bind(pdfium.FPDFText_GetUnicode, ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)
_GET_OBJECT = _bind(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_GET_BOX = _bind(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
