"""Wording of lists, dates and counts."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import format_date, join_words, pluralize


@pytest.mark.parametrize(
    ("words", "listed"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_join_words(words: list[str], listed: str) -> None:
    """Commas separate all but the last two, which the conjunction joins."""
    assert join_words(words) == listed
    assert join_words(words, "or") == listed.replace(" and ", " or ")


def test_pluralize() -> None:
    """One is singular, anything else plural, with thousands separated."""
    assert [pluralize(count, "article") for count in (0, 1, 2000)] == ["0 articles", "1 article", "2,000 articles"]


def test_format_date() -> None:
    """The month is a word; without a date it is "undated"."""
    assert (format_date(date(2025, 5, 7)), format_date(None)) == ("7 May 2025", "undated")
