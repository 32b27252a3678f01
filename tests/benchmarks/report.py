"""What was measured, as tables, as JSON and as a plot, and how they come into README.

Keeps secret which numbers of a measurement are shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.answering import STEPS, Answered
from tests.benchmarks.contestants import SLOW
from tests.benchmarks.measuring import Measured
from tests.benchmarks.starting import Started

OURS, WHOLE = "pullquote", "pullquote, the whole answer"
PERCENTILES = (50, 95, 99)
COMMAND = "python -m tests.benchmarks --evaluation QUESTIONS ARCHIVE --out .github --readme tests/benchmarks/README.md"
_PASTED = re.compile(rf"(<!-- measured by: {re.escape(COMMAND)} -->\n).*?(<!-- end -->)", re.DOTALL)
Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """All rows; ``starts`` are medians in milliseconds, and empty where no archive was given."""

    index: Sequence[Row]
    answers: Sequence[Row]
    starts: Row

    @classmethod
    def of(cls, measured: Sequence[Measured], answered: Sequence[Answered], started: Started | None) -> Report:
        """The rows of what was measured."""
        starts = {name: float(np.median(times)) for name, times in asdict(started).items()} if started else {}
        return cls(rows(measured), [_answers(one) for one in answered], starts)

    def page(self) -> str:
        """Every table, in Markdown."""
        parts = [index_table(self.index), answers_table(self.answers)]
        if self.starts:
            parts.append(starts_table(self.starts))
        return "\n\n".join(parts)

    def write(self, folder: Path) -> None:
        """Write ``benchmark.json`` and ``benchmark.svg``."""
        (folder / "benchmark.json").write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        plot(self, folder / "benchmark.svg")


def rows(measured: Sequence[Measured]) -> list[Row]:
    """One row a contestant and size; times of questions in milliseconds."""
    return [
        {
            **{key: value for key, value in asdict(one).items() if key not in ("milliseconds", "wall")},
            **_percentiles(one.milliseconds),
            **{f"wall_{key}": value for key, value in _percentiles(one.wall).items()},
        }
        for one in measured
    ]


def _answers(one: Answered) -> Row:
    steps = {name: _percentiles(times) for name, times in one.steps.items()}
    rest = np.maximum(np.array(one.milliseconds) - np.sum([one.steps[name] for name in STEPS], axis=0), 0)
    own = {key: value for key, value in asdict(one).items() if key not in ("milliseconds", "steps")}
    return own | _percentiles(one.milliseconds) | {"steps": steps | {"rest": _percentiles(rest.tolist())}}


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    return {f"p{which}": float(np.percentile(times, which)) for which in PERCENTILES}


def index_table(found: Sequence[Row]) -> str:
    """In Markdown; behind our times, what they are of the fastest peer's."""
    lines = _head(
        "passages", "index", "p50 ms", "p95 ms", "p99 ms", "resident MB", "build s", "of processors", "open ms"
    )
    for row in found:
        peers = [one for one in found if one["size"] == row["size"] and one["name"] not in (OURS, SLOW)]
        times = []
        for which in PERCENTILES:
            mine = row[f"p{which}"]
            ratio = f" (×{mine / min(one[f'p{which}'] for one in peers):.2f})" if row["name"] == OURS and peers else ""
            times.append(_short(mine) + ratio)
        shown = (
            *times,
            f"{row['resident']:.0f}",
            f"{row['build_wall']:.1f}",
            f"{row['build']:.1f}",
            _short(row["open"]),
        )
        lines.append(_line(f"{row['size']:,}", row["name"], *shown))
    return "\n".join(lines)


def answers_table(found: Sequence[Row]) -> str:
    """In Markdown: the whole answer, and the median of each step in milliseconds."""
    lines = _head(
        "passages", "archive", "p50 ms", "p95 ms", "p99 ms", *(f"{name} p50" for name in (*STEPS, "the rest"))
    )
    for row in found:
        steps = (_short(row["steps"][name]["p50"]) for name in (*STEPS, "rest"))
        times = (_short(row[f"p{which}"]) for which in PERCENTILES)
        lines.append(_line(f"{row['passages']:,}", row["archive"], *times, *steps))
    return "\n".join(lines)


def starts_table(starts: Row) -> str:
    """In Markdown."""
    ratio = starts["ask"] / starts["imports"]
    return "\n".join(
        (
            *_head("from nothing to an answer", "median ms"),
            _line('`python -c "import numpy, pydantic, rich"`, beside it', f"{starts['imports']:.0f}"),
            _line("`pullquote ask`, from a ready snapshot", f"{starts['ask']:.0f} (×{ratio:.2f})"),
            _line("`pullquote serve`, to its first answer in Slack", f"{starts['serve']:.0f}"),
        )
    )


def _short(number: float) -> str:
    """With as many digits as tell something, and never as a power of ten."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _head(*names: str) -> list[str]:
    return [_line(*names), "|" + "|".join("---" if name in _WORDS else "---:" for name in names) + "|"]


_WORDS = ("index", "archive", "from nothing to an answer")


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def pasted(readme: str, page: str) -> str:
    """``readme`` with the tables in their place. ValueError where it has none."""
    if not _PASTED.search(readme):
        raise ValueError(f"There is no place for what was measured by: {COMMAND}")
    return _PASTED.sub(lambda found: f"{found[1]}{page}\n{found[2]}", readme)


def plot(report: Report, path: Path) -> None:
    """The median of the questions' times against the number of passages, both by powers of ten."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(row["name"] for row in report.index):
        own = [(row["size"], row["p50"]) for row in report.index if row["name"] == name]
        style = {"linewidth": 2.5, "zorder": 3} if name == OURS else {"linewidth": 1.2}
        axes.plot(*zip(*own, strict=True), marker="o", label=name, **style)
    own = [(row["passages"], row["p50"]) for row in report.answers if row["archive"] == "corpus"]
    axes.plot(*zip(*own, strict=True), marker="s", label=WHOLE, linestyle="--", color="grey")
    axes.set(xscale="log", yscale="log", xlabel="passages", ylabel="milliseconds a question (median)")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    with mpl.rc_context({"svg.hashsalt": "pullquote"}):
        figure.savefig(path, metadata={"Date": None})
