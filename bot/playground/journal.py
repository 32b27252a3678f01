"""What passed between the stand-in and the app: each call and each delivery; keeps secret how they are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from bot.models import Json
from bot.playground.workspace import ChangeNotifier


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A Web API call: ``answer`` is None when the connection was dropped instead; ``at`` is seconds since 1970."""

    method: str
    arguments: Json
    status: int
    answer: Json | None
    at: float
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One try at a delivery; ``failure`` is the reason Slack gives for the next try, None when acknowledged."""

    number: int
    at: float
    ended_at: float
    failure: str | None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """An event on its way to the app: settled when it was acknowledged or the last try failed."""

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
        """When the app acknowledged it, in seconds since 1970; None when it never did."""
        return next((attempt.ended_at for attempt in self.attempts if attempt.failure is None), None)


class Journal:
    """Calls and deliveries in the order they began; safe to use from any thread."""

    def __init__(self, changes: ChangeNotifier) -> None:
        self._changes = changes
        self._calls: list[ApiCall] = []
        self._calls_under_way = 0
        self._deliveries: list[EventDelivery] = []
        self._unsettled = 0
        self._acknowledged = 0

    def calls(self) -> tuple[ApiCall, ...]:
        with self._changes.reading():
            return tuple(self._calls)

    def deliveries(self) -> tuple[EventDelivery, ...]:
        with self._changes.reading():
            return tuple(self._deliveries)

    @property
    def acknowledged(self) -> int:
        """How many deliveries the app has acknowledged."""
        with self._changes.reading():
            return self._acknowledged

    @property
    def calls_under_way(self) -> int:
        with self._changes.reading():
            return self._calls_under_way

    def is_idle(self) -> bool:
        """Whether no call is being answered and every delivery is settled."""
        with self._changes.reading():
            return not self._calls_under_way and not self._unsettled

    def call_started(self) -> None:
        with self._changes.writing():
            self._calls_under_way += 1

    def call_finished(self, method: str, arguments: Json, status: int, answer: Json | None, took_ms: float) -> None:
        with self._changes.writing():
            self._calls_under_way -= 1
            self._calls.append(ApiCall(method, arguments, status, answer, time.time(), took_ms))

    def delivery_started(self, payload: Json) -> EventDelivery:
        with self._changes.writing():
            delivery = EventDelivery(len(self._deliveries), payload)
            self._deliveries.append(delivery)
            self._unsettled += 1
            return delivery

    def attempted(self, delivery: EventDelivery, attempt: DeliveryAttempt) -> None:
        with self._changes.writing():
            known = self._deliveries[delivery.id]
            self._deliveries[delivery.id] = replace(known, attempts=(*known.attempts, attempt))
            self._acknowledged += attempt.failure is None

    def settled(self, delivery: EventDelivery) -> None:
        with self._changes.writing():
            self._deliveries[delivery.id] = replace(self._deliveries[delivery.id], is_settled=True)
            self._unsettled -= 1
