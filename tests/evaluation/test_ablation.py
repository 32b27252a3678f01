"""The ablation page: its numbers, and that it is up to date."""

from __future__ import annotations

import pytest

from bot.wiring import PARTS

from .ablation import COMMAND, PAGE, SETS, compare, format_baseline, format_page, read_baseline
from .cases import Case, judged_replies

FULL = judged_replies(*[Case()] * 60, *[Case(rank=5)] * 40, *[Case(answerable=False, confidence=0.4)] * 50)
WORSE = judged_replies(*[Case()] * 30, *[Case(rank=5)] * 70, *[Case(answerable=False, confidence=0.6)] * 50)


def test_the_page_is_up_to_date() -> None:
    """The page shows the baseline that is pinned now, and has a row for each part and set."""
    page, pinned = PAGE.read_text(encoding="utf-8"), read_baseline()
    sections = {name: page.split(f"\n## {name}: ")[1].split("\n## ")[0] for name in SETS}
    for name, section in sections.items():
        assert format_baseline(pinned[name]) in section, f"{PAGE.name} is out of date; run: {COMMAND}"
        assert [part for part in PARTS if section.count(f"| {part} |") != 1] == []


def test_a_part_that_changes_nothing() -> None:
    """Where all replies are equal, every difference and its bounds are zero."""
    for one in compare(FULL, FULL).values():
        assert (one.change, one.low, one.high) == (0, 0, 0)


def test_a_part_that_helps() -> None:
    """Without the part, the metric is lower, and the interval around the difference is below zero."""
    one = compare(FULL, WORSE)["hit@1"]
    assert one.value == pytest.approx(0.3)
    assert one.change == pytest.approx(-0.3)
    assert -0.42 < one.low < -0.3 < one.high < -0.18


def test_confidence_is_compared_too() -> None:
    """The difference of the area under the curve follows from the confidences."""
    one = compare(FULL, WORSE)["auroc"]
    assert (one.value, one.change, one.low, one.high) == (0, -1, -1, -1)


def test_the_interval_is_paired() -> None:
    """One changed question among many gives a narrow interval, without the noise of unpaired samples."""
    other = [*judged_replies(Case(rank=5)), *FULL[1:]]
    one = compare(FULL, other)["hit@1"]
    assert one.change == pytest.approx(-0.01)
    assert -0.041 < one.low < one.high == 0


def test_results_are_reproducible() -> None:
    """The bootstrap always draws the same questions."""
    assert compare(FULL, WORSE) == compare(FULL, WORSE)


def test_the_page_has_a_row_for_each_part() -> None:
    """A set has a heading, its baseline, and a row for each part with value, difference and interval."""
    pinned = {"harbour": {"hit@1": 0.5, "hit@10": 1.0, "quote_hit@1": 0.25, "auroc": 0.125}}
    page = format_page({("harbour", None): FULL, ("harbour", "luck"): WORSE}, pinned)
    assert "## harbour: 100 answerable and 50 unanswerable questions" in page
    assert "| baseline | 0.500 | 1.000 | 0.250 | 0.125 |" in page
    assert "| nothing | 0.600 | 1.000 | 0.000 | 1.000 |" in page
    assert "more than" not in page
    assert "more than 150 questions, 150 were asked" in format_page({("harbour", None): FULL}, pinned, at_most=150)
    assert "| luck | 0.300 **−0.300** [−0." in page
