"""The order and the pace in which questions are worked on: a lane for each channel, a few threads for all lanes.

Keeps secret how lanes share the threads. A lane works on one task at a time, in the order in which its questions were
asked, so that one slow channel delays no other; a task that must wait holds its place and no thread.
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
    """Run a task again in ``after`` seconds; until then the tasks behind it wait, if ``is_blocking``."""

    after: float
    is_blocking: bool = True


Task = Callable[[], Retry | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a lane may go: ``burst`` tasks at once, from then on one every ``seconds``."""

    burst: int = 3
    seconds: float = 1.0


# Slack takes about a message a second in a channel, and "short bursts" of more.
SLACK = Pace()
# An answer takes milliseconds; what takes long is Slack's reply.
THREADS = 16
# A minute's worth of answers in one channel: who comes later would wait longer than anybody does.
MOST_IN_LANE = 60
MOST = 2_000


class QueueFullError(Exception):
    """There is no room for one more task."""


class QueueClosedError(Exception):
    """The end has come: no more tasks are taken."""


@dataclass(slots=True, order=True)
class _Waiting:
    order: str
    number: int
    task: Task = field(compare=False)


@dataclass(slots=True, eq=False)
class _ChannelQueue:
    waiting: list[_Waiting] = field(default_factory=list)
    head: Task | None = None  # has run, and runs again before all that wait
    free_at: float = 0.0  # when the head may run again
    paced_at: float = 0.0  # when the lane would be idle, had it kept an even pace
    is_running: bool = False

    @property
    def length(self) -> int:
        return len(self.waiting) + (self.head is not None)

    def tasks(self) -> list[Task]:
        return [*([self.head] if self.head else []), *(waiting.task for waiting in self.waiting)]


class ChannelQueues:
    """Runs tasks in daemon threads, so that none outlives its process; every method may be called from any thread."""

    def __init__(
        self, *, threads: int = THREADS, pace: Pace = SLACK, most: int = MOST, max_per_channel: int = MOST_IN_LANE
    ) -> None:
        self._pace, self._most, self._most_in_lane = pace, most, max_per_channel
        state = Lock()
        self._due, self._idle = Condition(state), Condition(state)
        self._lanes: dict[object, _ChannelQueue] = {}
        self._sweep_at = most
        # Every lane that has tasks and is not at work on one stands here once, by when it can go on.
        self._queue: list[tuple[float, int, _ChannelQueue]] = []
        self._numbers = count()
        self._unfinished = self._running = 0
        self._is_held = self._is_closed = self._is_over = False
        for number in range(threads):
            Thread(target=self._work, name=f"lane-{number}", daemon=True).start()

    @property
    def unfinished(self) -> int:
        """How many tasks wait or are being worked on."""
        with self._due:
            return self._unfinished

    def add(self, key: object, order: str, task: Task, *, is_bounded: bool = True) -> None:
        """Run ``task`` in the lane ``key``, before those that wait there with a greater ``order``.

        FullError when the lane, or all of them together, hold too much; with ``is_bounded`` false that is not asked.
        ClosedError after ``finish``.
        """
        with self._due:
            if self._is_closed:
                raise QueueClosedError
            lane = self._lanes[key] if key in self._lanes else self._new_lane(key)
            if is_bounded and (self._unfinished >= self._most or lane.length >= self._most_in_lane):
                raise QueueFullError
            insort(lane.waiting, _Waiting(order, next(self._numbers), task))
            self._unfinished += 1
            if lane.length == 1 and not lane.is_running:
                self._enqueue(lane)

    def pause(self) -> None:
        """Collect tasks and begin none, until ``resume``."""
        with self._due:
            self._is_held = True

    def resume(self) -> None:
        """Go on after ``pause``."""
        with self._due:
            self._is_held = False
            self._due.notify_all()

    def finish(self, within: float) -> tuple[Task, ...]:
        """Take nothing more, work on what can be done ``within`` seconds, and begin nothing after; what is left.

        What is still being worked on then is not told: it may yet end well.
        """
        deadline = monotonic() + within
        with self._due:
            self._is_closed = True
            self._idle.wait_for(lambda: not self._has_work_before(deadline), timeout=within)
            self._is_over = True
            self._due.notify_all()
            return tuple(task for _, _, lane in self._queue for task in lane.tasks())

    def _has_work_before(self, deadline: float) -> bool:
        return self._running > 0 or (not self._is_held and any(at < deadline for at, _, _ in self._queue))

    def _new_lane(self, key: object) -> _ChannelQueue:
        if len(self._lanes) >= self._sweep_at:
            now = monotonic()
            self._lanes = {key: lane for key, lane in self._lanes.items() if _is_needed(lane, now)}
            self._sweep_at = max(self._most, 2 * len(self._lanes))
        lane = self._lanes[key] = _ChannelQueue()
        return lane

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            lane, task = turn
            try:
                again = task()
            except Exception:  # the thread serves every other lane too
                log.exception("a task ended in an error that it did not foresee")
                again = None
            self._ended(lane, task, again)

    def _next(self) -> tuple[_ChannelQueue, Task] | None:
        with self._due:
            while not self._is_over:
                now = monotonic()
                if self._is_held or not self._queue:
                    self._due.wait()
                elif self._queue[0][0] > now:
                    self._due.wait(self._queue[0][0] - now)
                else:
                    return self._begin(heapq.heappop(self._queue)[2])
            return None

    def _begin(self, lane: _ChannelQueue) -> tuple[_ChannelQueue, Task]:
        self._running += 1
        lane.is_running = True
        task, lane.head = lane.head, None
        return lane, task or lane.waiting.pop(0).task

    def _ended(self, lane: _ChannelQueue, task: Task, again: Retry | None) -> None:
        with self._due:
            now = monotonic()
            self._running -= 1
            lane.is_running, lane.free_at = False, 0.0
            # From the end of each task, not from its beginning: by then Slack has counted it, however slow the network.
            lane.paced_at = max(lane.paced_at, now) + self._pace.seconds
            if again is None:
                self._unfinished -= 1
            elif not again.is_blocking:
                self._enqueue(_ChannelQueue(head=task, free_at=now + again.after))
            else:
                lane.head, lane.free_at = task, now + again.after
            if lane.length:
                self._enqueue(lane)
            self._idle.notify_all()

    def _enqueue(self, lane: _ChannelQueue) -> None:
        # A lane may be ahead of its even pace by a burst, less the task that is begun.
        at = max(lane.free_at, lane.paced_at - (self._pace.burst - 1) * self._pace.seconds)
        heapq.heappush(self._queue, (at, next(self._numbers), lane))
        self._due.notify()


def _is_needed(lane: _ChannelQueue, now: float) -> bool:
    return lane.length > 0 or lane.is_running or lane.paced_at > now
