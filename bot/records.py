"""The delivery ledger: which question was taken, by when it must be settled, and how it ended.

Keeps secret that this is SQLite. Several threads and several processes on one host may share a state folder. No
question's text is kept.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from bot.errors import RecordsError

log = logging.getLogger(__name__)

FILE_NAME = "records.sqlite3"

# Seconds for which a claim is its claimant's alone. Longer than an answer can take even when Slack asks for patience
# seven times (30 s each), shorter than the five minutes after which Slack delivers an event for the last time: what a
# process took with it into death, that last delivery can still have answered.
LEASE = 240.0

Outcome = Literal["answer", "abstention", "how-to", "apology", "unknown"]

# Each migration once, in this order; never edited, only added to.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE questions (
            id INTEGER PRIMARY KEY,
            event_id TEXT NOT NULL UNIQUE,
            team TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            thread TEXT,
            claimed_at REAL NOT NULL,
            leased_until REAL NOT NULL,
            outcome TEXT,
            reply_ts TEXT,
            settled_at REAL,
            UNIQUE (team, channel, ts)
        ) STRICT
        """,
    ),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What tells one question from another: the event's id, and the message's workspace, channel and timestamp."""

    event_id: str
    team: str
    channel: str
    ts: str


class Records:
    """The ledger in a state folder, which is made when missing. Every method raises RecordsError when it cannot."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._lock = Lock()
        with self._speaking():
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            try:
                self._migrate()
            except BaseException:
                self._connection.close()
                raise

    def claim(self, delivery: Delivery, thread: str | None = None) -> bool:
        """Take a question; False when it is settled or another has it.

        A question is known by its event's id and by its message's place. A claim that was released, or whose lease ran
        out unsettled, can be taken over.
        """
        now = self._clock()
        key = (delivery.event_id, delivery.team, delivery.channel, delivery.ts)
        with self._speaking(), self._writing() as db:
            new = db.execute(
                "INSERT INTO questions (event_id, team, channel, ts, thread, claimed_at, leased_until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*key, thread, now, now + LEASE),
            )
            if new.rowcount == 1:
                return True
            taken_over = db.execute(
                "UPDATE questions SET claimed_at = ?, leased_until = ?"
                " WHERE (event_id = ? OR (team, channel, ts) = (?, ?, ?)) AND outcome IS NULL AND leased_until <= ?",
                (now, now + LEASE, *key, now),
            )
            return taken_over.rowcount == 1

    def settle(self, delivery: Delivery, outcome: Outcome, reply_ts: str | None) -> None:
        """Record how a claimed question ended; it is never answered again. ``reply_ts`` is the reply's, where known."""
        with self._speaking(), self._writing() as db:
            db.execute(
                "UPDATE questions SET outcome = ?, reply_ts = ?, settled_at = ? WHERE (team, channel, ts) = (?, ?, ?)",
                (outcome, reply_ts, self._clock(), delivery.team, delivery.channel, delivery.ts),
            )

    def release(self, delivery: Delivery) -> None:
        """Give a claimed question back, because nothing was posted: the next delivery of it can be answered."""
        with self._speaking(), self._writing() as db:
            db.execute(
                "UPDATE questions SET leased_until = 0 WHERE (team, channel, ts) = (?, ?, ?) AND outcome IS NULL",
                (delivery.team, delivery.channel, delivery.ts),
            )

    def close(self) -> None:
        """End the connection; further calls raise RecordsError."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        # IMMEDIATE takes the write lock before anything is read: two processes cannot both find a question unclaimed.
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _migrate(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._writing() as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version > len(MIGRATIONS):
                raise RecordsError(
                    f"The records in {self._path} were written by a newer Pullquote; upgrade, or choose another folder."
                )
            for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in statements:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")
                log.info("records brought to version %d", number)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one sentence that says what to do."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            raise RecordsError(
                f"The state folder {self._path.parent} cannot be used ({error}); make it writable, free some space, or "
                f"set PULLQUOTE_STATE_DIR to another folder."
            ) from error
        except sqlite3.Error as error:
            raise RecordsError(
                f"The records in {self._path} cannot be read ({error}); move that file away and start again."
            ) from error
        except OSError as error:
            raise RecordsError(
                f"The state folder {self._path.parent} cannot be made ({error.strerror}); set PULLQUOTE_STATE_DIR to a "
                f"folder that can be written."
            ) from error
