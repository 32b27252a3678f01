"""``python -m tests.chaos [--questions 2000] [--kills 20] [--seed N] [--processes 1]``: status 0 if all is well.

The logs and the bots' state stand in a temporary folder, which is named and kept when something is wrong.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console

from .trial import Plan, Report, Trial

SHOWN = 10  # violations in full


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Try a live bot among faults and kills.")
    defaults = Plan()
    parser.add_argument("--questions", type=int, default=defaults.questions)
    parser.add_argument("--kills", type=int, default=defaults.kills)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="the same seed draws the same")
    parser.add_argument("--rate", type=float, default=defaults.rate, help="questions a second")
    parser.add_argument("--processes", type=int, default=defaults.processes, help="bots that share one ledger")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)  # asyncio warns of each write to a websocket whose bot was killed
    plan = Plan(chosen.questions, chosen.kills, chosen.seed, chosen.rate, chosen.processes, chosen.processes)
    folder = Path(tempfile.mkdtemp(prefix="pullquote-chaos-"))
    console = Console(highlight=False, soft_wrap=True)
    began = time.monotonic()

    def tell(what: str) -> None:
        console.print(f"{time.monotonic() - began:6.1f} s  {what}", markup=False)

    tell(f"seed {plan.seed}, {plan.questions} questions, {plan.kills} kills, {plan.processes} process(es)")
    report = Trial(plan, folder).run(tell)
    console.print(figures(report), markup=False)
    if report.is_fine:
        shutil.rmtree(folder)
        return 0
    for violation in report.verdict.violations[:SHOWN]:
        console.print(str(violation), markup=False)
    console.print(f"The logs and the state are in {folder}.", markup=False)
    return 1


def figures(report: Report) -> str:
    """What a trial was made of and what came of it, a line a kind."""
    asked = sum(report.verdict.outcomes.values())
    parts = {
        f"{asked} questions": report.verdict.outcomes,
        "done to them": report.done,
        f"{sum(report.faults.values())} faults": report.faults,
        f"{sum(report.kills.values())} kills": report.kills,
    }
    lines = [f"{name}: {_listed(counts)}" for name, counts in parts.items()]
    lines.append(f"{len(report.verdict.violations)} violations, {report.seconds:.0f} s")
    return "\n".join([*lines, *report.notes])


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


if __name__ == "__main__":
    sys.exit(main())
