"""The ledger's file: opened, shared, and set aside when it is damaged.

Keeps secret how several processes share it, which of SQLite's errors mean what, and that a damaged file makes room for
a new one. What cannot be done ends in a RecordsError whose sentence says what to do.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar

from bot.errors import RecordsError
from bot.records.schema import NewerRecordsError, migrate

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds for which another process's transaction is waited for; each takes some tenths of a millisecond.
_PATIENCE = 10.0

# Several processes that start on a damaged file take turns in finding out whether one of them has replaced it.
_TURNS = 3
_TURN = 0.1


class _DamagedError(sqlite3.DatabaseError):
    """SQLite's own check found the file damaged."""


class Database:
    """One connection to a file, which is made when missing, or to memory where ``path`` is None.

    A damaged file is renamed, never deleted, and a new one begun, unless another process has it open: renaming it then
    would part the two for good. So everybody who has the file open holds a shared lock on an empty file beside it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        self._closed = False
        self._connections: tuple[sqlite3.Connection, ...] = ()
        with self._lock, self._speaking():
            self._open()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` finds."""
        return self._run(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` returns, done wholly or not at all; it may be run twice, and changes the database alone."""

        def transaction(db: sqlite3.Connection) -> T:
            # IMMEDIATE takes the write lock before anything is read: two processes cannot both find a question free.
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            return result

        return self._run(transaction)

    def shred(self) -> None:
        """Empty the journal, in which a copy of what was deleted may still stand."""
        self._run(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    def close(self) -> None:
        """End the connection; further calls raise RecordsError."""
        with self._lock:
            self._closed = True
            self._drop()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, self._speaking():
            try:
                return work(self._open())
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._drop()
                return work(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._connections:
            return self._connections[0]
        if self._closed:
            raise RecordsError("The records were closed; start Pullquote again.")
        if self._path is None:
            self._connections = (_prepared(":memory:"),)
            return self._connections[0]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TURNS):
            try:
                return self._join(self._path)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                _set_aside(self._path, error)
        return self._join(self._path)

    def _join(self, path: Path) -> sqlite3.Connection:
        presence = _present(path)
        try:
            self._connections = (_prepared(path), presence)
        except BaseException:
            presence.close()
            raise
        return self._connections[0]

    def _drop(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections = ()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one sentence that says what to do."""
        try:
            yield
        except NewerRecordsError as error:
            raise RecordsError(
                f"The records in {self._path} were written by a newer Pullquote; upgrade, or choose another folder."
            ) from error
        except sqlite3.Error as error:
            if _is_damage(error):
                raise RecordsError(
                    f"The records in {self._path} are damaged ({error}) and another process has them open; stop every "
                    f"Pullquote that uses them, and start again."
                ) from error
            raise self._unusable(str(error)) from error
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> RecordsError:
        folder = self._path.parent if self._path else "in memory"
        return RecordsError(
            f"The state folder {folder} cannot be used ({why}); make it writable, free some space, or set "
            f"PULLQUOTE_STATE_DIR to another folder."
        )


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # absent from what Python's own module raises
    primary = code & 0xFF if code is not None else None
    return isinstance(error, _DamagedError) or primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connected(path: Path | str, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def _prepared(path: Path | str) -> sqlite3.Connection:
    """A connection to a sound file, its tables brought up to date."""
    db = _connected(path, _PATIENCE)
    try:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise _DamagedError(found)
        db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; a power cut may lose the last moments, and never the file.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        # What is erased is overwritten, and no longer stands in the file.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        migrate(db)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _present(path: Path) -> sqlite3.Connection:
    """The sign that this process has the file open: a shared lock, which the system drops when the process dies."""
    sign = _connected(_beside(path, "lock"), _PATIENCE)
    try:
        sign.execute("BEGIN")
        sign.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except BaseException:
        sign.close()
        raise
    return sign


def _set_aside(path: Path, why: sqlite3.Error) -> None:
    """Rename a damaged file, unless another process has it open or has replaced it meanwhile."""
    alone = _connected(_beside(path, "lock"), _TURN)
    try:
        alone.execute("BEGIN EXCLUSIVE")
        if not _is_damaged(path):
            return
        number = 1
        while (aside := _beside(path, f"damaged-{number}")).exists():
            number += 1
        # The journal first: beside a new file, an old journal would be taken for the new one's.
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        log.warning("the records in %s are damaged (%s): they are now %s, and new ones begun", path, why, aside.name)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
    finally:
        alone.close()


def _is_damaged(path: Path) -> bool:
    try:
        _prepared(path).close()
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return True
    return False


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")
