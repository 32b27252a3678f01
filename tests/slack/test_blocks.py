"""Measuring, cutting and isolating text."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks import escape, isolate, shorten, truncate, truncate_escaped, utf16_length

from .hostile import NAMES, is_directional

SIZES: list[tuple[str, int]] = [
    ("", 0),
    ("a\n", 2),
    ("é", 1),
    ("\u20ac", 1),
    ("\ud800", 1),
    ("😀", 2),
    ("a😀é", 4),
]


@pytest.mark.parametrize(("text", "units"), SIZES)
def test_text_is_measured_in_utf_16(text: str, units: int) -> None:
    """A character beyond the basic plane counts twice; a lone surrogate and any other character count once."""
    assert utf16_length(text) == units


@given(NAMES.map(lambda text: text.replace(" ", "")), st.integers(0, 300))
def test_text_without_blanks_is_cut_at_the_limit(text: str, limit: int) -> None:
    """The result is the longest prefix that fits, without trailing blanks."""
    for words, measure in (
        (truncate(text, limit), utf16_length),
        (truncate_escaped(text, limit), lambda part: utf16_length(escape(part))),
    ):
        longest = max(count for count in range(min(len(text), limit) + 1) if measure(text[:count]) <= limit)
        assert words == (text if measure(text) <= limit else text[:longest].rstrip())


CUT: list[tuple[str, int, str]] = [
    ("", 5, ""),
    ("two words", 9, "two words"),
    ("two more words", 11, "two more"),
    ("two words", 8, "two word"),
    ("two words", 3, "two"),
    ("a bridge", 7, "a bridg"),
    ("😀😀😀", 5, "😀😀"),
    ("words", 0, ""),
]


@pytest.mark.parametrize(("text", "limit", "words"), CUT)
def test_text_is_cut_between_words(text: str, limit: int, words: str) -> None:
    """A blank in the second half of what fits is the end; otherwise a word is cut."""
    assert truncate(text, limit) == words


def test_shortened_text_has_an_ellipsis() -> None:
    """The ellipsis counts towards the limit; text that fits has none."""
    assert [shorten("a bridge", 8), shorten("a bridge", 7), shorten("😀😀😀", 5)] == ["a bridge", "a brid…", "😀😀…"]


def test_every_directional_character_is_isolated() -> None:
    """Each Unicode character that can change the direction of others is isolated."""
    everything = map(chr, range(sys.maxunicode + 1))
    turning = [char for char in everything if is_directional(char) and char not in "\n\r\x1c\x1d\x1e\x85\u2029"]
    assert turning
    assert [char for char in turning if isolate(f"a{char}") == f"a{char}"] == []
