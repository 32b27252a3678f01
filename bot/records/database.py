"""The ledger's file as several threads and processes use it, and what is said where it cannot be used.

Keeps secret that the threads share transactions, and which of SQLite's errors mean what. What cannot be done ends in a
RecordsError whose sentence says what to do.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from bot.errors import RecordsError
from bot.records.opening import is_damage, prepared, present, set_aside
from bot.records.schema import NewerRecordsError

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
            raise RecordsError("The records were closed; start Pullquote again.")
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
        except NewerRecordsError as error:
            raise RecordsError(
                f"The records in {self._path} were written by a newer Pullquote; upgrade, or choose another folder."
            ) from error
        except sqlite3.Error as error:
            if is_damage(error):
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
