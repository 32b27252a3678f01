"""Find a quote's words on the pages of a PDF, and draw the page with the quote marked."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from bot.ingest.pdf.characters import read_boxes
from bot.ingest.pdf.document import Layout, open_document, read_layout
from bot.models import Span

MAX_WIDTH, MAX_HEIGHT = 1200, 2400
"""Of a picture, in pixels."""
_MARKER, _FRAME = (255, 236, 130), (214, 140, 0)
_PADDING = 1.0  # points around the words


class Box(NamedTuple):
    """A rectangle in page space: points, x to the right and y upwards, before the page is rotated."""

    left: float
    bottom: float
    right: float
    top: float


def locate_quote(data: bytes, span: Span) -> list[tuple[int, list[Box]]]:
    """Find the words at ``span`` of the canonical text: the pages, from 1, and a box for each run of words there.

    Raises UnreadableArticleError as ``read`` does.
    """
    document = open_document(data)
    try:
        places = _find_places(read_layout(document), span)
        return [(page, _read_boxes(document, page, indices)) for page, indices in places]
    finally:
        document.close()


def draw_quote(data: bytes, span: Span) -> bytes:
    """Draw the page on which the quote at ``span`` of the canonical text begins, with its words there marked.

    Returns a PNG picture of at most ``MAX_WIDTH`` by ``MAX_HEIGHT`` pixels. Raises UnreadableArticleError as ``read``
    does, and ValueError when the span holds no word.
    """
    document = open_document(data)
    try:
        places = _find_places(read_layout(document), span)
        if not places:
            raise ValueError("the span holds no word of the text layer")
        number, indices = places[0]
        boxes = _read_boxes(document, number, indices)
        page = document[number - 1]
        width, height = page.get_size()
        bitmap = page.render(scale=min(MAX_WIDTH / width, MAX_HEIGHT / height))
        picture = bitmap.to_pil().convert("RGB")
        converter = bitmap.get_posconv(page)
        corners = [
            (
                converter.to_bitmap(box.left - _PADDING, box.bottom - _PADDING),
                converter.to_bitmap(box.right + _PADDING, box.top + _PADDING),
            )
            for box in boxes
        ]
        page.close()
    finally:
        document.close()
    marked = _mark(picture, [_order(first, second) for first, second in corners])
    stream = io.BytesIO()
    marked.save(stream, "PNG")
    return stream.getvalue()


def _find_places(layout: Layout, span: Span) -> list[tuple[int, list[int]]]:
    """The pages of the characters in the span, in order, and the characters' numbers there."""
    places: dict[int, list[int]] = {}
    at = 0
    for offset in range(span.start, min(span.end, len(layout.text))):
        while at + 1 < len(layout.pages) and layout.pages[at + 1].offset <= offset:
            at += 1
        if layout.origins[offset] >= 0:
            places.setdefault(layout.pages[at].page, []).append(layout.origins[offset])
    return list(places.items())


def _read_boxes(document: Any, page_number: int, indices: Sequence[int]) -> list[Box]:
    """The boxes of the characters on a page, one for each run on one line."""
    page = document[page_number - 1]
    text_page = page.get_textpage()
    try:
        return list(_join_boxes(read_boxes(text_page, indices)))
    finally:
        text_page.close()
        page.close()


def _join_boxes(found: Iterable[tuple[tuple[float, float, float, float], int]]) -> Iterator[Box]:
    box: Box | None = None
    direction = 0
    for edges, turns in found:
        added = Box(*edges)
        if box is not None and direction == turns and _is_beside(box, added, direction):
            box = Box(
                min(box.left, added.left),
                min(box.bottom, added.bottom),
                max(box.right, added.right),
                max(box.top, added.top),
            )
            continue
        if box is not None:
            yield box
        box, direction = added, turns
    if box is not None:
        yield box


def _is_beside(box: Box, added: Box, direction: int) -> bool:
    if direction in (1, 3):
        box, added = _turn(box), _turn(added)
    height = min(box.top - box.bottom, added.top - added.bottom)
    overlap = min(box.top, added.top) - max(box.bottom, added.bottom)
    gap = max(added.left - box.right, box.left - added.right)
    return overlap > 0.4 * height and gap < 1.5 * max(box.top - box.bottom, added.top - added.bottom)


def _turn(box: Box) -> Box:
    return Box(box.bottom, box.left, box.top, box.right)


def _order(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int, int, int]:
    (x0, y0), (x1, y1) = first, second
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _mark(picture: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> Image.Image:
    """Colour the boxes as with a marker pen, so that the words stay black, and frame them."""
    layer = Image.new("RGB", picture.size, "white")
    pen = ImageDraw.Draw(layer)
    for box in boxes:
        pen.rectangle(box, fill=_MARKER, outline=_FRAME)
    return ImageChops.multiply(picture, layer)
