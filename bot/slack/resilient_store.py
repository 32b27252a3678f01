"""A store that goes on while the database cannot be used: questions are claimed and completed in memory.

What was done in memory is repeated in the database once it can be used. From a database that several hosts share, only
questions already claimed are completed so; new ones wait for it, because another bot may take them too. ``StoreThread``
keeps the calls off the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import RLock
from time import monotonic
from typing import NamedTuple, ParamSpec, TypeVar

from bot.errors import StoreError
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
)
from bot.store.store import Store

log = logging.getLogger(__name__)

# New questions and deletions that may wait for a shared database, and how many of them are claimed at once when it is
# back. Slack delivers them again, but much later.
MAX_WAITING, WAITING_BATCH = 2_000, 50

P = ParamSpec("P")
T = TypeVar("T")


class _Operation(NamedTuple):
    """A change made in memory, and the claim that resulted."""

    make: Callable[[Store], Claim | None]
    claim: Claim | None


class _WaitingChange(NamedTuple):
    """A change that waits for a shared database, since a time of the monotonic clock."""

    make: Callable[[Store], Claim | None]
    since: float


_IN_MEMORY = "Questions are still answered, and recorded once the database can be used."
_UNAVAILABLE = "The database cannot be used at the moment."
_WAITING = "Questions wait until the database can be used."


class ResilientStore:
    """The database, or memory while that fails; thread-safe.

    Methods that say so raise StoreError while a shared database cannot be used; no others do.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[tuple[MessageRef, str], _WaitingChange] = {}
        self._renewed_at = monotonic()
        self._may_hold_more = False  # whether the database may have given a claim without confirming it
        self.hash_user = store.hash_user  # needs no database
        self._memory: Store | None = None  # used from a failure until the database has all changes
        self._changes: deque[_Operation] = deque()
        self._due: dict[MessageRef, Claim] = {}  # claims that the database gave where the memory gave others
        self._held: dict[MessageRef, Claim] = {}
        self._lock = RLock()

    def claim(self, event: QuestionEvent, *, may_wait: bool = True) -> Claim | None:
        """See ``Store.claim``. StoreError while a shared database cannot be used.

        If the question ``may_wait``, ``sync`` then tries again.
        """

        def make(store: Store) -> Claim | None:
            if self._memory is not None and event.version and not store.is_known(event.ref):
                # An edited question has probably been answered before the failure.
                store.complete(Claim(event.ref, "", "", 1, None), "unknown", None)
            return store.claim(event)

        return self._change_or_wait(make, (event.ref, event.version) if may_wait else None)

    def complete(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, record: AnswerRecord | None = None
    ) -> Claim | None:
        """See ``Store.complete``."""
        return self._change(lambda store: store.complete(claim, outcome, reply_ts, record), claim)

    def release(self, claim: Claim) -> None:
        """See ``Store.release``."""
        self._change(lambda store: store.release(claim), claim)

    def drop(self, claim: Claim) -> None:
        """Forget a claim that another process holds now."""
        with self._lock:
            if self._held.get(claim.ref) == claim:
                del self._held[claim.ref]

    def delete_question(self, ref: MessageRef) -> Claim | None:
        """See ``Store.delete_question``. StoreError as for ``claim``."""
        return self._change_or_wait(lambda store: store.delete_question(ref), (ref, "deleted"))

    def lease_state(self, claim: Claim) -> LeaseState:
        """See ``Store.lease_state``.

        StoreError while a shared database cannot be used and another bot may have taken over the claim.
        """

        def find_state(store: Store) -> LeaseState:
            may_be_over = monotonic() - self._renewed_at > LEASE - POSTING  # the database may have been waited for
            if store is self._memory and self._store.is_shared and may_be_over:
                raise StoreError(_UNAVAILABLE)
            return store.lease_state(claim)

        return self._run(find_state)

    @property
    def is_shared(self) -> bool:
        """Whether bots of other hosts may use the database."""
        return self._store.is_shared

    def has_earlier(self, ref: MessageRef, within: float) -> bool:
        """See ``Store.has_earlier``; False while the database cannot be used."""
        return self._run(lambda store: store is not self._memory and store.has_earlier(ref, within))

    def reserve_call(self, ref: MessageRef, burst: int, seconds: float) -> float:
        """See ``Store.reserve_call``; while the database cannot be used, each bot keeps the pace for itself."""
        return self._run(lambda store: 0.0 if store is self._memory else store.reserve_call(ref, burst, seconds))

    def is_known(self, ref: MessageRef) -> bool:
        """See ``Store.is_known``; while the database cannot be used, what was asked before is unknown.

        StoreError while a shared database cannot be used.
        """
        return self._run(lambda store: store.is_known(ref), in_memory=not self._store.is_shared)

    def find_latest_answer(
        self, team: str, channel: str, thread: str, before: str, *, must_know: bool = False
    ) -> AnswerRecord | None:
        """See ``Store.find_latest_answer``; none while the database cannot be used.

        If it ``must_know``, StoreError while a shared database cannot be used.
        """
        in_memory = not (must_know and self._store.is_shared)
        return self._run(lambda store: store.find_latest_answer(team, channel, thread, before), in_memory=in_memory)

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """See ``Store.claim_expired``; none while the database cannot be used."""
        with self._lock:
            claims = self._run(lambda store: () if store is self._memory else store.claim_expired(limit))
            self._held |= {claim.ref: claim for claim in claims}
            return claims

    def sync(self) -> tuple[Claim, ...]:
        """Renew leases, or do in the database what was done in memory or waited for it; return claims that result.

        To be called every few seconds.
        """
        claims: list[Claim] = []
        try:
            asked_at = monotonic()
            self._store.renew_leases()  # without the lock: it may wait for a database that another process has locked
            with self._lock:
                self._renewed_at = asked_at
                if self._memory:
                    claims += self._repeat_changes(self._memory)
            claims += self._reclaim()
            claims += self._make_waiting()
        except StoreError as error:
            with self._lock:
                self._use_memory(error)
        return tuple(claims)

    def _run(self, work: Callable[[Store], T], *, in_memory: bool = True) -> T:
        """Do the work in the database, or else in memory; StoreError if it may not be done ``in_memory``."""
        with self._lock:
            if self._memory is None:
                try:
                    return work(self._store)
                except StoreError as error:
                    memory = self._use_memory(error)
                    if not in_memory:
                        raise
                    return work(memory)
            if not in_memory:
                raise StoreError(_UNAVAILABLE)
            return work(self._memory)

    def _change_or_wait(
        self, make: Callable[[Store], Claim | None], key: tuple[MessageRef, str] | None
    ) -> Claim | None:
        """Make a change; if a shared database cannot take it now, it waits under ``key``, and StoreError is raised."""
        if not self._store.is_shared:
            return self._change(make)
        with self._lock:
            try:
                claim = self._run(make, in_memory=False)
            except StoreError:
                if key is not None and len(self._waiting) < MAX_WAITING:
                    self._waiting.setdefault(key, _WaitingChange(make, monotonic()))
                raise
            if claim is not None:
                self._held[claim.ref] = claim
            return claim

    def _make_waiting(self) -> tuple[Claim, ...]:
        """Make some of the changes that waited, but for those that are too old; return the claims that result."""
        claims = []
        with self._lock:
            for key, (make, since) in list(self._waiting.items())[:WAITING_BATCH]:
                if self._memory is not None:
                    break
                claim = None
                if monotonic() - since < GIVE_UP:
                    try:
                        claim = make(self._store)
                    except StoreError as error:
                        self._may_hold_more = True
                        if not self._can_use_database(error):
                            break
                        log.error("A change could not be recorded. %s", error)
                del self._waiting[key]
                if claim is not None:
                    self._held[claim.ref] = claim
                    claims.append(claim)
        return tuple(claims)

    def _can_use_database(self, error: StoreError) -> bool:
        """Whether ``error`` was of one change; if not, the memory is used from now on."""
        try:
            self._store.renew_leases()
        except StoreError:
            self._use_memory(error)
            return False
        return True

    def _reclaim(self) -> tuple[Claim, ...]:
        """After a failure: claim again what the database gave without confirming it."""
        with self._lock:
            if not self._may_hold_more or self._memory is not None:
                return ()
            claims = self._store.reclaim(self._held)
            self._may_hold_more = False
            self._held |= {claim.ref: claim for claim in claims}
            return claims

    def _change(self, make: Callable[[Store], Claim | None], ended: Claim | None = None) -> Claim | None:
        """Make a change, which ends the claim ``ended``."""
        with self._lock:
            claim = self._run(make)
            if self._memory is not None:
                self._changes.append(_Operation(make, claim))
            if ended is not None:
                self.drop(ended)
            if claim is not None:
                self._held[claim.ref] = claim
            return claim

    def _use_memory(self, error: StoreError) -> Store:
        if self._memory is None:
            log.error("%s %s", error, _WAITING if self._store.is_shared else _IN_MEMORY)
            self._may_hold_more = True
            self._memory = Store(None, holder=self._store.holder)
            for claim in self._held.values():
                self._memory.adopt(claim)
        return self._memory

    def _repeat_changes(self, memory: Store) -> tuple[Claim, ...]:
        while self._changes:
            make, expected = self._changes[0]
            try:
                claim = make(self._store)
            except StoreError as error:
                self._store.renew_leases()  # raises too if the database is the cause
                log.error("A change could not be recorded. %s", error)
                claim = None
            self._changes.popleft()
            if claim is not None and claim != expected:
                self._due[claim.ref] = claim
        due = {ref: claim for ref, claim in self._due.items() if self._store.lease_state(claim) != "superseded"}
        self._due, self._memory = {}, None
        memory.close()
        self._held |= due
        log.warning("The database can be used again.")
        return tuple(due.values())


class StoreThread:
    """The thread on which the methods of a store run, one after the other."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def run(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``method`` on the thread; if the caller is cancelled, it is finished all the same."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(method, *args, **kwargs))

    def stop(self) -> None:
        """Finish what was started."""
        self._executor.shutdown()
