"""Parsing of dates."""

from __future__ import annotations

from datetime import date

import pytest

from bot.ingest.metadata import parse_date


@pytest.mark.parametrize("text", ["", "soon", "2025", "2025-05", "May 2025", "2025-13-01"])
def test_incomplete_dates_are_rejected(text: str) -> None:
    """A month or a year alone is not a date: a citation would show a day that the article does not state."""
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["2025-05-07", "2025-05-07T10:00:00+09:00", "7 May 2025", "May 7, 2025", "2025/05/07"])
def test_dates_are_parsed(text: str) -> None:
    """Dates are parsed in the formats that people and programs commonly use."""
    assert parse_date(text) == date(2025, 5, 7)
