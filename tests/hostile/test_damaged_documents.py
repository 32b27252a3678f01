"""A small form of the run of ``python -m tests.hostile.damage``."""

from __future__ import annotations

from pathlib import Path

from .damage import run


def test_damaged_documents_are_read_or_named(tmp_path: Path) -> None:
    """Whatever is damaged, no file takes more than its limits, and the good one after it is read."""
    report = run(200, tmp_path)
    assert report.failed == (), str(report)
    assert sum(report.outcomes.values()) == 200
    assert report.outcomes["broken"] > 0
    assert report.outcomes["read"] > 0
