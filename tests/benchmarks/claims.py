"""``python -m tests.benchmarks.claims``: questions claimed and completed a second, in Postgres and in SQLite.

Both take turns, so that they meet the same load of the machine. Postgres syncs to disk, as a real one does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bot.store.models import MessageRef, QuestionEvent
from bot.store.store import Store
from tests.store.postgres import running_server


def main(arguments: list[str]) -> int:
    """Measure, and print the median of the rounds for each database."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.claims", description=__doc__)
    parser.add_argument("--questions", type=int, default=300, help="questions in each round")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, running_server(fsync=True) as server:
        stores = {"SQLite": Store(Path(folder) / "sqlite"), "Postgres": Store(Path(folder) / "copy", url=server.url)}
        rates: dict[str, list[float]] = {name: [] for name in stores}
        for number in range(chosen.rounds):
            for name, store in stores.items():
                rates[name].append(measure(store, number, chosen.questions))
        for store in stores.values():
            store.close()
    sqlite, postgres = median(rates["SQLite"]), median(rates["Postgres"])
    print(f"SQLite: {sqlite:,.0f} questions a second; Postgres: {postgres:,.0f}, {postgres / sqlite:.2f} times as many")
    return 0


def measure(store: Store, number: int, count: int) -> float:
    """Claim and complete ``count`` new questions; how many a second."""
    started = time.perf_counter()
    for at in range(count):
        claim = store.claim(QuestionEvent("", MessageRef("T1", f"C{number}", f"{at}.000100"), "", "{}"))
        assert claim is not None
        store.complete(claim, "answer", f"{at}.000200")
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
