"""``python -m tests.index [--flips 200] [--kills 50] [--seed N]``: status 0 if every question was answered right.

Longer histories of a folder are drawn by ``PULLQUOTE_INDEXING_EXAMPLES=5000 pytest tests/index``.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from .faults import flips, kills


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.index", description="Damage indexes, and kill who makes.")
    parser.add_argument("--flips", type=int, default=200, help="snapshots that are damaged")
    parser.add_argument("--kills", type=int, default=50, help="processes that are killed while they make one")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="the same seed draws the same")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        flipped = list(flips(Path(folder) / "flips", chosen.flips, chosen.seed))
        killed = list(kills(Path(folder) / "kills", chosen.kills, chosen.seed, articles=1_000))
    wrong, missed = ([one for one in found if not one.is_right] for found in (flipped, killed))
    met, at_work = sum(one.is_met for one in flipped), sum(one.was_running for one in killed)
    sys.stdout.write(
        f"seed {chosen.seed}\n"
        f"{len(flipped)} snapshots damaged, {met} found to be, {len(wrong)} answered wrong\n"
        f"{len(killed)} processes killed, {at_work} of them at work, {len(missed)} answered wrong\n"
    )
    for one in (*wrong, *missed):
        sys.stdout.write(f"{one}\n")
    return int(bool(wrong or missed))


if __name__ == "__main__":
    sys.exit(main())
