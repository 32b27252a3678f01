"""Short chaos runs; the long form is ``python -m tests.chaos``.

They are in one group, so that they do not compete for the processor.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .run import ChaosRun, Plan, Report

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("live processes")]


def run_chaos(plan: Plan, folder: Path) -> Report:
    """Run ``plan``; pytest shows its log if the test fails."""
    return ChaosRun(plan, folder).run(print)


def violations(report: Report) -> str:
    return "\n".join([*map(str, report.result.violations), *report.notes])


def test_every_question_has_one_outcome(tmp_path: Path) -> None:
    """150 questions with faults, edits, deletions, redeliveries and two kills: one visible outcome each."""
    report = run_chaos(Plan(questions=150, kills=2, rate=15.0, silence=1.0), tmp_path)
    assert violations(report) == ""
    assert sum(report.result.outcomes.values()) == 150
    assert sum(report.kills.values()) == 2
    assert sum(report.faults.values()) > 0


def test_two_processes_answer_once(tmp_path: Path) -> None:
    """Two processes with one database get the same deliveries: one answer to each question."""
    plan = Plan(questions=60, kills=0, rate=15.0, processes=2, copies=2, fault_share=0.0, idle=3.0)
    report = run_chaos(plan, tmp_path)
    assert violations(report) == ""
    assert sum(report.result.outcomes.values()) == 60
