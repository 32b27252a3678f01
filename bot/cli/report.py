"""Findings and metrics as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.doctor import Finding
from bot.evaluate import Metrics

_STYLES = {"ok": "green", "warning": "yellow", "failed": "red"}


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """A line a finding: how grave, what was found, and what to do."""
    for finding in findings:
        line = Text.assemble((f"{finding.level:>7}  ", _STYLES[finding.level]), f"{finding.name}: {finding.sentence}")
        if finding.advice:
            line.append(f" {finding.advice}")
        console.print(line, soft_wrap=True)


def print_metrics(console: Console, metrics: Metrics) -> None:
    """A row a metric, with what it counts."""
    table = Table("metric", "value", "what it counts", box=None, pad_edge=False)
    for name, field in Metrics.model_fields.items():
        value = getattr(metrics, name)
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
        table.add_row(field.alias or name, shown, field.description or "")
    console.print(table)
