"""Tables of the database, as a list of migrations."""

from __future__ import annotations

import logging
import sqlite3

log = logging.getLogger(__name__)

# Applied in this order. Never edit a released migration; add one.
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
    (
        "ALTER TABLE questions RENAME TO first_questions",
        """
        CREATE TABLE questions (
            id INTEGER PRIMARY KEY,
            team TEXT NOT NULL,
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            version TEXT NOT NULL,
            body TEXT,
            asked_at REAL NOT NULL,
            attempt INTEGER NOT NULL,
            holder TEXT,
            leased_until REAL NOT NULL,
            newer_version TEXT,
            newer_body TEXT,
            withdrawn INTEGER NOT NULL,
            outcome TEXT,
            reply_ts TEXT,
            settled_at REAL,
            UNIQUE (team, channel, ts)
        ) STRICT
        """,
        "CREATE INDEX questions_open ON questions (asked_at) WHERE outcome IS NULL",
        "CREATE INDEX questions_settled ON questions (settled_at) WHERE outcome IS NOT NULL",
        """
        CREATE TABLE events (
            event_id TEXT PRIMARY KEY,
            question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX events_by_question ON events (question)",
        """
        INSERT INTO questions
            (id, team, channel, ts, version, asked_at, attempt, leased_until, withdrawn, outcome, reply_ts, settled_at)
        SELECT id, team, channel, ts, '', claimed_at, 1, 0, 0, outcome, reply_ts, settled_at FROM first_questions
        """,
        "INSERT INTO events (event_id, question) SELECT event_id, id FROM first_questions",
        "DROP TABLE first_questions",
    ),
    (
        """
        CREATE TABLE ratings (
            question INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
            person TEXT NOT NULL,
            useful INTEGER NOT NULL,
            note TEXT NOT NULL,
            PRIMARY KEY (question, person)
        ) STRICT, WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE replies (
            question INTEGER PRIMARY KEY REFERENCES questions (id) ON DELETE CASCADE,
            id TEXT NOT NULL,
            thread TEXT NOT NULL,
            person TEXT NOT NULL,
            surface TEXT NOT NULL,
            words TEXT NOT NULL,
            follows TEXT NOT NULL,
            outcome TEXT NOT NULL,
            asked_at REAL NOT NULL,
            receipt TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX questions_by_reply ON questions (reply_ts)",
        "CREATE INDEX replies_by_id ON replies (id)",
        "CREATE INDEX replies_by_thread ON replies (thread, asked_at)",
        "CREATE INDEX replies_by_person ON replies (person, asked_at)",
        "CREATE INDEX replies_by_outcome ON replies (outcome, asked_at)",
    ),
    # 0 for older questions, of which it is unknown.
    ("ALTER TABLE replies ADD COLUMN is_public INTEGER NOT NULL DEFAULT 0",),
    (
        "ALTER TABLE questions RENAME COLUMN withdrawn TO is_deleted",
        "ALTER TABLE questions RENAME COLUMN settled_at TO completed_at",
        "UPDATE questions SET outcome = 'deleted' WHERE outcome = 'withdrawn'",
        "UPDATE questions SET outcome = 'expired' WHERE outcome = 'lost'",
    ),
)


class NewerSchemaError(Exception):
    """The database was written by a later version of this program."""


def migrate(db: sqlite3.Connection) -> None:
    """Apply missing migrations, in the caller's transaction. Raises ``NewerSchemaError``."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise NewerSchemaError
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
        log.info("database migrated to version %d", number)
