"""Recognizing questions and lines that only point to another article."""

from __future__ import annotations

import pytest

from bot.models import Span
from bot.text.analysis import is_pointer, is_question


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Is it over?", True),
        ("“Is it over?”", True),
        ("(Is it over?)", True),
        ("終わりましたか？", True),
        ("?", True),
        ("It is over.", False),
        ("“Is it over?” he asked.", False),
        ("", False),
    ],
)
def test_is_question(sentence: str, expected: bool) -> None:
    """A sentence is a question if its last mark before closing quotes is one, whatever surrounds the sentence."""
    assert is_question(f"Who? {sentence} Who?", Span(5, 5 + len(sentence))) is expected


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("Read more: The storm", True),
        ("MORE: The storm", True),
        ("Live updates:The storm", True),
        ("Why it matters?:The storm", True),
        ("'A storm':The sea rose", True),
        ("The storm: what is known", False),
        ("Background: the treaty of 1951", False),
        ("Doors open at 10:30", False),
        ("Location:Oslo, in the old town hall.", False),
        ("Answer:“The crew was saved by fishermen.”", False),
        ("https://example.com/storm", False),
        ("More than a storm, he said: a flood", False),
        ("Nine words are too many to be a label here:The storm", False),
        ("The storm", False),
        ("", False),
        ("!: " + "!" * 40_000, False),
    ],
)
def test_is_pointer(paragraph: str, expected: bool) -> None:
    """A pointer has a typical label, or a label with no blank after it and no sentence end; long text takes no time."""
    assert is_pointer(paragraph) is expected
