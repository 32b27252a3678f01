"""One connection to a database, used by one worker thread that runs work in transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.store import schema

T = TypeVar("T")
P = ParamSpec("P")


class NewerSchemaError(Exception):
    """The database was written by a later version of this program."""


class InUseError(Exception):
    """The database is damaged and cannot be replaced, because another process has it open."""


class Database:
    """Runs work in transactions, on a worker thread. Safe to share between threads; the subclasses are the backends.

    Every call raises StoreError if the database cannot be used; the sentence says what to do.
    """

    name: str  # what messages call it
    advice: str  # what to do if it cannot be used

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._worker = ThreadPoolExecutor(1, "database")

    def connect(self) -> Connection:
        """Open the database with the current schema; ``info["is_write"]`` will say which transaction begins."""
        raise NotImplementedError

    def now(self, connection: Connection) -> float:
        """The database's time in Unix seconds."""
        raise NotImplementedError

    def replace(self, error: Exception) -> bool:
        """Rename the database if ``error`` says that it is damaged, so that ``connect`` creates a new one."""
        return False

    def erase(self) -> None:
        """Overwrite copies of deleted rows."""

    def disconnect(self) -> None:
        """Close the connection; the next job opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection.engine.dispose()
            self._connection = None

    def run(self, work: Callable[[Connection], T], *, is_write: bool) -> T:
        """Return what ``work`` returns. It is done wholly or not at all, and may run twice."""
        try:
            done = self._worker.submit(self._run, work, is_write)
        except RuntimeError as error:
            raise StoreError("The store was closed; start Pullquote again.") from error
        return done.result()

    def close(self) -> None:
        """Close the database; further calls raise StoreError."""
        with suppress(RuntimeError):  # closed before
            self._worker.submit(self.disconnect)
        self._worker.shutdown()

    def _run(self, work: Callable[[Connection], T], is_write: bool) -> T:
        try:
            try:
                return self._transact(work, is_write)
            except Exception as error:
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    self.disconnect()
                if not self.replace(error):
                    raise
                return self._transact(work, is_write)
        except (NewerSchemaError, InUseError, DBAPIError, OSError) as error:
            raise StoreError(self._explain(error)) from error

    def _transact(self, work: Callable[[Connection], T], is_write: bool) -> T:
        if self._connection is None:
            self._connection = self.connect()
        self._connection.info["is_write"] = is_write
        with self._connection.begin():
            return work(self._connection)

    def _explain(self, error: Exception) -> str:
        if isinstance(error, NewerSchemaError):
            return f"{self.name} was written by a newer Pullquote; upgrade, or use another state folder."
        if isinstance(error, InUseError):
            stop = "stop every Pullquote that uses it, and start again"
            return f"{self.name} is damaged ({error}) and another process has it open; {stop}."
        why = error.orig if isinstance(error, DBAPIError) else getattr(error, "strerror", None) or error
        return f"{self.name} cannot be used ({str(why).strip()}); {self.advice}."


class HasDatabase(Protocol):
    """What the decorators below need."""

    database: Database


S = TypeVar("S", bound=HasDatabase)


def reads(method: Callable[Concatenate[S, Connection, P], T]) -> Callable[Concatenate[S, P], T]:
    """Run a method in a transaction that only reads; callers do not pass the connection."""
    return _in_transaction(method, is_write=False)


def writes(method: Callable[Concatenate[S, Connection, P], T]) -> Callable[Concatenate[S, P], T]:
    """Run a method in a transaction that may write; callers do not pass the connection."""
    return _in_transaction(method, is_write=True)


def _in_transaction(
    method: Callable[Concatenate[S, Connection, P], T], *, is_write: bool
) -> Callable[Concatenate[S, P], T]:
    @wraps(method)
    def run(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        return self.database.run(lambda connection: method(self, connection, *arguments, **named), is_write=is_write)

    return run


def insert_new(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless one with the same key exists; whether it was inserted."""
    return connection.execute(_insert_statement(connection.dialect.name, table, False), values).rowcount == 1


def upsert(connection: Connection, table: Table, values: Mapping[str, object]) -> None:
    """Insert a row with all its columns, or update the one with the same primary key."""
    connection.execute(_insert_statement(connection.dialect.name, table, True), values)


@cache
def _insert_statement(dialect: str, table: Table, is_upsert: bool) -> Any:
    insert: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table).inline()
    if not is_upsert:
        return insert.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    others = {column.name: insert.excluded[column.name] for column in table.c if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


def migrate(connection: Connection) -> None:
    """Create or update the tables, in the caller's transaction. NewerSchemaError if the schema is unknown here."""
    current = schema.revision(connection)
    if current is None:
        schema.create(connection)
    elif current != schema.HEAD:
        # Importing Alembic takes half a second, and only the first start after an upgrade needs it.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        if current not in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}:
            raise NewerSchemaError
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
