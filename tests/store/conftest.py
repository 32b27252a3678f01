"""Two stores on one database, as two processes have them: a SQLite file, and a Postgres database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bot.store.store import Store
from store.helpers import Clock
from store.postgres import running_server

Opener = Callable[[], Store]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running server."""
    with running_server() as server:
        yield server.url


_numbers = count()


def create_database(server: str) -> str:
    """The URL of a new, empty database on a server."""
    name = f"test_{next(_numbers)}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return url.set(database=name).render_as_string()


@pytest.fixture(params=["sqlite", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Opener]:
    """Opens one more store on the same database, with the clock that stands still."""
    url = create_database(request.getfixturevalue("postgres")) if request.param == "postgres" else None
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store(tmp_path, url=url, clock=clock))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    """The store of one process."""
    return open_store()


@pytest.fixture
def other(open_store: Opener) -> Store:
    """Another process's store on the same database."""
    return open_store()


@pytest.fixture
def file_store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A store in the files of ``tmp_path``."""
    store = Store(tmp_path, clock=clock)
    yield store
    store.close()
