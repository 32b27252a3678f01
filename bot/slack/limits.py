"""How many questions one person, and one channel, may ask in a minute.

Keeps secret how a minute is counted: as the last sixty seconds, at any moment.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from bot.slack import phrases

WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """Questions a minute: far more than a person reads the answers of; as many as a channel takes messages."""

    per_person: int = 20
    per_channel: int = 60


class Allowance:
    """Counts what is asked; safe to use from any thread."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = Lock()
        # Those who asked last stand last, so that those of whom nothing counts any more are found in front.
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def refusal(self, user: str, channel: str) -> str | None:
        """Count a question; where it is one too many, the sentence that says so, and the question does not count."""
        now = self._clock()
        with self._lock:
            self._forget(now - WINDOW)
            if len(self._recent(user, now)) >= self._limits.per_person:
                return phrases.PERSON_LIMIT.format(count=self._limits.per_person)
            if len(self._recent(channel, now)) >= self._limits.per_channel:
                return phrases.CHANNEL_LIMIT.format(count=self._limits.per_channel)
            for key in (user, channel):
                self._asked.setdefault(key, deque()).append(now)
                self._asked.move_to_end(key)
            return None

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._asked.get(key, deque())
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times

    def _forget(self, before: float) -> None:
        while self._asked and (not (times := next(iter(self._asked.values()))) or times[-1] <= before):
            self._asked.popitem(last=False)
