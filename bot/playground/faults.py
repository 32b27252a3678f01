"""Fault injection: how calls of the Web API fail, scripted or drawn from a source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.models import Json
from bot.playground.workspace import ChangeNotifier

_DEFAULT_ERRORS = {429: "ratelimited", 500: "internal_error", 502: "service_unavailable", 503: "service_unavailable"}


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call fails.

    ``is_applied``: the call takes effect before it fails. ``drop``: the connection is cut without an answer; status,
    error and retry_after (seconds) are not used. ``delay``: seconds without a sign of life before that.
    """

    status: int = 500
    error: str | None = None
    retry_after: int | None = None
    is_applied: bool = False
    drop: bool = False
    delay: float = 0.0

    @property
    def answer(self) -> Json:
        return {"ok": False, "error": self.error or _DEFAULT_ERRORS.get(self.status, "fatal_error")}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class FaultSource(Protocol):
    """A source of faults that are not scripted one by one."""

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        """Return how this call fails; None if it does not."""


class Faults:
    """Scripted faults in order for each method; a call without one gets the first fault of the sources."""

    def __init__(self, changes: ChangeNotifier, sources: Iterable[FaultSource] = ()) -> None:
        self._changes = changes
        self._sources = tuple(sources)
        self._scripted: dict[str, list[Fault]] = {}

    def add(self, method: str, fault: Fault, times: int) -> None:
        with self._changes.writing():
            self._scripted.setdefault(method, []).extend([fault] * times)

    def take(self, method: str, arguments: Json) -> Fault | None:
        """Return how this call fails, if it does; a scripted fault is used once."""
        with self._changes.writing():
            if scripted := self._scripted.get(method):
                return scripted.pop(0)
            return next((fault for source in self._sources if (fault := source.next_fault(method, arguments))), None)
