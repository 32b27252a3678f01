"""A connection to the ledger's file: sound, with its tables up to date, and telling others that the file is in use.

Keeps secret how a damaged file is told from a sound one, and that it is renamed, never deleted, unless another process
has it open: renaming it then would part the two for good. So everybody who has the file open holds a shared lock on an
empty file beside it.

The ledger's file as several threads and processes use it, and what is said where it cannot be used.

Keeps secret that the threads share transactions, and which of SQLite's errors mean what. What cannot be done ends in a
RecordsError whose sentence says what to do.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from bot.errors import StoreError
from bot.store.schema import NewerSchemaError, migrate

log = logging.getLogger(__name__)

# Seconds for which another process's transaction is waited for; each takes some tenths of a millisecond.
_PATIENCE = 10.0
_PAUSE = 0.01

# Seconds for which a process that would rename the file waits for the others that have it open.
_TURN = 0.1


class DamagedError(sqlite3.DatabaseError):
    """SQLite's own check found the file damaged."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite said this because the file is damaged."""
    code = getattr(error, "sqlite_errorcode", None)  # absent from what Python's own module raises
    primary = code & 0xFF if code is not None else None
    return isinstance(error, DamagedError) or primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connected(path: Path | str, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def prepared(path: Path | str) -> sqlite3.Connection:
    """A connection to a sound file, its tables brought up to date."""
    db = _connected(path, _PATIENCE)
    try:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DamagedError(found)
        _write_ahead(db)
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


def _write_ahead(db: sqlite3.Connection) -> None:
    """Have what is written stand in a journal first, so that readers and a writer do not wait for one another."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Where several begin a file at one moment, SQLite lets one of them and does not have the others wait.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def present(path: Path) -> sqlite3.Connection:
    """The sign that this process has the file open: a shared lock, which the system drops when the process dies."""
    sign = _connected(_beside(path, "lock"), _PATIENCE)
    try:
        sign.execute("BEGIN")
        sign.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except BaseException:
        sign.close()
        raise
    return sign


def set_aside(path: Path, why: sqlite3.Error) -> None:
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
        prepared(path).close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return True
    return False


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


T = TypeVar("T")

# Several processes that start on a damaged file take turns in finding out whether one of them has replaced it.
_TURNS = 3


@dataclass(slots=True, eq=False)
class _Job:
    """Work that a thread waits for; it keeps its result itself."""

    work: Callable[[sqlite3.Connection], None]
    is_done: bool = False
    error: BaseException | None = None


class Database:
    """One connection to a file, which is made when missing, or to memory where ``path`` is None.

    A damaged file is set aside, and a new one begun, unless another process has it open.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        self._jobs: deque[_Job] = deque()
        self._closed = False
        self._connections: tuple[sqlite3.Connection, ...] = ()
        with self._lock, self._speaking():
            self._open()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` finds."""
        with self._lock, self._speaking():
            return self._run(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` returns, done wholly or not at all; it may be run twice, and changes the database alone.

        Threads that wait for one another share a transaction: whoever is first does the work of all. So the more there
        is to write, the less each costs, and what is returned is written all the same.
        """
        results: list[T] = []
        job = _Job(lambda db: results.append(work(db)))
        self._jobs.append(job)
        with self._lock:
            if not job.is_done:
                self._finish([self._jobs.popleft() for _ in range(len(self._jobs))])
        with self._speaking():
            if job.error is not None:
                raise job.error
        return results[-1]

    def _finish(self, jobs: Sequence[_Job]) -> None:
        try:
            self._run(lambda db: _in_one_transaction(db, jobs))
        except BaseException as error:  # noqa: BLE001 -- handed to the threads that wait for the jobs
            # What ails the file ails them all; what ails one of them shall not ail the others.
            if len(jobs) > 1 and not isinstance(error, sqlite3.OperationalError | OSError):
                for job in jobs:
                    self._finish([job])
            else:
                for job in jobs:
                    job.error = error
        for job in jobs:
            job.is_done = True

    def shred(self) -> None:
        """Empty the journal, in which a copy of what was deleted may still stand."""
        self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    def close(self) -> None:
        """End the connection; further calls raise RecordsError."""
        with self._lock:
            self._closed = True
            self._drop()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._open())
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._drop()
            return work(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._connections:
            return self._connections[0]
        if self._closed:
            raise StoreError("The records were closed; start Pullquote again.")
        if self._path is None:
            self._connections = (prepared(":memory:"),)
            return self._connections[0]
        # What stands here is private: made for its owner alone, as the journals beside it then are.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._path.exists():
            self._path.touch(mode=0o600)
        for _ in range(_TURNS):
            try:
                return self._join(self._path)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                set_aside(self._path, error)
        return self._join(self._path)

    def _join(self, path: Path) -> sqlite3.Connection:
        presence = present(path)
        try:
            self._connections = (prepared(path), presence)
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
        except NewerSchemaError as error:
            raise StoreError(
                f"The records in {self._path} were written by a newer Pullquote; upgrade, or choose another folder."
            ) from error
        except sqlite3.Error as error:
            if is_damage(error):
                raise StoreError(
                    f"The records in {self._path} are damaged ({error}) and another process has them open; stop every "
                    f"Pullquote that uses them, and start again."
                ) from error
            raise self._unusable(str(error)) from error
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> StoreError:
        folder = self._path.parent if self._path else "in memory"
        return StoreError(
            f"The state folder {folder} cannot be used ({why}); make it writable, free some space, or set "
            f"PULLQUOTE_STATE_DIR to another folder."
        )


def _in_one_transaction(db: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
    # IMMEDIATE takes the write lock before anything is read: two processes cannot both find a question free.
    db.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            job.work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
