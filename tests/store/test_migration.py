"""Databases written by other versions of the program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store.models import FILE_NAME, GIVE_UP, Claim, MessageRef
from bot.store.schema import MIGRATIONS
from bot.store.store import Store
from store.helpers import SECOND, Clock, question_event

SETTLED, OPEN = MessageRef("T1", "C1", "1.0"), MessageRef("T1", "C1", "2.0")


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A folder with a database of the first version: one question completed, one only claimed."""
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        db.executemany(
            "INSERT INTO questions (event_id, team, channel, ts, thread, claimed_at, leased_until, outcome, reply_ts,"
            " settled_at) VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)",
            [
                ("Ev1", "T1", "C1", "1.0", 999_990.0, 1_000_230.0, "answer", "1.5", 999_991.0),
                ("Ev2", "T1", "C1", "2.0", 999_995.0, 1_000_235.0, None, None, None),
            ],
        )
    db.close()
    return tmp_path


def test_a_completed_question_stays_completed(first_version: Path, clock: Clock) -> None:
    """A question completed before the upgrade is not claimed again, by message or event; its reply can be updated."""
    store = Store(first_version, clock=clock)
    assert [store.claim(question_event("Ev1", ref=SETTLED)), store.claim(question_event("Ev7", ref=SETTLED))] == [
        None
    ] * 2
    assert store.claim(question_event("Ev8", SECOND, SETTLED)) == Claim(SETTLED, SECOND, "body of Ev8", 1, "1.5")


def test_a_claimed_question_waits_for_its_event(first_version: Path, clock: Clock) -> None:
    """A question claimed before the upgrade has no body: its next event claims it, as a second attempt."""
    store = Store(first_version, clock=clock)
    assert store.claim_expired(10) == ()
    assert store.claim(question_event("Ev2", ref=OPEN)) == Claim(OPEN, "", "body of Ev2", 2, None)


def test_a_claimed_question_without_a_new_event_is_given_up(first_version: Path, clock: Clock) -> None:
    """A question claimed before the upgrade that does not arrive again expires, and is counted, after an hour."""
    store = Store(first_version, clock=clock)
    clock.now += GIVE_UP
    assert (store.claim_expired(10), store.expired_count) == ((), 1)


def test_migration_happens_once(first_version: Path, clock: Clock) -> None:
    """A migrated database is opened as it is: two stores see the same questions."""
    assert [Store(first_version, clock=clock).is_known(SETTLED) for _ in range(2)] == [True, True]
    with sqlite3.connect(first_version / FILE_NAME) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_database_of_a_newer_version_is_rejected(tmp_path: Path) -> None:
    """A database of a later version is rejected and not renamed."""
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StoreError, match="newer Pullquote"):
        Store(tmp_path)
    assert (tmp_path / FILE_NAME).stat().st_size == len(before)
