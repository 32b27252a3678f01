"""The benchmark measures what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bot.index import Index
from bot.index.arrays import in_memory
from bot.index.build import analyze, build_arrays
from tests.benchmarks.answering import STEPS, answered_evaluation
from tests.benchmarks.articles import rows
from tests.benchmarks.contestants import TOP
from tests.benchmarks.corpus import LONGEST, SHORTEST, Corpus
from tests.benchmarks.report import COMMAND, pasted
from tests.benchmarks.starting import started
from tests.chaos.archive import NAMES, question_about, write_archive


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


def test_the_command(root: Path, tmp_path: Path) -> None:
    """The command writes a row for each contestant and size, and one for the whole answer, into its place in a page."""
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n<!-- measured by: {COMMAND} -->\nold\n<!-- end -->\n\nBehind.\n", encoding="utf-8")
    command = "-m tests.benchmarks --sizes 200 400 --peers pullquote rank-bm25 --questions 3 --rounds 2 --readme"
    done = subprocess.run(
        [sys.executable, *command.split(), str(page)], capture_output=True, text=True, check=True, cwd=root
    )
    index, answers = done.stdout.strip().split("\n\n")
    assert [_first_two(row) for row in index.splitlines()[2:]] == [
        ("200", "pullquote"),
        ("200", "rank-bm25"),
        ("400", "pullquote"),
        ("400", "rank-bm25"),
    ]
    assert [_first_two(row) for row in answers.splitlines()[2:]] == [("200", "corpus"), ("400", "corpus")]
    written = page.read_text(encoding="utf-8")
    assert written == f"Before.\n\n<!-- measured by: {COMMAND} -->\n{done.stdout.strip()}\n<!-- end -->\n\nBehind.\n"


def _first_two(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.split("|")[1:3])


def test_the_page_has_a_place_for_the_tables(root: Path) -> None:
    """The benchmark page has a place for the tables, and names the command that fills it."""
    readme = (root / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert "| 10,000 | pullquote |" not in pasted(readme, "nothing")


def test_starts(tmp_path: Path) -> None:
    """Each start is measured as often as is asked for, from the articles' snapshot to an answer."""
    articles = tmp_path / "articles"
    write_archive(articles)
    found = started(articles, tmp_path / "state", question_about(NAMES[0]), 1)
    assert all(len(times) == 1 and times[0] > 0 for times in (found.ask, found.imports, found.serve))


def test_the_answers_of_an_archive_with_questions_are_measured(tmp_path: Path) -> None:
    """As long as it has a snapshot, each question of the archive is asked, as a whole and step by step."""
    articles, questions = tmp_path / "articles", tmp_path / "questions.jsonl"
    write_archive(articles)
    for file in articles.iterdir():
        os.utime(file, (0, 0))  # else they may change again, and what is kept of them is not trusted
    asked = ({"id": name, "question": question_about(name), "answerable": True} for name in NAMES[:3])
    questions.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    found = answered_evaluation(questions, articles, tmp_path / "state")
    assert found.articles > 0
    assert len(found.milliseconds) == 2
    assert {name: len(times) for name, times in found.steps.items()} == dict.fromkeys(STEPS, 2)


def test_the_articles(tmp_path: Path) -> None:
    """The rows that are made of the corpus are those that analysing its articles would find, but for what is parted."""
    corpus = Corpus(tmp_path, 30)
    corpus.write()
    made = rows(corpus)
    shelved = Index.from_arrays(in_memory(build_arrays(made))).archive
    read = analyze(list(shelved.articles.values()))
    assert made.vocabulary == read.vocabulary
    assert len(shelved.passages) == 30
    for name, table in made.tables.items():
        if name not in ("passage", "heading", "sentence"):  # these are parted by numbers, not by what is written
            for key, column in table.arrays.items():
                if (name, key) != ("paragraph", "sentences"):
                    assert column.all().tolist() == read.tables[name].arrays[key].all().tolist(), (name, key)


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
