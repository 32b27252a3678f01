"""What is read as a day."""

from __future__ import annotations

from datetime import date

import pytest

from bot.ingest.metadata import parse_date


@pytest.mark.parametrize("written", ["", "soon", "2025", "2025-05", "May 2025", "2025-13-01"])
def test_what_names_no_day(written: str) -> None:
    """A month or a year alone is no day: a citation would show one that nobody gave."""
    assert parse_date(written) is None


@pytest.mark.parametrize(
    "written", ["2025-05-07", "2025-05-07T10:00:00+09:00", "7 May 2025", "May 7, 2025", "2025/05/07"]
)
def test_what_names_a_day(written: str) -> None:
    """The ways in which people and programs write a day."""
    assert parse_date(written) == date(2025, 5, 7)
