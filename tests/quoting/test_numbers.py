"""How figures and dates are read from a sentence."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quoting.numbers import figures

NOTHING = [
    "",
    "The pier fell.",
    "One of them fell.",
    "Hundreds of ships, a dozen crews and no one.",
    "F-35 and 5G",
    "6th",
]


@pytest.mark.parametrize("text", NOTHING)
def test_no_figure(text: str) -> None:
    """Words, pronouns, round multitudes, names and ordinals are no figures."""
    assert list(figures(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "at 10:30 it won",
        "it won 3-1 there",
        "in fiscal 2023-24 it fell",
        "the 2024 budget fell",
        "10 to 15 ships",
        "between two and six ships",
        "more than 300 ships",
        "at least six ships",
        "300 or more ships",
        "of Article 9 there",
        "a 14 million crown pier",
    ],
)
def test_labels(text: str) -> None:
    """Ranges, bounds, times, scores and numbers that belong to a name have no value to compare."""
    assert [(figure.number, figure.date) for figure in figures(text)] == [(None, None)]


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("6 ships", 6, ""),
        ("Six ships", 6, ""),
        ("twenty-one ships", 21, ""),
        ("two hundred and six ships", 206, ""),
        ("one million ships", 10**6, ""),
        ("three hundred thousand ships", 300_000, ""),
        ("two dozen ships", 24, ""),
        ("1,200 ships", 1200, ""),
        ("12,50,000 ships", 1_250_000, ""),
        ("3.5 miles", Fraction(7, 2), ""),
        ("14.3 million crowns", 14_300_000, ""),
        ("6.81 lakh crore rupees", 6_810_000_000_000, ""),
        ("about 300 ships", 300, ""),
        ("$1.2 billion", 1_200_000_000, "dollar"),
        ("US$14m", 14_000_000, "dollar"),
        ("A$14m", 14_000_000, "a$"),
        ("€ 3bn", 3_000_000_000, "euro"),
        ("Rs 500 crore", 5_000_000_000, "rupee"),
        ("6%", 6, "percent"),
        ("six per cent", 6, "percent"),
    ],
)
def test_numbers(text: str, number: int | Fraction, unit: str) -> None:
    """A number has one value, in whatever way it is written, and the sign beside it is its unit."""
    (figure,) = figures(text)
    assert (figure.number, figure.unit, figure.date) == (number, unit, None)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("on 14 December 2023", (2023, 12, 14)),
        ("on the 14th of December 2023", (2023, 12, 14)),
        ("on December 14, 2023", (2023, 12, 14)),
        ("on Dec. 14", (0, 12, 14)),
        ("in May 2024", (2024, 5, 0)),
        ("in 1871", (1871, 0, 0)),
        ("fiscal 2025", (2025, 0, 0)),
    ],
)
def test_dates(text: str, date: tuple[int, int, int]) -> None:
    """A date has a year, a month and a day, as far as they are written."""
    (figure,) = figures(text)
    assert (figure.date, figure.number) == (date, None)


PIECES = [
    "1",
    "20",
    "2024",
    ",",
    ".",
    "-",
    " ",
    "$",
    "%",
    "million",
    "two",
    "May",
    "to",
    "and",
    "½",
    "٣",
    "²",
    "between",
]


@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join) | st.text(max_size=60))
def test_anything_can_be_read(text: str) -> None:
    """Whatever a sentence holds, its figures are stretches of it, in order and apart."""
    spans = [figure.span for figure in figures(text)]
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
