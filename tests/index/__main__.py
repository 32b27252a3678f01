"""``python -m tests.index [--flips 200] [--kills 50] [--seed N]``: exit with status 0 if every answer was right.

``PULLQUOTE_INDEXING_EXAMPLES=5000 pytest tests/index`` tests more histories of a folder.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from .faults import damage_snapshots, kill_indexing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.index", description="Damage snapshots, kill index builds.")
    parser.add_argument("--flips", type=int, default=200, help="number of damaged snapshots")
    parser.add_argument("--kills", type=int, default=50, help="number of killed processes")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="seed of the random choices")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        damaged = list(damage_snapshots(Path(folder) / "flips", options.flips, options.seed))
        killed = list(kill_indexing(Path(folder) / "kills", options.kills, options.seed, articles=1_000))
    wrong = [one for one in (*damaged, *killed) if not one.is_right]
    detected, running = sum(one.is_detected for one in damaged), sum(one.was_running for one in killed)
    sys.stdout.write(
        f"seed {options.seed}\n"
        f"{len(damaged)} snapshots damaged, {detected} times detected\n"
        f"{len(killed)} processes killed, {running} of them while running\n"
        f"{len(wrong)} wrong answers\n"
    )
    for one in wrong:
        sys.stdout.write(f"{one}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
