"""Threads that write at the same time share transactions: each gets its own result or its own error."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.errors import StoreError
from bot.store.database import Database

Work = Callable[[sqlite3.Connection], object]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a table of words, which must be text."""
    database = Database(tmp_path / "words.sqlite3")
    database.write(lambda db: db.execute("CREATE TABLE words (word TEXT NOT NULL) STRICT"))
    yield database
    database.close()


def writing(word: object) -> Work:
    def work(db: sqlite3.Connection) -> object:
        db.execute("INSERT INTO words VALUES (?)", (word,))
        return word

    return work


def fail(_db: sqlite3.Connection) -> object:
    raise ValueError("of its own making")


def together(database: Database, *works: Work) -> list[Future[object]]:
    """What becomes of ``works``, each begun in its own thread while another thread writes."""
    begun = Barrier(len(works) + 1)

    def begin(work: Work) -> object:
        begun.wait()
        return database.write(work)

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(begin, work) for work in works]
        database.write(lambda _: begun.wait())
    return futures


def words(database: Database) -> list[str]:
    return sorted(word for (word,) in database.read(lambda db: db.execute("SELECT word FROM words").fetchall()))


def test_each_gets_its_own_result(database: Database) -> None:
    """Of thirty threads each gets what its own work returned, and all that they wrote stands, once."""
    names = [f"{number:02}" for number in range(30)]
    assert [future.result() for future in together(database, *map(writing, names))] == names
    assert words(database) == names


@pytest.mark.parametrize(
    ("bad", "error"), [(fail, ValueError), (writing("\ud800"), UnicodeEncodeError), (writing(None), StoreError)]
)
def test_who_fails_fails_alone(database: Database, bad: Work, error: type[Exception]) -> None:
    """What ails one thread's work ails no other's, and nothing of it stands or is written twice."""
    first, failed, *others = together(database, writing("0"), bad, *map(writing, "123456789"))
    assert isinstance(failed.exception(), error)
    assert [future.result() for future in (first, *others)] == list("0123456789")
    assert words(database) == list("0123456789")


def test_what_ails_the_file_is_told_to_each(database: Database) -> None:
    """Where nothing can be written, every thread gets the one sentence, and the next can write again."""
    database.write(lambda db: db.execute("ALTER TABLE words RENAME TO elsewhere"))
    failed = together(database, *map(writing, "0123456789"))
    assert all(isinstance(future.exception(), StoreError) for future in failed)
    database.write(lambda db: db.execute("ALTER TABLE elsewhere RENAME TO words"))
    assert database.write(writing("a")) == "a"
    assert words(database) == ["a"]
