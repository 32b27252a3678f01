"""The log of Web API calls and event deliveries."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from bot.models import Json
from bot.playground.workspace import ChangeNotifier


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A Web API call at ``at`` (seconds since 1970); ``answer`` is None if the connection was dropped."""

    method: str
    arguments: Json
    status: int
    answer: Json | None
    at: float
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt, from ``at`` to ``ended_at`` (seconds since 1970); ``failure`` is None if acknowledged."""

    number: int
    at: float
    ended_at: float
    failure: str | None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """The delivery of an event; settled once it is acknowledged or the last attempt has failed."""

    id: int
    payload: Json
    attempts: tuple[DeliveryAttempt, ...] = ()
    is_settled: bool = False

    @property
    def event_id(self) -> str:
        return str(self.payload["event_id"])

    @property
    def event(self) -> Json:
        event: Json = self.payload["event"]
        return event

    @property
    def acked_at(self) -> float | None:
        """When the app acknowledged it, in seconds since 1970; None if it did not."""
        return next((attempt.ended_at for attempt in self.attempts if attempt.failure is None), None)


class Journal:
    """Calls in the order in which they ended, deliveries in the order in which they began. Thread-safe.

    ``acknowledged`` counts the deliveries that the app has acknowledged, ``active_calls`` the calls being handled.
    """

    def __init__(self, changes: ChangeNotifier) -> None:
        self._changes = changes
        self._calls: list[ApiCall] = []
        self._deliveries: list[EventDelivery] = []
        self._unsettled = 0
        self.active_calls = 0
        self.acknowledged = 0

    def calls(self) -> tuple[ApiCall, ...]:
        return tuple(self._calls)

    def deliveries(self) -> tuple[EventDelivery, ...]:
        return tuple(self._deliveries)

    def is_idle(self) -> bool:
        """Return whether no call is being handled and every delivery is settled."""
        return not self.active_calls and not self._unsettled

    def call_started(self) -> None:
        with self._changes.writing():
            self.active_calls += 1

    def call_finished(self, method: str, arguments: Json, status: int, answer: Json | None, took_ms: float) -> None:
        with self._changes.writing():
            self.active_calls -= 1
            self._calls.append(ApiCall(method, arguments, status, answer, time.time(), took_ms))

    def delivery_started(self, payload: Json) -> EventDelivery:
        with self._changes.writing():
            delivery = EventDelivery(len(self._deliveries), payload)
            self._deliveries.append(delivery)
            self._unsettled += 1
            return delivery

    def add_attempt(self, delivery: EventDelivery, attempt: DeliveryAttempt) -> None:
        with self._changes.writing():
            known = self._deliveries[delivery.id]
            self._deliveries[delivery.id] = replace(known, attempts=(*known.attempts, attempt))
            self.acknowledged += attempt.failure is None

    def settle(self, delivery: EventDelivery) -> None:
        with self._changes.writing():
            self._deliveries[delivery.id] = replace(self._deliveries[delivery.id], is_settled=True)
            self._unsettled -= 1
