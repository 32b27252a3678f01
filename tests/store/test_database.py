"""Threads that write at the same time share a transaction; each gets its own result or error."""

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


def write_word(word: object) -> Work:
    def work(db: sqlite3.Connection) -> object:
        db.execute("INSERT INTO words VALUES (?)", (word,))
        return word

    return work


def fail(_db: sqlite3.Connection) -> object:
    raise ValueError("of its own making")


def write_together(database: Database, *works: Work) -> list[Future[object]]:
    """Futures of all ``works``, each started in its own thread while another thread writes."""
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
    """Each of thirty threads gets its own result, and everything is written once."""
    names = [f"{number:02}" for number in range(30)]
    assert [future.result() for future in write_together(database, *map(write_word, names))] == names
    assert words(database) == names


@pytest.mark.parametrize(
    ("bad", "error"), [(fail, ValueError), (write_word("\ud800"), UnicodeEncodeError), (write_word(None), StoreError)]
)
def test_a_failing_thread_fails_alone(database: Database, bad: Work, error: type[Exception]) -> None:
    """An error of one thread's work affects no other, and nothing of it is written."""
    first, failed, *others = write_together(database, write_word("0"), bad, *map(write_word, "123456789"))
    assert isinstance(failed.exception(), error)
    assert [future.result() for future in (first, *others)] == list("0123456789")
    assert words(database) == list("0123456789")


def test_an_error_of_the_file_is_raised_in_each_thread(database: Database) -> None:
    """If nothing can be written, every thread gets the error, and later writes succeed."""
    database.write(lambda db: db.execute("ALTER TABLE words RENAME TO elsewhere"))
    failed = write_together(database, *map(write_word, "0123456789"))
    assert all(isinstance(future.exception(), StoreError) for future in failed)
    database.write(lambda db: db.execute("ALTER TABLE elsewhere RENAME TO words"))
    assert database.write(write_word("a")) == "a"
    assert words(database) == ["a"]
