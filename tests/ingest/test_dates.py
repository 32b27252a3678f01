"""Parsing of dates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.dates import parse_date


@pytest.mark.parametrize(
    "text",
    (
        "|soon|2025|2025-05|May 2025|2025-13-01|2025-02-30|31 June 2025|yesterday|last week|early May 2025|Summer 2025|"
        "Q2 2025|7 May|5/2025|10:30|7 May '25|7/5/25|25-05-07|May 5-7, 2025|5 and 7 May 2025|"
        "2025-05-07 to 2025-05-09|around May 7, 2025|Room 7, May 2025|1,000 in May 2025|may 7 2025 vision|"
        f"7 May 2025{' or later' * 10}"
    ).split("|"),
)
def test_incomplete_dates_are_rejected(text: str) -> None:
    """A month or a year alone is not a date: a citation would show a day that the article does not state."""
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["07/05/2025", "05-07-2025", "7/5/2025 10:00"])
def test_ambiguous_dates_are_rejected(text: str) -> None:
    """Numbers that could be day and month or month and day are no date."""
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    (
        "2025-05-07|2025-05-07T10:00:00+09:00|2025-05-07T23:30:00-07:00|2025-05-07 10:00|2025-5-7|2025/05/07|2025/5/7|"
        "2025.05.07|20250507|7 May 2025|07 MAY 2025|7-May-2025|May 7, 2025|May 7 2025|May 7th, 2025|7th May 2025|"
        "Wednesday, May 7, 2025|Wed 7 May 2025|the 7th of May, 2025|May 7, 2025 at 10:30 am|Published May 7, 2025|"
        "Wed, 7 May 2025 10:00:00 +0200|Wed, 7 May 2025 10:00:00 GMT|Wed May  7 10:00:00 2025|07.05.2025|7. 5. 2025|"
        "7. Mai 2025|Mittwoch, 7. Mai 2025|le 7 mai 2025|mercredi 7 mai 2025|7 de mayo de 2025|7 maggio 2025|"
        "7 мая 2025 г.|2025年5月7日|2025년 5월 7일"
    ).split("|"),
)
def test_dates_are_parsed(text: str) -> None:
    """Dates are parsed in the forms that people and programs commonly use; the day is the one that is written."""
    assert parse_date(text) == date(2025, 5, 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25/05/2025", date(2025, 5, 25)),
        ("05/25/2025", date(2025, 5, 25)),
        ("05/05/2025", date(2025, 5, 5)),
        ("25.05.2025", date(2025, 5, 25)),
        ("Sept. 5, 2025", date(2025, 9, 5)),
        ("1er juin 2025", date(2025, 6, 1)),
    ],
)
def test_numbers_that_can_only_be_a_day_or_a_month(text: str, expected: date) -> None:
    """A number above 12 is the day; equal numbers cannot be confused; a dot is written after the day."""
    assert parse_date(text) == expected


PIECES = st.sampled_from(
    "7 05 2025 -1 1e9 May mai . , : / - T Z am +99:99 99999999999999 ² ٣ 年 of st inf nan ( ' _".split()
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=14).map("".join))
def test_any_text_is_a_date_or_none(text: str) -> None:
    """No text raises, and a date has the year that the text states."""
    found = parse_date(text)
    assert found is None or 1000 <= found.year <= 9999


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%d %B %Y", "%b %d, %Y", "%A, %d %b %Y", "%Y/%m/%d"]),
)
def test_a_written_date_is_parsed(day: date, form: str) -> None:
    """What is written with a month's name or the year first is parsed back."""
    assert parse_date(day.strftime(form)) == day
