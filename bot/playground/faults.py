"""Fault injection: scripted failures of Web API calls, random ones, and Slack's rate limit for new messages."""

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


class RandomFaults:
    """Fails a ``share`` of the calls of ``methods``; half of those that can take effect are applied.

    The kinds are equally likely: 429, 500, 503, an error with status 200, a dropped connection, and one that is dropped
    after ``delay`` seconds. ``counts`` holds the number of each, by its name.
    """

    def __init__(self, seed: int, share: float, methods: Collection[str], *, delay: float = 1.0) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._methods = frozenset(methods)
        self._delay = delay
        self.counts: Counter[str] = Counter()

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        if method not in self._methods or self._random.random() >= self._share:
            return None
        is_applied = self._random.random() < 0.5
        kinds = {
            "429": Fault(429, retry_after=self._random.randint(1, 2)),
            "500": Fault(500, is_applied=is_applied),
            "503": Fault(503, is_applied=is_applied),
            "error with status 200": Fault(200, error="fatal_error", is_applied=is_applied),
            "dropped connection": Fault(drop=True, is_applied=is_applied),
            "delay, then dropped": Fault(drop=True, is_applied=is_applied, delay=self._delay),
        }
        name = self._random.choice(tuple(kinds))
        self.counts[f"{name}, applied" if kinds[name].is_applied else name] += 1
        return kinds[name]

    def stop(self) -> None:
        """Inject no more faults."""
        self._share = 0.0


class PostingRateLimit:
    """Slack's rate limit for new messages in each channel: ``per_second`` after a ``burst``."""

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
        # By channel: messages in the bucket, and when that was
        self._buckets: dict[str, tuple[float, float]] = {}
        self.refusals = 0

    def next_fault(self, method: str, arguments: Json) -> Fault | None:
        if method != "chat.postMessage":
            return None
        now, channel = self._clock(), str(arguments.get("channel"))
        level, at = self._buckets.get(channel, (0.0, now))
        level = max(0.0, level - (now - at) * self._per_second)
        if level > self._burst - 1:
            self.refusals += 1
            return Fault(429, retry_after=math.ceil((level - self._burst + 1) / self._per_second))
        self._buckets[channel] = (level + 1, now)
        return None
