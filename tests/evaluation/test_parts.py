"""The table of what each part gives: how its numbers come about, and that it is not out of date."""

from __future__ import annotations

import pytest

from bot.wiring import PARTS

from .ablation import COMMAND, SETS, TABLE, differences, sources, table
from .cases import Case, outcomes_of

FULL = outcomes_of(*[Case()] * 60, *[Case(rank=5)] * 40, *[Case(answerable=False, confidence=0.4)] * 50)
WORSE = outcomes_of(*[Case()] * 30, *[Case(rank=5)] * 70, *[Case(answerable=False, confidence=0.6)] * 50)


def test_the_table_is_of_these_sources() -> None:
    """The table was made from the search as it is, by every part."""
    assert TABLE.exists(), f"{TABLE.name} is missing; run: {COMMAND}"
    page = TABLE.read_text(encoding="utf-8")
    assert page.startswith(f"<!-- sources: {sources()} -->"), f"{TABLE.name} is out of date; run: {COMMAND}"
    assert all(page.count(f"| {part} |") == len(SETS) for part in PARTS)


def test_a_part_that_changes_nothing() -> None:
    """Where every outcome is the same, every difference is zero, and so are its bounds."""
    for one in differences(FULL, FULL).values():
        assert (one.change, one.low, one.high) == (0, 0, 0)


def test_a_part_that_helps() -> None:
    """Without it the metric is lower, and the interval lies about the difference, below zero."""
    one = differences(FULL, WORSE)["hit@1"]
    assert one.value == pytest.approx(0.3)
    assert one.change == pytest.approx(-0.3)
    assert -0.42 < one.low < -0.3 < one.high < -0.18


def test_confidence_is_compared_too() -> None:
    """The difference of the area under the curve is between both sets of confidences."""
    one = differences(FULL, WORSE)["auroc"]
    assert (one.value, one.change, one.low, one.high) == (0, -1, -1, -1)


def test_the_interval_is_paired() -> None:
    """One question that changed among many gives an interval from about none to a few, not one of unpaired noise."""
    other = [*outcomes_of(Case(rank=5)), *FULL[1:]]
    one = differences(FULL, other)["hit@1"]
    assert one.change == pytest.approx(-0.01)
    assert -0.041 < one.low < one.high == 0


def test_the_same_numbers_each_time() -> None:
    """The bootstrap draws the same questions whenever it is asked."""
    assert differences(FULL, WORSE) == differences(FULL, WORSE)


def test_a_row_for_each_part() -> None:
    """Each set has its heading and a row for everything; a part's row has value, difference and interval."""
    page = table({("harbour", None): FULL, ("harbour", "luck"): WORSE}, "digest")
    assert "## harbour: 100 answerable and 50 unanswerable questions" in page
    assert "| nothing | 0.600 | 1.000 | 0.000 | 1.000 |" in page
    assert "questions, as many" not in page
    assert "more than 150 questions, as many" in table({("harbour", None): FULL}, "digest", at_most=150)
    assert "| luck | 0.300 **−0.300** [−0." in page
