"""A store that never fails: while the database cannot be used, questions are claimed and completed in memory.

What was done in memory is repeated in the database once it can be used. ``StoreThread`` keeps its calls off the event
loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import RLock
from typing import NamedTuple, ParamSpec, TypeVar

from bot.errors import StoreError
from bot.store.models import AnswerRecord, Claim, LeaseState, MessageRef, Outcome, QuestionEvent
from bot.store.store import Store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class _Operation(NamedTuple):
    """A change made in memory, and the claim that resulted."""

    make: Callable[[Store], Claim | None]
    claim: Claim | None


class ResilientStore:
    """The database, or memory while that fails; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.hash_user = store.hash_user  # needs no database
        self._memory: Store | None = None  # used from a failure until the database has all changes
        self._changes: deque[_Operation] = deque()
        self._due: dict[MessageRef, Claim] = {}  # claims that the database gave where the memory gave others
        self._held: dict[MessageRef, Claim] = {}
        self._lock = RLock()

    def claim(self, event: QuestionEvent) -> Claim | None:
        """See ``Store.claim``."""

        def make(store: Store) -> Claim | None:
            if self._memory is not None and event.version and not store.is_known(event.ref):
                # An edited question has probably been answered before the failure.
                store.complete(Claim(event.ref, "", "", 1, None), "unknown", None)
            return store.claim(event)

        return self._change(make)

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
        """See ``Store.delete_question``."""
        return self._change(lambda store: store.delete_question(ref))

    def lease_state(self, claim: Claim) -> LeaseState:
        """See ``Store.lease_state``."""
        return self._run(lambda store: store.lease_state(claim))

    def is_known(self, ref: MessageRef) -> bool:
        """See ``Store.is_known``; while the database cannot be used, what was asked before is unknown."""
        return self._run(lambda store: store.is_known(ref))

    def find_latest_answer(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """See ``Store.find_latest_answer``; the same applies."""
        return self._run(lambda store: store.find_latest_answer(team, channel, thread, before))

    def claim_expired(self, limit: int) -> tuple[Claim, ...]:
        """See ``Store.claim_expired``; none while the database cannot be used."""
        with self._lock:
            claims = self._run(lambda store: () if store is self._memory else store.claim_expired(limit))
            self._held |= {claim.ref: claim for claim in claims}
            return claims

    def sync(self) -> tuple[Claim, ...]:
        """Renew leases, or repeat in the database what was done in memory; return claims that result.

        To be called every few seconds.
        """
        try:
            self._store.renew_leases()  # without the lock: it may wait for a database that another process has locked
            with self._lock:
                return self._repeat_changes(self._memory) if self._memory else ()
        except StoreError as error:
            with self._lock:
                self._use_memory(error)
            return ()

    def _run(self, work: Callable[[Store], T]) -> T:
        with self._lock:
            if self._memory is None:
                try:
                    return work(self._store)
                except StoreError as error:
                    return work(self._use_memory(error))
            return work(self._memory)

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
            log.error("%s Questions are still answered, and recorded once the database can be used.", error)
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
