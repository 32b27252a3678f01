"""Faults to come: which call will fail, how, and whether it takes effect all the same; keeps secret their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.playground.changes import Changes
from bot.playground.nouns import Json

_USUAL_ERRORS = {429: "ratelimited", 500: "internal_error", 502: "service_unavailable", 503: "service_unavailable"}


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call goes wrong.

    ``kept``: the call takes effect before it goes wrong. ``drop``: the connection is cut without an answer, and status,
    error and retry_after (seconds) count for nothing. ``silence``: seconds in which nothing is heard before that.
    """

    status: int = 500
    error: str | None = None
    retry_after: int | None = None
    kept: bool = False
    drop: bool = False
    silence: float = 0.0

    @property
    def answer(self) -> Json:
        return {"ok": False, "error": self.error or _USUAL_ERRORS.get(self.status, "fatal_error")}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class Source(Protocol):
    """Where faults come from that nobody scripted one by one; asked about one call at a time."""

    def draw(self, method: str, arguments: Json) -> Fault | None:
        """How this call goes wrong; None when it does not."""


class Faults:
    """Scripted faults, first come first served for each method; a call without one goes to the sources in turn."""

    def __init__(self, changes: Changes, sources: Iterable[Source] = ()) -> None:
        self._changes = changes
        self._sources = tuple(sources)
        self._waiting: dict[str, list[Fault]] = {}

    def add(self, method: str, fault: Fault, times: int) -> None:
        with self._changes.making():
            self._waiting.setdefault(method, []).extend([fault] * times)

    def take(self, method: str, arguments: Json) -> Fault | None:
        """How this call of ``method`` goes wrong, if it does; a scripted fault is then used up."""
        with self._changes.making():
            waiting = self._waiting.get(method)
            if waiting:
                return waiting.pop(0)
            return next((fault for source in self._sources if (fault := source.draw(method, arguments))), None)
