"""Claims: who may answer a question, and how a question changes state.

A question is free (no outcome, no holder), held (no outcome, a holder) or completed (an outcome). ``QuestionRow`` is
a row of the table; its methods are the steps between the states. ``Claims`` reads a row, locked for the transaction,
and writes what a step makes of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, or_, select, update

from bot.store import answers
from bot.store.database import Database, insert_new, reads, writes
from bot.store.models import (
    GIVE_UP,
    LEASE,
    POSTING,
    AnswerRecord,
    Claim,
    LeaseState,
    MessageRef,
    Outcome,
    QuestionEvent,
    is_newer,
)
from bot.store.schema import questions

log = logging.getLogger(__name__)

_DELETED_AT_ONCE = 1_000  # rows in one transaction, so that a claim waits no more than some milliseconds
UNCERTAIN: frozenset[Outcome] = frozenset({"unknown", "expired"})
"""Outcomes that leave open whether there is a reply in Slack."""


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A row of ``questions``.

    ``version`` is the one last worked on; ``newer_version`` arrived while it was held. ``attempt`` counts the claims
    since it was last certain which reply is in Slack. ``asked_at`` is when this version was first claimed, or the
    question deleted.
    """

    id: int
    team: str
    channel: str
    ts: str
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

    @property
    def claim(self) -> Claim:
        """The claim of the row's holder."""
        ref = MessageRef(self.team, self.channel, self.ts)
        return Claim(ref, self.version, self.body or "", self.attempt, self.reply_ts, bool(self.is_deleted))

    @property
    def is_certain(self) -> bool:
        """Whether it is completed, and known which reply is in Slack."""
        return self.outcome is not None and self.outcome not in UNCERTAIN

    @property
    def may_have_reply(self) -> bool:
        """Whether there is a reply that could be deleted, or someone may have posted one."""
        return self.reply_ts is not None or (self.outcome is None and self.attempt > 0)

    @property
    def is_due_again(self) -> bool:
        """Whether it is completed and there is more to do: a newer version to answer, or a reply to delete."""
        return self.outcome is not None and (
            self.newer_version is not None or (bool(self.is_deleted) and self.reply_ts is not None)
        )

    def is_held_by(self, holder: str, claim: Claim) -> bool:
        """Whether ``holder`` holds it by this very claim."""
        return (self.holder, self.version, self.attempt) == (holder, claim.version, claim.attempt)

    def lease_state(self, holder: str, claim: Claim) -> LeaseState:
        """State of a claim that ``holder`` was given."""
        if not self.is_held_by(holder, claim):
            return "superseded"
        return "deleted" if self.is_deleted and not claim.is_deleted else "held"

    def is_available_to(self, holder: str, now: float) -> bool:
        """Whether ``holder`` can take it: no one holds it, or another holder's lease has expired."""
        return self.holder is None or (self.holder != holder and not now < self.leased_until <= now + _LONGEST_LEASE)

    def with_version(self, version: str, body: str) -> QuestionRow:
        """The row after a version has arrived: stored beside the current one if newer than all that are known."""
        if self.is_deleted:
            return self
        if is_newer(version, self.newer_version or self.version):
            return replace(self, newer_version=version, newer_body=body)
        if self.outcome is None and self.body is None and version == self.version:
            return replace(self, body=body)
        return self

    def taken(self, holder: str, now: float) -> QuestionRow:
        """The row after ``holder`` has claimed its newest version."""
        row = replace(self, outcome=None, completed_at=None, holder=holder, leased_until=now + LEASE)
        if self.newer_version is None:
            return replace(row, attempt=self.attempt + 1)
        return replace(
            row,
            version=self.newer_version,
            body=self.newer_body,
            newer_version=None,
            newer_body=None,
            asked_at=now,
            attempt=1 if self.is_certain else self.attempt + 1,
        )

    def is_past(self, version: str) -> bool:
        """Whether completing ``version`` changes nothing: its end is known, or that of a newer version is."""
        is_over = is_newer(self.version, version) or (self.is_certain and not is_newer(version, self.version))
        return is_over and not self.is_deleted

    def completed(self, version: str, outcome: Outcome, reply_ts: str | None, now: float) -> QuestionRow:
        """The row after ``version`` was completed. A reply stays known unless it was deleted."""
        if self.is_past(version):
            return replace(self, reply_ts=self.reply_ts or reply_ts)
        row = replace(
            self, version=version, outcome=outcome, completed_at=now, body=None, holder=None, leased_until=0.0
        )
        if outcome == "deleted":
            return replace(row, is_deleted=True, reply_ts=None, newer_version=None, newer_body=None)
        row = replace(row, reply_ts=None if outcome == "silence" else reply_ts or self.reply_ts)
        if self.is_deleted or (self.newer_version is not None and not is_newer(self.newer_version, version)):
            row = replace(row, newer_version=None, newer_body=None)
        return replace(row, outcome="deleted") if self.is_deleted else row


_LONGEST_LEASE = 2 * LEASE
"""A lease that ends later than this was given before the database's clock was set back; it counts as expired."""

_KEY = and_(*(questions.c[name] == bindparam(f"key_{name}") for name in ("team", "channel", "ts")))
_FIND = select(questions).where(_KEY)
_LOCK = _FIND.with_for_update()
_COLUMNS = [field.name for field in fields(QuestionRow) if field.name not in ("id", "team", "channel", "ts")]
_SAVE = update(questions).where(questions.c.id == bindparam("key")).values({name: bindparam(name) for name in _COLUMNS})
_NEW = {"version": "", "body": None, "attempt": 0, "holder": None, "leased_until": 0.0, "is_deleted": 0}


def _find(connection: Connection, ref: MessageRef, query: Select[Any] = _LOCK) -> QuestionRow | None:
    key = {"key_team": ref.team, "key_channel": ref.channel, "key_ts": ref.ts}
    row = connection.execute(query, key).first()
    return QuestionRow(*row) if row else None


def _save(connection: Connection, row: QuestionRow) -> None:
    values = {name: getattr(row, name) for name in _COLUMNS}
    connection.execute(_SAVE, values | {"key": row.id, "is_deleted": int(row.is_deleted)})


def _insert(connection: Connection, ref: MessageRef, now: float, **values: object) -> bool:
    """Insert a row unless there is one; whether it was inserted."""
    key = {"team": ref.team, "channel": ref.channel, "ts": ref.ts}
    return insert_new(connection, questions, key | _NEW | {"asked_at": now} | values)


def _find_or_insert(connection: Connection, ref: MessageRef, now: float, **values: object) -> QuestionRow:
    _insert(connection, ref, now, **values)
    row = _find(connection, ref)
    assert row is not None
    return row


class Claims:
    """The part of the store that is about claims; ``holder`` identifies this process's own."""

    database: Database
    clock: Callable[[Connection], float]
    holder: str
    expired_count = 0  # questions that this object has given up

    @writes
    def claim(self, connection: Connection, event: QuestionEvent) -> Claim | None:
        """Claim the question of ``event``; None if there is nothing to do.

        That is so if it is completed in this version or a newer one, deleted, or held. A newer version of a held
        question is stored for its holder (see ``complete``); one of a completed question is claimed with its reply.
        """
        now = self.clock(connection)
        fresh = {"body": event.body, "attempt": 1, "holder": self.holder, "leased_until": now + LEASE}
        if _insert(connection, event.ref, now, version=event.version, **fresh):
            return Claim(event.ref, event.version, event.body, 1, None)
        row = _find(connection, event.ref)
        if row is None:
            return None
        now = self.clock(connection)
        after = row.with_version(event.version, event.body)
        is_done = after.is_deleted or (after.outcome is not None and after.newer_version is None)
        is_free = not is_done and after.is_available_to(self.holder, now)
        if is_free:
            after = after.taken(self.holder, now)
        if after != row:
            _save(connection, after)
        return after.claim if is_free else None

    @reads
    def is_known(self, connection: Connection, ref: MessageRef) -> bool:
        """Whether the question at ``ref`` is in the store."""
        return _find(connection, ref, _FIND) is not None

    @writes
    def complete(
        self,
        connection: Connection,
        claim: Claim,
        outcome: Outcome,
        reply_ts: str | None,
        record: AnswerRecord | None = None,
    ) -> Claim | None:
        """Record how a question ended and which public reply it has; its body is erased.

        ``record`` replaces the answer stored for an older version. If there is more to do, it is returned as a new
        claim: a newer version that arrived meanwhile, or the deletion of the reply because the question was deleted. A
        question unknown here (it was answered while the store could not be used) is recorded too. An uncertain outcome
        takes the question from no one who has claimed it since.
        """
        now = self.clock(connection)
        row = _find(connection, claim.ref) or _find_or_insert(
            connection, claim.ref, now, version=claim.version, attempt=claim.attempt
        )
        if outcome in UNCERTAIN and row.holder is not None and not row.is_held_by(self.holder, claim):
            # The present holder is about to find out.
            _save(connection, replace(row, reply_ts=row.reply_ts or reply_ts))
            return None
        after = row.completed(claim.version, outcome, reply_ts, now)
        if not row.is_past(claim.version):
            answers.save(connection, row, None if after.is_deleted else record)
        is_due_again = after.is_due_again
        if is_due_again:
            after = after.taken(self.holder, now)
        _save(connection, after)
        return after.claim if is_due_again else None

    @writes
    def release(self, connection: Connection, claim: Claim) -> None:
        """Give back a question for which nothing was posted; the attempt does not count."""
        row = _find(connection, claim.ref)
        if row is not None and row.is_held_by(self.holder, claim):
            row = replace(row, holder=None, leased_until=0.0, attempt=row.attempt - 1)
            if row.is_deleted and not row.may_have_reply:
                row = row.completed(row.version, "deleted", None, self.clock(connection))
            _save(connection, row)

    @writes
    def delete_question(self, connection: Connection, ref: MessageRef) -> Claim | None:
        """Record that the author deleted the question at ``ref``: it will not be answered.

        Returns a claim if there is, or may be, a reply to delete; complete it as "deleted". None if there is none, or
        if the question is held: its holder learns of it from ``lease_state`` and from ``complete``.
        """
        row, now = _find_or_insert(connection, ref, self.clock(connection)), self.clock(connection)
        answers.save(connection, row, None)
        row = replace(row, is_deleted=True, asked_at=now, newer_version=None, newer_body=None)
        if not row.is_available_to(self.holder, now):
            _save(connection, row)
            return None
        may_have_reply = row.may_have_reply
        row = row.taken(self.holder, now) if may_have_reply else row.completed(row.version, "deleted", None, now)
        _save(connection, row)
        return row.claim if may_have_reply else None

    @writes
    def lease_state(self, connection: Connection, claim: Claim) -> LeaseState:
        """State of a claim, to be checked before posting: unless superseded, it is held for POSTING more seconds.

        "deleted" is reported only if the claim itself does not say so.
        """
        row, now = _find(connection, claim.ref), self.clock(connection)
        state: LeaseState = row.lease_state(self.holder, claim) if row else "superseded"
        if row and state != "superseded" and not POSTING <= row.leased_until - now <= _LONGEST_LEASE:
            _save(connection, replace(row, leased_until=now + LEASE))
        return state

    @writes
    def renew_leases(self, connection: Connection) -> None:
        """Extend the leases of all that this holder has claimed; to be called every few seconds."""
        held = and_(questions.c.holder == self.holder, questions.c.outcome.is_(None))
        connection.execute(update(questions).where(held).values(leased_until=self.clock(connection) + LEASE))

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """Claim up to ``limit`` questions that no one holds any more, oldest first.

        Those asked more than GIVE_UP seconds ago are completed as "expired" instead. This holder's own claims never
        expire for itself.
        """
        given_up, claims = self._claim_expired(limit)
        if given_up:
            log.error("%d questions that could not be completed within %d s were given up", given_up, GIVE_UP)
            self.expired_count += given_up
        return claims

    @writes
    def _claim_expired(self, connection: Connection, limit: int) -> tuple[int, tuple[Claim, ...]]:
        now, until = self.clock(connection), questions.c.leased_until
        is_lapsed = and_(questions.c.holder != self.holder, or_(until <= now, until > now + _LONGEST_LEASE))
        is_free = and_(questions.c.outcome.is_(None), or_(questions.c.holder.is_(None), is_lapsed))
        too_old = update(questions).where(is_free, questions.c.asked_at < now - GIVE_UP)
        erased = dict.fromkeys(("body", "newer_version", "newer_body", "holder"))
        given_up = connection.execute(
            too_old.values(**erased, outcome="expired", completed_at=now, leased_until=0.0)
        ).rowcount
        has_work = or_(questions.c.body.is_not(None), questions.c.is_deleted != 0)
        oldest = select(questions).where(is_free, has_work).order_by(questions.c.asked_at, questions.c.id).limit(limit)
        found = connection.execute(oldest.with_for_update(skip_locked=True)).all()
        rows = [QuestionRow(*row).taken(self.holder, now) for row in found]
        for row in rows:
            _save(connection, row)
        return given_up, tuple(row.claim for row in rows)

    def delete_completed(self, before: float | None) -> int:
        """Delete what was completed before a time (None: everything completed) for good; how many questions."""
        count = 0
        while deleted := self._delete_some(before):
            count += deleted
        self.database.erase()
        return count

    @writes
    def _delete_some(self, connection: Connection, before: float | None) -> int:
        old = select(questions.c.id).where(questions.c.outcome.is_not(None)).limit(_DELETED_AT_ONCE)
        if before is not None:
            old = old.where(questions.c.completed_at < before)
        return connection.execute(delete(questions).where(questions.c.id.in_(old))).rowcount
