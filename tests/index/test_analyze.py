"""Test that several processes analyze a large archive, with the same result even if they are killed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from multiprocessing import active_children
from pathlib import Path

import pytest

from bot.index.build import BATCH, analyze, build_arrays
from bot.index.rows import ArticleRows, RowRange, join_rows
from bot.models import Article
from tests.factories import article

from .folders import unequal_arrays

ARTICLES = 52
"""Three batches, the last one small."""
several_cores = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs several cores")


def large_archive() -> list[Article]:
    """Build articles of very long words, which are analyzed quickly, and some words of their own."""
    filling = " ".join(letter * 4000 for letter in "abcdefghij" * 3)
    return [
        article(
            f"Ferry {number} to Tarn sailed with the GCAP (Global Combat Air Program {number % 7}).",
            f"Words {filling[: BATCH // 25]}.",
            f"It came back in {1900 + number}. Kobayashi{'s' * (number % 3)} said so.",
            id=f"{number}.txt",
            title=f"Ferry {number % 5}",
        )
        for number in range(ARTICLES)
    ]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return large_archive()


@pytest.fixture(scope="module")
def one_by_one(articles: list[Article]) -> ArticleRows:
    """The rows of the articles, each analyzed by itself."""
    return join_rows([RowRange(analyze([one]), 0, 1) for one in articles])


@several_cores
def test_several_processes_return_the_same_rows(articles: list[Article], one_by_one: ArticleRows) -> None:
    """The rows from several processes equal those from one, and progress is reported for each batch."""
    calls: list[tuple[int, int]] = []
    workers: list[int] = []

    def progress(done: int, of: int) -> None:
        calls.append((done, of))
        workers.append(len(active_children()))

    rows = analyze(articles, progress)
    assert workers[0] > 1
    assert unequal_arrays(rows.to_arrays(), one_by_one.to_arrays()) == []
    assert unequal_arrays(build_arrays(rows), build_arrays(one_by_one)) == []
    assert [of for _, of in calls] == [sum(len(one.text) for one in articles)] * 3
    assert sorted(done for done, _ in calls)[-1] == calls[-1][1]


@several_cores
def test_a_killed_worker_is_survived(
    articles: list[Article], one_by_one: ArticleRows, caplog: pytest.LogCaptureFixture
) -> None:
    """If a worker process is killed, this process analyzes the rest and logs one sentence."""

    def kill(done: int, of: int) -> None:
        for worker in active_children():
            worker.kill()

    with caplog.at_level(logging.WARNING):
        rows = analyze([*articles, *articles], kill)
    twice = join_rows([RowRange(one_by_one, 0, ARTICLES), RowRange(one_by_one, 0, ARTICLES)])
    assert unequal_arrays(rows.to_arrays(), twice.to_arrays()) == []
    (record,) = caplog.records
    assert record.getMessage().startswith("A worker process failed; indexing continues in one process, more slowly: ")
    assert active_children() == []


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
from index.test_analyze import large_archive
from bot.index.build import analyze
print(len(analyze(large_archive())), flush=True)
"""


@several_cores
def test_a_script_without_a_main_guard(tmp_path: Path, root: Path) -> None:
    """A script that worker processes cannot import still gets its result."""
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "script.py"), str(root), str(root / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{ARTICLES}\n"), done.stderr
