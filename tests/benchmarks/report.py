"""What was measured, as a table, as JSON and as a plot.

Keeps secret which numbers of a measurement are shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.contestants import SLOW
from tests.benchmarks.measuring import Measured

OURS = "pullquote"
PERCENTILES = (50, 95, 99)


def rows(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """One row a contestant and size; times of questions in milliseconds."""
    return [
        {
            **{key: value for key, value in asdict(one).items() if key not in ("milliseconds", "wall")},
            **{f"p{which}": float(np.percentile(one.milliseconds, which)) for which in PERCENTILES},
            **{f"wall_p{which}": float(np.percentile(one.wall, which)) for which in PERCENTILES},
        }
        for one in measured
    ]


def table(found: Sequence[dict[str, Any]]) -> str:
    """In Markdown; behind our times, what they are of the fastest peer's."""
    lines = [
        "| passages | index | p50 ms | p95 ms | p99 ms | resident MB | build s (by the clock) | open ms | first ms |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found:
        peers = [one for one in found if one["size"] == row["size"] and one["name"] not in (OURS, SLOW)]
        times = []
        for which in PERCENTILES:
            mine = row[f"p{which}"]
            ratio = f" (×{mine / min(one[f'p{which}'] for one in peers):.2f})" if row["name"] == OURS and peers else ""
            times.append(f"{mine:.3g}{ratio}")
        built = f"{row['build']:.1f} ({row['build_wall']:.1f})"
        shown = (f"{row['size']:,}", row["name"], *times, f"{row['resident']:.0f}", built)
        lines.append(f"| {' | '.join(shown)} | {row['open']:.3g} | {row['first']:.3g} |")
    return "\n".join(lines)


def write(found: Sequence[dict[str, Any]], folder: Path) -> None:
    """Write ``benchmark.json``, ``benchmark.md`` and ``benchmark.svg``."""
    (folder / "benchmark.json").write_text(json.dumps(found, indent=2) + "\n")
    (folder / "benchmark.md").write_text(table(found) + "\n")
    plot(found, folder / "benchmark.svg")


def plot(found: Sequence[dict[str, Any]], path: Path) -> None:
    """The median of the questions' times against the number of passages, both by powers of ten."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(row["name"] for row in found):
        own = [row for row in found if row["name"] == name]
        style = {"linewidth": 2.5, "zorder": 3} if name == OURS else {"linewidth": 1.2}
        axes.plot([row["size"] for row in own], [row["p50"] for row in own], marker="o", label=name, **style)
    axes.set(xscale="log", yscale="log", xlabel="passages", ylabel="milliseconds a question (median)")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    figure.savefig(path)
