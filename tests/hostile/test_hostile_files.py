"""A small form of the run of ``python -m tests.hostile``, and what its files are like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import read_articles

from .files import HOSTILE, good_sentence, name_of_file, write_good_file, write_hostile_file
from .run import Plan, run


@pytest.mark.long
def test_hostile_files_hold_up_no_question(tmp_path: Path) -> None:
    """Dropped into the archive of a running bot, they delay no answer, hide no good file, and are named."""
    report = run(Plan(hostile=len(HOSTILE), good=8, largest=100_000, seconds=15.0), tmp_path)
    assert (report.unanswered, report.missing, report.unnamed, report.traceback) == (0, 0, (), ""), str(report)
    assert report.read_seconds is not None


def test_good_files_are_read(tmp_path: Path) -> None:
    """Each of the good files gives its one sentence."""
    for number in range(8):
        write_good_file(tmp_path, number)
    texts = [article.text for article in read_articles([tmp_path]).articles]
    assert all(good_sentence(number) in texts[number] for number in range(8))


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_each_kind_is_read_or_named(tmp_path: Path, number: int) -> None:
    """A hostile file of each kind gives an article or a reason, and the good one beside it is read."""
    write_good_file(tmp_path, 1)
    path = write_hostile_file(tmp_path, number, 20_000)
    result = read_articles([tmp_path])
    names = {id.partition("#")[0] for id in (article.id for article in result.articles)}
    assert "good-001.md" in names
    assert path.name in names | {name_of_file(one.name) for one in result.skipped}
