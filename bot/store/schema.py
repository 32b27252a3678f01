"""Tables, constraints and indexes of the database, and how a database gets them."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, Table, Text

from bot.errors import StoreError

HEAD = "0001"  # the newest of the migrations: the revision that ``metadata`` describes
metadata = sa.MetaData()
revisions = Table("alembic_version", metadata, Column("version_num", sa.String(32), primary_key=True))
questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("team", "channel", "ts", "version")),
    *(Column(name, Text) for name in ("body", "holder", "newer_version", "newer_body", "outcome", "reply_ts")),
    *(Column(name, Double, nullable=False) for name in ("asked_at", "leased_until")),  # times are in Unix seconds
    Column("completed_at", Double),
    Column("attempt", Integer, nullable=False),
    Column("is_deleted", Boolean, nullable=False),
    # The answer to the version that was completed last, if it is stored.
    *(Column(name, Text) for name in ("answer_id", "thread", "user_hash", "entry_point", "question")),
    *(Column(name, Text) for name in ("answer_outcome", "receipt")),
    Column("earlier_questions", sa.JSON(none_as_null=True)),
    Column("is_public", Boolean),
    sa.UniqueConstraint("team", "channel", "ts", name="questions_message"),
)
feedback = Table(
    "feedback",
    metadata,
    Column("question_id", Integer, ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("user_hash", Text, primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("note", Text, nullable=False),
)
# Files that were uploaded to Slack, until they are deleted there.
files = Table("files", metadata, Column("id", Text, primary_key=True), Column("delete_at", Double, nullable=False))

# When the calls of the bots of a channel would be through at an even pace, in Unix seconds.
paces = Table(
    "paces",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("team", "channel")),
    Column("idle_at", Double, nullable=False),
)

# The key of ``Store.hash_user``, where bots share no folder.
keys = Table("keys", metadata, Column("id", Integer, primary_key=True), Column("value", sa.LargeBinary, nullable=False))

# Indexes of the rows that a kind of query is about, so that the other rows cost nothing.
is_answered = questions.c.answer_id.is_not(None)
for _condition, *_columns in (
    (questions.c.outcome.is_(None), "asked_at"),
    (questions.c.outcome.is_not(None), "completed_at"),
    (questions.c.reply_ts.is_not(None), "reply_ts"),
    (is_answered, "answer_id"),
    (is_answered, "thread"),
    (is_answered, "user_hash", "asked_at"),
    (is_answered, "answer_outcome", "asked_at"),
):
    _names = [questions.c[_column] for _column in _columns]
    sa.Index(f"questions_{_columns[0]}", *_names, sqlite_where=_condition, postgresql_where=_condition)


def revision(connection: sa.Connection) -> str | None:
    """The revision of a database; None if it has no tables of ours."""
    return connection.scalar(sa.select(revisions)) if sa.inspect(connection).has_table(revisions.name) else None


def migrate(connection: sa.Connection) -> None:
    """Create or update the tables, in the caller's transaction. StoreError if the schema is unknown here."""
    current = revision(connection)
    if current not in (None, HEAD):
        # Importing Alembic takes half a second, and only the first start after an upgrade needs it.
        from alembic import command, config, util

        options = config.Config(attributes={"connection": connection})
        options.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        try:
            command.upgrade(options, "head")
        except util.CommandError as error:  # there is no such revision
            raise StoreError("The database is of a newer Pullquote; upgrade, or use another database.") from error
    metadata.create_all(connection)  # those that are missing: a table that was added needs no migration
    if current is None:
        connection.execute(sa.insert(revisions).values(version_num=HEAD))
