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
    """How a question ended, as ``Records.settle`` takes it."""

    claim: Claim
    outcome: Outcome
    reply_ts: str | None
    kept: AnswerRecord | None


class ResilientStore:
    """Records that are there as far as can be; safe to use from any thread."""

    def __init__(self, records: Store) -> None:
        self._records = records
        self._spare = Store(None)
        self._lock = Lock()
        self._held: set[MessageRef] = set()
        # What the spare ledger alone knows, and how it ended there where that is owed to the records.
        self._unrecorded: set[MessageRef] = set()
        self._owed: dict[MessageRef, _End] = {}
        # What is held here and was deleted, which the records were not told.
        self._withdrawn: set[MessageRef] = set()
        self._is_down = False

    def claim(self, delivery: QuestionEvent) -> Claim | None:
        """See ``Records.claim``."""
        place = delivery.place
        if place in self._unrecorded:
            return self._took(self._spare.claim(delivery))
        return self._took(self._try(lambda: self._records.claim(delivery), lambda: self._claim_unrecorded(delivery)))

    def _claim_unrecorded(self, delivery: QuestionEvent) -> Claim | None:
        with self._lock:
            if delivery.place in self._held:
                return None
            self._unrecorded.add(delivery.place)
        claim = self._spare.claim(delivery)
        # An edited question has most likely been answered before, which the records would know.
        return replace(claim, attempt=2) if claim is not None and delivery.version else claim

    def known(self, place: MessageRef) -> bool:
        """See ``Records.known``; nothing is known while the records cannot be used."""
        return place in self._unrecorded or self._try(lambda: self._records.known(place), lambda: False)

    def last_kept(self, team: str, channel: str, thread: str, before: str) -> AnswerRecord | None:
        """See ``Records.last_kept``; nothing is kept while the records cannot be used."""
        nothing: AnswerRecord | None = None
        return self._try(lambda: self._records.last_kept(team, channel, thread, before), lambda: nothing)

    def settle(
        self, claim: Claim, outcome: Outcome, reply_ts: str | None, kept: AnswerRecord | None = None
    ) -> Claim | None:
        """See ``Records.settle``."""
        end = _End(claim, outcome, reply_ts, kept)
        if claim.place in self._unrecorded:
            return self._settle_unrecorded(end)
        return self._ended(claim, self._try(lambda: self._records.settle(*end), lambda: self._settle_unrecorded(end)))

    def _settle_unrecorded(self, end: _End) -> Claim | None:
        with self._lock:
            self._unrecorded.add(end.claim.place)
            self._owed[end.claim.place] = end
        return self._ended(end.claim, self._spare.settle(end.claim, end.outcome, end.reply_ts))

    def release(self, claim: Claim) -> None:
        """See ``Records.release``."""
        self._ended(claim, None)
        if claim.place in self._unrecorded:
            self._spare.release(claim)
        else:
            self._try(lambda: self._records.release(claim), lambda: None)

    def drop(self, claim: Claim) -> None:
        """Leave a question to whoever holds it now."""
        self._ended(claim, None)

    def withdraw(self, place: MessageRef) -> Claim | None:
        """See ``Records.withdraw``."""
        if place in self._unrecorded:
            return self._took(self._withdraw_unrecorded(place))
        return self._took(self._try(lambda: self._records.withdraw(place), lambda: self._withdraw_unrecorded(place)))

    def _withdraw_unrecorded(self, place: MessageRef) -> Claim | None:
        with self._lock:
            if place in self._held:
                self._withdrawn.add(place)
        return self._spare.withdraw(place)

    def standing(self, claim: Claim) -> LeaseState:
        """See ``Records.standing``; what the records cannot tell of is taken to be held."""
        held: LeaseState = "held"
        if claim.place in self._withdrawn:
            return "withdrawn"
        if claim.place in self._unrecorded:
            return held
        return self._try(lambda: self._records.standing(claim), lambda: held)

    def keep(self) -> tuple[Claim, ...]:
        """Renew what is held and record what is owed; what is to be done as a consequence. Every few seconds."""
        self._try(self._records.renew, lambda: None)
        with self._lock:
            owed = tuple(self._owed.values())
        return tuple(claim for one in owed if (claim := self._pay(one)) is not None)

    def _pay(self, end: _End) -> Claim | None:
        place = end.claim.place
        try:
            more = self._records.settle(*end)
        except StoreError:
            return None  # told when they went, and tried again the next time
        with self._lock:
            if self._owed.get(place) != end or place in self._held:
                return None  # a newer version is at work, and will be owed in its turn
            del self._owed[place]
            self._unrecorded.discard(place)
        return self._took(more)

    def abandoned(self, limit: int) -> tuple[Claim, ...]:
        """See ``Records.abandoned``."""
        nothing: tuple[Claim, ...] = ()
        claims = self._try(lambda: self._records.abandoned(limit), lambda: nothing)
        return tuple(claim for claim in claims if self._took(claim))

    def _took(self, claim: Claim | None) -> Claim | None:
        if claim is not None:
            self._held.add(claim.place)
        return claim

    def _ended(self, claim: Claim, more: Claim | None) -> Claim | None:
        if more is None:
            self._held.discard(claim.place)
            self._withdrawn.discard(claim.place)
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
