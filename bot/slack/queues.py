"""Per-channel queues: tasks run in order and at Slack's pace, on a few threads shared by all channels.

A queue runs one task at a time, so a slow channel delays no other; a task that waits for a retry occupies no thread.
"""

from __future__ import annotations

import heapq
import logging
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Lock, Thread
from time import monotonic

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retry:
    """Run a task again in ``delay`` seconds; until then the tasks behind it wait, if ``is_blocking``."""

    delay: float
    is_blocking: bool = True


Task = Callable[[], Retry | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Rate of one queue: ``burst`` tasks at once, then one every ``seconds``."""

    burst: int = 3
    seconds: float = 1.0


# Slack accepts about one message per second and channel, and "short bursts" of more.
SLACK_PACE = Pace()
# Enough for calls to Slack, which take most of the time; an answer takes milliseconds.
THREADS = 16
# One minute's worth of answers: a later question would wait too long.
MAX_PER_CHANNEL = 60
MAX_TOTAL = 2_000


class QueueFullError(Exception):
    """The queue cannot take another task."""


class QueueClosedError(Exception):
    """Tasks are no longer taken."""


@dataclass(slots=True, order=True)
class _WaitingTask:
    order: str
    number: int
    task: Task = field(compare=False)


@dataclass(slots=True, eq=False)
class _ChannelQueue:
    waiting: list[_WaitingTask] = field(default_factory=list)
    head: Task | None = None  # ran before and asked for a blocking retry
    free_at: float = 0.0  # when the head may run again
    paced_at: float = 0.0  # when the queue would be idle at an even pace
    is_running: bool = False

    @property
    def length(self) -> int:
        return len(self.waiting) + (self.head is not None)

    def tasks(self) -> list[Task]:
        return [*([self.head] if self.head else []), *(waiting.task for waiting in self.waiting)]


class ChannelQueues:
    """A queue per channel. Runs tasks in daemon threads, which end with the process; thread-safe."""

    def __init__(
        self,
        *,
        threads: int = THREADS,
        pace: Pace = SLACK_PACE,
        max_total: int = MAX_TOTAL,
        max_per_channel: int = MAX_PER_CHANNEL,
    ) -> None:
        self._pace, self._max_total, self._max_per_channel = pace, max_total, max_per_channel
        state = Lock()
        self._due, self._idle = Condition(state), Condition(state)
        self._queues: dict[object, _ChannelQueue] = {}
        self._prune_at = max_total
        # Every queue that has tasks and is not running one, once, with the time at which it can continue.
        self._schedule: list[tuple[float, int, _ChannelQueue]] = []
        self._numbers = count()
        self._unfinished = self._running = 0
        self._is_paused = self._is_closed = self._is_stopped = False
        for number in range(threads):
            Thread(target=self._work, name=f"queue-{number}", daemon=True).start()

    @property
    def unfinished_count(self) -> int:
        """Number of tasks that wait or run."""
        with self._due:
            return self._unfinished

    def add(self, key: object, order: str, task: Task, *, is_bounded: bool = True) -> None:
        """Queue ``task`` for channel ``key``, before the waiting tasks with a greater ``order``.

        QueueFullError if the channel, or all together, have too many tasks and ``is_bounded``; QueueClosedError after
        ``stop``.
        """
        with self._due:
            if self._is_closed:
                raise QueueClosedError
            queue = self._queues[key] if key in self._queues else self._create_queue(key)
            if is_bounded and (self._unfinished >= self._max_total or queue.length >= self._max_per_channel):
                raise QueueFullError
            insort(queue.waiting, _WaitingTask(order, next(self._numbers), task))
            self._unfinished += 1
            if queue.length == 1 and not queue.is_running:
                self._enqueue(queue)

    def pause(self) -> None:
        """Queue tasks and run none until ``resume``."""
        with self._due:
            self._is_paused = True

    def resume(self) -> None:
        """Continue after ``pause``."""
        with self._due:
            self._is_paused = False
            self._due.notify_all()

    def stop(self, timeout: float) -> tuple[Task, ...]:
        """Take no more tasks, run those possible in ``timeout`` seconds, and return those not started by then.

        Tasks still running are not returned; they may finish.
        """
        deadline = monotonic() + timeout
        with self._due:
            self._is_closed = True
            self._idle.wait_for(lambda: not self._has_work_before(deadline), timeout=timeout)
            self._is_stopped = True
            self._due.notify_all()
            return tuple(task for _, _, queue in self._schedule for task in queue.tasks())

    def _has_work_before(self, deadline: float) -> bool:
        return self._running > 0 or (not self._is_paused and any(at < deadline for at, _, _ in self._schedule))

    def _create_queue(self, key: object) -> _ChannelQueue:
        if len(self._queues) >= self._prune_at:
            now = monotonic()
            self._queues = {
                key: queue
                for key, queue in self._queues.items()
                if queue.length > 0 or queue.is_running or queue.paced_at > now
            }
            self._prune_at = max(self._max_total, 2 * len(self._queues))
        queue = self._queues[key] = _ChannelQueue()
        return queue

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            queue, task = turn
            try:
                retry = task()
            except Exception:  # the thread serves all other queues too
                log.exception("a task failed with an unexpected error")
                retry = None
            self._finish(queue, task, retry)

    def _next(self) -> tuple[_ChannelQueue, Task] | None:
        with self._due:
            while not self._is_stopped:
                now = monotonic()
                if self._is_paused or not self._schedule:
                    self._due.wait()
                elif self._schedule[0][0] > now:
                    self._due.wait(self._schedule[0][0] - now)
                else:
                    _, _, queue = heapq.heappop(self._schedule)
                    self._running += 1
                    queue.is_running = True
                    task, queue.head = queue.head, None
                    return queue, task or queue.waiting.pop(0).task
            return None

    def _finish(self, queue: _ChannelQueue, task: Task, retry: Retry | None) -> None:
        with self._due:
            now = monotonic()
            self._running -= 1
            queue.is_running, queue.free_at = False, 0.0
            # Paced from the end of a task: Slack has counted the call by then, however slow the network.
            queue.paced_at = max(queue.paced_at, now) + self._pace.seconds
            if retry is None:
                self._unfinished -= 1
            elif retry.is_blocking:
                queue.head, queue.free_at = task, now + retry.delay
            else:
                self._enqueue(_ChannelQueue(head=task, free_at=now + retry.delay))
            if queue.length:
                self._enqueue(queue)
            self._idle.notify_all()

    def _enqueue(self, queue: _ChannelQueue) -> None:
        # A queue may be ahead of its even pace by a burst, less the task about to run.
        at = max(queue.free_at, queue.paced_at - (self._pace.burst - 1) * self._pace.seconds)
        heapq.heappush(self._schedule, (at, next(self._numbers), queue))
        self._due.notify()
