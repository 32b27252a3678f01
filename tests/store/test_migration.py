"""The schema of a new database, and databases written by other versions of the program."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import bot.store
from bot.errors import StoreError
from bot.store import schema
from bot.store.models import FILE_NAME
from bot.store.store import Store
from store.helpers import question_event

from .conftest import Opener


def test_a_new_database_has_the_schema(open_store: Opener) -> None:
    """The tables, columns and indexes of a new database are those of the schema, at the newest revision."""

    def differences(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return context.get_current_revision(), compare_metadata(context, schema.metadata)

    head, found = open_store().database.run(differences)  # type: ignore[misc]
    assert (head, found) == (schema.HEAD, [])


def test_the_newest_migration_is_the_head() -> None:
    """The revision that a new database gets is that of the last migration."""
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_an_older_revision_is_migrated(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database at a known older revision is brought to the newest one."""
    monkeypatch.setattr(schema, "HEAD", "as if there were a newer one")
    assert file_store.database.run(schema.migrate) is None
    assert file_store.database.run(schema.revision) == "0001"


def test_two_stores_that_open_at_once_create_the_tables_once(open_store: Opener) -> None:
    """The second store finds the tables of the first."""
    first, second = open_store(), open_store()
    assert first.claim(question_event())
    assert second.claim(question_event()) is None


def test_a_database_of_a_newer_version_is_rejected(tmp_path: Path) -> None:
    """A database of a later version is rejected and not renamed."""
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(StoreError, match="newer Pullquote"):
        Store(tmp_path)
    assert [path.name for path in tmp_path.glob("*damaged*")] == []


def test_a_file_of_an_earlier_kind_is_renamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A database from before there were migrations is renamed, with one sentence, and a new one is begun."""
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("CREATE TABLE questions (id INTEGER PRIMARY KEY, event_id TEXT)")
        db.execute("INSERT INTO questions VALUES (1, 'Ev1')")
    db.close()
    assert Store(tmp_path).claim(question_event())
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "earlier version" in warning.getMessage()
    with sqlite3.connect(tmp_path / f"{FILE_NAME}.old-1") as db:
        assert db.execute("SELECT event_id FROM questions").fetchall() == [("Ev1",)]
