"""Read the characters of a page with PDFium, and group them into words.

Coordinates are in points, x to the right and y downwards, in a frame in which the text is upright: the frame depends on
the direction of the text alone, not on the page's rotation.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium
import regex

_SKEW = 12.0  # degrees by which a scanned line may slope; text that slopes more is a watermark or a drawing
_TINY = 1.5  # points; text that nobody can read
_LIGATURE_HALVES = frozenset("آأإا")
_LAM = "ل"
_LINE_END_HYPHENS = frozenset({0x02, 0xFFFE})  # what PDFium makes of a hyphen at a line's end
_BLANKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200B), 0x202F, 0x205F})
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
    """Reads the characters of a page one by one, and joins each to the word before it or begins another."""

    def __init__(self, page: Any, text_page: Any) -> None:
        self._box = page.get_bbox()
        self._count = text_page.count_chars()
        self._handle = text_page.raw
        self._styles = _Styles(text_page.raw)
        self._seen: set[tuple[str, int, int]] = set()
        self._word: WordBox | None = None
        self.found: dict[int, DirectedWords] = {}
        self.characters = self.unknown = 0

    def read(self) -> None:
        """Read all characters; blanks are properties of the words after them."""
        handle = ctypes.cast(self._handle, ctypes.c_void_p)
        get_code, get_object, is_generated, get_box = _GET_UNICODE, _GET_OBJECT, _IS_GENERATED, _GET_BOX
        rect = pdfium.FS_RECTF()
        rect_address = ctypes.byref(rect)
        blank, may_be_apart, high, previous, owner = "", False, 0, -1, None
        style, base, level = _NO_STYLE, 0.0, 0.0
        for index in range(self._count):
            code = get_code(handle, index)
            if code in _BLANKS:
                if is_generated(handle, index):
                    may_be_apart = True
                else:
                    blank = blank or (" " if code < 0x21 else chr(code))
                continue
            if code < 0x20 or 0x7F <= code < 0xA0 or code >= 0xD800:
                code, high = _repair_code(code, high)
                if code < 0:
                    continue
            get_box(handle, index, rect_address)
            address = get_object(handle, index)
            if address != owner or abs(rect.bottom - level) > 0.2 * style.size:
                # A form that is drawn twice has the same text objects in two places.
                owner, level = address, rect.bottom
                style = self._styles.get(address, index)
                base = self._read_base(index, style)
            self.characters += 1
            self.unknown += code == _UNKNOWN
            if self._add(index, chr(code), (blank, may_be_apart), previous, style, rect, base):
                blank, may_be_apart, previous = "", False, index
        if self._word is not None:
            self._keep(self._word)

    def _read_base(self, index: int, style: Style) -> float:
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(self._handle, index, x, y)
        return _to_frame(x.value, y.value, style.direction, self._box)[1]

    def _add(
        self, index: int, text: str, before: tuple[str, bool], previous: int, style: Style, rect: Any, base: float
    ) -> bool:
        """Add a character; return whether it is one that can be read."""
        box = self._box
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        size = style.size
        if (
            style.direction < 0
            or size < _TINY
            or not box[0] - 2 <= left + right - box[0] <= 2 * box[2] - box[0] + 2
            or not box[1] - 2 <= bottom + top - box[1] <= 2 * box[3] - box[1] + 2
        ):
            return False
        if style.direction == 0:
            x0, x1, y0, y1 = left - box[0], right - box[0], box[3] - top, box[3] - bottom
        else:
            (x0, y0), (x1, y1) = (_to_frame(x, y, style.direction, box) for x, y in ((left, top), (right, bottom)))
            x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        word = self._word
        blank, may_be_apart = before
        if (
            word is not None
            and not blank
            and not may_be_apart
            and (style is word.style or style == word.style)
            and -0.12 * size <= base - word.base <= 0.12 * size
            and -0.6 * size <= (x0 - word.x1 if x0 >= word.x0 else word.x0 - x1) <= 0.35 * size
        ):
            if text == _LAM and word.text[-1] in _LIGATURE_HALVES and x0 == word.x0:
                word.text = word.text[:-1] + text + word.text[-1]
                word.indices.insert(-1, index)
            else:
                word.text += text
                word.indices.append(index)
            word.x0, word.x1 = min(word.x0, x0), max(word.x1, x1)
            return True
        if word is not None:
            self._keep(word)
        follows = -1 if may_be_apart and not blank else previous
        self._word = WordBox(text, [index], x0, x1, y0, y1, base, size, style, blank, follows)
        return True

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


def _repair_code(code: int, high: int) -> tuple[int, int]:
    """The character code for one that PDFium uses itself, or for half a surrogate pair; -1 for none yet.

    Also returns the first half of a pair, for the next character.
    """
    if code in _LINE_END_HYPHENS:
        return 0x2D, 0
    if code == 0:
        return _UNKNOWN, 0
    if 0xD800 <= code < 0xDC00:
        return -1, code
    if 0xDC00 <= code < 0xE000:
        return (0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00), 0) if high else (-1, 0)
    return (code, 0) if 0xE000 <= code <= 0x10FFFF else (-1, 0)


def read_boxes(text_page: Any, numbers: Iterable[int]) -> Iterator[tuple[tuple[float, float, float, float], int]]:
    """The boxes of characters in page space (left, bottom, right, top), each with its direction in quarter turns."""
    rect = pdfium.FS_RECTF()
    styles = _Styles(text_page.raw)
    handle = ctypes.cast(text_page.raw, ctypes.c_void_p)
    for number in numbers:
        pdfium.FPDFText_GetLooseCharBox(text_page.raw, number, rect)
        style = styles.get(_GET_OBJECT(handle, number), number)
        yield (rect.left, rect.bottom, rect.right, rect.top), style.direction


class _Styles:
    """The style of each text object of a page, each read once."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._by_object: dict[int, Style] = {}
        self._fonts: dict[int, tuple[str, bool]] = {}
        self._matrix = pdfium.FS_MATRIX()

    def get(self, address: int | None, number: int) -> Style:
        """The style of the text object at ``address``, which the character of that number belongs to."""
        if address is None:
            return _NO_STYLE
        style = self._by_object.get(address)
        if style is None:
            style = self._by_object[address] = self._read(number)
        return style

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


def _to_frame(x: float, y: float, direction: int, box: tuple[float, float, float, float]) -> tuple[float, float]:
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
_IS_GENERATED = _bind(pdfium.FPDFText_IsGenerated, ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_GET_OBJECT = _bind(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_GET_BOX = _bind(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
