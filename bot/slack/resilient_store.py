"""The delivery ledger as the desk needs it: it never fails, because a question is answered also when it cannot be kept.

Keeps secret what stands in for the records while they cannot be used: a ledger in memory, which knows what was asked
since then, and pays its debts to the records once they are back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import NamedTuple, TypeVar

from bot.errors import StoreError
from bot.store.models import AnswerRecord, Claim, LeaseState, MessageRef, Outcome, QuestionEvent
from bot.store.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")


class _End(NamedTuple):
    """How a question ended, as ``Store.complete`` takes it."""

    claim: Claim
    outcome: Outcome
    reply_ts: str | None
    kept: AnswerRecord | None


class ResilientStore:
    """Records that are there as far as can be; safe to use from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memory = Store(None)
        self._lock = Lock()
        self._held: set[MessageRef] = set()
        # What the spare ledger alone knows, and how it ended there where that is owed to the records.
        self._only_in_memory: set[MessageRef] = set()
        self._owed: dict[MessageRef, _End] = {}
        # What is held here and was deleted, which the records were not told.
        self._deleted: set[MessageRef] = set()
        self._is_down = False

    def claim(self, event: QuestionEvent) -> Claim | None:
        """See ``Store.claim``."""
        ref = event.ref
        if ref in self._only_in_memory:
            return self._took(self._memory.claim(event))
        return self._took(self._try(lambda: self._store.claim(event), lambda: self._claim_in_memory(event)))

    def _claim_in_memory(self, event: QuestionEvent) -> Claim | None:
        with self._lock:
            if event.ref in self._held:
                return None
            self._only_in_memory.add(event.ref)
        claim = self._memory.claim(event)
        # An edited question has most likely been answered before, which the records would know.
        return replace(claim, attempt=2) if claim is not None and event.version else claim

    def is_known(self, ref: MessageRef) -> bool:
        """See ``Store.is_known``; nothing is known while the records cannot be used."""
        return ref in self._only_in_memory or self._try(lambda: self._store.is_known(ref), lambda: False)

    def find_latest_answer(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """See ``Store.find_latest_answer``; nothing is kept while the records cannot be used."""
        nothing: AnswerRecord | None = None
        return self._try(lambda: self._store.find_latest_answer(team, channel, thread, before), lambda: nothing)

    def complete(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, kept: AnswerRecord | None = None
    ) -> Claim | None:
        """See ``Store.complete``."""
        end = _End(claim, outcome, reply_ts, kept)
        if claim.ref in self._only_in_memory:
            return self._complete_in_memory(end)
        return self._ended(claim, self._try(lambda: self._store.complete(*end), lambda: self._complete_in_memory(end)))

    def _complete_in_memory(self, end: _End) -> Claim | None:
        with self._lock:
            self._only_in_memory.add(end.claim.ref)
            self._owed[end.claim.ref] = end
        return self._ended(end.claim, self._memory.complete(end.claim, end.outcome, end.reply_ts))

    def release(self, claim: Claim) -> None:
        """See ``Store.release``."""
        self._ended(claim, None)
        if claim.ref in self._only_in_memory:
            self._memory.release(claim)
        else:
            self._try(lambda: self._store.release(claim), lambda: None)

    def drop(self, claim: Claim) -> None:
        """Leave a question to whoever holds it now."""
        self._ended(claim, None)

    def delete_question(self, ref: MessageRef) -> Claim | None:
        """See ``Store.delete_question``."""
        if ref in self._only_in_memory:
            return self._took(self._delete_in_memory(ref))
        return self._took(self._try(lambda: self._store.delete_question(ref), lambda: self._delete_in_memory(ref)))

    def _delete_in_memory(self, ref: MessageRef) -> Claim | None:
        with self._lock:
            if ref in self._held:
                self._deleted.add(ref)
        return self._memory.delete_question(ref)

    def lease_state(self, claim: Claim) -> LeaseState:
        """See ``Store.lease_state``; what the records cannot tell of is taken to be held."""
        held: LeaseState = "held"
        if claim.ref in self._deleted:
            return "deleted"
        if claim.ref in self._only_in_memory:
            return held
        return self._try(lambda: self._store.lease_state(claim), lambda: held)

    def sync(self) -> tuple[Claim, ...]:
        """Renew what is held and record what is owed; what is to be done as a consequence. Every few seconds."""
        self._try(self._store.renew_leases, lambda: None)
        with self._lock:
            owed = tuple(self._owed.values())
        return tuple(claim for one in owed if (claim := self._pay(one)) is not None)

    def _pay(self, end: _End) -> Claim | None:
        ref = end.claim.ref
        try:
            more = self._store.complete(*end)
        except StoreError:
            return None  # told when they went, and tried again the next time
        with self._lock:
            if self._owed.get(ref) != end or ref in self._held:
                return None  # a newer version is at work, and will be owed in its turn
            del self._owed[ref]
            self._only_in_memory.discard(ref)
        return self._took(more)

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """See ``Store.claim_expired``."""
        nothing: tuple[Claim, ...] = ()
        claims = self._try(lambda: self._store.claim_expired(limit), lambda: nothing)
        return tuple(claim for claim in claims if self._took(claim))

    def _took(self, claim: Claim | None) -> Claim | None:
        if claim is not None:
            self._held.add(claim.ref)
        return claim

    def _ended(self, claim: Claim, more: Claim | None) -> Claim | None:
        if more is None:
            self._held.discard(claim.ref)
            self._deleted.discard(claim.ref)
        return more

    def _try(self, work: Callable[[], T], instead: Callable[[], T]) -> T:
        try:
            done = work()
        except StoreError as error:
            if not self._is_down:
                self._is_down = True
                log.error("%s Questions are answered all the same, and recorded once that is possible.", error)
            return instead()
        if self._is_down:
            self._is_down = False
            log.warning("The records can be used again.")
        return done
