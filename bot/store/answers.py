"""What people think of replies. Keeps secret how one person's second word replaces the first without their name.

What was asked and what came of it, for as long as questions are kept. Keeps secret how it is found again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import replace
from typing import Any

from bot.store.models import AnswerRecord, Feedback, MessageRef, normalize_answer_id

# Hexadecimal digits of a person's mark.
_DIGITS = 16

_SAVE_FEEDBACK = """
    INSERT INTO ratings (question, person, useful, note)
    SELECT id, ?, ?, ? FROM questions WHERE (team, channel, ts) = (?, ?, ?)
    ON CONFLICT (question, person) DO UPDATE SET useful = excluded.useful, note = excluded.note
"""
_FIND_FEEDBACK = """
    SELECT useful, note FROM ratings JOIN questions ON id = question WHERE (team, channel, ts) = (?, ?, ?)
    ORDER BY useful, note
"""


def save_feedback(db: sqlite3.Connection, ref: MessageRef, person: str, rated: Feedback) -> None:
    """Write what ``person`` thinks of the reply at ``ref``, if the question is known."""
    db.execute(_SAVE_FEEDBACK, (_mark(ref, person), rated.useful, rated.note, ref.team, ref.channel, ref.ts))


def find_feedback(db: sqlite3.Connection, ref: MessageRef) -> tuple[Feedback, ...]:
    """What is thought of the reply at ``ref``."""
    found = db.execute(_FIND_FEEDBACK, (ref.team, ref.channel, ref.ts)).fetchall()
    return tuple(Feedback(bool(useful), note) for useful, note in found)


def _mark(ref: MessageRef, person: str) -> str:
    """Tells a person from others at this question alone: what they think of two replies cannot be put together."""
    return hashlib.sha256(f"{ref.team} {ref.channel} {ref.ts} {person}".encode()).hexdigest()[:_DIGITS]


_SAVE_ANSWER = """
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
_FIND_ANSWER = f"SELECT {_COLUMNS} FROM replies JOIN questions ON questions.id = question"
# What was asked in private, only where that is wanted.
_SINCE = "replies.asked_at >= ? AND (is_public OR ?)"
# Plain words hold none.
_LINE = "\n"
_NEWEST = "ORDER BY replies.asked_at DESC, question DESC"


def save_answer(db: sqlite3.Connection, kept: AnswerRecord) -> None:
    """Write ``kept`` in place of what was kept of an older version of the question, which must be known."""
    ref = kept.ref
    _forget_words(db, ref)
    said = (
        kept.id,
        kept.thread,
        kept.user_hash,
        kept.entry_point,
        kept.question,
        _LINE.join(kept.earlier_questions),
        kept.is_public,
    )
    db.execute(_SAVE_ANSWER, (*said, kept.outcome, kept.receipt, ref.team, ref.channel, ref.ts))


def delete_answer(db: sqlite3.Connection, ref: MessageRef) -> None:
    """Delete what is kept of the question at ``ref``, if anything."""
    _forget_words(db, ref)
    db.execute(_DELETE, (ref.team, ref.channel, ref.ts))


def _forget_words(db: sqlite3.Connection, ref: MessageRef) -> None:
    """Delete what questions that went on with the one at ``ref`` keep of its words."""
    db.execute(_FORGET_WORDS, (ref.team, ref.channel, ref.ts))


def find_answer(db: sqlite3.Connection, typed: str) -> AnswerRecord | None:
    """The newest with the id that was ``typed``."""
    return next(
        iter(
            _kept(db.execute(f"{_FIND_ANSWER} WHERE replies.id = ? {_NEWEST} LIMIT 1", (normalize_answer_id(typed),)))
        ),
        None,
    )


def last(db: sqlite3.Connection, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
    """Of those said in a thread before a message, the one that was said last; an edit makes none a later one.

    What was answered outside any thread, by the message from which the thread hangs, comes before all of them.
    """
    key = (thread, team, channel)
    # Of timestamps, the longer is the later, as of versions.
    earlier = "(length(ts), ts) < (length(?), ?) ORDER BY length(ts) DESC, ts DESC LIMIT 1"
    said = f"{_FIND_ANSWER} WHERE (replies.thread, team, channel) = (?, ?, ?) AND {earlier}"
    answered = f"{_FIND_ANSWER} WHERE (questions.reply_ts, team, channel) = (?, ?, ?) LIMIT 1"
    found = _kept(db.execute(said, (*key, before, before))) or _kept(db.execute(answered, key))
    return next(iter(found), None)


def recent(db: sqlite3.Connection, person: str, limit: int) -> tuple[AnswerRecord, ...]:
    """The newest of one person's."""
    return _kept(db.execute(f"{_FIND_ANSWER} WHERE replies.person = ? {_NEWEST} LIMIT ?", (person, limit)))


def unanswered(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[AnswerRecord, ...]:
    """The abstentions, newest first."""
    asked = f"replies.outcome = 'abstention' AND {_SINCE}"
    return tuple(_nameless(row) for row in db.execute(f"{_FIND_ANSWER} WHERE {asked} {_NEWEST}", (since, private)))


def complaints(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[tuple[AnswerRecord, Feedback], ...]:
    """What was not helpful, newest question first."""
    found = db.execute(
        f"SELECT {_COLUMNS}, note FROM replies JOIN questions ON questions.id = replies.question"
        " JOIN ratings ON ratings.question = replies.question"
        f" WHERE NOT useful AND {_SINCE}"
        " ORDER BY replies.asked_at DESC, replies.question DESC, note",
        (since, private),
    )
    return tuple((_nameless(row[:-1]), Feedback(False, row[-1])) for row in found)


def _kept(found: sqlite3.Cursor) -> tuple[AnswerRecord, ...]:
    return tuple(_one(row) for row in found)


def _one(row: tuple[Any, ...]) -> AnswerRecord:
    short_id, team, channel, ts, *rest, follows, is_public = row
    before = tuple(follows.split(_LINE)) if follows else ()
    return replace(
        AnswerRecord(short_id, MessageRef(team, channel, ts), *rest),
        earlier_questions=before,
        is_public=bool(is_public),
    )


def _nameless(row: tuple[Any, ...]) -> AnswerRecord:
    return replace(_one(row), user_hash="")
