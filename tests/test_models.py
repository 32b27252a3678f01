"""How lists and dates stand in a sentence."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import format_date, join_words


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_is_said_as_people_say_it(words: list[str], said: str) -> None:
    """Commas part all but the last two, whatever joins those."""
    assert join_words(words) == said
    assert join_words(words, "or") == said.replace(" and ", " or ")


def test_a_day_is_said_as_people_say_it() -> None:
    """The month is a word, and no date at all is said too."""
    assert (format_date(date(2025, 5, 7)), format_date(None)) == ("7 May 2025", "undated")
