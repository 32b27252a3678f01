"""``librarian.answer``, end to end and step by step, over an archive that is opened from its snapshot.

Keeps secret how a step is told from the others: in another process the librarian's makers are asked by themselves, one
after the other, so that neither finds ready what the other has made.
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
from bot.search.answerer import DEPTH, MAX_NEAREST, Answerer, article_score_shares
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.quotes import choose_quotes
from bot.search.ranking import rank
from tests.benchmarks.articles import rows
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.measuring import resident

STEPS = ("expand", "search", "rank", "choose", "verify")
_NAME = "archive"


@dataclass(frozen=True)
class Answered:
    """One archive. Times are in milliseconds by the clock, resident memory in megabytes, after the questions.

    ``open`` is until a question can be asked, ``first`` the first one's time; ``milliseconds`` are each question's time
    when it was asked for the first time, and ``steps`` what its steps took.
    """

    archive: str
    articles: int
    passages: int
    open: float
    first: float
    resident: float
    milliseconds: Sequence[float]
    steps: Mapping[str, Sequence[float]]


def answered_evaluation(questions: Path, articles: Path, state: Path) -> Answered:
    """Over an archive with questions of its own; its snapshot is left in ``state``."""
    return _answered("evaluation", *map(str, (questions, articles, state)))


def answered_corpus(corpus: Corpus, questions: int) -> Answered:
    """Over articles that are made of the corpus."""
    return _answered("corpus", str(corpus.folder), str(corpus.size), str(questions))


def _answered(*what: str) -> Answered:
    """One process builds, one asks, one goes step by step."""
    found = {}
    for task in TASKS:
        command = [sys.executable, "-m", "tests.benchmarks.answering", *what, task]
        found |= json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return Answered(**found)


class _Evaluation:
    """An archive with questions of its own."""

    name = "evaluation"

    def __init__(self, questions: str, articles: str, state: str) -> None:
        self._keeper = IndexStore([Path(articles)], Path(state))
        self._questions = Path(questions)

    def build(self) -> None:
        self._keeper.save(self._keeper.load_current())

    def open(self) -> Index:
        kept = self._keeper.load_current()
        assert kept.is_saved
        return kept.index

    def questions(self) -> list[str]:
        return [asked.question for asked in read_questions(self._questions)]


class _Corpus:
    """Articles that are made of the corpus."""

    name = "corpus"

    def __init__(self, folder: str, size: str, questions: str) -> None:
        self._corpus, self._count = Corpus(Path(folder), int(size)), int(questions)
        self._folder = self._corpus.folder / f"{size}.archive"

    def build(self) -> None:
        save_snapshot(self._folder, _NAME, build_arrays(rows(self._corpus)), "")

    def open(self) -> Index:
        snapshot = load_snapshot(self._folder, _NAME)
        assert snapshot
        return Index.from_arrays(snapshot.arrays)

    def questions(self) -> list[str]:
        return [" ".join(words) for words in self._corpus.questions(self._count)]


def _steps(index: Index, text: str) -> dict[str, float]:
    """The milliseconds of each step of ``Librarian.answer``."""
    question, times = Question(text), [time.perf_counter()]
    query = expand(index.lexicon, question)
    times.append(time.perf_counter())
    found = index.retriever.search(query, DEPTH)
    fared = article_score_shares(index.archive, index.articles, query)
    shares = [fared(hit.passage) for hit in found]
    times.append(time.perf_counter())
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    hits = rank(coverage, found, shares)
    times.append(time.perf_counter())
    quotes, *_ = choose_quotes(coverage, hits, max(question.limit, MAX_NEAREST))
    times.append(time.perf_counter())
    for quote in quotes:
        index.archive.verify(quote)
    times.append(time.perf_counter())
    return {name: (end - start) * 1000 for name, start, end in zip(STEPS, times, times[1:], strict=False)}


def _build(archive: _Evaluation | _Corpus) -> dict[str, Any]:
    archive.build()
    return {"archive": archive.name}


def _ask(archive: _Evaluation | _Corpus) -> dict[str, Any]:
    questions = archive.questions()
    started = time.perf_counter()
    librarian = Answerer(archive.open())
    opened = time.perf_counter()
    librarian.answer(Question(questions[-1]))
    first = time.perf_counter()
    whole = []
    for text in questions[:-1]:
        asked_at = time.perf_counter()
        librarian.answer(Question(text))
        whole.append((time.perf_counter() - asked_at) * 1000)
    return {
        "articles": len(librarian.archive),
        "passages": len(librarian.archive.passages),
        "open": (opened - started) * 1000,
        "first": (first - opened) * 1000,
        "resident": resident(),
        "milliseconds": whole,
    }


def _each_step(archive: _Evaluation | _Corpus) -> dict[str, Any]:
    questions, index = archive.questions(), archive.open()
    _steps(index, questions[-1])
    found = [_steps(index, text) for text in questions[:-1]]
    return {"steps": {name: [one[name] for one in found] for name in STEPS}}


TASKS = {"build": _build, "ask": _ask, "steps": _each_step}


def main(kind: str, *arguments: str) -> None:
    """One of the three processes."""
    *where, task = arguments
    archive = {"evaluation": _Evaluation, "corpus": _Corpus}[kind](*where)
    print(json.dumps(TASKS[task](archive)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
