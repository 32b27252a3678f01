"""How lists and dates stand in a sentence."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import day, joined


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_is_said_as_people_say_it(words: list[str], said: str) -> None:
    """Commas part all but the last two, whatever joins those."""
    assert joined(words) == said
    assert joined(words, "or") == said.replace(" and ", " or ")


def test_a_day_is_said_as_people_say_it() -> None:
    """The month is a word, and no date at all is said too."""
    assert (day(date(2025, 5, 7)), day(None)) == ("7 May 2025", "undated")
