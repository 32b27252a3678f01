"""Read a PDF file: its text in reading order, with marks, pages and metadata, and the place of each character."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from bot.errors import UnreadableArticleError
from bot.ingest.pdf.characters import read_words
from bot.ingest.pdf.columns import Strip, order_page
from bot.ingest.pdf.furniture import PageLines, drop_furniture, drop_line_numbers, measure_body
from bot.ingest.pdf.hyphens import Joiner
from bot.ingest.pdf.paragraphs import Block, build_blocks
from bot.models import Mark, PageStart, Span, pluralize

PAGE_LIMIT = 5_000
CHARACTER_LIMIT, PAGE_CHARACTER_LIMIT = 5_000_000, 300_000
"""Of a document, and of one page; a densely set page has about 10,000."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The canonical text of a file with its marks and pages, and where its characters stand.

    ``origins`` has, for each character of ``text``, its number in PDFium's text page, or -1 for one between words.
    ``empty_pages`` are the pages without text. Warnings are half sentences.
    """

    text: str
    marks: tuple[Mark, ...]
    pages: tuple[PageStart, ...]
    origins: array[int]
    page_count: int
    empty_pages: tuple[int, ...]
    warnings: tuple[str, ...]


def open_document(data: bytes) -> pypdfium2.PdfDocument:
    """Open a PDF. Raises UnreadableArticleError when it is empty, damaged, too long, or needs a password."""
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableArticleError("it is empty", "empty")
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableArticleError(
                "it is protected by a password; save a copy without one", "encrypted"
            ) from error
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_SECURITY:
            raise UnreadableArticleError("it is encrypted in a way that is not supported", "encrypted") from error
        raise UnreadableArticleError("it is damaged, or not a PDF") from error
    if len(document) == 0:
        document.close()
        raise UnreadableArticleError("it is damaged: it has no pages")
    if len(document) > PAGE_LIMIT:
        count = len(document)
        document.close()
        raise UnreadableArticleError(f"it has {count:,} pages; the limit is {PAGE_LIMIT:,}", "too_large")
    return document


def read_layout(document: pypdfium2.PdfDocument) -> Layout:
    """Read the text of all pages. Raises UnreadableArticleError when there is none, or too much."""
    pages: list[PageLines] = []
    gutters: list[Strip] = []
    empty: list[int] = []
    unreadable: list[int] = []
    total = dropped = 0
    for number in range(1, len(document) + 1):
        try:
            page, count, numbers = _read_page(document, number, gutters, CHARACTER_LIMIT - total)
        except pypdfium2.PdfiumError:
            unreadable.append(number)
            continue
        total += count
        dropped += numbers
        if not page.regions:
            empty.append(number)
        pages.append(page)
    if len(unreadable) == len(document):
        raise UnreadableArticleError("it is damaged: none of its pages can be read")
    if len(empty) + len(unreadable) == len(document):
        raise UnreadableArticleError("it has no text, only pictures; run text recognition (OCR) on it first", "no_text")
    dropped += drop_furniture(pages, measure_body(pages))
    body = measure_body(pages)
    joiner = Joiner(line for page in pages for region in page.regions for line in region.lines)
    blocks = build_blocks(pages, body)
    warnings = []
    if unreadable:
        warnings.append(f"{_list_pages(unreadable)} cannot be read")
    if empty:
        warnings.append(f"{_list_pages(empty)} {'has' if len(empty) == 1 else 'have'} no text, perhaps only pictures")
    if uncertain := [page.number for page in pages if any(region.is_uncertain for region in page.regions)]:
        warnings.append(f"{_list_pages(uncertain)}: the columns could not be separated, so lines may be out of order")
    if dropped:
        warnings.append(f"{pluralize(dropped, 'line')} of headers, footers, page and line numbers left out")
    return _assemble(blocks, joiner, len(document), (*empty, *unreadable), tuple(warnings))


def _read_page(
    document: pypdfium2.PdfDocument, number: int, gutters: list[Strip], limit: int
) -> tuple[PageLines, int, int]:
    page = document[number - 1]
    try:
        text_page = page.get_textpage()
        try:
            if text_page.count_chars() > min(limit, PAGE_CHARACTER_LIMIT):
                raise UnreadableArticleError("it has more characters than the limit", "too_large")
            found = read_words(page, text_page)
        finally:
            text_page.close()
    finally:
        page.close()
    if not found.directions or found.unknown > 0.5 * found.characters:
        return PageLines(number, 0.0, 0.0, []), found.characters, 0
    main, *others = found.directions
    words, dropped = drop_line_numbers(main.words)
    regions = order_page(number, words, gutters)
    for other in others:
        # Text in another direction is a stamp in the margin, or a part of a figure or table.
        inner = [word for word in other.words if 0.12 * other.height < word.base < 0.88 * other.height]
        regions += order_page(number, inner, [])
        dropped += len(inner) < len(other.words)
    return PageLines(number, main.width, main.height, regions), found.characters, dropped


def _list_pages(numbers: Sequence[int]) -> str:
    """Name pages: "page 3", "pages 3 to 7 and 9"."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    names = [str(first) if first == last else f"{first} to {last}" for first, last in ranges]
    shown = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} more ranges"]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{'page' if len(numbers) == 1 else 'pages'} {listed}"


def _assemble(
    blocks: Sequence[Block], joiner: Joiner, page_count: int, empty: Sequence[int], warnings: tuple[str, ...]
) -> Layout:
    with_text = {line.page for block in blocks for line in block.lines}
    builder = _Builder([page for page in range(1, page_count + 1) if page not in with_text])
    marks = []
    for block in blocks:
        builder.end_paragraph()
        start = builder.length
        for at, line in enumerate(block.lines):
            ends_word = bool(line.blank) or block.kind in ("title", "heading")
            drop, separator = joiner.join(block.lines[at - 1].text, line.text, ends_word=ends_word) if at else (0, "")
            builder.add_line(line.page, line.text, line.origins, drop, separator)
        if block.kind in ("title", "heading"):
            marks.append(Mark("title" if block.kind == "title" else "heading", Span(start, builder.length)))
    builder.finish(page_count)
    text = "".join(builder.parts)
    return Layout(
        text, tuple(marks), tuple(builder.starts), builder.origins, page_count, tuple(sorted(empty)), warnings
    )


class _Builder:
    """Collects the text, the origin of each character, and the pages."""

    def __init__(self, empty: Sequence[int]) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.origins = array("i")
        self.starts: list[PageStart] = []
        self._empty = list(empty)

    def end_paragraph(self) -> None:
        if self.length:
            self._add("\n\n", array("i", (-1, -1)))

    def add_line(self, page: int, text: str, origins: array[int], drop: int, separator: str) -> None:
        if drop:
            self.parts[-1] = self.parts[-1][:-drop]
            self.length -= drop
            del self.origins[-drop:]
        self._add(separator, array("i", [-1] * len(separator)))
        if not self.starts or self.starts[-1].page != page:
            self._place_empty(page)
            self.starts.append(PageStart(self.length, page))
        self._add(text, origins)

    def finish(self, page_count: int) -> None:
        self._place_empty(page_count + 1)

    def _place_empty(self, before: int) -> None:
        while self._empty and self._empty[0] < before:
            self.starts.append(PageStart(self.length, self._empty.pop(0)))

    def _add(self, text: str, origins: array[int]) -> None:
        if text:
            self.parts.append(text)
            self.origins.extend(origins)
            self.length += len(text)


def read_labels(document: pypdfium2.PdfDocument) -> tuple[str, ...]:
    """The printed labels of all pages, if any differs from the page's number; else an empty tuple."""
    labels = tuple(_read_label(document, at) or str(at + 1) for at in range(len(document)))
    return labels if any(label != str(number) for number, label in enumerate(labels, 1)) else ()


def _read_label(document: Any, at: int) -> str:
    length = pdfium.FPDF_GetPageLabel(document.raw, at, None, 0)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDF_GetPageLabel(document.raw, at, buffer, length)
    return buffer.raw[: length - 2].decode("utf-16-le", "replace").strip()
