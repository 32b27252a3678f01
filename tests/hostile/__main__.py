"""``python -m tests.hostile [--hostile 1000] [--good 40]``: status 0 if the targets are met.

Targets: every question answered within 1 s, every good file found within 10 s, every hostile file named, memory at most
600 MB above the start, no traceback.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .run import Plan, Report, run

ANSWER_SECONDS, FOUND_SECONDS, MEMORY = 1.0, 10.0, 600_000_000


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hostile", description="Drop hostile files into the archive of a running bot."
    )
    defaults = Plan()
    parser.add_argument("--hostile", type=int, default=defaults.hostile, help="hostile files")
    parser.add_argument("--good", type=int, default=defaults.good, help="good files")
    parser.add_argument("--largest", type=int, default=defaults.largest, help="bytes of the largest file, roughly")
    parser.add_argument("--timeout", type=float, default=defaults.timeout)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pullquote-hostile-") as folder:
        plan = Plan(chosen.hostile, chosen.good, chosen.largest, timeout=chosen.timeout)
        report = run(plan, Path(folder))
    sys.stdout.write(f"{report}\n")
    for name in report.unnamed[:20]:
        sys.stdout.write(f"  {name}\n")
    sys.stdout.write(report.traceback)
    return 0 if meets_targets(report) else 1


def meets_targets(report: Report) -> bool:
    is_complete = report.read_seconds is not None and not (report.unanswered or report.missing or report.unnamed)
    is_fast = max(report.answer_seconds) <= ANSWER_SECONDS and max(report.found_seconds) <= FOUND_SECONDS
    return is_complete and is_fast and report.memory <= MEMORY and not report.traceback


if __name__ == "__main__":
    sys.exit(main())
