"""``python -m tests.load [--rate 100] [--seconds 30] [--people 1000]``: status 0 when all is as promised.

Promised is: 99 of 100 acknowledged within 300 ms and answered within 1 s, nothing lost, nobody told to wait.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .run import Figures, Load, run

ACK_P99, ANSWER_P99 = 300.0, 1_000.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description="Ask a live bot at a steady rate.")
    defaults = Load()
    parser.add_argument("--rate", type=float, default=defaults.rate, help="questions a second")
    parser.add_argument("--seconds", type=float, default=defaults.seconds)
    parser.add_argument("--people", type=int, default=defaults.people)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pullquote-load-") as folder:
        found = run(Load(chosen.rate, chosen.seconds, chosen.people), Path(folder))
    sys.stdout.write(f"{found}\n")
    return 0 if is_as_promised(found) else 1


def is_as_promised(found: Figures) -> bool:
    failed = found.unacknowledged + found.lost + found.busy + found.twice + found.others
    return failed == 0 and found.ack_p99 < ACK_P99 and found.answer_p99 < ANSWER_P99


if __name__ == "__main__":
    sys.exit(main())
