"""A store that never fails: while the database cannot be used, questions are claimed and completed in memory.

What was completed in memory is written to the database once it can be used again.
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


class _Completion(NamedTuple):
    """Arguments of ``Store.complete``."""

    claim: Claim
    outcome: Outcome
    reply_ts: str | None
    record: AnswerRecord | None


class ResilientStore:
    """The database, or memory while that fails; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memory = Store(None)
        self._lock = Lock()
        self._held: set[MessageRef] = set()
        # Questions that only the memory knows, and completions that the database still lacks.
        self._only_in_memory: set[MessageRef] = set()
        self._pending: dict[MessageRef, _Completion] = {}
        # Deleted questions that are held here and not deleted in the database.
        self._deleted: set[MessageRef] = set()
        self._is_down = False

    def claim(self, event: QuestionEvent) -> Claim | None:
        """See ``Store.claim``."""
        ref = event.ref
        if ref in self._only_in_memory:
            return self._hold(self._memory.claim(event))
        return self._hold(self._try(lambda: self._store.claim(event), lambda: self._claim_in_memory(event)))

    def _claim_in_memory(self, event: QuestionEvent) -> Claim | None:
        with self._lock:
            if event.ref in self._held:
                return None
            self._only_in_memory.add(event.ref)
        claim = self._memory.claim(event)
        # An edited question has probably been answered before, which only the database knows.
        return replace(claim, attempt=2) if claim is not None and event.version else claim

    def is_known(self, ref: MessageRef) -> bool:
        """See ``Store.is_known``; false while the database cannot be used."""
        return ref in self._only_in_memory or self._try(lambda: self._store.is_known(ref), lambda: False)

    def hash_user(self, *ids: str) -> str:
        """See ``Store.hash_user``."""
        return self._store.hash_user(*ids)

    def find_latest_answer(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """See ``Store.find_latest_answer``; None while the database cannot be used."""
        nothing: AnswerRecord | None = None
        return self._try(lambda: self._store.find_latest_answer(team, channel, thread, before), lambda: nothing)

    def complete(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, record: AnswerRecord | None = None
    ) -> Claim | None:
        """See ``Store.complete``."""
        completion = _Completion(claim, outcome, reply_ts, record)
        if claim.ref in self._only_in_memory:
            return self._complete_in_memory(completion)
        newer = self._try(lambda: self._store.complete(*completion), lambda: self._complete_in_memory(completion))
        return self._unhold(claim, newer)

    def _complete_in_memory(self, completion: _Completion) -> Claim | None:
        claim, outcome, reply_ts, _ = completion
        with self._lock:
            self._only_in_memory.add(claim.ref)
            self._pending[claim.ref] = completion
        return self._unhold(claim, self._memory.complete(claim, outcome, reply_ts))

    def release(self, claim: Claim) -> None:
        """See ``Store.release``."""
        self._unhold(claim, None)
        if claim.ref in self._only_in_memory:
            self._memory.release(claim)
        else:
            self._try(lambda: self._store.release(claim), lambda: None)

    def drop(self, claim: Claim) -> None:
        """Forget a claim that another process holds now."""
        self._unhold(claim, None)

    def delete_question(self, ref: MessageRef) -> Claim | None:
        """See ``Store.delete_question``."""
        if ref in self._only_in_memory:
            return self._hold(self._delete_in_memory(ref))
        return self._hold(self._try(lambda: self._store.delete_question(ref), lambda: self._delete_in_memory(ref)))

    def _delete_in_memory(self, ref: MessageRef) -> Claim | None:
        with self._lock:
            if ref in self._held:
                self._deleted.add(ref)
        return self._memory.delete_question(ref)

    def lease_state(self, claim: Claim) -> LeaseState:
        """See ``Store.lease_state``; "held" while the database cannot be used."""
        held: LeaseState = "held"
        if claim.ref in self._deleted:
            return "deleted"
        if claim.ref in self._only_in_memory:
            return held
        return self._try(lambda: self._store.lease_state(claim), lambda: held)

    def sync(self) -> tuple[Claim, ...]:
        """Renew leases and write pending completions; return claims that result. To be called every few seconds."""
        self._try(self._store.renew_leases, lambda: None)
        with self._lock:
            pending = tuple(self._pending.values())
        return tuple(claim for completion in pending if (claim := self._write(completion)) is not None)

    def _write(self, completion: _Completion) -> Claim | None:
        ref = completion.claim.ref
        try:
            newer = self._store.complete(*completion)
        except StoreError:
            return None  # logged when the database first failed; tried again next time
        with self._lock:
            if self._pending.get(ref) != completion or ref in self._held:
                return None  # a newer version is in progress and will be written in turn
            del self._pending[ref]
            self._only_in_memory.discard(ref)
        return self._hold(newer)

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """See ``Store.claim_expired``."""
        nothing: tuple[Claim, ...] = ()
        claims = self._try(lambda: self._store.claim_expired(limit), lambda: nothing)
        self._held.update(claim.ref for claim in claims)
        return claims

    def _hold(self, claim: Claim | None) -> Claim | None:
        if claim is not None:
            self._held.add(claim.ref)
        return claim

    def _unhold(self, claim: Claim, newer: Claim | None) -> Claim | None:
        """Forget ``claim`` unless the question goes on with ``newer``, which is returned."""
        if newer is None:
            self._held.discard(claim.ref)
            self._deleted.discard(claim.ref)
        return newer

    def _try(self, work: Callable[[], T], fallback: Callable[[], T]) -> T:
        try:
            result = work()
        except StoreError as error:
            if not self._is_down:
                self._is_down = True
                log.error("%s Questions are still answered, and recorded once the database can be used.", error)
            return fallback()
        if self._is_down:
            self._is_down = False
            log.warning("The database can be used again.")
        return result
