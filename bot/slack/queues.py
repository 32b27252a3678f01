"""Queues: work for one channel or person runs in order and at Slack's pace, and delays no other queue."""

from __future__ import annotations

import asyncio
import logging
from bisect import insort
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Rate of the calls of one queue: ``burst`` at once, then one every ``seconds``."""

    burst: int = 3
    seconds: float = 1.0


# Slack accepts about one message per second and channel, and "short bursts" of more.
SLACK_PACE = Pace()
# One minute's worth of answers: a later question would wait too long.
MAX_PER_QUEUE = 60
MAX_TOTAL = 2_000
# Seconds in which events that arrive over different connections are put in order.
SETTLE = 0.01
# Seconds for which work that is not held up by a rate limit keeps its turn.
MAX_TURN = 3.0


class QueueFullError(Exception):
    """The queue cannot take more work."""


class QueueClosedError(Exception):
    """No more work is taken."""


class Turn:
    """The turn of one piece of work in its queue, which the work behind it waits for."""

    def __init__(self, pacer: Pacer | None = None) -> None:
        self._pacer = pacer or Pacer(SLACK_PACE)
        self.is_over = asyncio.Event()
        self.is_rate_limited = False

    def give_up(self) -> None:
        """Let the work behind go on: what holds this up concerns nothing else in the queue."""
        self.is_over.set()

    @property
    def pace(self) -> Pace:
        """The rate of the queue's calls."""
        return self._pacer.pace

    @asynccontextmanager
    async def paced(self) -> AsyncIterator[None]:
        """Wait until Slack takes another call for this queue, and count the call made inside."""
        async with self._pacer.paced():
            self.is_rate_limited = False
            yield

    def hold(self, seconds: float) -> None:
        """Let all work of the queue wait for ``seconds``, as Slack asked for; this keeps its turn."""
        self.is_rate_limited = True
        self._pacer.hold(seconds)


class Pacer:
    """Spaces out the calls of one queue, in the order in which they are started."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._lock = asyncio.Lock()  # first come, first served
        self._idle_at = 0.0  # when the queue would be idle at an even pace
        self._free_at = 0.0  # until when Slack refuses calls

    @property
    def is_idle(self) -> bool:
        return max(self._idle_at, self._free_at) <= monotonic() and not self._lock.locked()

    @asynccontextmanager
    async def paced(self) -> AsyncIterator[None]:
        """Wait until a call is due, which is made inside."""
        async with self._lock:
            # The queue may be ahead of its even pace by a burst, less the call about to be made.
            ahead = (self.pace.burst - 1) * self.pace.seconds
            while (wait := max(self._free_at, self._idle_at - ahead) - monotonic()) > 0:
                await asyncio.sleep(wait)
            self._idle_at = max(self._idle_at, monotonic()) + self.pace.seconds
        try:
            yield
        finally:  # count from now: Slack has counted the call by then, however slow the network
            self._idle_at = max(self._idle_at, monotonic() + self.pace.seconds)

    def hold(self, seconds: float) -> None:
        """Start no call for ``seconds``."""
        self._free_at = max(self._free_at, monotonic() + seconds)


Work = Callable[[Turn], Awaitable[None]]


@dataclass(slots=True, order=True)
class _Waiting:
    order: str
    number: int
    work: Work = field(compare=False)


@dataclass(slots=True, eq=False)
class _Queue:
    pacer: Pacer
    waiting: list[_Waiting] = field(default_factory=list)
    running: int = 0
    worker: asyncio.Task[None] | None = None


class WorkQueues:
    """A queue per key. The work of one is started in order, the next when the turn of the one before is over.

    No work is started while ``may_start`` is not set.
    """

    def __init__(
        self, *, pace: Pace = SLACK_PACE, max_total: int = MAX_TOTAL, max_per_queue: int = MAX_PER_QUEUE
    ) -> None:
        self._pace, self._max_total, self._max_per_queue = pace, max_total, max_per_queue
        self._queues: dict[object, _Queue] = {}
        self._prune_at = max_total
        self._numbers = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished = 0
        self._is_closed = False
        self.may_start = asyncio.Event()
        self.may_start.set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @property
    def unfinished_count(self) -> int:
        """Number of pieces of work that wait or run."""
        return self._unfinished

    def add(self, key: object, order: str, work: Work, *, is_bounded: bool = True) -> None:
        """Queue ``work`` for ``key``, before waiting work with a greater ``order``.

        QueueFullError if the queue, or all together, have too much work and ``is_bounded``; QueueClosedError after
        ``stop``.
        """
        if self._is_closed:
            raise QueueClosedError
        if (queue := self._queues.get(key)) is None:
            if len(self._queues) >= self._prune_at:
                self._queues = {key: one for key, one in self._queues.items() if one.worker or not one.pacer.is_idle}
                self._prune_at = max(self._max_total, 2 * len(self._queues))
            queue = self._queues[key] = _Queue(Pacer(self._pace))
        length = len(queue.waiting) + queue.running
        if is_bounded and (self._unfinished >= self._max_total or length >= self._max_per_queue):
            raise QueueFullError
        insort(queue.waiting, _Waiting(order, next(self._numbers), work))
        self._unfinished += 1
        self._is_empty.clear()
        if queue.worker is None:
            queue.worker = self._create_task(self._run_queue(queue))

    async def stop(self, timeout: float) -> None:
        """Take no more work, finish what is possible in ``timeout`` seconds, and cancel the rest."""
        self._is_closed = True
        if self.may_start.is_set():
            try:
                async with asyncio.timeout(timeout):
                    await self._is_empty.wait()
            except TimeoutError:
                log.debug("%d pieces of work are not finished", self._unfinished)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_queue(self, queue: _Queue) -> None:
        await asyncio.sleep(SETTLE)
        while queue.waiting:
            await self.may_start.wait()
            turn = Turn(queue.pacer)
            queue.running += 1
            task = self._create_task(self._run(queue, queue.waiting.pop(0).work, turn))
            over = asyncio.ensure_future(turn.is_over.wait())
            try:
                while not (await asyncio.wait({task, over}, timeout=MAX_TURN, return_when="FIRST_COMPLETED"))[0]:
                    if not turn.is_rate_limited:
                        break
            finally:
                over.cancel()
        queue.worker = None

    async def _run(self, queue: _Queue, work: Work, turn: Turn) -> None:
        try:
            await work(turn)
        except Exception:
            log.exception("a piece of work failed with an unexpected error")
        finally:
            queue.running -= 1
            self._unfinished -= 1
            if self._unfinished == 0:
                self._is_empty.set()

    def _create_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)
        return task
