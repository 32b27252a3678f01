"""Threads that share a connection: each gets its own result or error. A lost connection is opened again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from bot.errors import StoreError
from bot.store.database import Sqlite
from bot.store.store import Store
from store.helpers import question_event

from .conftest import create_database

Work = Callable[[Connection], object]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Sqlite]:
    """A database with a table of words, which must be text."""
    database = Sqlite(tmp_path / "words.sqlite3")
    database.run(lambda db: db.execute(text("CREATE TABLE words (word TEXT NOT NULL) STRICT")))
    yield database
    database.close()


def write_word(word: object) -> Work:
    def work(db: Connection) -> object:
        db.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
        return word

    return work


def fail(_db: Connection) -> object:
    raise ValueError("of its own making")


def write_together(database: Sqlite, *works: Work) -> list[Future[object]]:
    """Futures of all ``works``, each started in its own thread while another thread writes."""
    begun = Barrier(len(works) + 1)

    def begin(work: Work) -> object:
        begun.wait()
        return database.run(work)

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(begin, work) for work in works]
        database.run(lambda _: begun.wait())
    return futures


def words(database: Sqlite) -> list[str]:
    found = database.run(lambda db: db.execute(text("SELECT word FROM words")).scalars().all())
    return sorted(found)


def test_each_gets_its_own_result(database: Sqlite) -> None:
    """Each of thirty threads gets its own result, and everything is written once."""
    names = [f"{number:02}" for number in range(30)]
    assert [future.result() for future in write_together(database, *map(write_word, names))] == names
    assert words(database) == names


@pytest.mark.parametrize(
    ("bad", "error"), [(fail, ValueError), (write_word("\ud800"), UnicodeEncodeError), (write_word(None), StoreError)]
)
def test_a_failing_thread_fails_alone(database: Sqlite, bad: Work, error: type[Exception]) -> None:
    """An error of one thread's work affects no other, and nothing of it is written."""
    first, failed, *others = write_together(database, write_word("0"), bad, *map(write_word, "123456789"))
    assert isinstance(failed.exception(), error)
    assert [future.result() for future in (first, *others)] == list("0123456789")
    assert words(database) == list("0123456789")


def test_an_error_of_the_file_is_raised_in_each_thread(database: Sqlite) -> None:
    """If nothing can be written, every thread gets the error, and later writes succeed."""
    full = "CREATE TRIGGER full BEFORE INSERT ON words BEGIN SELECT RAISE(ABORT, 'no room'); END"
    database.run(lambda db: db.execute(text(full)))
    failed = write_together(database, *map(write_word, "0123456789"))
    assert all(isinstance(future.exception(), StoreError) for future in failed)
    database.run(lambda db: db.execute(text("DROP TRIGGER full")))
    assert database.run(write_word("a")) == "a"
    assert words(database) == ["a"]


def test_a_lost_connection_is_opened_again(postgres: str) -> None:
    """After the server has closed the connection, one call fails, and the next one works."""
    url = create_database(postgres)
    store, other = Store(None, url=url), Store(None, url=url)
    end = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    other.database.run(lambda db: db.execute(end))
    with pytest.raises(StoreError, match=r"The database .* cannot be used \(.*\); check that the server is running"):
        store.claim(question_event())
    assert store.claim(question_event())
    assert other.claim(question_event()) is None
    for one in (store, other):
        one.close()


def test_a_state_folder_that_is_deleted_is_made_anew(tmp_path: Path) -> None:
    """If the folder is deleted while the database is open, the next work is done in a new one, and survives."""
    path = tmp_path / "state" / "words.sqlite3"
    create = text("CREATE TABLE IF NOT EXISTS words (word TEXT NOT NULL) STRICT")
    with closing(Sqlite(path)) as database:
        database.run(lambda db: db.execute(create))
        shutil.rmtree(path.parent)
        database.run(lambda db: db.execute(create))
        database.run(write_word("kept"))
        assert path.exists()
    with closing(Sqlite(path)) as database:
        assert words(database) == ["kept"]


def test_a_closed_database_says_so(database: Sqlite) -> None:
    """Work that comes after the database was closed is refused, not left waiting."""
    database.close()
    with pytest.raises(StoreError, match="closed"):
        words(database)


def test_hosts_that_share_a_database_share_the_key(postgres: str, tmp_path: Path) -> None:
    """A person has one hash, whichever bot stores it; a folder keeps the key for when the database cannot be used."""
    url = create_database(postgres)
    with (
        closing(Store(tmp_path / "a", url=url)) as one,
        closing(Store(tmp_path / "b", url=url)) as other,
        closing(Store(tmp_path / "a", url="postgresql://nobody@127.0.0.1:1/none", opens_now=False)) as alone,
    ):
        assert one.hash_user("U1") == other.hash_user("U1") == alone.hash_user("U1")
        assert one.is_shared
