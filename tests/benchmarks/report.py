"""The results as Markdown tables, as JSON and as a plot."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.answers import STEPS, AnswerTimes
from tests.benchmarks.libraries import SLOW
from tests.benchmarks.measurement import IndexTimes
from tests.benchmarks.startup import StartupTimes

PULLQUOTE, WHOLE_ANSWER = "pullquote", "pullquote, the whole answer"
PERCENTILES = (50, 95, 99)
COMMAND = "python -m tests.benchmarks --evaluation QUESTIONS ARCHIVE --out .github --readme tests/benchmarks/README.md"
_TABLES_BLOCK = re.compile(rf"(<!-- measured by: {re.escape(COMMAND)} -->\n).*?(<!-- end -->)", re.DOTALL)
_TEXT_COLUMNS = ("index", "archive", "from nothing to an answer")
Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """The rows of all tables. ``starts`` has medians in milliseconds; it is empty if no archive was given."""

    index: Sequence[Row]
    answers: Sequence[Row]
    starts: Row

    @classmethod
    def create(
        cls, indexes: Sequence[IndexTimes], answers: Sequence[AnswerTimes], startup: StartupTimes | None
    ) -> Report:
        """Create the report of these measurements."""
        starts = {name: float(np.median(times)) for name, times in asdict(startup).items()} if startup else {}
        return cls(index_rows(indexes), [_answer_row(one) for one in answers], starts)

    def to_markdown(self) -> str:
        """All tables, in Markdown."""
        tables = [index_table(self.index), answers_table(self.answers)]
        if self.starts:
            tables.append(startup_table(self.starts))
        return "\n\n".join(tables)

    def write(self, folder: Path) -> None:
        """Write ``benchmark.json`` and ``benchmark.svg``."""
        (folder / "benchmark.json").write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        plot(self, folder / "benchmark.svg")


def index_rows(indexes: Sequence[IndexTimes]) -> list[Row]:
    """One row per library and corpus size; question times in milliseconds."""
    return [
        {
            **{key: value for key, value in asdict(one).items() if key not in ("milliseconds", "wall")},
            **_percentiles(one.milliseconds),
            **{f"wall_{key}": value for key, value in _percentiles(one.wall).items()},
        }
        for one in indexes
    ]


def _answer_row(answers: AnswerTimes) -> Row:
    steps = {name: _percentiles(times) for name, times in answers.steps.items()}
    sums = np.sum([answers.steps[name] for name in STEPS], axis=0)
    rest = np.maximum(np.array(answers.milliseconds) - sums, 0)
    row = {key: value for key, value in asdict(answers).items() if key not in ("milliseconds", "steps")}
    return row | _percentiles(answers.milliseconds) | {"steps": steps | {"rest": _percentiles(rest.tolist())}}


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": float(np.percentile(times, percent)) for percent in PERCENTILES}


def index_table(rows: Sequence[Row]) -> str:
    """The index times in Markdown; Pullquote's with their ratio to those of the fastest other library."""
    lines = _table_header(
        "passages", "index", "p50 ms", "p95 ms", "p99 ms", "resident MB", "build s", "of processors", "open ms"
    )
    for row in rows:
        others = [one for one in rows if one["size"] == row["size"] and one["name"] not in (PULLQUOTE, SLOW)]
        times = []
        for key in (f"p{percent}" for percent in PERCENTILES):
            has_ratio = row["name"] == PULLQUOTE and others
            ratio = f" (×{row[key] / min(one[key] for one in others):.2f})" if has_ratio else ""
            times.append(_format_number(row[key]) + ratio)
        cells = (
            *times,
            f"{row['resident']:.0f}",
            f"{row['build_wall']:.1f}",
            f"{row['build']:.1f}",
            _format_number(row["open"]),
        )
        lines.append(_table_row(f"{row['size']:,}", row["name"], *cells))
    return "\n".join(lines)


def answers_table(rows: Sequence[Row]) -> str:
    """The answer times in Markdown, with the median of each step; all in milliseconds."""
    lines = _table_header(
        "passages", "archive", "p50 ms", "p95 ms", "p99 ms", *(f"{name} p50" for name in (*STEPS, "the rest"))
    )
    for row in rows:
        steps = (_format_number(row["steps"][name]["p50"]) for name in (*STEPS, "rest"))
        times = (_format_number(row[f"p{percent}"]) for percent in PERCENTILES)
        lines.append(_table_row(f"{row['passages']:,}", row["archive"], *times, *steps))
    return "\n".join(lines)


def startup_table(starts: Row) -> str:
    """The start-up times in Markdown; that of ``ask`` with its ratio to that of the imports."""
    ratio = starts["ask"] / starts["imports"]
    return "\n".join(
        (
            *_table_header("from nothing to an answer", "median ms"),
            _table_row('`python -c "import numpy, pydantic, rich"`, beside it', f"{starts['imports']:.0f}"),
            _table_row("`pullquote ask`, from a ready snapshot", f"{starts['ask']:.0f} (×{ratio:.2f})"),
            _table_row("`pullquote serve`, to its first answer in Slack", f"{starts['serve']:.0f}"),
        )
    )


def _format_number(number: float) -> str:
    """Format ``number`` with three significant digits, or as an integer from 100 on."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _table_header(*names: str) -> list[str]:
    return [_table_row(*names), "|" + "|".join("---" if name in _TEXT_COLUMNS else "---:" for name in names) + "|"]


def _table_row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def insert_tables(page: str, tables: str) -> str:
    """Return ``page`` with ``tables`` in its marked block. Raises ``ValueError`` if it has none."""
    if not _TABLES_BLOCK.search(page):
        raise ValueError(f"The page has no block marked: measured by: {COMMAND}")
    return _TABLES_BLOCK.sub(lambda match: f"{match[1]}{tables}\n{match[2]}", page)


def plot(report: Report, path: Path) -> None:
    """Plot the median question times against the number of passages, on logarithmic axes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(row["name"] for row in report.index):
        points = [(row["size"], row["p50"]) for row in report.index if row["name"] == name]
        style = {"linewidth": 2.5, "zorder": 3} if name == PULLQUOTE else {"linewidth": 1.2}
        axes.plot(*zip(*points, strict=True), marker="o", label=name, **style)
    points = [(row["passages"], row["p50"]) for row in report.answers if row["archive"] == "corpus"]
    axes.plot(*zip(*points, strict=True), marker="s", label=WHOLE_ANSWER, linestyle="--", color="grey")
    axes.set(xscale="log", yscale="log", xlabel="passages", ylabel="milliseconds a question (median)")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    with mpl.rc_context({"svg.hashsalt": "pullquote"}):
        figure.savefig(path, metadata={"Date": None})
