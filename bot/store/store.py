"""The ledger itself: who may take a question, and what becomes of it. Keeps secret how a row passes between holders."""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from bot.store import answers, claims
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
)

log = logging.getLogger(__name__)

# Deleted at a time, so that nobody who would claim a question waits for more than some milliseconds.
_FORGOTTEN_AT_ONCE = 1_000


class Store:
    """The ledger in a state folder, which is made when missing; in memory only, where ``folder`` is None.

    Several threads and several processes on one host may share a folder; ``holder`` tells them apart. Every method
    raises RecordsError when it cannot do what it says, and has then changed nothing.
    """

    def __init__(
        self, folder: Path | None, *, clock: Callable[[], float] = time.time, holder: str | None = None
    ) -> None:
        self._clock = clock
        self._holder = holder or uuid4().hex
        self._lost = 0
        self._database = Database(folder / FILE_NAME if folder else None)

    @property
    def expired_count(self) -> int:
        """How many questions this object has given up."""
        return self._lost

    def claim(self, event: QuestionEvent) -> Claim | None:
        """Take the question that ``event`` is about; None when there is nothing to take.

        There is nothing when it is settled in this version or a newer one, when it is withdrawn, and when it is held.
        A newer version of a question that is held is kept for whoever holds it (see ``settle``); one of a settled
        question is claimed with the reply that stands.
        """
        return self._database.write(lambda db: self._claim(db, event))

    def _claim(self, db: sqlite3.Connection, event: QuestionEvent) -> Claim | None:
        now, ref = self._clock(), event.ref
        fresh = ClaimRow(ref.team, ref.channel, ref.ts, event.version, event.body, asked_at=now)
        row = claims.find(db, ref) or claims.find_event(db, event.event_id) or fresh
        told = row.told(event.version, event.body)
        is_done = told.is_deleted or (told.outcome is not None and told.newer_version is None)
        is_free = not is_done and not told.is_held_against(self._holder, now)
        after = told.taken(self._holder, now) if is_free else told
        if after != row:
            claims.save(db, after)
        claims.note_event(db, event.event_id, after.ref)
        return after.claim if is_free else None

    def is_known(self, ref: MessageRef) -> bool:
        """Whether the question at ``ref`` is in the ledger."""
        return self._database.read(lambda db: claims.find(db, ref)) is not None

    def complete(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, kept: AnswerRecord | None = None
    ) -> Claim | None:
        """Record how a question ended and which public reply stands; its event is erased.

        ``kept`` is what is kept of this version, where it was searched, in place of anything kept of an older one.

        What is still to be done with it comes back as a new claim: a newer version, which came meanwhile and updates
        the reply in place; or the removal of the reply, because the question was withdrawn meanwhile. A question that
        the ledger does not know (it was answered while the ledger could not be used) is recorded all the same. An
        outcome that leaves open what stands takes the question from nobody who has taken it over.
        """
        return self._database.write(lambda db: self._complete(db, claim, outcome, reply_ts, kept))

    def _complete(
        self, db: sqlite3.Connection, claim: Claim, outcome: Outcome, reply_ts: str | None, kept: AnswerRecord | None
    ) -> Claim | None:
        now, ref = self._clock(), claim.ref
        fresh = ClaimRow(ref.team, ref.channel, ref.ts, claim.version, None, asked_at=now, attempt=claim.attempt)
        row = claims.find(db, ref) or fresh
        if outcome in UNCERTAIN and row.holder is not None and not row.is_held_by(self._holder, claim):
            # Somebody else is about to find out.
            claims.save(db, replace(row, reply_ts=row.reply_ts or reply_ts))
            return None
        after = row.settled(claim.version, outcome, reply_ts, now)
        is_due_again = after.is_due_again
        claims.save(db, after)
        if not row.is_past(claim.version):
            if kept is None or after.is_deleted:
                answers.delete_answer(db, ref)
            else:
                answers.save_answer(db, kept)
        if is_due_again:
            after = after.taken(self._holder, now)
            claims.save(db, after)
        return after.claim if is_due_again else None

    def release(self, claim: Claim) -> None:
        """Give a question back of which nothing was posted: whoever comes next may take it at once."""

        def work(db: sqlite3.Connection) -> None:
            row = claims.find(db, claim.ref)
            if row is not None and row.is_held_by(self._holder, claim):
                freed = row.freed()
                claims.save(db, _closed(freed, self._clock()) if freed.is_deleted and not freed.may_stand else freed)

        self._database.write(work)

    def delete_question(self, ref: MessageRef) -> Claim | None:
        """The person deleted the question at ``ref``: it is never answered from now on.

        A claim when a reply stands or may stand, which is to be removed and settled as "deleted"; None when there is
        none, or when the question is held: its holder learns of it by ``standing`` and at the latest by ``settle``.
        A reply that was settled as "unknown" is not known here either, and is nobody's to remove.
        """
        return self._database.write(lambda db: self._delete_question(db, ref))

    def _delete_question(self, db: sqlite3.Connection, ref: MessageRef) -> Claim | None:
        now = self._clock()
        answers.delete_answer(db, ref)
        row = claims.find(db, ref) or ClaimRow(ref.team, ref.channel, ref.ts, "", None, asked_at=now)
        marked = replace(row, is_deleted=True, asked_at=now, newer_version=None, newer_body=None)
        if marked.is_held_against(self._holder, now):
            claims.save(db, marked)
            return None
        if not marked.may_stand:
            claims.save(db, _closed(marked, now))
            return None
        taken = marked.taken(self._holder, now)
        claims.save(db, taken)
        return taken.claim

    def lease_state(self, claim: Claim) -> LeaseState:
        """How ``claim`` stands, to be asked right before posting: unless it is overtaken, it is nobody else's for the
        next POSTING seconds. That the question was deleted is no news where the claim tells of it.
        """
        row = self._database.read(lambda db: claims.find(db, claim.ref))
        if row is not None and row.is_leased_for(POSTING, self._clock()):
            return row.lease_state(self._holder, claim)
        return self._database.write(lambda db: self._extended(db, claim))

    def _extended(self, db: sqlite3.Connection, claim: Claim) -> LeaseState:
        row = claims.find(db, claim.ref)
        if row is None or (standing := row.lease_state(self._holder, claim)) == "superseded":
            return "superseded"
        claims.save(db, replace(row, leased_until=self._clock() + LEASE))
        return standing

    def renew_leases(self) -> None:
        """Extend the lease of all that this holder has claimed and not settled; to be called every few seconds."""
        self._database.write(lambda db: claims.renew(db, self._holder, self._clock() + LEASE))

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """Take over up to ``limit`` questions that nobody holds any more, oldest first.

        Those that were asked longer than GIVE_UP ago are settled as "expired" instead. What this holder has claimed is
        never abandoned by it: it is renewed, settled or released.
        """

        def work(db: sqlite3.Connection) -> tuple[int, tuple[Claim, ...]]:
            now = self._clock()
            lost = claims.give_up(db, self._holder, now, now - GIVE_UP)
            taken = [row.taken(self._holder, now) for row in claims.abandoned(db, self._holder, now, limit)]
            for row in taken:
                claims.save(db, row)
            return lost, tuple(row.claim for row in taken)

        lost, taken_over = self._database.write(work)
        if lost:
            log.error("%d questions that nobody brought to an end within %d s are given up", lost, GIVE_UP)
            self._lost += lost
        return taken_over

    def delete_completed(self, before: float | None) -> int:
        """Delete what was settled before a time (None: all that is settled) for good; how many questions it was."""
        count, end = 0, math.inf if before is None else before
        while deleted := self._database.write(lambda db: claims.forget(db, end, _FORGOTTEN_AT_ONCE)):
            count += deleted
        self._database.shred()
        return count

    def save_feedback(self, ref: MessageRef, person: str, rated: Feedback) -> None:
        """Keep what ``person`` thinks of the reply at ``ref``, in place of what they thought before.

        It is deleted with its question, and not kept where the question is not known. Who it was is not kept.
        """
        self._database.write(lambda db: answers.save_feedback(db, ref, person, rated))

    def find_feedback(self, ref: MessageRef) -> tuple[Feedback, ...]:
        """What people think of the reply to the question at ``ref``, in no order that tells who they are."""
        return self._database.read(lambda db: answers.find_feedback(db, ref))

    def find_answer(self, short_id: str) -> AnswerRecord | None:
        """What is kept of the answer with this id; None where it is not kept, or not any more."""
        return self._database.read(lambda db: answers.find_answer(db, short_id))

    def find_latest_answer(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """What is kept of the last question in a thread before a message; ``thread`` and ``before`` are timestamps.

        The message from which the thread hangs may be the reply to it.
        """
        return self._database.read(lambda db: answers.last(db, team, channel, thread, before))

    def find_recent(self, team: str, user: str, limit: int) -> tuple[AnswerRecord, ...]:
        """One person's own questions, newest first."""
        return self._database.read(lambda db: answers.recent(db, hash_user_id(team, user), limit))

    def find_unanswered(self, since: float, *, private: bool) -> tuple[AnswerRecord, ...]:
        """What was asked since a time, also in ``private`` or not, and not answered, newest first; not who asked."""
        return self._database.read(lambda db: answers.unanswered(db, since, private=private))

    def find_unhelpful(self, since: float, *, private: bool) -> tuple[tuple[AnswerRecord, Feedback], ...]:
        """What was asked likewise, where somebody did not find the reply helpful; neither who asked nor who says so."""
        return self._database.read(lambda db: answers.complaints(db, since, private=private))

    def close(self) -> None:
        """End the connection; further calls raise RecordsError."""
        self._database.close()


def _closed(row: ClaimRow, now: float) -> ClaimRow:
    return row.settled(row.version, "deleted", None, now)
