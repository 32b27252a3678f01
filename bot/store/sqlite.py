"""SQLite, in a file of the state folder or in memory: pragmas, transactions, and damaged files.

A damaged file is renamed, never deleted, unless another process has it open: renaming it then would separate the two
for good. So everyone who has the file open holds a shared lock on an empty database beside it.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Float, create_engine, event, inspect, literal_column, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from bot.store import schema
from bot.store.database import Database, InUseError, migrate

log = logging.getLogger(__name__)

_NOW = select(literal_column("(julianday('now') - 2440587.5) * 86400.0", Float))
_TIMEOUT = 10.0
"""Seconds to wait for another process's transaction; each takes some tenths of a millisecond."""
_LOCK_TIMEOUT = 0.1
"""Seconds to wait for others to close a damaged file."""
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class _UnusableFileError(Exception):
    """The file is damaged, or of an earlier version; the message says which."""


class Sqlite(Database):
    """A database in one file, which is created if missing, or in memory if ``path`` is None."""

    advice = "make it writable, free some space, or set PULLQUOTE_STATE_DIR to another folder"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._presence: sqlite3.Connection | None = None
        self._inode = 0
        self.name = f"The state folder {path.parent}" if path else "The database in memory"
        super().__init__()

    def connect(self) -> Connection:
        """See ``Database.connect``."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            self._presence = self._lock_file(_TIMEOUT)
            self._presence.execute("BEGIN")
            self._presence.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            self._inode = self._path.stat().st_ino
        url = URL.create("sqlite", database=str(self._path) if self._path else ":memory:")
        arguments = {"timeout": _TIMEOUT, "check_same_thread": False}
        engine = create_engine(url, poolclass=StaticPool, connect_args=arguments)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        try:
            connection = engine.connect()
            connection.info["is_write"] = True
            with connection.begin():
                if schema.revision(connection) is None and inspect(connection).get_table_names():
                    raise _UnusableFileError("was written by an earlier version")
                migrate(connection)
                for table in schema.metadata.tables.values():
                    connection.execute(select(table).limit(0))
        except Exception as error:
            engine.dispose()
            if _code(error) == sqlite3.SQLITE_ERROR:  # these statements are right, so the tables are not
                raise _UnusableFileError(str(error)) from error
            raise
        return connection

    def disconnect(self) -> None:
        """See ``Database.disconnect``; others may then rename the file."""
        super().disconnect()
        if self._presence is not None:
            self._presence.close()
            self._presence = None

    def now(self, connection: Connection) -> float:
        """See ``Database.now``."""
        return float(connection.execute(_NOW).scalar_one())

    def replace(self, error: Exception) -> bool:
        """See ``Database.replace``. InUseError if another process has the damaged file open."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        if self._path is None or not (isinstance(cause, _UnusableFileError) or _code(error) in _DAMAGE):
            return False
        self.disconnect()
        lock = self._lock_file(_LOCK_TIMEOUT)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            if self._path.exists() and self._path.stat().st_ino == self._inode:  # else another process replaced it
                self._rename(self._path, cause)
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise InUseError(str(cause)) from error
        finally:
            lock.close()
        return True

    def _rename(self, path: Path, why: object) -> None:
        number = 1
        while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
            number += 1
        # The journal first: beside a new file, an old journal would be taken for the new one's.
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        log.warning("the database %s cannot be used (%s): it is now %s, and a new one was begun", path, why, aside.name)

    def _lock_file(self, timeout: float) -> sqlite3.Connection:
        path = f"{self._path}.lock"
        return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)

    def erase(self) -> None:
        """Empty the journal, which may hold copies of deleted rows; in the file itself they are overwritten."""
        if self._path is not None:
            with closing(sqlite3.connect(self._path, timeout=_TIMEOUT)) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _code(error: Exception) -> int:
    """SQLite's primary result code; 0 for other errors."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return int(getattr(cause, "sqlite_errorcode", 0)) & 0xFF


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _prepare(db: sqlite3.Connection, _record: object) -> None:
    """Check a new connection's file, and set the connection up."""
    db.isolation_level = None  # transactions begin where ``_begin`` says so
    db.text_factory = lambda value: value.decode(errors="replace")  # a damaged text is no reason to stop
    try:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except UnicodeDecodeError as error:  # in the name of a table
        raise _UnusableFileError(str(error)) from error
    if found != "ok":
        raise _UnusableFileError(found)
    until = time.monotonic() + _TIMEOUT
    while True:
        try:
            # Changes go to a journal first, so that readers and a writer do not wait for each other.
            db.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # If several processes create a file at once, SQLite refuses all but one instead of letting them wait.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    # A killed process loses nothing; a power failure may lose the last moments, but never the file.
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
        db.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock before anything is read: two processes cannot both find a question free.
    _raw(connection).execute("BEGIN IMMEDIATE" if connection.info["is_write"] else "BEGIN")
