"""The store: which process may reply to a question, how questions were answered, and feedback on the replies."""

from __future__ import annotations

import hashlib
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.store import claims
from bot.store.claims import UNCERTAIN, ClaimRow
from bot.store.database import Database
from bot.store.models import (
    FILE_NAME,
    GIVE_UP,
    LEASE,
    POSTING,
    AnswerRecord,
    Claim,
    Feedback,
    LeaseState,
    MessageRef,
    Outcome,
    QuestionEvent,
    hash_user_id,
    normalize_answer_id,
)

log = logging.getLogger(__name__)

# Rows deleted in one transaction, which claims wait for: some milliseconds.
_DELETE_BATCH = 1_000

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
# Deletes copies of a question from follow-ups: in its thread, and in threads that start at it or at its reply.
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
_FIND_UNHELPFUL = f"""
    SELECT {_COLUMNS}, note FROM replies JOIN questions ON questions.id = replies.question
    JOIN ratings ON ratings.question = replies.question
    WHERE NOT useful AND {_SINCE} ORDER BY replies.asked_at DESC, replies.question DESC, note
"""
# Separates the earlier questions: plain text has no line breaks.
_LINE = "\n"


class Store:
    """Database in a state folder, which is created if missing; in memory if ``folder`` is None.

    Threads, and processes of one host, may share a folder; ``holder`` identifies this one. If a method cannot do its
    work it changes nothing and raises ``StoreError``.
    """

    def __init__(
        self, folder: Path | None, *, clock: Callable[[], float] = time.time, holder: str | None = None
    ) -> None:
        self._clock = clock
        self._holder = holder or uuid4().hex
        self._database = Database(folder / FILE_NAME if folder else None)
        self.expired_count = 0  # questions that this object has completed as "expired"

    def claim(self, event: QuestionEvent) -> Claim | None:
        """Claim the question of ``event``; None if it is completed in this or a newer version, deleted, or held.

        A newer version of a held question is saved for its holder (see ``complete``). The claim of a newer version of
        a completed question includes the existing reply.
        """
        return self._database.write(lambda db: self._claim(db, event))

    def _claim(self, db: sqlite3.Connection, event: QuestionEvent) -> Claim | None:
        now, ref = self._clock(), event.ref
        new = ClaimRow(ref.team, ref.channel, ref.ts, event.version, event.body, asked_at=now)
        before = claims.find(db, ref) or claims.find_by_event(db, event.event_id) or new
        row = before.receive(event.version, event.body)
        is_done = row.is_deleted or (row.outcome is not None and row.newer_version is None)
        is_free = not is_done and not row.is_blocked_for(self._holder, now)
        if is_free:
            row = row.assign(self._holder, now)
        if row != before:
            claims.save(db, row)
        claims.save_event(db, event.event_id, row.ref)
        return row.claim if is_free else None

    def is_known(self, ref: MessageRef) -> bool:
        """Whether the question is in the store."""
        return self._database.read(lambda db: claims.find(db, ref)) is not None

    def complete(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, record: AnswerRecord | None = None
    ) -> Claim | None:
        """Record the outcome of a question and its public reply, and erase its event.

        ``record`` replaces that of an older version; it is None unless this version was searched.

        Returns a new claim if there is more to do: a newer version arrived meanwhile, whose answer updates the reply,
        or the question was deleted, and so must the reply be. An unknown question, answered while the store was
        unavailable, is recorded too. An uncertain outcome does not end the claim of another holder.
        """
        return self._database.write(lambda db: self._complete(db, claim, outcome, reply_ts, record))

    def _complete(
        self, db: sqlite3.Connection, claim: Claim, outcome: Outcome, reply_ts: str | None, record: AnswerRecord | None
    ) -> Claim | None:
        now, ref = self._clock(), claim.ref
        new = ClaimRow(ref.team, ref.channel, ref.ts, claim.version, None, asked_at=now, attempt=claim.attempt)
        before = claims.find(db, ref) or new
        if outcome in UNCERTAIN and before.holder is not None and not before.is_held_by(self._holder, claim):
            # The other holder will find out.
            claims.save(db, replace(before, reply_ts=before.reply_ts or reply_ts))
            return None
        row = before.complete(claim.version, outcome, reply_ts, now)
        claims.save(db, row)
        if not before.is_obsolete(claim.version):
            if record is None or row.is_deleted:
                _delete_answer(db, ref)
            else:
                _save_answer(db, record)
        return self._assign(db, row, now) if row.has_more_work else None

    def _assign(self, db: sqlite3.Connection, row: ClaimRow, now: float) -> Claim:
        row = row.assign(self._holder, now)
        claims.save(db, row)
        return row.claim

    def release(self, claim: Claim) -> None:
        """Give up a claim without having posted anything, so that the question can be claimed at once."""

        def work(db: sqlite3.Connection) -> None:
            row = claims.find(db, claim.ref)
            if row is not None and row.is_held_by(self._holder, claim):
                row = row.release()
                if row.is_deleted and not row.may_have_reply:
                    row = row.complete(row.version, "deleted", None, self._clock())
                claims.save(db, row)

        self._database.write(work)

    def delete_question(self, ref: MessageRef) -> Claim | None:
        """Record that the question's author deleted it, so that it is never answered.

        Returns a claim if a reply exists or may exist: delete it, and complete the claim as "deleted". Returns None if
        there is none, or if the question is held: its holder learns of it from ``lease_state`` or ``complete``. A reply
        whose outcome was "unknown" is not found.
        """
        return self._database.write(lambda db: self._delete_question(db, ref))

    def _delete_question(self, db: sqlite3.Connection, ref: MessageRef) -> Claim | None:
        now = self._clock()
        _delete_answer(db, ref)
        row = claims.find(db, ref) or ClaimRow(ref.team, ref.channel, ref.ts, "", None, asked_at=now)
        row = replace(row, is_deleted=True, asked_at=now, newer_version=None, newer_body=None)
        if row.is_blocked_for(self._holder, now):
            claims.save(db, row)
            return None
        if not row.may_have_reply:
            claims.save(db, row.complete(row.version, "deleted", None, now))
            return None
        return self._assign(db, row, now)

    def lease_state(self, claim: Claim) -> LeaseState:
        """State of a claim, to be checked right before posting: unless superseded, it stays held for POSTING seconds.

        "deleted" is not returned for a claim that already says so.
        """
        now = self._clock()
        row = self._database.read(lambda db: claims.find(db, claim.ref))
        if row is not None and now + POSTING <= row.leased_until <= now + LEASE:
            return row.lease_state(self._holder, claim)
        return self._database.write(lambda db: self._extend_lease(db, claim))

    def _extend_lease(self, db: sqlite3.Connection, claim: Claim) -> LeaseState:
        row = claims.find(db, claim.ref)
        if row is None or (state := row.lease_state(self._holder, claim)) == "superseded":
            return "superseded"
        claims.save(db, replace(row, leased_until=self._clock() + LEASE))
        return state

    def renew_leases(self) -> None:
        """Extend the leases of all claims of this holder; call it every few seconds."""
        self._database.write(lambda db: claims.renew_leases(db, self._holder, self._clock() + LEASE))

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """Claim up to ``limit`` questions whose leases have expired, oldest first; never this holder's own.

        Those asked more than GIVE_UP seconds ago are completed as "expired" instead.
        """

        def work(db: sqlite3.Connection) -> tuple[int, tuple[Claim, ...]]:
            now = self._clock()
            count = claims.give_up(db, self._holder, now, now - GIVE_UP)
            rows = claims.find_expired(db, self._holder, now, limit)
            return count, tuple(self._assign(db, row, now) for row in rows)

        count, claimed = self._database.write(work)
        if count:
            log.error("gave up %d questions that were not completed within %d s", count, GIVE_UP)
            self.expired_count += count
        return claimed

    def delete_completed(self, before: float | None) -> int:
        """Permanently delete questions completed before a Unix time, or all completed ones; returns their number."""
        total, end = 0, math.inf if before is None else before
        while count := self._database.write(lambda db: claims.delete_completed(db, end, _DELETE_BATCH)):
            total += count
        self._database.empty_journal()
        return total

    def save_feedback(self, ref: MessageRef, user: str, feedback: Feedback) -> None:
        """Save or replace one user's feedback on the reply to a question; nothing if the question is unknown.

        The user's id is not stored, and the feedback is deleted with the question.
        """
        # The hash differs from question to question, so that one person's ratings cannot be connected.
        key = f"{ref.team} {ref.channel} {ref.ts} {user}"
        user_hash = hashlib.sha256(key.encode()).hexdigest()[:16]
        values = (user_hash, feedback.useful, feedback.note, ref.team, ref.channel, ref.ts)
        self._database.write(lambda db: db.execute(_SAVE_FEEDBACK, values))

    def find_feedback(self, ref: MessageRef) -> tuple[Feedback, ...]:
        """All feedback on the reply to a question, in an order that does not reveal who gave it."""
        key = (ref.team, ref.channel, ref.ts)
        rows = self._database.read(lambda db: db.execute(_FIND_FEEDBACK, key).fetchall())
        return tuple(Feedback(bool(useful), note) for useful, note in rows)

    def find_answer(self, answer_id: str) -> AnswerRecord | None:
        """The newest record with an answer id as a person typed it; None if there is none, or it was deleted."""
        sql = f"{_FIND_ANSWER} WHERE replies.id = ? {_NEWEST_FIRST} LIMIT 1"
        return next(self._query(sql, normalize_answer_id(answer_id)), None)

    def find_latest_answer(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """The last record in a thread before the message ``before``, by time of the question, not of its edits.

        If there is none, the record whose reply starts the thread.
        """
        # Of two timestamps, the longer is later.
        earlier = "(length(ts), ts) < (length(?), ?) ORDER BY length(ts) DESC, ts DESC LIMIT 1"
        in_thread = f"{_FIND_ANSWER} WHERE (replies.thread, team, channel) = (?, ?, ?) AND {earlier}"
        at_root = f"{_FIND_ANSWER} WHERE (questions.reply_ts, team, channel) = (?, ?, ?) LIMIT 1"
        found = next(self._query(in_thread, thread, team, channel, before, before), None)
        return found or next(self._query(at_root, thread, team, channel), None)

    def find_recent(self, team: str, user: str, limit: int) -> tuple[AnswerRecord, ...]:
        """One user's own records, newest first."""
        sql = f"{_FIND_ANSWER} WHERE replies.person = ? {_NEWEST_FIRST} LIMIT ?"
        return tuple(self._query(sql, hash_user_id(team, user), limit))

    def find_unanswered(self, since: float, *, private: bool) -> tuple[AnswerRecord, ...]:
        """Abstentions since a Unix time in public channels, or with ``private`` everywhere, newest first; anonymous."""
        sql = f"{_FIND_ANSWER} WHERE replies.outcome = 'abstention' AND {_SINCE} {_NEWEST_FIRST}"
        return tuple(replace(record, user_hash="") for record in self._query(sql, since, private))

    def find_unhelpful(self, since: float, *, private: bool) -> tuple[tuple[AnswerRecord, Feedback], ...]:
        """Records with unhelpful feedback, selected in the same way; anonymous."""
        rows = self._database.read(lambda db: db.execute(_FIND_UNHELPFUL, (since, private)).fetchall())
        return tuple((replace(_record(row[:-1]), user_hash=""), Feedback(False, row[-1])) for row in rows)

    def _query(self, sql: str, *values: object) -> Iterator[AnswerRecord]:
        return map(_record, self._database.read(lambda db: db.execute(sql, values).fetchall()))

    def close(self) -> None:
        """Close the database; further calls raise ``StoreError``."""
        self._database.close()


def _save_answer(db: sqlite3.Connection, record: AnswerRecord) -> None:
    ref = record.ref
    db.execute(_CLEAR_FOLLOW_UPS, (ref.team, ref.channel, ref.ts))
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


def _delete_answer(db: sqlite3.Connection, ref: MessageRef) -> None:
    for sql in (_CLEAR_FOLLOW_UPS, _DELETE_ANSWER):
        db.execute(sql, (ref.team, ref.channel, ref.ts))


def _record(row: tuple[Any, ...]) -> AnswerRecord:
    answer_id, team, channel, ts, *rest, earlier, is_public = row
    questions = tuple(earlier.split(_LINE)) if earlier else ()
    record = AnswerRecord(answer_id, MessageRef(team, channel, ts), *rest)
    return replace(record, earlier_questions=questions, is_public=bool(is_public))
