"""One lock for all that the stand-in holds, and how to wait for a change; keeps secret how threads wake one another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Changes:
    """Guards the stand-in's state and wakes whoever waits for it to change; safe to enter again by the same thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.RLock())
        self._count = 0
        self._watchers: list[Callable[[], object]] = []

    @contextmanager
    def making(self) -> Iterator[None]:
        """Hold the state alone while changing it; everyone who waits looks again afterwards."""
        with self._condition:
            yield
            self._count += 1
            self._condition.notify_all()
            for tell in self._watchers:
                tell()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the state still while reading it."""
        with self._condition:
            yield

    @contextmanager
    def watching(self, tell: Callable[[], object]) -> Iterator[None]:
        """Have ``tell`` called at each change, by whoever makes it, while the state is held: it must not wait."""
        with self._condition:
            self._watchers.append(tell)
        try:
            yield
        finally:
            with self._condition:
                self._watchers.remove(tell)

    def wait_for(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``holds()``, at most ``timeout`` seconds; return whether it came to hold."""
        with self._condition:
            return self._condition.wait_for(holds, timeout)

    def wait_for_calm(self, is_calm: Callable[[], bool], grace: float, timeout: float) -> bool:
        """Wait until ``is_calm()`` and nothing has changed for ``grace`` seconds; return whether that came to be."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                if not self._condition.wait_for(is_calm, max(0.0, deadline - time.monotonic())):
                    return False
                count = self._count
                left = max(0.0, deadline - time.monotonic())
                if not self._condition.wait_for(lambda seen=count: self._count != seen, min(grace, left)):  # type: ignore[misc]
                    return left >= grace
