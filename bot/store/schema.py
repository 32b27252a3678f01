"""Tables, constraints and indexes of the database, and how an empty database gets them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

HEAD = "0001"
"""The newest of the migrations: the revision that ``metadata`` describes."""

metadata = sa.MetaData()
_ID = sa.BigInteger().with_variant(Integer(), "sqlite")
_TIME: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")  # Unix seconds
_FLAG = Integer  # SQLite's strict tables have no booleans

revisions = Table("alembic_version", metadata, Column("version_num", sa.String(32), primary_key=True))

questions = Table(
    "questions",
    metadata,
    Column("id", _ID, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("team", "channel", "ts", "version")),
    Column("body", Text),
    Column("asked_at", _TIME, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("holder", Text),
    Column("leased_until", _TIME, nullable=False),
    *(Column(name, Text) for name in ("newer_version", "newer_body")),
    Column("is_deleted", _FLAG, nullable=False),
    *(Column(name, Text) for name in ("outcome", "reply_ts")),
    Column("completed_at", _TIME),
    sa.UniqueConstraint("team", "channel", "ts", name="questions_message"),
    sqlite_strict=True,
)
_is_open = questions.c.outcome.is_(None)
Index("questions_open", questions.c.asked_at, sqlite_where=_is_open, postgresql_where=_is_open)
Index("questions_completed", questions.c.completed_at)
Index("questions_reply", questions.c.reply_ts)

answers = Table(
    "answers",
    metadata,
    Column("question_id", _ID, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("answer_id", "thread", "user_hash", "entry_point", "question")),
    *(Column(name, Text, nullable=False) for name in ("earlier_questions", "outcome", "receipt")),
    Column("asked_at", _TIME, nullable=False),
    Column("is_public", _FLAG, nullable=False),
    Index("answers_id", "answer_id"),
    Index("answers_thread", "thread"),
    Index("answers_user", "user_hash", "asked_at"),
    Index("answers_outcome", "outcome", "asked_at"),
    sqlite_strict=True,
)
feedback = Table(
    "feedback",
    metadata,
    Column("question_id", _ID, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("user_hash", Text, primary_key=True),
    Column("useful", _FLAG, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_strict=True,
)


def revision(connection: sa.Connection) -> str | None:
    """The revision of a database; None if it has no tables of ours."""
    return connection.scalar(sa.select(revisions)) if sa.inspect(connection).has_table(revisions.name) else None


def create(connection: sa.Connection) -> None:
    """Create all tables at once, as of the newest revision."""
    metadata.create_all(connection)
    connection.execute(sa.insert(revisions).values(version_num=HEAD))
