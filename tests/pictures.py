"""Checks that the picture of a page marks certain words and no others, by the boxes of the page's characters."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
from PIL import Image


class PlacedCharacter(NamedTuple):
    """A character of a page, and its box in pixels of the picture: left, top, right, bottom."""

    text: str
    box: tuple[int, int, int, int]


def check_marked_words(picture: bytes, pdf: bytes, page: int, words: str) -> None:
    """Fail unless ``picture``, a PNG of this page of ``pdf`` (from 1), marks ``words`` and nothing else."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    characters = list(_place_characters(pdf, page, image.width))
    wanted = "".join(words.split())
    start = "".join(one.text for one in characters).index(wanted)
    for number, one in enumerate(characters):
        left, top, right, bottom = one.box
        if start <= number < start + len(wanted):
            colours = _colours(image.crop((left - 1, top - 1, right + 1, bottom + 1)))
            assert (255, 255, 255) not in colours, one
            assert any(red - blue > 60 for red, _, blue in colours), one
        else:
            assert all(red == blue for red, _, blue in _colours(image.crop(one.box))), one


def _colours(image: Image.Image) -> set[tuple[int, int, int]]:
    data = image.tobytes()
    return set(zip(data[::3], data[1::3], data[2::3], strict=True))


def _place_characters(pdf: bytes, page: int, width: int) -> Iterator[PlacedCharacter]:
    """Yield the characters of a page that are not blank, in the order of its text layer."""
    document = pypdfium2.PdfDocument(pdf)
    shown = document[page - 1]
    text = shown.get_textpage()
    scale, height = width / shown.get_width(), shown.get_height()
    for number in range(text.count_chars()):
        character = text.get_text_range(number, 1)
        if character.strip():
            left, bottom, right, top = text.get_charbox(number)
            box = (left, height - top, right, height - bottom)
            yield PlacedCharacter(character, _round(scale, box))
    document.close()


def _round(scale: float, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Scale a box to whole pixels; it has at least one in each direction."""
    left, top, right, bottom = (round(scale * one) for one in box)
    return left, top, max(right, left + 1), max(bottom, top + 1)
