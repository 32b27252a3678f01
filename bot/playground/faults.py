"""Faults to come: which call will fail, how, and whether it takes effect all the same; keeps secret their order.

Faults that nobody scripts: at random from a seed, and a channel's pace; keeps secret how they are drawn.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.models import Json
from bot.playground import limits
from bot.playground.workspace import ChangeNotifier

_USUAL_ERRORS = {429: "ratelimited", 500: "internal_error", 502: "service_unavailable", 503: "service_unavailable"}


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
        return {"ok": False, "error": self.error or _USUAL_ERRORS.get(self.status, "fatal_error")}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class FaultSource(Protocol):
    """Where faults come from that nobody scripted one by one; asked about one call at a time."""

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        """How this call goes wrong; None when it does not."""


class Faults:
    """Scripted faults, first come first served for each method; a call without one goes to the sources in turn."""

    def __init__(self, changes: ChangeNotifier, sources: Iterable[FaultSource] = ()) -> None:
        self._changes = changes
        self._sources = tuple(sources)
        self._waiting: dict[str, list[Fault]] = {}

    def add(self, method: str, fault: Fault, times: int) -> None:
        with self._changes.writing():
            self._waiting.setdefault(method, []).extend([fault] * times)

    def take(self, method: str, arguments: Json) -> Fault | None:
        """How this call of ``method`` goes wrong, if it does; a scripted fault is then used up."""
        with self._changes.writing():
            waiting = self._waiting.get(method)
            if waiting:
                return waiting.pop(0)
            return next((fault for source in self._sources if (fault := source.next_fault(method, arguments))), None)


class RandomFaults:
    """A ``share`` of the calls of ``methods`` goes wrong; of what can have taken effect, half has.

    The kinds are as likely as one another: told to slow down, an error or a bad gateway, a connection that is cut, one
    that falls silent for ``delay`` seconds first. ``drawn`` counts them by name, with "kept" where it took effect.
    """

    def __init__(self, seed: int, share: float, methods: Collection[str], *, delay: float = 1.0) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._methods = frozenset(methods)
        self._delay = delay
        self.counts: Counter[str] = Counter()

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        """See ``Source``."""
        if method not in self._methods or self._random.random() >= self._share:
            return None
        is_applied = self._random.random() < 0.5
        kinds = {
            "429": Fault(429, retry_after=self._random.randint(1, 2)),
            "500": Fault(500, is_applied=is_applied),
            "503": Fault(503, is_applied=is_applied),
            "refused, perhaps after it was done": Fault(200, error="fatal_error", is_applied=is_applied),
            "connection cut": Fault(drop=True, is_applied=is_applied),
            "silence, then cut": Fault(drop=True, is_applied=is_applied, delay=self._delay),
        }
        name = self._random.choice(tuple(kinds))
        self.counts[f"{name}, applied" if kinds[name].is_applied else name] += 1
        return kinds[name]

    def stop(self) -> None:
        """Let every further call go well."""
        self._share = 0.0


class PostingRateLimit:
    """Slack's pace for new messages: so many a second in each channel, after a burst; ``refused`` counts the others."""

    def __init__(
        self,
        *,
        per_second: float = limits.POSTS_PER_SECOND,
        burst: int = limits.POSTS_BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}
        self.refusals = 0

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        """See ``Source``."""
        if method != "chat.postMessage":
            return None
        now, channel = self._clock(), str(arguments.get("channel"))
        spent, at = self._spent.get(channel, (0.0, now))
        spent = max(0.0, spent - (now - at) * self._per_second)
        if spent > self._burst - 1:
            self.refusals += 1
            return Fault(429, retry_after=math.ceil((spent - self._burst + 1) / self._per_second))
        self._spent[channel] = (spent + 1, now)
        return None
