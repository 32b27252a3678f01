"""What was asked and what came of it, for as long as questions are kept. Keeps secret how it is found again."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from bot.records.nouns import Kept, Place, Rated, read_id

_SAVE = """
    INSERT OR REPLACE INTO replies
        (question, id, thread, person, surface, words, follows, is_public, outcome, receipt, asked_at)
    SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, asked_at FROM questions WHERE (team, channel, ts) = (?, ?, ?)
"""
_DELETE = """
    DELETE FROM replies WHERE question = (SELECT id FROM questions WHERE (team, channel, ts) = (?, ?, ?))
"""
# In its thread, and in those that hang from it and from its reply.
_FORGET_WORDS = """
    UPDATE replies SET follows = '' WHERE follows != '' AND question IN (
        SELECT later.id FROM questions AS earlier
        JOIN replies AS old ON old.question = earlier.id
        JOIN questions AS later ON (later.team, later.channel) = (earlier.team, earlier.channel)
        WHERE (earlier.team, earlier.channel, earlier.ts) = (?, ?, ?)
        AND (length(later.ts), later.ts) > (length(earlier.ts), earlier.ts)
        AND replies.thread IN (old.thread, earlier.ts, earlier.reply_ts)
    )
"""
_COLUMNS = """
    replies.id, team, channel, ts, replies.thread, replies.person, surface, words, replies.outcome, receipt,
    replies.asked_at, follows, is_public
"""
_FIND = f"SELECT {_COLUMNS} FROM replies JOIN questions ON questions.id = question"
# What was asked in private, only where that is wanted.
_SINCE = "replies.asked_at >= ? AND (is_public OR ?)"
# Plain words hold none.
_LINE = "\n"
_NEWEST = "ORDER BY replies.asked_at DESC, question DESC"


def save(db: sqlite3.Connection, kept: Kept) -> None:
    """Write ``kept`` in place of what was kept of an older version of the question, which must be known."""
    place = kept.place
    _forget_words(db, place)
    said = (kept.id, kept.thread, kept.person, kept.surface, kept.words, _LINE.join(kept.follows), kept.is_public)
    db.execute(_SAVE, (*said, kept.outcome, kept.receipt, place.team, place.channel, place.ts))


def delete(db: sqlite3.Connection, place: Place) -> None:
    """Delete what is kept of the question at ``place``, if anything."""
    _forget_words(db, place)
    db.execute(_DELETE, (place.team, place.channel, place.ts))


def _forget_words(db: sqlite3.Connection, place: Place) -> None:
    """Delete what questions that went on with the one at ``place`` keep of its words."""
    db.execute(_FORGET_WORDS, (place.team, place.channel, place.ts))


def find(db: sqlite3.Connection, typed: str) -> Kept | None:
    """The newest with the id that was ``typed``."""
    return next(iter(_kept(db.execute(f"{_FIND} WHERE replies.id = ? {_NEWEST} LIMIT 1", (read_id(typed),)))), None)


def last(db: sqlite3.Connection, team: str, channel: str, thread: str, before: str) -> Kept | None:
    """Of those said in a thread before a message, the one that was said last; an edit makes none a later one.

    What was answered outside any thread, by the message from which the thread hangs, comes before all of them.
    """
    key = (thread, team, channel)
    # Of timestamps, the longer is the later, as of versions.
    earlier = "(length(ts), ts) < (length(?), ?) ORDER BY length(ts) DESC, ts DESC LIMIT 1"
    said = f"{_FIND} WHERE (replies.thread, team, channel) = (?, ?, ?) AND {earlier}"
    answered = f"{_FIND} WHERE (questions.reply_ts, team, channel) = (?, ?, ?) LIMIT 1"
    found = _kept(db.execute(said, (*key, before, before))) or _kept(db.execute(answered, key))
    return next(iter(found), None)


def recent(db: sqlite3.Connection, person: str, limit: int) -> tuple[Kept, ...]:
    """The newest of one person's."""
    return _kept(db.execute(f"{_FIND} WHERE replies.person = ? {_NEWEST} LIMIT ?", (person, limit)))


def unanswered(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[Kept, ...]:
    """The abstentions, newest first."""
    asked = f"replies.outcome = 'abstention' AND {_SINCE}"
    return tuple(_nameless(row) for row in db.execute(f"{_FIND} WHERE {asked} {_NEWEST}", (since, private)))


def complaints(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[tuple[Kept, Rated], ...]:
    """What was not helpful, newest question first."""
    found = db.execute(
        f"SELECT {_COLUMNS}, note FROM replies JOIN questions ON questions.id = replies.question"
        " JOIN ratings ON ratings.question = replies.question"
        f" WHERE NOT useful AND {_SINCE}"
        " ORDER BY replies.asked_at DESC, replies.question DESC, note",
        (since, private),
    )
    return tuple((_nameless(row[:-1]), Rated(False, row[-1])) for row in found)


def _kept(found: sqlite3.Cursor) -> tuple[Kept, ...]:
    return tuple(_one(row) for row in found)


def _one(row: tuple[Any, ...]) -> Kept:
    short_id, team, channel, ts, *rest, follows, is_public = row
    before = tuple(follows.split(_LINE)) if follows else ()
    return replace(Kept(short_id, Place(team, channel, ts), *rest), follows=before, is_public=bool(is_public))


def _nameless(row: tuple[Any, ...]) -> Kept:
    return replace(_one(row), person="")
