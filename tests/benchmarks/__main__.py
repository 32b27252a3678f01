"""``python -m tests.benchmarks``: measure the index beside its peers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.contestants import CONTESTANTS, SLOW
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.measuring import Contestant, Measured
from tests.benchmarks.report import rows, table, write


def measured(corpus: Corpus, names: list[str], questions: int, rounds: int) -> list[Measured]:
    """Build one after the other; then ask in turns, each all questions, so many times."""
    contestants = []
    for name in names:
        print(f"building {name} over {corpus.size:,} passages", file=sys.stderr)
        contestants.append(Contestant(name, corpus, questions))
    for _ in range(rounds):
        for contestant in contestants:
            contestant.ask()
    return [contestant.end() for contestant in contestants]


def main() -> None:
    """Print the table; with ``--out``, write it, the numbers and the plot into a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000], metavar="PASSAGES")
    parser.add_argument("--peers", nargs="*", choices=[*CONTESTANTS], default=[*CONTESTANTS])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5, help="how often each question is asked; its least time counts")
    parser.add_argument("--slow-up-to", type=int, default=1_000_000, help=f"the largest corpus that {SLOW} is asked of")
    parser.add_argument("--out", type=Path, help="a folder for benchmark.json, benchmark.md and benchmark.svg")
    asked = parser.parse_args()
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in asked.sizes:
            corpus = Corpus(Path(folder), size)
            corpus.write()
            names = [name for name in asked.peers if name != SLOW or size <= asked.slow_up_to]
            found.extend(measured(corpus, names, asked.questions, asked.rounds))
            print(table(rows(found[-len(names) :])), file=sys.stderr)
    print(table(rows(found)))
    if asked.out:
        write(rows(found), asked.out)


if __name__ == "__main__":
    main()
