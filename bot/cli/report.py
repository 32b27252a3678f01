"""Findings as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bot.doctor import CheckResult

_STYLES = {"ok": "green", "warning": "yellow", "failed": "red"}


def print_findings(console: Console, findings: Sequence[CheckResult]) -> None:
    """A line a finding: how grave, what was found, and what to do."""
    for finding in findings:
        line = Text.assemble((f"{finding.level:>7}  ", _STYLES[finding.level]), f"{finding.name}: {finding.sentence}")
        if finding.advice:
            line.append(f" {finding.advice}")
        console.print(line, soft_wrap=True)
