"""Tables of answers and feedback: what was asked, how it was answered, and how people rated the reply."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import replace
from typing import Any

from bot.store.models import AnswerRecord, Feedback, MessageRef, normalize_answer_id

_HASH_LENGTH = 16  # hexadecimal digits

_SAVE_FEEDBACK = """
    INSERT INTO ratings (question, person, useful, note)
    SELECT id, ?, ?, ? FROM questions WHERE (team, channel, ts) = (?, ?, ?)
    ON CONFLICT (question, person) DO UPDATE SET useful = excluded.useful, note = excluded.note
"""
_FIND_FEEDBACK = """
    SELECT useful, note FROM ratings JOIN questions ON id = question WHERE (team, channel, ts) = (?, ?, ?)
    ORDER BY useful, note
"""
_SAVE_ANSWER = """
    INSERT OR REPLACE INTO replies
        (question, id, thread, person, surface, words, follows, is_public, outcome, receipt, asked_at)
    SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, asked_at FROM questions WHERE (team, channel, ts) = (?, ?, ?)
"""
_DELETE_ANSWER = """
    DELETE FROM replies WHERE question = (SELECT id FROM questions WHERE (team, channel, ts) = (?, ?, ?))
"""
# Later questions in the same thread, and in threads that start at the question or at its reply.
_CLEAR_FOLLOW_UPS = """
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
_SINCE = "replies.asked_at >= ? AND (is_public OR ?)"
_NEWEST_FIRST = "ORDER BY replies.asked_at DESC, question DESC"
# Separates the earlier questions: plain text has no line breaks.
_LINE = "\n"


def save_feedback(db: sqlite3.Connection, ref: MessageRef, user: str, feedback: Feedback) -> None:
    """Save or replace one user's feedback on a reply, if the question is known."""
    # The hash differs from question to question, so that one person's ratings cannot be connected.
    user_hash = hashlib.sha256(f"{ref.team} {ref.channel} {ref.ts} {user}".encode()).hexdigest()[:_HASH_LENGTH]
    db.execute(_SAVE_FEEDBACK, (user_hash, feedback.useful, feedback.note, ref.team, ref.channel, ref.ts))


def find_feedback(db: sqlite3.Connection, ref: MessageRef) -> tuple[Feedback, ...]:
    """All feedback on the reply to a question."""
    rows = db.execute(_FIND_FEEDBACK, (ref.team, ref.channel, ref.ts))
    return tuple(Feedback(bool(useful), note) for useful, note in rows)


def save_answer(db: sqlite3.Connection, record: AnswerRecord) -> None:
    """Save the record in place of that of an older version; its question must be known."""
    ref = record.ref
    _clear_follow_ups(db, ref)
    columns = (
        record.id,
        record.thread,
        record.user_hash,
        record.entry_point,
        record.question,
        _LINE.join(record.earlier_questions),
        record.is_public,
        record.outcome,
        record.receipt,
    )
    db.execute(_SAVE_ANSWER, (*columns, ref.team, ref.channel, ref.ts))


def delete_answer(db: sqlite3.Connection, ref: MessageRef) -> None:
    """Delete the record of a question, if there is one."""
    _clear_follow_ups(db, ref)
    db.execute(_DELETE_ANSWER, (ref.team, ref.channel, ref.ts))


def _clear_follow_ups(db: sqlite3.Connection, ref: MessageRef) -> None:
    """Delete copies of the question's text from its follow-up questions."""
    db.execute(_CLEAR_FOLLOW_UPS, (ref.team, ref.channel, ref.ts))


def find_answer(db: sqlite3.Connection, typed: str) -> AnswerRecord | None:
    """The newest record with the answer id that a person typed."""
    sql = f"{_FIND_ANSWER} WHERE replies.id = ? {_NEWEST_FIRST} LIMIT 1"
    return _first(db.execute(sql, (normalize_answer_id(typed),)))


def find_latest(db: sqlite3.Connection, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
    """The last record in a thread before the message ``before``, by time of the question, not of its edits.

    If there is none, the record whose reply starts the thread.
    """
    key = (thread, team, channel)
    # Of two timestamps, the longer is later.
    earlier = "(length(ts), ts) < (length(?), ?) ORDER BY length(ts) DESC, ts DESC LIMIT 1"
    in_thread = f"{_FIND_ANSWER} WHERE (replies.thread, team, channel) = (?, ?, ?) AND {earlier}"
    at_root = f"{_FIND_ANSWER} WHERE (questions.reply_ts, team, channel) = (?, ?, ?) LIMIT 1"
    return _first(db.execute(in_thread, (*key, before, before))) or _first(db.execute(at_root, key))


def find_recent(db: sqlite3.Connection, user_hash: str, limit: int) -> tuple[AnswerRecord, ...]:
    """One user's newest records."""
    sql = f"{_FIND_ANSWER} WHERE replies.person = ? {_NEWEST_FIRST} LIMIT ?"
    return tuple(map(_record, db.execute(sql, (user_hash, limit))))


def find_unanswered(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[AnswerRecord, ...]:
    """Abstentions since a time, newest first, without who asked."""
    sql = f"{_FIND_ANSWER} WHERE replies.outcome = 'abstention' AND {_SINCE} {_NEWEST_FIRST}"
    return tuple(replace(_record(row), user_hash="") for row in db.execute(sql, (since, private)))


def find_unhelpful(db: sqlite3.Connection, since: float, *, private: bool) -> tuple[tuple[AnswerRecord, Feedback], ...]:
    """Records rated unhelpful since a time, newest first, without who asked."""
    rows = db.execute(
        f"SELECT {_COLUMNS}, note FROM replies JOIN questions ON questions.id = replies.question"
        " JOIN ratings ON ratings.question = replies.question"
        f" WHERE NOT useful AND {_SINCE}"
        " ORDER BY replies.asked_at DESC, replies.question DESC, note",
        (since, private),
    )
    return tuple((replace(_record(row[:-1]), user_hash=""), Feedback(False, row[-1])) for row in rows)


def _first(rows: sqlite3.Cursor) -> AnswerRecord | None:
    return next(map(_record, rows.fetchall()), None)


def _record(row: tuple[Any, ...]) -> AnswerRecord:
    answer_id, team, channel, ts, *rest, earlier, is_public = row
    questions = tuple(earlier.split(_LINE)) if earlier else ()
    record = AnswerRecord(answer_id, MessageRef(team, channel, ts), *rest)
    return replace(record, earlier_questions=questions, is_public=bool(is_public))
