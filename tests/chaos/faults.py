"""Faults of the fake Slack's Web API: at random, from a seed, and Slack's rate limit for messages."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Collection

from bot.models import Json
from bot.playground import limits
from bot.playground.interactivity import RESPONSE_URL
from bot.playground.web_api import Fault


class RandomFaults:
    """Fails a ``share`` of the calls of ``methods``; half of those that can take effect are applied.

    The kinds are equally likely: 429, an error of Slack's servers, a connection that is cut before the call takes
    effect, one that is cut after it, and one on which nothing is heard for ``silence`` seconds before it is cut.
    ``counts`` holds the number of each, by its name.
    """

    def __init__(self, seed: int, share: float, methods: Collection[str], *, silence: float = 1.0) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._methods = frozenset(methods)
        self._silence = silence
        self.counts: Counter[str] = Counter()

    def __call__(self, method: str, arguments: Json) -> Fault | None:
        if method not in self._methods or self._random.random() >= self._share:
            return None
        is_applied = self._random.random() < 0.5
        statuses = (500, 503) if method == RESPONSE_URL else (500, 503, 200)
        kinds = {
            "429": Fault(429, retry_after=self._random.randint(1, 2)),
            "server error": Fault(self._random.choice(statuses), error="fatal_error", is_applied=is_applied),
            "reset before": Fault(drop=True),
            "reset after": Fault(drop=True, is_applied=True),
            "silence": Fault(drop=True, is_applied=is_applied, delay=self._silence),
        }
        name = self._random.choice(tuple(kinds))
        self.counts[name] += 1
        return kinds[name]


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

    def __call__(self, method: str, arguments: Json) -> Fault | None:
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
