"""Files in Slack that are to be deleted there after some time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.store.models import FILE_NAME
from bot.store.store import Store
from store.helpers import Clock


def test_a_file_is_due_after_its_time(store: Store, other: Store, clock: Clock) -> None:
    """Another process finds the file when its time has come, and again until it is removed."""
    store.add_file("F1", 60.0)
    store.add_file("F2", 61.0)
    assert other.find_due_files() == []
    clock.now += 60.0
    assert other.find_due_files() == ["F1"] == store.find_due_files()
    other.remove_file("F1")
    clock.now += 1.0
    assert store.find_due_files() == ["F2"]


def test_files_outlive_their_questions(store: Store, clock: Clock) -> None:
    """Deleting all records of questions forgets no file, because it is still in Slack."""
    store.add_file("F1", 60.0)
    store.delete_completed(None)
    store.delete_person("U1")
    clock.now += 60.0
    assert store.find_due_files() == ["F1"]


def test_a_database_from_before_there_were_files_gets_their_table(file_store: Store, tmp_path: Path) -> None:
    """A table that was added since needs no migration; nothing else changes."""
    file_store.close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute("DROP TABLE files")
        db.commit()
    store = Store(tmp_path)
    store.add_file("F1", 0.0)
    assert store.find_due_files() == ["F1"]
    store.close()
    assert [one.name for one in tmp_path.iterdir() if "damaged" in one.name] == []
