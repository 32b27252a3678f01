"""Short chaos runs; the long form is ``python -m tests.chaos``.

They are in one group, so that they do not compete for the processor.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.postgres import running_server

from .run import ChaosRun, Plan, Report

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("live processes")]


def run_chaos(plan: Plan, folder: Path) -> Report:
    """Run ``plan``; pytest shows its log if the test fails."""
    return ChaosRun(plan, folder, print).run()


def violations(report: Report) -> str:
    return "\n".join([*map(str, report.violations), *report.notes])


def test_every_question_has_one_outcome(tmp_path: Path) -> None:
    """With faults, edits, deletions, redeliveries, clicks and a kill: one reply each, or a private outcome."""
    plan = Plan(questions=60, kills=1, rate=12.0, fault_share=0.2, silence=1.0, idle=8.0)
    report = run_chaos(plan, tmp_path)
    assert violations(report) == ""
    assert sum(report.result.outcomes.values()) == 60
    assert sum(report.private.outcomes.values()) > 0
    assert sum(report.endings.values()) == 1
    assert sum(report.faults.values()) > 0


def test_with_the_base_manifest_no_question_is_lost(tmp_path: Path) -> None:
    """A reply that cannot be looked for is not posted again; its asker is told that Slack did not confirm it."""
    plan = Plan(questions=50, kills=0, rate=25.0, manifest="base", fault_share=0.2, silence=1.0, idle=3.0)
    report = run_chaos(plan, tmp_path)
    assert violations(report) == ""
    assert report.result.outcomes["not confirmed, asker told"] > 0


@pytest.mark.parametrize("outage", [0.0, 5.0])
def test_bots_of_several_hosts_share_the_work(tmp_path: Path, outage: float) -> None:
    """Two bots that have only a Postgres database in common give each question one outcome, also while it is away."""
    with running_server() as server:
        plan = Plan(
            questions=60,
            kills=0 if outage else 1,
            rate=6.0,
            processes=2,
            database=server,
            outage=outage,
            fault_share=0.1,
            silence=1.0,
            idle=8.0,
        )
        report = run_chaos(plan, tmp_path)
    assert violations(report) == ""
    assert sum(report.result.outcomes.values()) == 60


def test_a_revoked_token_loses_nothing(tmp_path: Path) -> None:
    """Two processes with one database are not ready meanwhile; with a new token they answer each question once."""
    plan = Plan(questions=40, kills=0, revoke=True, rate=15.0, processes=2, copies=2, fault_share=0.0, idle=3.0)
    report = run_chaos(plan, tmp_path)
    assert violations(report) == ""
    assert sum(report.result.outcomes.values()) == 40
    assert report.endings == {"token revoked": 1}
