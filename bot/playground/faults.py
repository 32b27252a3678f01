"""Faults to come: which call will fail, how, and whether it takes effect all the same; keeps secret their order."""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.changes import Changes
from bot.playground.nouns import Json

_USUAL_ERRORS = {429: "ratelimited", 500: "internal_error", 502: "service_unavailable", 503: "service_unavailable"}


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call goes wrong.

    ``kept``: the call takes effect before it goes wrong. ``drop``: the connection is cut without an answer, and status,
    error and retry_after (seconds) count for nothing.
    """

    status: int = 500
    error: str | None = None
    retry_after: int | None = None
    kept: bool = False
    drop: bool = False

    @property
    def answer(self) -> Json:
        return {"ok": False, "error": self.error or _USUAL_ERRORS.get(self.status, "fatal_error")}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Faults:
    """The faults that wait for their call, first come first served for each method."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._waiting: dict[str, list[Fault]] = {}

    def add(self, method: str, fault: Fault, times: int) -> None:
        with self._changes.making():
            self._waiting.setdefault(method, []).extend([fault] * times)

    def take(self, method: str) -> Fault | None:
        """The next fault for a call of ``method``, which is then used up."""
        with self._changes.making():
            waiting = self._waiting.get(method)
            return waiting.pop(0) if waiting else None
