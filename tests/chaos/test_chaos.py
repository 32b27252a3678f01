"""A live bot among faults and kills, as long as a test run can spare; the long form is ``python -m tests.chaos``.

Both trials are in one group, so that no two of them share a machine's processors.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .trial import Plan, Report, Trial

pytestmark = pytest.mark.xdist_group("live processes")


def tried(plan: Plan, folder: Path) -> Report:
    """What came of ``plan``; what happens on the way is shown when a test fails."""
    return Trial(plan, folder).run(print)


def complaints(report: Report) -> str:
    return "\n".join([*map(str, report.verdict.violations), *report.notes])


def test_nobody_could_complain(tmp_path: Path) -> None:
    """150 questions among faults, edits, deletions, repeated deliveries and two kills: one visible outcome each."""
    report = tried(Plan(questions=150, kills=2, rate=15.0, silence=1.0), tmp_path)
    assert complaints(report) == ""
    assert sum(report.verdict.outcomes.values()) == 150
    assert sum(report.kills.values()) == 2
    assert sum(report.faults.values()) > 0


def test_two_processes_answer_once(tmp_path: Path) -> None:
    """Two processes share a ledger and are given the same deliveries: one answer to each question."""
    plan = Plan(questions=60, kills=0, rate=15.0, processes=2, copies=2, fault_share=0.0, calm=3.0)
    report = tried(plan, tmp_path)
    assert complaints(report) == ""
    assert sum(report.verdict.outcomes.values()) == 60
