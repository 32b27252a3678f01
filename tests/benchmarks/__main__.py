"""``python -m tests.benchmarks``: measure the index beside other libraries, whole answers, and start-up."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bot.evaluation.questions import read_questions
from tests.benchmarks.answers import AnswerTimes, measure_corpus_answers, measure_evaluation_answers
from tests.benchmarks.corpus import SyntheticCorpus
from tests.benchmarks.libraries import LIBRARIES, SLOW
from tests.benchmarks.measurement import IndexTimes, LibraryProcess
from tests.benchmarks.report import Report, answers_table, index_rows, index_table, insert_tables
from tests.benchmarks.startup import StartupTimes, measure_startup

STARTS = 11
"""Repetitions of each start-up measurement."""


def measure_indexes(corpus: SyntheticCorpus, names: list[str], questions: int, rounds: int) -> list[IndexTimes]:
    """Build the indexes one after the other, then ask all questions of each in turn, in each round."""
    libraries = []
    for name in names:
        print_progress(f"building {name} over {corpus.size:,} passages")
        libraries.append(LibraryProcess(name, corpus, questions))
    for _ in range(rounds):
        for library in libraries:
            library.ask()
    return [library.finish() for library in libraries]


def measure_evaluation(questions: Path, articles: Path) -> tuple[AnswerTimes, StartupTimes]:
    """Measure answers and start-up on an archive that has a file of questions."""
    with tempfile.TemporaryDirectory() as folder:
        print_progress(f"answering {questions}")
        answers = measure_evaluation_answers(questions, articles, Path(folder))
        print_progress("starting")
        question = next(one.question for one in read_questions(questions) if one.answerable)
        return answers, measure_startup(articles, Path(folder), question, STARTS)


def print_progress(message: str) -> None:
    """Print ``message`` to standard error."""
    print(message, file=sys.stderr)


def main() -> None:
    """Print the tables; with ``--out`` and ``--readme``, also write the numbers, the plot and the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000], metavar="PASSAGES")
    parser.add_argument("--peers", nargs="*", choices=[*LIBRARIES], default=[*LIBRARIES], help="libraries to measure")
    parser.add_argument("--questions", type=int, default=200, help="number of questions")
    parser.add_argument("--rounds", type=int, default=5, help="times each question is asked; the fastest counts")
    parser.add_argument("--slow-up-to", type=int, default=1_000_000, help=f"largest corpus on which {SLOW} is measured")
    parser.add_argument(
        "--evaluation", nargs=2, type=Path, metavar=("QUESTIONS", "ARCHIVE"), help="a file of questions and its archive"
    )
    parser.add_argument("--out", type=Path, help="folder for benchmark.json and benchmark.svg")
    parser.add_argument("--readme", type=Path, help="page with a marked block for the tables")
    options = parser.parse_args()
    if options.out:  # a run takes an hour
        options.out.mkdir(parents=True, exist_ok=True)
    indexes: list[IndexTimes] = []
    answers: list[AnswerTimes] = []
    startup = None
    if options.evaluation:
        times, startup = measure_evaluation(*options.evaluation)
        answers.append(times)
        print_progress(answers_table(Report.create([], answers, None).answers))
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            corpus = SyntheticCorpus(Path(folder), size)
            corpus.write()
            names = [name for name in options.peers if name != SLOW or size <= options.slow_up_to]
            indexes.extend(measure_indexes(corpus, names, options.questions, options.rounds))
            print_progress(index_table(index_rows(indexes[-len(names) :])))
            print_progress(f"answering over {size:,} passages")
            answers.append(measure_corpus_answers(corpus, options.questions))
            print_progress(answers_table(Report.create([], answers[-1:], None).answers))
    report = Report.create(indexes, answers, startup)
    print(report.to_markdown())
    if options.out:
        report.write(options.out)
    if options.readme:
        page = insert_tables(options.readme.read_text(encoding="utf-8"), report.to_markdown())
        options.readme.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
