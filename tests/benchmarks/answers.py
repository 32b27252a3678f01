"""Time ``Answerer.answer`` as a whole and step by step, on an index opened from its snapshot.

Whole answers and single steps are timed in separate processes, so that neither profits from what the other has cached.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.questions import read_questions
from bot.index import Index
from bot.index.build import build_arrays
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.store import IndexStore
from bot.models import Question
from bot.search.answerer import DEPTH, MAX_NEAREST, Answerer
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.quotes import choose_quotes
from bot.search.ranking import rank
from tests.benchmarks.articles import create_rows
from tests.benchmarks.corpus import SyntheticCorpus
from tests.benchmarks.measurement import resident_megabytes

STEPS = ("expand", "search", "rank", "choose", "verify")
_NAME = "archive"


@dataclass(frozen=True)
class AnswerTimes:
    """Answer times on one archive, in milliseconds of wall-clock time.

    ``open`` is the time until a question can be asked, ``first`` that of the first answer. ``milliseconds`` has one
    time per further question, each asked once; ``steps`` has the same per step. ``resident`` is the memory after the
    questions, in megabytes.
    """

    archive: str
    articles: int
    passages: int
    open: float
    first: float
    resident: float
    milliseconds: Sequence[float]
    steps: Mapping[str, Sequence[float]]


def measure_evaluation_answers(questions: Path, articles: Path, state: Path) -> AnswerTimes:
    """Measure an archive with the questions of a file; its snapshot remains in ``state``."""
    return _measure("evaluation", *map(str, (questions, articles, state)))


def measure_corpus_answers(corpus: SyntheticCorpus, questions: int) -> AnswerTimes:
    """Measure articles generated from ``corpus``."""
    return _measure("corpus", str(corpus.folder), str(corpus.size), str(questions))


def _measure(*arguments: str) -> AnswerTimes:
    """Run each task in a new process and merge what they print."""
    results = {}
    for task in TASKS:
        command = [sys.executable, "-m", "tests.benchmarks.answers", *arguments, task]
        results |= json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return AnswerTimes(**results)


class _EvaluationArchive:
    """An archive with a file of questions."""

    name = "evaluation"

    def __init__(self, questions: str, articles: str, state: str) -> None:
        self._store = IndexStore([Path(articles)], Path(state))
        self._questions = Path(questions)

    def build(self) -> None:
        self._store.save(self._store.load_current())

    def open(self) -> Index:
        current = self._store.load_current()
        assert current.is_saved
        return current.index

    def questions(self) -> list[str]:
        return [one.question for one in read_questions(self._questions)]


class _CorpusArchive:
    """Articles generated from a synthetic corpus."""

    name = "corpus"

    def __init__(self, folder: str, size: str, questions: str) -> None:
        self._corpus, self._count = SyntheticCorpus(Path(folder), int(size)), int(questions)
        self._folder = self._corpus.folder / f"{size}.archive"

    def build(self) -> None:
        save_snapshot(self._folder, _NAME, build_arrays(create_rows(self._corpus)), "")

    def open(self) -> Index:
        snapshot = load_snapshot(self._folder, _NAME)
        assert snapshot
        return Index.from_arrays(snapshot.arrays)

    def questions(self) -> list[str]:
        return [" ".join(words) for words in self._corpus.questions(self._count)]


def _time_steps(index: Index, text: str) -> dict[str, float]:
    """Run the steps of ``Answerer.answer`` one by one; the milliseconds of each."""
    question, times = Question(text), [time.perf_counter()]
    query = expand(index.lexicon, question)
    times.append(time.perf_counter())
    hits = index.retriever.search(query, DEPTH)
    times.append(time.perf_counter())
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    hits = rank(coverage, hits)
    times.append(time.perf_counter())
    quotes, *_ = choose_quotes(coverage, hits, max(question.limit, MAX_NEAREST))
    times.append(time.perf_counter())
    for quote in quotes:
        index.archive.verify(quote)
    times.append(time.perf_counter())
    return {name: (end - start) * 1000 for name, start, end in zip(STEPS, times, times[1:], strict=False)}


def _build(archive: _EvaluationArchive | _CorpusArchive) -> dict[str, Any]:
    archive.build()
    return {"archive": archive.name}


def _measure_answers(archive: _EvaluationArchive | _CorpusArchive) -> dict[str, Any]:
    questions = archive.questions()
    start = time.perf_counter()
    answerer = Answerer(archive.open())
    opened = time.perf_counter()
    answerer.answer(Question(questions[-1]))
    first = time.perf_counter()
    milliseconds = []
    for text in questions[:-1]:
        question_start = time.perf_counter()
        answerer.answer(Question(text))
        milliseconds.append((time.perf_counter() - question_start) * 1000)
    return {
        "articles": len(answerer.archive),
        "passages": len(answerer.archive.passages),
        "open": (opened - start) * 1000,
        "first": (first - opened) * 1000,
        "resident": resident_megabytes(),
        "milliseconds": milliseconds,
    }


def _measure_steps(archive: _EvaluationArchive | _CorpusArchive) -> dict[str, Any]:
    questions, index = archive.questions(), archive.open()
    _time_steps(index, questions[-1])
    times = [_time_steps(index, text) for text in questions[:-1]]
    return {"steps": {name: [one[name] for one in times] for name in STEPS}}


TASKS = {"build": _build, "ask": _measure_answers, "steps": _measure_steps}


def main(kind: str, *arguments: str) -> None:
    """Run one task and print its result as JSON."""
    *source, task = arguments
    archive = {"evaluation": _EvaluationArchive, "corpus": _CorpusArchive}[kind](*source)
    print(json.dumps(TASKS[task](archive)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
