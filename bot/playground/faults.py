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


class FaultSource(Protocol):
    """Where faults come from that nobody scripted one by one; asked about one call at a time."""

    def draw(self, method: str, arguments: Json) -> Fault | None:
        """How this call goes wrong; None when it does not."""


class Faults:
    """Scripted faults, first come first served for each method; a call without one goes to the sources in turn."""

    def __init__(self, changes: ChangeNotifier, sources: Iterable[FaultSource] = ()) -> None:
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


class RandomFaults:
    """A ``share`` of the calls of ``methods`` goes wrong; of what can have taken effect, half has.

    The kinds are as likely as one another: told to slow down, an error or a bad gateway, a connection that is cut, one
    that falls silent for ``silence`` seconds first. ``drawn`` counts them by name, with "kept" where it took effect.
    """

    def __init__(self, seed: int, share: float, methods: Collection[str], *, silence: float = 1.0) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._methods = frozenset(methods)
        self._silence = silence
        self.drawn: Counter[str] = Counter()

    def draw(self, method: str, arguments: Json) -> Fault | None:
        """See ``Source``."""
        if method not in self._methods or self._random.random() >= self._share:
            return None
        kept = self._random.random() < 0.5
        kinds = {
            "429": Fault(429, retry_after=self._random.randint(1, 2)),
            "500": Fault(500, kept=kept),
            "503": Fault(503, kept=kept),
            "refused, perhaps after it was done": Fault(200, error="fatal_error", kept=kept),
            "connection cut": Fault(drop=True, kept=kept),
            "silence, then cut": Fault(drop=True, kept=kept, silence=self._silence),
        }
        name = self._random.choice(tuple(kinds))
        self.drawn[f"{name}, kept" if kinds[name].kept else name] += 1
        return kinds[name]

    def cease(self) -> None:
        """Let every further call go well."""
        self._share = 0.0


class PostingPace:
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
        self.refused = 0

    def draw(self, method: str, arguments: Json) -> Fault | None:
        """See ``Source``."""
        if method != "chat.postMessage":
            return None
        now, channel = self._clock(), str(arguments.get("channel"))
        spent, at = self._spent.get(channel, (0.0, now))
        spent = max(0.0, spent - (now - at) * self._per_second)
        if spent > self._burst - 1:
            self.refused += 1
            return Fault(429, retry_after=math.ceil((spent - self._burst + 1) / self._per_second))
        self._spent[channel] = (spent + 1, now)
        return None
