"""The process in which files are read: its limits, its failures, and what a live archive does about slow files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from bot.errors import ReadLimitError
from bot.ingest.draft import Entry
from bot.ingest.files import SkippedFile, list_files
from bot.ingest.processes import ReaderProcess
from bot.ingest.reader import PreviousRead, ReadResult, read_files
from bot.models import Article, ReadLimits
from tests.processes import POSIX

T = TypeVar("T")


def count_to(limit: int) -> Iterator[int]:
    yield from range(1, limit + 1)


def raise_late() -> Iterator[int]:
    yield 1
    raise ValueError("of the function")


def never_end() -> Iterator[int]:
    yield 1
    while True:
        pass


def take_memory() -> Iterator[int]:
    yield len(bytearray(1_000_000_000))


def crash() -> Iterator[int]:
    yield 1
    os._exit(3)


@pytest.fixture
def process() -> Iterator[ReaderProcess]:
    process = ReaderProcess(ReadLimits(seconds=30.0, memory=100_000_000))
    yield process
    process.stop()


def run(
    process: ReaderProcess, function: Callable[..., Iterator[int]], *arguments: object, **limit: float
) -> list[int]:
    return list(process.run(function, *arguments, module=__name__, **limit))


def test_results_come_in_order(process: ReaderProcess) -> None:
    """Whatever their number, and again from the same process."""
    for count in (0, 1, 1_000):
        assert run(process, count_to, count) == list(range(1, count + 1))


def test_an_exception_is_raised_here(process: ReaderProcess) -> None:
    """That of the function, after the results before it."""
    with pytest.raises(ValueError, match="of the function"):
        run(process, raise_late)
    assert run(process, count_to, 2) == [1, 2]


@pytest.mark.parametrize(
    ("function", "limit", "reason"),
    [
        (never_end, {"seconds": 0.2}, "it takes longer than 0.2 s to read"),
        pytest.param(take_memory, {}, "it needs more than 100 MB of memory to read", marks=POSIX),
        (crash, {}, "its reader failed, probably for lack of memory"),
    ],
)
def test_a_limit_costs_one_file(
    process: ReaderProcess, function: Callable[..., Iterator[int]], limit: dict[str, float], reason: str
) -> None:
    """The reason is named, and the next file is read."""
    with pytest.raises(ReadLimitError, match=reason) as caught:
        run(process, function, **limit)
    assert caught.value.outcome == "too_large"
    assert run(process, count_to, 2) == [1, 2]


def test_a_process_that_has_ended_is_replaced(process: ReaderProcess) -> None:
    """As after a minute without a file to read."""
    run(process, count_to, 1)
    process.stop()
    assert run(process, count_to, 2) == [1, 2]


class SlowFile(ReaderProcess):
    """Reads the file of one name only without a short limit."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def run(
        self, function: Callable[..., Iterator[T]], *arguments: object, module: str, seconds: float | None = None
    ) -> Iterator[T]:
        if seconds is not None and isinstance(arguments[0], Path) and arguments[0].name == self.name:
            raise ReadLimitError("it takes longer")
        yield from super().run(function, *arguments, module=module, seconds=seconds)


def previous(result: ReadResult, before: PreviousRead | None = None) -> PreviousRead:
    """What a later read needs to know of this one."""
    articles = [item if isinstance(item, Article) or not before else before.article(item) for item in result.items]
    found = [article for article in articles if isinstance(article, Article)]
    files = {file.path: file for file in result.files}
    return PreviousRead(files, {article.id: at for at, article in enumerate(found)}, found.__getitem__)


def texts(known: PreviousRead) -> list[str]:
    return [known.article(at).text for at in sorted(known.positions.values())]


@pytest.fixture
def slow() -> Iterator[ReaderProcess]:
    process = SlowFile("slow.txt")
    yield process
    process.stop()


def test_a_first_read_waits_for_every_file(tmp_path: Path, slow: ReaderProcess) -> None:
    """Nothing is answered from a part of an archive."""
    (tmp_path / "a.txt").write_text("The ferry sails.")
    (tmp_path / "slow.txt").write_text("The harbour closed.")
    result = read_files(list_files([tmp_path]), slow)
    assert (texts(previous(result)), result.is_pending) == (["The ferry sails.", "The harbour closed."], False)


@pytest.mark.parametrize("is_known", [False, True])
def test_a_slow_file_of_a_live_archive_comes_later(tmp_path: Path, slow: ReaderProcess, is_known: bool) -> None:
    """Other files do not wait for it; until it is read, what it said before stays."""
    (tmp_path / "a.txt").write_text("The ferry sails.")
    path = tmp_path / "slow.txt"
    if is_known:
        path.write_text("The harbour is open.")
    before = previous(read_files(list_files([tmp_path]), slow))
    path.write_text("The harbour closed in March.")
    (tmp_path / "b.txt").write_text("The mole was lit.")
    result = read_files(list_files([tmp_path]), slow, None, before, is_live=True)
    old = ["The harbour is open."] if is_known else []
    known = previous(result, before)
    assert (texts(known), result.is_pending) == (["The ferry sails.", "The mole was lit.", *old], True)
    assert result.skipped == (() if is_known else (SkippedFile("slow.txt", "it is still to be read"),))
    result = read_files(list_files([tmp_path]), slow, None, known, is_live=True)
    assert (texts(previous(result, known))[-1], result.is_pending) == ("The harbour closed in March.", False)


def test_a_file_that_is_slow_for_good_is_named(tmp_path: Path) -> None:
    """It is not tried again until it changes."""

    class Endless(SlowFile):
        def run(self, *arguments: object, **named: object) -> Iterator[Entry]:  # type: ignore[override]
            tried.append(time.monotonic())
            raise ReadLimitError("it takes longer than 10 s to read")

    tried: list[float] = []
    (tmp_path / "a.txt").write_text("The ferry sails.")
    before = previous(read_files(list_files([tmp_path]), ReaderProcess()))
    (tmp_path / "slow.txt").write_text("The harbour closed.")
    for _ in range(4):
        result = read_files(list_files([tmp_path]), Endless("slow.txt"), None, before, is_live=True)
        before = previous(result, before)
    assert (len(tried), result.is_pending) == (2, False)
    assert result.skipped == (SkippedFile("slow.txt", "it takes longer than 10 s to read"),)
