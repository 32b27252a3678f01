"""A small form of the run of ``python -m tests.hostile.requests``."""

from __future__ import annotations

from pathlib import Path

import pytest

from .requests import Attack, run


@pytest.mark.long
def test_hostile_requests_are_refused_and_hold_up_no_question(tmp_path: Path) -> None:
    """Forged requests, slow connections and endless headers: none is accepted, and questions are answered."""
    report = run(Attack(forged=400, slow=100, header_bytes=3_000_000), tmp_path)
    assert set(report.statuses) == {401}, str(report)
    assert (sum(report.statuses.values()), report.unanswered, report.traceback) == (400, 0, ""), str(report)
