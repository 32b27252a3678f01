"""Answers and feedback, stored as long as their questions."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, tuple_, update

from bot.store.database import Database, reads, upsert, writes
from bot.store.models import AnswerRecord, Feedback, MessageRef, normalize_answer_id
from bot.store.schema import answers, feedback, questions

if TYPE_CHECKING:
    from bot.store.claims import QuestionRow

_HASH_LENGTH = 32  # hexadecimal digits
_SEPARATOR = "\n"  # plain text of a question contains none
_MESSAGE = tuple_(questions.c.team, questions.c.channel, questions.c.ts)
_NEWEST = (answers.c.asked_at.desc(), answers.c.question_id.desc())
_RECORD = (
    answers.c.answer_id,
    *(questions.c[name] for name in ("team", "channel", "ts")),
    *(answers.c[name] for name in ("thread", "user_hash", "entry_point", "question", "outcome", "receipt")),
    *(answers.c[name] for name in ("asked_at", "earlier_questions", "is_public")),
)
_FIND = select(*_RECORD).join_from(answers, questions)


def save(connection: Connection, question: QuestionRow, record: AnswerRecord | None) -> None:
    """Store ``record`` (None: nothing) in place of the answer to an older version of ``question``."""
    is_new = not question.version and question.attempt <= 1 and question.completed_at is None
    if not is_new:
        _forget_words(connection, question)
    if record is not None:
        names = ("thread", "user_hash", "entry_point", "question", "outcome", "receipt")
        values = {name: getattr(record, name) for name in names} | {
            "question_id": question.id,
            "answer_id": record.id,
            "earlier_questions": _SEPARATOR.join(record.earlier_questions),
            "is_public": int(record.is_public),
            "asked_at": question.asked_at,
        }
        upsert(connection, answers, values)
    elif not is_new:
        connection.execute(delete(answers).where(answers.c.question_id == question.id))


def _forget_words(connection: Connection, question: QuestionRow) -> None:
    """Delete what follow-ups of ``question``, in its thread or below it or its reply, hold of its words."""
    own = select(answers.c.thread).where(answers.c.question_id == question.id).scalar_subquery()
    later = select(questions.c.id).where(
        questions.c.team == question.team,
        questions.c.channel == question.channel,
        _as_time(questions.c.ts) > tuple_(len(question.ts), question.ts),
    )
    follow_ups = (
        answers.c.earlier_questions != "",
        answers.c.question_id.in_(later),
        or_(answers.c.thread == own, answers.c.thread.in_((question.ts, question.reply_ts or question.ts))),
    )
    connection.execute(update(answers).where(*follow_ups).values(earlier_questions=""))


def _as_time(ts: ColumnElement[str]) -> Any:
    """A timestamp of Slack's as a value that sorts by time: a longer one is later."""
    return tuple_(func.length(ts), ts)


class Answers:
    """The part of the store that is about answers and feedback; ``key`` is the secret with which ids are hashed."""

    database: Database
    key: bytes

    def hash_user(self, *ids: str) -> str:
        """Keyed hash of a person's id, qualified by other ids; without the key it cannot be found by trying ids."""
        return hmac.new(self.key, " ".join(ids).encode(), hashlib.sha256).hexdigest()[:_HASH_LENGTH]

    @reads
    def find_answer(self, connection: Connection, typed_id: str) -> AnswerRecord | None:
        """The newest answer with this id; None if it is not stored, or not any more."""
        found = _FIND.where(answers.c.answer_id == normalize_answer_id(typed_id)).order_by(*_NEWEST)
        return next(_records(connection, found.limit(1)), None)

    @reads
    def find_latest_answer(
        self, connection: Connection, team: str, channel: str, thread: str, before: str
    ) -> AnswerRecord | None:
        """The last question in a thread before a message; ``thread`` and ``before`` are timestamps.

        The thread's first message may be the reply to it.
        """
        here = _FIND.where(questions.c.team == team, questions.c.channel == channel)
        earlier = _as_time(questions.c.ts) < tuple_(len(before), before)
        order = (func.length(questions.c.ts).desc(), questions.c.ts.desc())
        inside = here.where(answers.c.thread == thread, earlier).order_by(*order).limit(1)
        above = here.where(questions.c.reply_ts == thread).limit(1)
        return next(_records(connection, inside), None) or next(_records(connection, above), None)

    @reads
    def find_recent(self, connection: Connection, team: str, user: str, limit: int) -> Sequence[AnswerRecord]:
        """One person's own questions, newest first."""
        own = _FIND.where(answers.c.user_hash == self.hash_user(team, user)).order_by(*_NEWEST).limit(limit)
        return tuple(_records(connection, own))

    @reads
    def find_unanswered(self, connection: Connection, since: float, *, private: bool) -> Sequence[AnswerRecord]:
        """Questions without an answer since a time, newest first, without who asked; private ones only if wanted."""
        found = _since(_FIND, since, private).where(answers.c.outcome == "abstention").order_by(*_NEWEST)
        return tuple(replace(one, user_hash="") for one in _records(connection, found))

    @reads
    def find_unhelpful(
        self, connection: Connection, since: float, *, private: bool
    ) -> Sequence[tuple[AnswerRecord, Feedback]]:
        """The same for answers that someone did not find helpful; neither who asked nor who rated."""
        rated = _FIND.add_columns(feedback.c.note).join(feedback, feedback.c.question_id == answers.c.question_id)
        found = _since(rated, since, private).where(feedback.c.useful == 0).order_by(*_NEWEST, feedback.c.note)
        rows = connection.execute(found)
        return tuple((replace(_record(row), user_hash=""), Feedback(False, row.note)) for row in rows)

    @writes
    def save_feedback(self, connection: Connection, ref: MessageRef, user: str, given: Feedback) -> None:
        """Store what ``user`` thinks of the answer at ``ref``, in place of what they thought before.

        It is deleted with its question, and ignored if the question is unknown. Who gave it is stored as a hash that
        differs from question to question.
        """
        question = connection.scalar(select(questions.c.id).where(tuple_(ref.team, ref.channel, ref.ts) == _MESSAGE))
        if question is not None:
            values = {"user_hash": self.hash_user(ref.team, ref.channel, ref.ts, user), "note": given.note}
            upsert(connection, feedback, values | {"question_id": question, "useful": int(given.useful)})

    def delete_person(self, user: str) -> int:
        """Delete what a person asked, and their feedback, for good; how many questions.

        That the questions were answered is still known, so that they are not answered again.
        """
        count = self._delete_person(user)
        self.database.erase()
        return count

    @writes
    def _delete_person(self, connection: Connection, user: str) -> int:
        refs = select(questions.c.team, questions.c.channel, questions.c.ts, questions.c.id)
        for team, channel, ts, question in connection.execute(refs.join(feedback).distinct()).all():
            given = and_(
                feedback.c.question_id == question, feedback.c.user_hash == self.hash_user(team, channel, ts, user)
            )
            connection.execute(delete(feedback).where(given))
        teams = connection.scalars(select(questions.c.team).distinct())
        own = answers.c.user_hash.in_([self.hash_user(team, user) for team in teams])
        return connection.execute(delete(answers).where(own)).rowcount


def _since(query: Select[Any], since: float, private: bool) -> Select[Any]:
    query = query.where(answers.c.asked_at >= since)
    return query if private else query.where(answers.c.is_public != 0)


def _records(connection: Connection, query: Select[Any]) -> Iterator[AnswerRecord]:
    return map(_record, connection.execute(query))


def _record(row: Row[Any]) -> AnswerRecord:
    earlier = tuple(row.earlier_questions.split(_SEPARATOR)) if row.earlier_questions else ()
    ref, values = MessageRef(row.team, row.channel, row.ts), list(row)[4:11]
    return AnswerRecord(row.answer_id, ref, *values, earlier, bool(row.is_public))  # type: ignore[call-arg]
