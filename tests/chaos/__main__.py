"""``python -m tests.chaos [--questions 2000] [--kills 20] [--faults 0.1] …``: status 0 without violations.

The logs and the bots' state are in a temporary folder, which is kept and printed after a violation.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.store.postgres import Server, running_server

from .run import ChaosRun, Plan, Report

MAX_SHOWN = 10  # violations printed in full
MAX_STOP_SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description="Test a live bot under faults and kills."
    )
    defaults = Plan()
    parser.add_argument("--questions", type=int, default=defaults.questions)
    parser.add_argument("--kills", type=int, default=defaults.kills)
    parser.add_argument("--stops", type=int, default=defaults.stops, help="ends by SIGTERM")
    parser.add_argument("--revoke", action="store_true", help="revoke the bot token once")
    parser.add_argument("--faults", type=float, default=defaults.fault_share, help="share of calls that fail")
    parser.add_argument("--manifest", choices=("base", "full"), default=defaults.manifest)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="the same seed gives the same run")
    parser.add_argument("--rate", type=float, default=defaults.rate, help="questions per second")
    parser.add_argument("--processes", type=int, default=defaults.processes, help="bots that share one database")
    parser.add_argument("--postgres", action="store_true", help="with a Postgres server; a state folder for each bot")
    parser.add_argument("--outage", type=float, default=defaults.outage, help="seconds for which it is once away")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)  # asyncio warns about each write to a websocket of a killed bot
    with ExitStack() as stack:
        return run(chosen, stack.enter_context(running_server()) if chosen.postgres else None)


def run(chosen: argparse.Namespace, server: Server | None) -> int:
    plan = Plan(
        questions=chosen.questions,
        kills=chosen.kills,
        stops=chosen.stops,
        revoke=chosen.revoke,
        manifest=chosen.manifest,
        seed=chosen.seed,
        rate=chosen.rate,
        processes=chosen.processes,
        copies=chosen.processes,
        database=server,
        outage=chosen.outage,
        fault_share=chosen.faults,
    )
    folder = Path(tempfile.mkdtemp(prefix="pullquote-chaos-"))
    console = Console(highlight=False, soft_wrap=True)
    started_at = time.monotonic()

    def log(event: str) -> None:
        console.print(f"{time.monotonic() - started_at:6.1f} s  {event}", markup=False)

    log(str(plan))
    report = ChaosRun(plan, folder, log).run()
    console.print(summarize(report), markup=False)
    if report.is_ok:
        shutil.rmtree(folder)
        return 0
    for violation in report.violations[:MAX_SHOWN]:
        console.print(str(violation), markup=False)
    console.print(f"The logs and the state are in {folder}.", markup=False)
    return 1


def summarize(report: Report) -> str:
    """Summarize a run, one line for each kind of count."""
    question_count = sum(report.result.outcomes.values())
    parts = {
        f"{question_count} questions": report.result.outcomes,
        f"{sum(report.private.outcomes.values())} private requests": report.private.outcomes,
        "actions": report.actions,
        f"{sum(report.faults.values())} faults": report.faults,
        f"{sum(report.endings.values())} endings": report.endings,
    }
    lines = [f"{name}: {_format(counts)}" for name, counts in parts.items()]
    stops = report.stop_seconds
    in_time = sum(seconds <= MAX_STOP_SECONDS for seconds in stops)
    slowest = max(stops, default=0.0)
    lines.append(
        f"{len(stops)} ends by SIGTERM, {in_time} within {MAX_STOP_SECONDS:.0f} s, the slowest in {slowest:.1f} s"
    )
    lines.append(f"{len(report.violations)} violations, {report.seconds:.0f} s")
    return "\n".join([*lines, *report.notes])


def _format(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


if __name__ == "__main__":
    sys.exit(main())
