"""``python -m tests.load [--rate 100] [--seconds 30] [--people 1000]``: status 0 if the targets are met.

Targets: 99 % acknowledged within 300 ms and answered within 1 s, nothing lost, no question refused as busy.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .run import Load, Measurements, run

ACK_P99, ANSWER_P99 = 300.0, 1_000.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description="Ask a live bot questions at a steady rate."
    )
    defaults = Load()
    parser.add_argument("--rate", type=float, default=defaults.rate, help="questions per second")
    parser.add_argument("--seconds", type=float, default=defaults.seconds)
    parser.add_argument("--people", type=int, default=defaults.people)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pullquote-load-") as folder:
        measured = run(Load(chosen.rate, chosen.seconds, chosen.people), Path(folder))
    sys.stdout.write(f"{measured}\n")
    return 0 if meets_targets(measured) else 1


def meets_targets(measured: Measurements) -> bool:
    failed = measured.unacknowledged + measured.lost + measured.busy + measured.answered_twice + measured.notices
    return failed == 0 and measured.ack_p99 < ACK_P99 and measured.answer_p99 < ANSWER_P99


if __name__ == "__main__":
    sys.exit(main())
