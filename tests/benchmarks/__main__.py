"""``python -m tests.benchmarks``: measure the index beside its peers, and the whole answer."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bot.evaluation.questions import read_questions
from tests.benchmarks.answering import Answered, answered_corpus, answered_evaluation
from tests.benchmarks.contestants import CONTESTANTS, SLOW
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.measuring import Contestant, Measured
from tests.benchmarks.report import Report, answers_table, index_table, pasted, rows
from tests.benchmarks.starting import Started, started

STARTS = 11


def measured(corpus: Corpus, names: list[str], questions: int, rounds: int) -> list[Measured]:
    """Build one after the other; then ask in turns, each all questions, so many times."""
    contestants = []
    for name in names:
        tell(f"building {name} over {corpus.size:,} passages")
        contestants.append(Contestant(name, corpus, questions))
    for _ in range(rounds):
        for contestant in contestants:
            contestant.ask()
    return [contestant.end() for contestant in contestants]


def measured_archive(questions: Path, articles: Path) -> tuple[Answered, Started]:
    """The whole answer, and starts, over an archive with questions of its own."""
    with tempfile.TemporaryDirectory() as folder:
        tell(f"answering {questions}")
        answered = answered_evaluation(questions, articles, Path(folder))
        tell("starting")
        question = next(asked.question for asked in read_questions(questions) if asked.answerable)
        return answered, started(articles, Path(folder), question, STARTS)


def tell(what: str) -> None:
    """Say on standard error what is being done."""
    print(what, file=sys.stderr)


def main() -> None:
    """Print the tables; with ``--out`` and ``--readme``, write them, the numbers and the plot."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000], metavar="PASSAGES")
    parser.add_argument("--peers", nargs="*", choices=[*CONTESTANTS], default=[*CONTESTANTS])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5, help="how often each question is asked; its least time counts")
    parser.add_argument("--slow-up-to", type=int, default=1_000_000, help=f"the largest corpus that {SLOW} is asked of")
    parser.add_argument(
        "--evaluation", nargs=2, type=Path, metavar=("QUESTIONS", "ARCHIVE"), help="questions of its own"
    )
    parser.add_argument("--out", type=Path, help="a folder for benchmark.json and benchmark.svg")
    parser.add_argument("--readme", type=Path, help="a page that has a place for the tables")
    asked = parser.parse_args()
    found: list[Measured] = []
    answers: list[Answered] = []
    starts = None
    if asked.evaluation:
        answer, starts = measured_archive(*asked.evaluation)
        answers.append(answer)
        tell(answers_table(Report.of([], answers, None).answers))
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as folder:
            corpus = Corpus(Path(folder), size)
            corpus.write()
            names = [name for name in asked.peers if name != SLOW or size <= asked.slow_up_to]
            found.extend(measured(corpus, names, asked.questions, asked.rounds))
            tell(index_table(rows(found[-len(names) :])))
            tell(f"answering over {size:,} passages")
            answers.append(answered_corpus(corpus, asked.questions))
            tell(answers_table(Report.of([], answers[-1:], None).answers))
    report = Report.of(found, answers, starts)
    print(report.page())
    if asked.out:
        report.write(asked.out)
    if asked.readme:
        page = pasted(asked.readme.read_text(encoding="utf-8"), report.page())
        asked.readme.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
