"""PDFs with invented text, made with reportlab, whose paragraphs are known."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 595.0, 842.0
TOP, BOTTOM, LEFT, RIGHT = 770.0, 90.0, 70.0, 525.0
GUTTER = 18.0
# Syllables of words in the packaged list, so that a broken word can be known again.
SYLLABLES = (
    "har-bour coun-cil com-mit-tee gov-ern-ment im-por-tant tem-per-a-ture ex-am-ple de-vel-op-ment "
    "res-i-dents build-ing pro-fes-sor in-ves-ti-ga-tion cel-e-brate mar-ket win-ter sum-mer ferry bridge "
    "school the of and a to in was were had with from water light stone road near after before under "
    "small large old new first last many few open closed told saw wrote said found left kept built moved "
    "asked paid lost won"
).split()
COMPOUNDS = "long-term well-known two-storey half-finished".split()
NAMES = "Marlow Hensby Otterfield Quillan Brandreth Lundsbay Tamsworth".split()


@dataclass(frozen=True)
class Design:
    """How a document is laid out; ``is_interleaved`` draws the lines of all columns in turn, row by row."""

    seed: int
    columns: int = 1
    is_indented: bool = True
    is_justified: bool = True
    is_interleaved: bool = False
    has_hyphens: bool = True
    has_furniture: bool = True
    has_notes: bool = False
    has_table: bool = False
    has_stamp: bool = False
    has_headings: bool = False
    paragraphs: int = 24
    font: str = "Times-Roman"
    size: float = 10.0


@dataclass
class Document:
    """A finished file: its paragraphs with the pages they begin on, and words that must not be in the text."""

    data: bytes = b""
    paragraphs: list[tuple[str, int]] = field(default_factory=list)
    rows: list[tuple[str, int]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """A line to draw."""

    text: str
    x: float
    y: float
    font: str
    size: float
    word_space: float = 0.0
    column: int = 0


def designs() -> list[Design]:
    """Seventy-two designs: every number of columns with every kind of paragraph and order, and all else in turn."""
    found = []
    for seed in range(72):
        rng = random.Random(seed)
        columns = seed % 3 + 1
        found.append(
            Design(
                seed,
                columns,
                is_indented=seed // 3 % 2 == 0,
                is_justified=seed // 6 % 2 == 0,
                is_interleaved=columns > 1 and seed // 12 % 2 == 0,
                has_hyphens=rng.random() < 0.6,
                has_furniture=rng.random() < 0.7,
                has_notes=rng.random() < 0.5,
                has_table=rng.random() < 0.4,
                has_stamp=rng.random() < 0.4,
                has_headings=rng.random() < 0.5,
                font=rng.choice(["Times-Roman", "Helvetica"]),
                size=rng.choice([9.0, 10.0, 11.0]),
            )
        )
    return found


def typeset(design: Design) -> Document:
    """Lay out invented paragraphs, and draw them."""
    return _Typesetter(design).run()


def sentence(rng: random.Random, words: int) -> str:
    """An invented sentence of about as many words."""
    chosen = [
        rng.choice(NAMES) if rng.random() < 0.08 else rng.choice(COMPOUNDS) if rng.random() < 0.03 else _word(rng)
        for _ in range(words)
    ]
    chosen[0] = chosen[0].capitalize()
    if words > 8 and rng.random() < 0.3:
        chosen[words // 2] += ","
    return " ".join(chosen) + "."


def _word(rng: random.Random) -> str:
    return rng.choice(SYLLABLES).replace("-", "")


class _Typesetter:
    def __init__(self, design: Design) -> None:
        self.design = design
        self.rng = random.Random(design.seed)
        self.document = Document()
        self.leading = design.size * 1.2
        self.column_width = (RIGHT - LEFT - GUTTER * (design.columns - 1)) / design.columns
        self.pages: list[list[_Piece]] = [[]]
        self.column, self.y = 0, TOP
        self.notes: list[list[_Piece]] = []
        self.floor = BOTTOM

    def run(self) -> Document:
        design, rng = self.design, self.rng
        for number in range(design.paragraphs):
            if design.has_headings and number % 8 == 3:
                self._add_heading()
            if design.has_table and number == 10:
                self._add_table()
            if design.has_notes and number % 6 == 2:
                self._add_note(number // 6 + 1)
            self._add_paragraph(" ".join(sentence(rng, rng.randint(5, 18)) for _ in range(rng.randint(2, 7))))
        self.document.data = self._draw()
        return self.document

    @property
    def _x(self) -> float:
        return LEFT + self.column * (self.column_width + GUTTER)

    def _add_paragraph(self, text: str) -> None:
        design = self.design
        lines = list(self._break(text, design.size * 1.5 if design.is_indented else 0.0, self.column_width))
        if not design.is_indented and self.y < TOP:
            self.y -= 0.6 * self.leading
        for number, line in enumerate(lines):
            self._next_line()
            if number == 0:
                self.document.paragraphs.append((text, len(self.pages)))
            indent = design.size * 1.5 if design.is_indented and number == 0 else 0.0
            space = 0.0
            if design.is_justified and number < len(lines) - 1 and " " in line:
                space_left = self.column_width - indent - stringWidth(line, design.font, design.size)
                space = space_left / line.count(" ")
            self._put(line, self._x + indent, design.font, design.size, space)

    def _break(self, text: str, indent: float, width: float) -> Iterator[str]:
        line, space_left = "", width - indent
        for word in text.split():
            wider = f"{line} {word}".strip()
            if self._measure(wider) <= space_left:
                line = wider
                continue
            start, rest = self._hyphenate(word, line, space_left)
            yield f"{line} {start}".strip()
            line, space_left = rest, width
        yield line

    def _hyphenate(self, word: str, line: str, space_left: float) -> tuple[str, str]:
        """The part of a word that fits on the line, with its hyphen, and the rest; "" and the word if none does."""
        bare = word.strip(".,")
        spelling = next((one for one in SYLLABLES if one.replace("-", "") == bare.lower()), "")
        parts = bare.split("-") if "-" in bare else spelling.split("-")
        if not self.design.has_hyphens and "-" not in bare:
            return "", word
        at = 0
        best = ("", word)
        for part in parts[:-1]:
            at += len(part)
            start = word[:at] + "-"
            if self._measure(f"{line} {start}".strip()) <= space_left:
                best = (start, word[at + ("-" in bare) :])
            at += "-" in bare
        return best

    def _measure(self, text: str) -> float:
        return stringWidth(text, self.design.font, self.design.size)

    def _next_line(self) -> None:
        self.y -= self.leading
        if self.y < self.floor:
            self._next_column()
            self.y -= self.leading

    def _next_column(self) -> None:
        self.column += 1
        self.y, self.floor = TOP, BOTTOM
        if self.column == self.design.columns:
            self.column = 0
            self.pages.append([])

    def _put(self, text: str, x: float, font: str, size: float, space: float = 0.0, y: float | None = None) -> None:
        self.pages[-1].append(_Piece(text, x, self.y if y is None else y, font, size, space, self.column))

    def _add_heading(self) -> None:
        size = self.design.size * 1.3
        text = f"Of {self.rng.choice(NAMES)}"
        if self.y - 5 * self.leading < self.floor:
            self._next_column()
        self.y -= 0.8 * self.leading if self.y < TOP else 0.0
        self.y -= self.leading * 1.2
        self._put(text, self._x, "Helvetica-Bold", size)
        self.y -= 0.4 * self.leading
        self.document.headings.append(text)

    def _add_table(self) -> None:
        if self.y - 8 * self.leading < self.floor:
            self._next_column()
        rows = [["Town", "Year", "Boats"]]
        rows += [[name, str(1900 + self.rng.randrange(99)), str(self.rng.randrange(90))] for name in NAMES[:4]]
        self.y -= 0.8 * self.leading
        for row in rows:
            self.y -= self.leading * 1.1
            for number, cell in enumerate(row):
                self._put(cell, self._x + number * self.column_width / 3, self.design.font, self.design.size)
            self.document.rows.append(("\t".join(row), len(self.pages)))
        self.y -= 0.8 * self.leading

    def _add_note(self, number: int) -> None:
        """Set a footnote at the foot of the column."""
        size = self.design.size * 0.8
        text = f"{number} See the {self.rng.choice(NAMES)} papers of {1900 + number}."
        if self.floor > BOTTOM or self.y - 6 * self.leading < self.floor:
            return
        self._put(text, self._x, self.design.font, size, y=BOTTOM)
        self.floor = BOTTOM + 2 * self.leading
        self.document.paragraphs.append((text, len(self.pages)))

    def _draw(self) -> bytes:
        stream = io.BytesIO()
        canvas = Canvas(stream, pagesize=(WIDTH, HEIGHT), invariant=1)
        for number, pieces in enumerate(self.pages, 1):
            if self.design.has_furniture:
                self._draw_furniture(canvas, number)
            if self.design.has_stamp:
                canvas.saveState()
                canvas.translate(28, 300)
                canvas.rotate(90)
                canvas.setFont("Times-Roman", 14)
                canvas.drawString(0, 0, "stampword:2911.04417v2 30 Sep 2029")
                canvas.restoreState()
            order = sorted(pieces, key=lambda piece: (-piece.y, piece.column)) if self.design.is_interleaved else pieces
            for piece in order:
                draw(canvas, piece.text, piece.x, piece.y, piece.font, piece.size, piece.word_space)
            canvas.showPage()
        canvas.save()
        self.document.absent += ["stampword", "Chronicle of Harbours", "footerword"]
        return stream.getvalue()

    def _draw_furniture(self, canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(LEFT, HEIGHT - 40, "Chronicle of Harbours")
        canvas.drawRightString(RIGHT, HEIGHT - 40, str(number))
        canvas.drawCentredString(WIDTH / 2, 40, f"footerword {number} of {len(self.pages)}")


def draw(canvas: Canvas, text: str, x: float, y: float, font: str, size: float, word_space: float = 0.0) -> None:
    """Draw a line of text."""
    line = canvas.beginText(x, y)
    line.setFont(font, size)
    line.setWordSpace(word_space)
    line.textOut(text)
    canvas.drawText(line)


def write_pages(pages: Sequence[Sequence[tuple[str, float, float, str, float]]], **options: object) -> bytes:
    """Draw pages of lines: each is a text, its place, its font and its size."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(WIDTH, HEIGHT), invariant=1, **options)
    for lines in pages:
        for text, x, y, font, size in lines:
            draw(canvas, text, x, y, font, size)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()
