"""Large archives are analysed in several processes: the same rows, whatever becomes of the processes."""

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

from .folders import unequal

LONG = 52
"""So many articles together are three batches, the last a small one."""
SEVERAL = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one core there is one process")


def large_archive() -> list[Article]:
    """Articles of very long words, which are analysed in no time, beside some of their own."""
    filling = " ".join(letter * 4000 for letter in "abcdefghij" * 3)
    return [
        article(
            f"Ferry {number} to Tarn sailed with the GCAP (Global Combat Air Program {number % 7}).",
            f"Words {filling[: BATCH // 25]}.",
            f"It came back in {1900 + number}. Kobayashi{'s' * (number % 3)} said so.",
            id=f"{number}.txt",
            title=f"Ferry {number % 5}",
        )
        for number in range(LONG)
    ]


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return large_archive()


@pytest.fixture(scope="module")
def one_by_one(articles: list[Article]) -> ArticleRows:
    """The rows of the articles, each analysed by itself."""
    return join_rows([RowRange(analyze([one]), 0, 1) for one in articles])


@SEVERAL
def test_several_processes_give_the_same_rows(articles: list[Article], one_by_one: ArticleRows) -> None:
    """What several processes made is, row by row, what one makes; the whole is told of as it goes on."""
    told: list[tuple[int, int]] = []
    helpers: list[int] = []

    def progress(done: int, of: int) -> None:
        told.append((done, of))
        helpers.append(len(active_children()))

    rows = analyze(articles, progress)
    assert helpers[0] > 1
    assert unequal(rows.to_arrays(), one_by_one.to_arrays()) == []
    assert unequal(build_arrays(rows), build_arrays(one_by_one)) == []
    assert [of for _, of in told] == [sum(len(one.text) for one in articles)] * 3
    assert sorted(done for done, _ in told)[-1] == told[-1][1]


@SEVERAL
def test_a_killed_helper_ends_nothing(
    articles: list[Article], one_by_one: ArticleRows, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a helping process is killed the rest is analysed here, which the log says in a sentence."""

    def kill(done: int, of: int) -> None:
        for helper in active_children():
            helper.kill()

    with caplog.at_level(logging.WARNING):
        rows = analyze([*articles, *articles], kill)
    twice = join_rows([RowRange(one_by_one, 0, LONG), RowRange(one_by_one, 0, LONG)])
    assert unequal(rows.to_arrays(), twice.to_arrays()) == []
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


@SEVERAL
def test_a_script_without_a_main_guard_ends_well(tmp_path: Path, root: Path) -> None:
    """A script that its helping processes cannot import is answered all the same."""
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "script.py"), str(root), str(root / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{LONG}\n"), done.stderr
