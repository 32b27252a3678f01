"""The threads in which questions are answered: so many that none waits for another, and none outlives its process.

The standard pool waits at exit for every thread; a call that Slack answers after half a minute would hold up the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from threading import Condition, Thread
from typing import ParamSpec, TypeVar

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# An answer takes milliseconds; what takes long is Slack, a second for each message in a busy channel.
COUNT = 32


class Workers(Executor):
    """An executor of COUNT daemon threads that can be waited for, up to a limit of time."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._state = Condition()
        self._unfinished = 0
        self._is_closed = False
        for number in range(COUNT):
            Thread(target=self._work, name=f"question-{number}", daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run ``fn`` in one of the threads. RuntimeError after ``finish``."""
        future: Future[T] = Future()

        def task() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 -- an executor hands over whatever was raised
                future.set_exception(error)

        with self._state:
            if self._is_closed:
                raise RuntimeError("no more questions are taken")
            self._unfinished += 1
        self._tasks.put(task)
        return future

    def finish(self, within: float) -> int:
        """Take nothing more and wait up to ``within`` seconds; how many tasks are unfinished then."""
        with self._state:
            self._is_closed = True
            self._state.wait_for(lambda: self._unfinished == 0, timeout=within)
            return self._unfinished

    def _work(self) -> None:
        while True:
            self._tasks.get()()
            with self._state:
                self._unfinished -= 1
                self._state.notify_all()
