"""Table of questions: each row's state, its transitions, and its queries.

A row is free (no outcome, no holder), held (no outcome, a holder) or completed (an outcome). Rows are immutable: each
transition returns a changed copy.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from bot.store.models import LEASE, Claim, LeaseState, MessageRef, Outcome, is_newer

# Outcomes after which a reply may or may not exist in Slack.
UNCERTAIN: frozenset[Outcome] = frozenset({"unknown", "expired"})


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One question.

    ``version`` is the one being or last worked on; ``newer_version`` arrived while it was held. ``attempt`` counts the
    claims since it was last certain which reply exists. ``asked_at`` is when this version was first claimed, or the
    question deleted.
    """

    team: str
    channel: str
    ts: str
    version: str
    body: str | None
    asked_at: float
    attempt: int = 0
    holder: str | None = None
    leased_until: float = 0.0
    newer_version: str | None = None
    newer_body: str | None = None
    outcome: Outcome | None = None
    reply_ts: str | None = None
    completed_at: float | None = None
    is_deleted: bool = False

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.team, self.channel, self.ts)

    @property
    def claim(self) -> Claim:
        """The claim of the current holder."""
        return Claim(self.ref, self.version, self.body or "", self.attempt, self.reply_ts, self.is_deleted)

    @property
    def is_certain(self) -> bool:
        """Whether it is completed, and it is known which reply exists."""
        return self.outcome is not None and self.outcome not in UNCERTAIN

    @property
    def may_have_reply(self) -> bool:
        """Whether a reply exists that could be deleted, or one may have been posted."""
        return self.reply_ts is not None or (self.outcome is None and self.attempt > 0)

    @property
    def has_more_work(self) -> bool:
        """Whether it is completed, but a newer version is to be answered or a reply to be deleted."""
        return self.outcome is not None and (
            self.newer_version is not None or (self.is_deleted and self.reply_ts is not None)
        )

    def is_held_by(self, holder: str, claim: Claim) -> bool:
        """Whether ``holder`` holds it by this very claim."""
        return (self.holder, self.version, self.attempt) == (holder, claim.version, claim.attempt)

    def lease_state(self, holder: str, claim: Claim) -> LeaseState:
        """State of a claim that was given to ``holder``."""
        if not self.is_held_by(holder, claim):
            return "superseded"
        return "deleted" if self.is_deleted and not claim.is_deleted else "held"

    def is_blocked_for(self, holder: str, now: float) -> bool:
        """Whether ``holder`` cannot claim it: it already does, or another holder's lease is running."""
        if self.holder is None:
            return False
        # A lease that ends later than one starting now was given before the clock was set back.
        return self.holder == holder or now < self.leased_until <= now + LEASE

    def receive(self, version: str, body: str) -> ClaimRow:
        """A version has arrived: save it for later if it is newer than all known ones."""
        if self.is_deleted:
            return self
        if is_newer(version, self.newer_version or self.version):
            return replace(self, newer_version=version, newer_body=body)
        if self.outcome is None and self.body is None and version == self.version:
            return replace(self, body=body)
        return self

    def assign(self, holder: str, now: float) -> ClaimRow:
        """Give it to ``holder``, in the newest known version."""
        row = replace(self, outcome=None, completed_at=None, holder=holder, leased_until=now + LEASE)
        if self.newer_version is None:
            return replace(row, attempt=self.attempt + 1)
        attempt = 1 if self.is_certain else self.attempt + 1
        version, body = self.newer_version, self.newer_body
        return replace(
            row, version=version, body=body, newer_version=None, newer_body=None, asked_at=now, attempt=attempt
        )

    def release(self) -> ClaimRow:
        """Return it, because its holder posted nothing; the attempt does not count."""
        return replace(self, holder=None, leased_until=0.0, attempt=self.attempt - 1)

    def is_obsolete(self, version: str) -> bool:
        """Whether the outcome of ``version`` no longer matters: it is known, or that of a newer version is."""
        is_over = is_newer(self.version, version) or (self.is_certain and not is_newer(version, self.version))
        return is_over and not self.is_deleted

    def complete(self, version: str, outcome: Outcome, reply_ts: str | None, now: float) -> ClaimRow:
        """Record the outcome of ``version``. An existing reply is forgotten only if it was deleted."""
        if self.is_obsolete(version):
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


# The table's columns are the fields, in their order.
_NAMES = [field.name for field in fields(ClaimRow)]
_COLUMNS = ", ".join(_NAMES)
_values = attrgetter(*_NAMES)
_SAVE = (
    f"INSERT INTO questions ({_COLUMNS}) VALUES ({', '.join('?' for _ in _NAMES)})"
    " ON CONFLICT (team, channel, ts) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _NAMES[3:])
)
_EXPIRED = (
    "outcome IS NULL AND (holder IS NULL OR (holder <> :holder AND NOT (leased_until > :now AND leased_until <= :end)))"
)


def _rows(cursor: sqlite3.Cursor) -> list[ClaimRow]:
    return [ClaimRow(*(*values, bool(is_deleted))) for *values, is_deleted in cursor.fetchall()]


def find(db: sqlite3.Connection, ref: MessageRef) -> ClaimRow | None:
    """The row of a message."""
    sql = f"SELECT {_COLUMNS} FROM questions WHERE (team, channel, ts) = (?, ?, ?)"
    return next(iter(_rows(db.execute(sql, (ref.team, ref.channel, ref.ts)))), None)


def find_by_event(db: sqlite3.Connection, event_id: str) -> ClaimRow | None:
    """The row of the question that an event was about."""
    sql = f"SELECT {_COLUMNS} FROM questions WHERE id = (SELECT question FROM events WHERE event_id = ?)"
    return next(iter(_rows(db.execute(sql, (event_id,)))), None)


def save(db: sqlite3.Connection, row: ClaimRow) -> None:
    """Insert or update a row."""
    db.execute(_SAVE, _values(row))


def save_event(db: sqlite3.Connection, event_id: str, ref: MessageRef) -> None:
    """Save that an event was about this question."""
    db.execute(
        "INSERT INTO events (event_id, question) SELECT ?, id FROM questions WHERE (team, channel, ts) = (?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (event_id, ref.team, ref.channel, ref.ts),
    )


def find_expired(db: sqlite3.Connection, holder: str, now: float, limit: int) -> list[ClaimRow]:
    """Rows without a valid lease that ``holder`` could claim, oldest first; not those whose event must come again."""
    sql = (
        f"SELECT {_COLUMNS} FROM questions WHERE {_EXPIRED} AND (body IS NOT NULL OR is_deleted)"
        " ORDER BY asked_at, id LIMIT :limit"
    )
    return _rows(db.execute(sql, {"holder": holder, "now": now, "end": now + LEASE, "limit": limit}))


def give_up(db: sqlite3.Connection, holder: str, now: float, before: float) -> int:
    """Complete as "expired" all rows without a valid lease that were asked before a time; returns their number."""
    return db.execute(
        "UPDATE questions SET outcome = 'expired', completed_at = :now, body = NULL, newer_version = NULL,"
        f" newer_body = NULL, holder = NULL, leased_until = 0 WHERE {_EXPIRED} AND asked_at < :before",
        {"holder": holder, "now": now, "end": now + LEASE, "before": before},
    ).rowcount


def renew_leases(db: sqlite3.Connection, holder: str, until: float) -> None:
    """Extend all leases of ``holder``."""
    db.execute("UPDATE questions SET leased_until = ? WHERE holder = ? AND outcome IS NULL", (until, holder))


def delete_completed(db: sqlite3.Connection, before: float, limit: int) -> int:
    """Delete up to ``limit`` questions completed before a time, with their events; returns their number."""
    return db.execute(
        "DELETE FROM questions WHERE id IN"
        " (SELECT id FROM questions WHERE outcome IS NOT NULL AND completed_at < ? LIMIT ?)",
        (before, limit),
    ).rowcount
