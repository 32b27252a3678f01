"""Tests of the benchmarks: they measure what they claim to measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.index import Index
from bot.index.arrays import in_memory
from bot.index.build import analyze, build_arrays
from tests.benchmarks import documents
from tests.benchmarks.answers import STEPS, measure_evaluation_answers
from tests.benchmarks.articles import create_rows
from tests.benchmarks.corpus import LONGEST, SHORTEST, SyntheticCorpus
from tests.benchmarks.libraries import TOP
from tests.benchmarks.report import COMMAND, insert_tables
from tests.benchmarks.startup import measure_startup
from tests.chaos.archive import NAMES, question_about, write_archive


def test_corpus_is_reproducible(tmp_path: Path) -> None:
    """The corpus and its questions are the same at every run; the words of a question are all from one passage."""
    runs = []
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        corpus = SyntheticCorpus(tmp_path / folder, 300)
        corpus.write()
        runs.append((list(corpus.passages()), corpus.questions(20)))
    assert runs[0] == runs[1]
    passages, questions = runs[0]
    assert len(passages) == 300
    assert all(SHORTEST <= len(passage) <= LONGEST for passage in passages)
    assert all(len(set(words)) == 8 and any(set(words) <= set(passage) for passage in passages) for words in questions)


@pytest.mark.long
def test_command_writes_tables(root: Path, tmp_path: Path) -> None:
    """The command prints a row per library and size and one per whole answer, and writes them into a page's block."""
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n<!-- measured by: {COMMAND} -->\nold\n<!-- end -->\n\nAfter.\n", encoding="utf-8")
    command = "-m tests.benchmarks --sizes 200 400 --peers pullquote rank-bm25 --questions 3 --rounds 2 --readme"
    done = subprocess.run(
        [sys.executable, *command.split(), str(page)], capture_output=True, text=True, check=True, cwd=root
    )
    index, answers = done.stdout.strip().split("\n\n")
    assert [_first_two_cells(row) for row in index.splitlines()[2:]] == [
        ("200", "pullquote"),
        ("200", "rank-bm25"),
        ("400", "pullquote"),
        ("400", "rank-bm25"),
    ]
    assert [_first_two_cells(row) for row in answers.splitlines()[2:]] == [("200", "corpus"), ("400", "corpus")]
    written = page.read_text(encoding="utf-8")
    assert written == f"Before.\n\n<!-- measured by: {COMMAND} -->\n{done.stdout.strip()}\n<!-- end -->\n\nAfter.\n"


def _first_two_cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.split("|")[1:3])


def test_page_has_a_block_for_the_tables(root: Path) -> None:
    """The benchmark page has a block for the tables, marked with the command that fills it."""
    readme = (root / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert "| 10,000 | pullquote |" not in insert_tables(readme, "nothing")


def test_startup_is_measured(tmp_path: Path) -> None:
    """Each start-up measurement has one time per repetition."""
    articles = tmp_path / "articles"
    write_archive(articles)
    times = measure_startup(articles, tmp_path / "state", question_about(NAMES[0]), 1)
    assert all(len(each) == 1 and each[0] > 0 for each in (times.ask, times.imports, times.serve))


def test_answers_to_the_questions_of_a_file_are_measured(tmp_path: Path) -> None:
    """All questions but the one asked first are timed, as a whole and step by step."""
    articles, questions = tmp_path / "articles", tmp_path / "questions.jsonl"
    write_archive(articles)
    for file in articles.iterdir():
        os.utime(file, (0, 0))  # files modified just now are not trusted to match their snapshot
    rows = ({"id": name, "question": question_about(name), "answerable": True} for name in NAMES[:3])
    questions.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    times = measure_evaluation_answers(questions, articles, tmp_path / "state")
    assert times.articles > 0
    assert len(times.milliseconds) == 2
    assert {name: len(each) for name, each in times.steps.items()} == dict.fromkeys(STEPS, 2)


def test_rows_equal_those_of_analysis(tmp_path: Path) -> None:
    """The computed rows equal those from analyzing the articles, except where passages and sentences are divided."""
    corpus = SyntheticCorpus(tmp_path, 30)
    corpus.write()
    computed = create_rows(corpus)
    archive = Index.from_arrays(in_memory(build_arrays(computed))).archive
    analyzed = analyze(list(archive.articles.values()))
    assert computed.vocabulary == analyzed.vocabulary
    assert len(archive.passages) == 30
    for name, array in computed.arrays.items():
        # These are divided by word counts, not by the text.
        if not name.startswith(("passage.", "heading.", "sentence.")) and name != "paragraph.sentences":
            assert array.all().tolist() == analyzed.arrays[name].all().tolist(), name


def test_pullquote_finds_the_passage(tmp_path: Path) -> None:
    """The measured search returns TOP passages, among them one with all words of the question."""
    from tests.benchmarks.pullquote import Pullquote

    corpus = SyntheticCorpus(tmp_path, 400)
    corpus.write()
    passages = list(corpus.passages())
    Pullquote().build(passages, tmp_path)
    search = Pullquote().open(passages, tmp_path)
    for words in corpus.questions(10):
        numbers = [number for _, number in search(words)]
        assert len(numbers) == TOP
        assert any(set(words) <= set(passages[number]) for number in numbers)


def test_documents_are_measured(tmp_path: Path) -> None:
    """Each reader has a rate, and the memory of the reader process is known where the system tells it."""
    rates, memory = documents.measure(2, tmp_path, paragraphs=5)
    assert rates["pullquote"] > 0
    assert all(rate > 0 for rate in rates.values())
    assert memory > 0 or not Path("/proc").exists()
