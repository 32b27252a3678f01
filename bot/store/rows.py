"""Rows of ``questions`` as values: how a question changes state, and the record of its answer."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, tuple_, update

from bot.store.models import LEASE, AnswerRecord, Claim, MessageRef, Outcome, is_newer
from bot.store.schema import questions

# Outcomes that leave open whether there is a reply in Slack.
UNCERTAIN: frozenset[Outcome] = frozenset({"unknown", "expired"})
# A lease that ends later than this was given before the database's clock was set back; it counts as expired.
LONGEST_LEASE = 2 * LEASE


@dataclass(slots=True)
class QuestionRow:
    """A question is free (no outcome, no holder), held (no outcome, a holder) or completed (an outcome).

    ``version`` is the one last worked on; ``newer_version`` arrived while it was held. ``attempt`` counts the claims
    since it was last certain which reply is in Slack. ``asked_at`` is when this version was first claimed, or the
    question deleted. ``thread`` is that of the stored answer. ``found`` is the row as locked, ``now`` the time then.
    """

    id: int
    team: str
    channel: str
    ts: str
    thread: str | None
    version: str
    body: str | None
    asked_at: float
    attempt: int
    holder: str | None
    leased_until: float
    newer_version: str | None
    newer_body: str | None
    is_deleted: bool
    outcome: Outcome | None
    reply_ts: str | None
    completed_at: float | None
    now: float
    found: Row[Any]

    @property
    def is_certain(self) -> bool:
        """Whether it is completed, and known which reply is in Slack."""
        return self.outcome is not None and self.outcome not in UNCERTAIN

    @property
    def may_have_reply(self) -> bool:
        """Whether there is a reply that could be deleted, or someone may have posted one."""
        return self.reply_ts is not None or (self.outcome is None and self.attempt > 0)

    def is_held_by(self, holder: str, claim: Claim) -> bool:
        """Whether ``holder`` holds it by this very claim."""
        return (self.holder, self.version, self.attempt) == (holder, claim.version, claim.attempt)

    def is_available_to(self, holder: str) -> bool:
        """Whether ``holder`` can take it: no one holds it, or another holder's lease has expired."""
        is_leased = self.now < self.leased_until <= self.now + LONGEST_LEASE
        return self.holder is None or (self.holder != holder and not is_leased)

    def is_past(self, version: str) -> bool:
        """Whether completing ``version`` changes nothing: its end is known, or that of a newer version is."""
        is_over = is_newer(self.version, version) or (self.is_certain and not is_newer(version, self.version))
        return is_over and not self.is_deleted

    def take(self, holder: str) -> Claim:
        """Let ``holder`` hold the newest version."""
        if self.newer_version is None:
            self.attempt += 1
        else:
            self.attempt = 1 if self.is_certain else self.attempt + 1
            self.version, self.body, self.asked_at = self.newer_version, self.newer_body, self.now
            self.newer_version = self.newer_body = None
        self.outcome = self.completed_at = None
        self.holder, self.leased_until = holder, self.now + LEASE
        ref = MessageRef(self.team, self.channel, self.ts)
        return Claim(ref, self.version, self.body or "", self.attempt, self.reply_ts, self.is_deleted)

    def complete(self, version: str, outcome: Outcome, reply_ts: str | None) -> None:
        """Complete ``version``. A reply stays known unless it was deleted."""
        self.reply_ts = None if outcome in {"deleted", "silence"} else reply_ts or self.reply_ts
        self.is_deleted = self.is_deleted or outcome == "deleted"
        self.outcome = "deleted" if self.is_deleted else outcome
        self.version, self.completed_at = version, self.now
        self.body = self.holder = None
        if self.is_deleted or not is_newer(self.newer_version or "", version):
            self.newer_version = self.newer_body = None

    def save(self, connection: Connection, answer: dict[str, object] | None = None) -> None:
        """Write what has changed, and the columns of its answer if they are given."""
        before = zip(_names, self.found, strict=False)
        changed = {name: value for name, old in before if (value := getattr(self, name)) != old} | (answer or {})
        if changed:
            connection.execute(_SAVE, changed | {"key": self.id})

    def forget_words(self, connection: Connection) -> None:
        """Delete what follow-ups hold of the words of a question that is edited or deleted."""
        if self.version or self.attempt > 1 or self.completed_at is not None:
            later = as_time(questions.c.ts) > tuple_(len(self.ts), self.ts)
            threads = [thread for thread in (self.thread, self.ts, self.reply_ts) if thread is not None]
            here = (questions.c.team == self.team, questions.c.channel == self.channel, later)
            follow_ups = (*here, questions.c.answer_id.is_not(None), questions.c.thread.in_(threads))
            connection.execute(update(questions).where(*follow_ups).values(earlier_questions=[]))


_names = [field.name for field in fields(QuestionRow)]
_SAVE = update(questions).where(questions.c.id == bindparam("key"))
QUESTION = select(*(questions.c[name] for name in _names[:-2]))  # all columns of a ``QuestionRow``

_SAME = ("thread", "user_hash", "entry_point", "question", "receipt", "earlier_questions", "is_public")
_FIELDS = {"answer_id": "id", "answer_outcome": "outcome", **{name: name for name in _SAME}}
# All columns of an ``AnswerRecord``, of the questions that have one.
ANSWER = select(*(questions.c[name] for name in ("team", "channel", "ts", "asked_at", *_FIELDS)))
ANSWER = ANSWER.where(questions.c.answer_id.is_not(None))


def to_columns(record: AnswerRecord | None) -> dict[str, object]:
    """Columns of ``questions`` that hold a record; None erases it."""
    return {column: getattr(record, field, None) for column, field in _FIELDS.items()}


def to_record(row: Row[Any]) -> AnswerRecord:
    """A row with the columns of ``ANSWER`` as a record."""
    values = {field: getattr(row, column) for column, field in _FIELDS.items()}
    values["earlier_questions"] = tuple(row.earlier_questions)
    return AnswerRecord(ref=MessageRef(row.team, row.channel, row.ts), asked_at=row.asked_at, **values)


def as_time(ts: ColumnElement[str]) -> Any:
    """A timestamp of Slack's as a value that sorts by time: a longer one is later."""
    return tuple_(func.length(ts), ts)
