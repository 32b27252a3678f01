"""SQLite database shared by threads and processes: checked when opened, replaced when damaged, with grouped writes.

A damaged file is renamed, never deleted, and a new one is created, unless another process has it open: renaming it then
would separate the two processes. So every process that has the file open holds a shared lock on a file beside it.
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

T = TypeVar("T")

# Seconds to wait for another process's transaction; each takes some tenths of a millisecond.
_TIMEOUT = 10.0
_RETRY_AFTER = 0.01

# Seconds to wait for other processes to close a damaged file.
_LOCK_TIMEOUT = 0.1

# Processes that start on a damaged file take turns to check whether one of them has replaced it.
_ATTEMPTS = 3


class DamagedError(sqlite3.DatabaseError):
    """SQLite's own check found damage in the file."""


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # missing from errors that Python's own module raises
    primary = code & 0xFF if code is not None else None
    return isinstance(error, DamagedError) or primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _connect(path: Path | str, timeout: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)


def _open_checked(path: Path | str) -> sqlite3.Connection:
    """Open a file, check it, and migrate its tables."""
    db = _connect(path, _TIMEOUT)
    try:
        result = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise DamagedError(result)
        _enable_write_ahead_log(db)
        # A killed process loses nothing; a power failure may lose the last moments, but never damages the file.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        # Overwrite deleted content in the file.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        migrate(db)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _enable_write_ahead_log(db: sqlite3.Connection) -> None:
    """Write to a journal first, so that readers and a writer do not block each other."""
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not apply the timeout when several processes create a file at the same moment.
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_AFTER)
        else:
            return


def _lock_shared(path: Path) -> sqlite3.Connection:
    """Lock that says this process has the file open; the system releases it when the process dies."""
    lock = _connect(_sibling(path, "lock"), _TIMEOUT)
    try:
        lock.execute("BEGIN")
        lock.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except BaseException:
        lock.close()
        raise
    return lock


def _move_damaged(path: Path, why: sqlite3.Error) -> None:
    """Rename a damaged file, unless another process has it open or has replaced it meanwhile."""
    lock = _connect(_sibling(path, "lock"), _LOCK_TIMEOUT)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        if not _is_damaged(path):
            return
        number = 1
        while (target := _sibling(path, f"damaged-{number}")).exists():
            number += 1
        # The journal first: SQLite would apply an old journal to a new file.
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(target.with_name(target.name + suffix))
        log.warning("database %s is damaged (%s): renamed to %s, and created a new one", path, why, target.name)
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
    finally:
        lock.close()


def _is_damaged(path: Path) -> bool:
    try:
        _open_checked(path).close()
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return True
    return False


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


@dataclass(slots=True, eq=False)
class _Job:
    """Work that a thread waits for; the work stores its own result."""

    work: Callable[[sqlite3.Connection], None]
    is_done: bool = False
    error: BaseException | None = None


class Database:
    """One connection to a file, which is created if missing, or to memory if ``path`` is None.

    A damaged file is renamed, and a new one created, unless another process has it open. Every error is a
    ``StoreError`` whose message says what to do.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        self._jobs: deque[_Job] = deque()
        self._is_closed = False
        self._connections: tuple[sqlite3.Connection, ...] = ()
        with self._lock, self._translated_errors():
            self._open()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` and return its result."""
        with self._lock, self._translated_errors():
            return self._run(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in a transaction and return its result; it may run twice, so it must change nothing else.

        Waiting threads share a transaction: the first one does the work of all. So the cost of a write falls as load
        rises, and every result that is returned has been written.
        """
        results: list[T] = []
        job = _Job(lambda db: results.append(work(db)))
        self._jobs.append(job)
        with self._lock:
            if not job.is_done:
                self._finish([self._jobs.popleft() for _ in range(len(self._jobs))])
        with self._translated_errors():
            if job.error is not None:
                raise job.error
        return results[-1]

    def _finish(self, jobs: Sequence[_Job]) -> None:
        try:
            self._run(lambda db: _run_in_transaction(db, jobs))
        except BaseException as error:  # noqa: BLE001 -- raised in the threads that wait for the jobs
            # An error of the file fails all jobs; an error of one job must not fail the others.
            if len(jobs) > 1 and not isinstance(error, sqlite3.OperationalError | OSError):
                for job in jobs:
                    self._finish([job])
            else:
                for job in jobs:
                    job.error = error
        for job in jobs:
            job.is_done = True

    def empty_journal(self) -> None:
        """Empty the journal, which may still contain deleted content."""
        self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    def close(self) -> None:
        """Close the connection; further calls raise ``StoreError``."""
        with self._lock:
            self._is_closed = True
            self._disconnect()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._open())
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._disconnect()
            return work(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._connections:
            return self._connections[0]
        if self._is_closed:
            raise StoreError("The database is closed; restart Pullquote.")
        if self._path is None:
            self._connections = (_open_checked(":memory:"),)
            return self._connections[0]
        # Private to the owner; SQLite creates its journals with the same mode.
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._path.exists():
            self._path.touch(mode=0o600)
        for _ in range(_ATTEMPTS):
            try:
                return self._open_locked(self._path)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                _move_damaged(self._path, error)
        return self._open_locked(self._path)

    def _open_locked(self, path: Path) -> sqlite3.Connection:
        lock = _lock_shared(path)
        try:
            self._connections = (_open_checked(path), lock)
        except BaseException:
            lock.close()
            raise
        return self._connections[0]

    def _disconnect(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections = ()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except NewerSchemaError as error:
            raise StoreError(
                f"The database {self._path} was written by a newer Pullquote; upgrade, or choose another folder."
            ) from error
        except sqlite3.Error as error:
            if _is_damage(error):
                raise StoreError(
                    f"The database {self._path} is damaged ({error}) and another process has it open; stop every "
                    "Pullquote that uses it, then start again."
                ) from error
            raise self._unusable(str(error)) from error
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> StoreError:
        folder = self._path.parent if self._path else "in memory"
        return StoreError(
            f"The state folder {folder} cannot be used ({why}); make it writable, free some space, or set "
            "PULLQUOTE_STATE_DIR to another folder."
        )


def _run_in_transaction(db: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
    # IMMEDIATE takes the write lock before reading, so that two processes cannot both find a question free.
    db.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            job.work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
