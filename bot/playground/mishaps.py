"""Faults that nobody scripts: at random from a seed, and a channel's pace; keeps secret how they are drawn."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Collection

from bot.playground import limits
from bot.playground.faults import Fault
from bot.playground.nouns import Json


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
