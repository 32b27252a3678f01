"""A question as the ledger keeps it, and how it changes: frozen rows in, frozen rows out.

Keeps secret which columns there are. A row is in one of three states: free (no outcome, no holder), held (no outcome, a
holder), settled (an outcome). Each change below is one step between them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from bot.store.models import LEASE, Claim, LeaseState, MessageRef, Outcome, is_newer

# How a question can end without its being known what stands in Slack.
UNCERTAIN: frozenset[Outcome] = frozenset({"unknown", "expired"})


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One question.

    ``version`` is the one that is or was last worked on; ``newer_version`` came while it was held. ``attempt`` counts
    the claims since it was last certain what stands in Slack. ``asked_at`` is when this version was first taken, or the
    question withdrawn.
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
    settled_at: float | None = None
    is_deleted: bool = False

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.team, self.channel, self.ts)

    @property
    def claim(self) -> Claim:
        """The claim that whoever has just taken this row holds."""
        return Claim(self.ref, self.version, self.body or "", self.attempt, self.reply_ts, self.is_deleted)

    @property
    def is_certain(self) -> bool:
        """Whether it is settled, and known what stands in Slack."""
        return self.outcome is not None and self.outcome not in UNCERTAIN

    @property
    def may_stand(self) -> bool:
        """Whether a reply stands that could be removed, or somebody may have posted one."""
        return self.reply_ts is not None or (self.outcome is None and self.attempt > 0)

    @property
    def is_due_again(self) -> bool:
        """Whether it is settled, and yet there is more to do: a newer version to answer, or a reply to remove."""
        return self.outcome is not None and (
            self.newer_version is not None or (self.is_deleted and self.reply_ts is not None)
        )

    def is_held_by(self, holder: str, claim: Claim) -> bool:
        """Whether ``claim`` is the very one by which ``holder`` holds it."""
        return (self.holder, self.version, self.attempt) == (holder, claim.version, claim.attempt)

    def lease_state(self, holder: str, claim: Claim) -> LeaseState:
        """How ``claim``, which ``holder`` was given, stands."""
        if not self.is_held_by(holder, claim):
            return "superseded"
        return "deleted" if self.is_deleted and not claim.is_deleted else "held"

    def is_leased_for(self, seconds: float, now: float) -> bool:
        """Whether nobody else can take it for so long."""
        return now + seconds <= self.leased_until <= now + LEASE

    def is_held_against(self, holder: str, now: float) -> bool:
        """Whether ``holder`` cannot take it, because it is held: by itself, or by another whose lease still runs."""
        if self.holder is None:
            return False
        # A lease that would end later than one taken now was given before the clock was set back.
        return self.holder == holder or now < self.leased_until <= now + LEASE

    def told(self, version: str, body: str) -> ClaimRow:
        """A version has come: kept beside the one worked on when it is newer than all that is known."""
        if self.is_deleted:
            return self
        if is_newer(version, self.newer_version or self.version):
            return replace(self, newer_version=version, newer_body=body)
        if self.outcome is None and self.body is None and version == self.version:
            return replace(self, body=body)
        return self

    def taken(self, holder: str, now: float) -> ClaimRow:
        """``holder`` takes it, in the newest version that is known."""
        row = replace(self, outcome=None, settled_at=None, holder=holder, leased_until=now + LEASE)
        if self.newer_version is None:
            return replace(row, attempt=self.attempt + 1)
        attempt = 1 if self.is_certain else self.attempt + 1
        version, body = self.newer_version, self.newer_body
        return replace(
            row, version=version, body=body, newer_version=None, newer_body=None, asked_at=now, attempt=attempt
        )

    def freed(self) -> ClaimRow:
        """Given back, because its holder posted nothing: the attempt counts for nothing."""
        return replace(self, holder=None, leased_until=0.0, attempt=self.attempt - 1)

    def is_past(self, version: str) -> bool:
        """Whether the end of ``version`` changes nothing any more: it is known, or that of a newer one is."""
        is_over = is_newer(self.version, version) or (self.is_certain and not is_newer(version, self.version))
        return is_over and not self.is_deleted

    def settled(self, version: str, outcome: Outcome, reply_ts: str | None, now: float) -> ClaimRow:
        """``version`` has come to its end. A reply that stands is forgotten only where it was removed."""
        if self.is_past(version):
            return replace(self, reply_ts=self.reply_ts or reply_ts)
        row = replace(self, version=version, outcome=outcome, settled_at=now, body=None, holder=None, leased_until=0.0)
        if outcome == "deleted":
            return replace(row, is_deleted=True, reply_ts=None, newer_version=None, newer_body=None)
        row = replace(row, reply_ts=None if outcome == "silence" else reply_ts or self.reply_ts)
        if self.is_deleted or (self.newer_version is not None and not is_newer(self.newer_version, version)):
            row = replace(row, newer_version=None, newer_body=None)
        return replace(row, outcome="deleted") if self.is_deleted else row


_COLUMNS = ", ".join(field.name for field in fields(ClaimRow))
_KEY = {"team", "channel", "ts"}
_values = attrgetter(*(field.name for field in fields(ClaimRow)))
_SAVE = (
    f"INSERT INTO questions ({_COLUMNS}) VALUES ({', '.join('?' for _ in fields(ClaimRow))})"
    " ON CONFLICT (team, channel, ts) DO UPDATE SET "
    + ", ".join(f"{field.name} = excluded.{field.name}" for field in fields(ClaimRow) if field.name not in _KEY)
)


def _rows(found: sqlite3.Cursor) -> list[ClaimRow]:
    # The table is STRICT, and its columns are the fields; SQLite has no truth but numbers.
    return [ClaimRow(*(*values, bool(is_deleted))) for *values, is_deleted in found.fetchall()]


def _only(found: sqlite3.Cursor) -> ClaimRow | None:
    return next(iter(_rows(found)), None)


def find(db: sqlite3.Connection, ref: MessageRef) -> ClaimRow | None:
    """The question that stands at ``ref``."""
    key = (ref.team, ref.channel, ref.ts)
    return _only(db.execute(f"SELECT {_COLUMNS} FROM questions WHERE (team, channel, ts) = (?, ?, ?)", key))


def find_event(db: sqlite3.Connection, event_id: str) -> ClaimRow | None:
    """The question that an event was about."""
    sql = f"SELECT {_COLUMNS} FROM questions WHERE id = (SELECT question FROM events WHERE event_id = ?)"
    return _only(db.execute(sql, (event_id,)))


def save(db: sqlite3.Connection, row: ClaimRow) -> None:
    """Write ``row`` as it is now."""
    db.execute(_SAVE, _values(row))


def note_event(db: sqlite3.Connection, event_id: str, ref: MessageRef) -> None:
    """Remember that an event is about the question at ``ref``."""
    db.execute(
        "INSERT INTO events (event_id, question) SELECT ?, id FROM questions WHERE (team, channel, ts) = (?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (event_id, ref.team, ref.channel, ref.ts),
    )


_ABANDONED = (
    "outcome IS NULL AND (holder IS NULL OR (holder <> :holder AND NOT (leased_until > :now AND leased_until <= :end)))"
)


def abandoned(db: sqlite3.Connection, holder: str, now: float, limit: int) -> list[ClaimRow]:
    """What nobody holds and ``holder`` could take, oldest first; a row whose body nobody kept waits for a delivery."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM questions WHERE {_ABANDONED} AND (body IS NOT NULL OR is_deleted)"
        " ORDER BY asked_at, id LIMIT :limit",
        {"holder": holder, "now": now, "end": now + LEASE, "limit": limit},
    )
    return _rows(found)


def give_up(db: sqlite3.Connection, holder: str, now: float, before: float) -> int:
    """Settle as lost what nobody holds and was asked before a time; how many they were."""
    return db.execute(
        "UPDATE questions SET outcome = 'expired', settled_at = :now, body = NULL, newer_version = NULL,"
        f" newer_body = NULL, holder = NULL, leased_until = 0 WHERE {_ABANDONED} AND asked_at < :before",
        {"holder": holder, "now": now, "end": now + LEASE, "before": before},
    ).rowcount


def renew(db: sqlite3.Connection, holder: str, until: float) -> None:
    """Let all that ``holder`` holds be its own until a time."""
    db.execute("UPDATE questions SET leased_until = ? WHERE holder = ? AND outcome IS NULL", (until, holder))


def forget(db: sqlite3.Connection, before: float, limit: int) -> int:
    """Delete up to ``limit`` questions that were settled before a time, with their events; how many they were."""
    return db.execute(
        "DELETE FROM questions WHERE id IN"
        " (SELECT id FROM questions WHERE outcome IS NOT NULL AND settled_at < ? LIMIT ?)",
        (before, limit),
    ).rowcount
