"""The benchmark measures what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.contestants import TOP
from tests.benchmarks.corpus import LONGEST, SHORTEST, Corpus


def test_the_corpus(tmp_path: Path) -> None:
    """The corpus and its questions are the same at every run, and a question is of words of one passage."""
    made = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        corpus = Corpus(tmp_path / folder, 300)
        corpus.write()
        made.append((list(corpus.passages()), corpus.questions(20)))
    assert made[0] == made[1]
    passages, questions = made[0]
    assert len(passages) == 300
    assert all(SHORTEST <= len(passage) <= LONGEST for passage in passages)
    assert all(len(set(words)) == 8 and any(set(words) <= set(passage) for passage in passages) for words in questions)


def test_the_command(root: Path) -> None:
    """The command prints a row for each contestant and size."""
    command = "-m tests.benchmarks --sizes 200 400 --peers pullquote rank-bm25 --questions 3 --rounds 2"
    done = subprocess.run([sys.executable, *command.split()], capture_output=True, text=True, check=True, cwd=root)
    rows = [row.split("|")[1:3] for row in done.stdout.splitlines()[2:]]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["200", "pullquote"],
        ["200", "rank-bm25"],
        ["400", "pullquote"],
        ["400", "rank-bm25"],
    ]


def test_what_is_measured_answers(tmp_path: Path) -> None:
    """What is measured gives as many passages as are asked for, the one that the question was made of among them."""
    from tests.benchmarks.ours import Pullquote

    corpus = Corpus(tmp_path, 400)
    corpus.write()
    passages = list(corpus.passages())
    Pullquote().build(passages, tmp_path)
    ask = Pullquote().open(passages, tmp_path)
    for words in corpus.questions(10):
        numbers = [number for _, number in ask(words)]
        assert len(numbers) == TOP
        assert any(set(words) <= set(passages[number]) for number in numbers)
