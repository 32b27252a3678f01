"""Read the characters of a page with PDFium, and group them into words.

Coordinates are in points, x to the right and y downwards, in a frame in which the text is upright: the frame depends on
the direction of the text alone, not on the page's rotation.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
_RTL = regex.compile(r"[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]")
_LTR = regex.compile(r"[\p{L}--[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]]", regex.V1)


class Style(NamedTuple):
    """How a run of text is set: its direction in quarter turns (None if oblique), and its size in points."""

    direction: int | None
    size: float
    font: str
    is_bold: bool


class Character(NamedTuple):
    """A character with its number on the page, its box in page space, and its origin.

    ``blank`` is the text layer's white space before it; with ``may_be_apart``, PDFium supposes some there.
    """

    number: int
    text: str
    blank: str
    may_be_apart: bool
    style: Style
    left: float
    bottom: float
    right: float
    top: float
    origin_x: float
    origin_y: float


@dataclass(slots=True)
class WordBox:
    """Adjacent characters of one style on one baseline, in logical order.

    ``indices`` are the characters' numbers on the page; ``blank`` is the white space that the text layer has before
    the word, and ``previous`` the number of the character that it follows directly or after that blank, if any.
    """

    text: str
    indices: list[int]
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    style: Style
    blank: str
    previous: int

    @property
    def size(self) -> float:
        return self.style.size

    @property
    def is_rtl(self) -> bool:
        return bool(_RTL.search(self.text))

    @property
    def is_ltr(self) -> bool:
        return bool(_LTR.search(self.text)) or (self.text[0].isdigit() and not self.is_rtl)


@dataclass(slots=True)
class PageWords:
    """The words of a page in its main direction, and in each other one; ``hidden`` counts characters left out."""

    width: float
    height: float
    words: list[WordBox]
    rotated: list[tuple[float, float, list[WordBox]]] = field(default_factory=list)
    characters: int = 0
    hidden: int = 0


def read_words(page: Any, text_page: Any) -> PageWords:
    """Read the words of a pypdfium2 page; what lies outside the page or is too small to read is left out."""
    box = page.get_bbox()
    characters = list(read_characters(text_page))
    directions: dict[int, list[Character]] = {}
    hidden = 0
    for character in characters:
        direction = character.style.direction
        if direction is None or character.style.size < _TINY or not _is_inside(character, box):
            hidden += 1
        else:
            directions.setdefault(direction, []).append(character)
    counts = Counter({direction: len(found) for direction, found in directions.items()})
    (main, _), *others = counts.most_common() or [(0, 0)]
    width, height = _frame_size(main, box)
    return PageWords(
        width,
        height,
        list(_build_words(directions.get(main, []), main, box)),
        [(*_frame_size(other, box), list(_build_words(directions[other], other, box))) for other, _ in others],
        len(characters),
        hidden,
    )


def read_characters(text_page: Any) -> Iterator[Character]:
    """Read the visible characters of a pypdfium2 text page in PDFium's order.

    A blank is a property of the character after it. The two halves of the ligature lam-alef, which some fonts map in
    visual order, are put in logical order.
    """
    handle = text_page.raw
    get_code, get_object = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetTextObject
    get_box, get_origin = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharOrigin
    rect, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    styles = _Styles(handle)
    is_generated = pdfium.FPDFText_IsGenerated
    blank, may_be_apart, high = "", False, 0
    last: Character | None = None
    for index in range(text_page.count_chars()):
        code = get_code(handle, index)
        if code in _BLANKS:
            if is_generated(handle, index):
                may_be_apart = True
            else:
                blank = blank or (" " if code < 0x21 else chr(code))
            continue
        if code in _LINE_END_HYPHENS:
            code = 0x2D
        elif 0xD800 <= code < 0xDC00:
            high = code
            continue
        elif 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        elif code == 0:
            code = 0xFFFD  # a glyph whose character is unknown
        high = 0
        if code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            continue
        get_box(handle, index, rect)
        get_origin(handle, index, x, y)
        style = styles.get(index, get_object(handle, index))
        text = chr(code)
        found = Character(
            index, text, blank, may_be_apart, style, rect.left, rect.bottom, rect.right, rect.top, x.value, y.value
        )
        blank, may_be_apart = "", False
        if last is not None:
            if text == _LAM and last.text in _LIGATURE_HALVES and last[5:9] == found[5:9]:
                last, found = last._replace(text=text), found._replace(text=last.text)
            yield last
        last = found
    if last is not None:
        yield last


class _Styles:
    """The style of each text object of a page, each read once."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._by_object: dict[int, Style] = {}
        self._fonts: dict[int, tuple[str, bool]] = {}
        self._matrix = pdfium.FS_MATRIX()

    def get(self, index: int, pointer: Any) -> Style:
        address = ctypes.addressof(pointer.contents) if pointer else -1 - index
        style = self._by_object.get(address)
        if style is None:
            style = self._by_object[address] = self._read(index, pointer)
        return style

    def _read(self, index: int, pointer: Any) -> Style:
        matrix = self._matrix
        pdfium.FPDFText_GetMatrix(self._handle, index, matrix)
        angle = math.degrees(math.atan2(matrix.b, matrix.a)) % 360
        turns = round(angle / 90)
        direction = turns % 4 if abs(angle - turns * 90) <= _SKEW else None
        size = pdfium.FPDFText_GetFontSize(self._handle, index) * math.hypot(matrix.c, matrix.d)
        return Style(direction, round(abs(size), 2), *self._read_font(pointer))

    def _read_font(self, pointer: Any) -> tuple[str, bool]:
        font = pdfium.FPDFTextObj_GetFont(pointer) if pointer else None
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


def _is_inside(character: Character, box: tuple[float, float, float, float]) -> bool:
    x, y = (character.left + character.right) / 2, (character.bottom + character.top) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


def _frame_size(direction: int, box: tuple[float, float, float, float]) -> tuple[float, float]:
    width, height = box[2] - box[0], box[3] - box[1]
    return (height, width) if direction % 2 else (width, height)


def _to_frame(x: float, y: float, direction: int, box: tuple[float, float, float, float]) -> tuple[float, float]:
    left, bottom, right, top = box
    if direction == 0:
        return x - left, top - y
    if direction == 1:
        return y - bottom, x - left
    if direction == 2:
        return right - x, y - bottom
    return top - y, right - x


def _build_words(
    characters: Sequence[Character], direction: int, box: tuple[float, float, float, float]
) -> Iterator[WordBox]:
    word: WordBox | None = None
    seen: set[tuple[str, int, int]] = set()
    previous = -1
    glyph = (0.0, 0.0, 0.0)
    for character in characters:
        style = character.style
        x0, top = _to_frame(character.left, character.top, direction, box)
        x1, bottom = _to_frame(character.right, character.bottom, direction, box)
        x0, x1, top, bottom = min(x0, x1), max(x0, x1), min(top, bottom), max(top, bottom)
        base = _to_frame(character.origin_x, character.origin_y, direction, box)[1]
        unit = style.size * 0.08
        # Bold or shadowed text may be drawn twice, a little apart.
        keys = {(character.text, int(x0 / unit + shift), int(base / unit + shift)) for shift in (0.0, 0.5)}
        is_same_glyph, glyph = glyph == (x0, x1, base), (x0, x1, base)  # such as the second letter of a ligature
        if keys & seen and not is_same_glyph:
            previous = character.number
            continue
        seen |= keys
        if (
            word is not None
            and not character.blank
            and not character.may_be_apart
            and _continues(word, style, x0, x1, base)
        ):
            word.text += character.text
            word.indices.append(character.number)
            word.x0, word.x1 = min(word.x0, x0), max(word.x1, x1)
            word.top, word.bottom = min(word.top, top), max(word.bottom, bottom)
        else:
            if word is not None:
                yield word
            follows = -1 if character.may_be_apart and not character.blank else previous
            word = WordBox(
                character.text, [character.number], x0, x1, top, bottom, base, style, character.blank, follows
            )
        previous = character.number
    if word is not None:
        yield word


def _continues(word: WordBox, style: Style, x0: float, x1: float, base: float) -> bool:
    """Whether a character at this place belongs to the word: beside it, on either side, and on its baseline."""
    size = style.size
    if style is not word.style and style != word.style:
        return False
    if abs(base - word.base) > 0.12 * size:
        return False
    gap = x0 - word.x1 if x0 >= word.x0 else word.x0 - x1
    return -0.6 * size <= gap <= 0.35 * size
