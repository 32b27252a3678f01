"""Order and pace of the per-channel queues."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Barrier, Event

import pytest

from bot.slack.queues import ChannelQueues, Pace, QueueClosedError, QueueFullError, Retry, Task

# For tests that are not about the pace.
AT_ONCE = Pace(burst=1, seconds=0.0)


@pytest.fixture
def done() -> SimpleQueue[str]:
    return SimpleQueue()


@pytest.fixture
def queues() -> Iterator[ChannelQueues]:
    """Queues with four threads and no pace."""
    queues = ChannelQueues(threads=4, pace=AT_ONCE)
    yield queues
    queues.stop(0)


def record_run(done: SimpleQueue[str], name: str, *waits: Retry) -> Task:
    """A task that puts its name into ``done`` each time it runs, and is retried after each of ``waits``."""
    left = list(waits)

    def task() -> Retry | None:
        done.put(name)
        return left.pop(0) if left else None

    return task


def names(done: SimpleQueue[str], count: int) -> list[str]:
    return [done.get(timeout=30) for _ in range(count)]


def test_a_queue_runs_tasks_in_order(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """Waiting tasks run in the order of their timestamps, not of their arrival."""
    queues.pause()
    for order in ("3", "1", "2"):
        queues.add("a", order, record_run(done, order))
    queues.resume()
    assert names(done, 3) == ["1", "2", "3"]


def test_a_retried_task_stays_first(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """A retried task runs before all others in its queue, even earlier ones."""
    queues.pause()
    queues.add("a", "1", record_run(done, "first", Retry(0.0), Retry(0.01)))
    queues.add("a", "2", record_run(done, "second"))
    queues.resume()
    assert names(done, 4) == ["first", "first", "first", "second"]


def test_a_waiting_queue_delays_no_other(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """A queue that waits for a retry occupies no thread."""
    for number in range(20):
        queues.add(f"slow {number}", "1", record_run(done, "slow", Retry(3_600.0)))
    names(done, 20)
    queues.add("quick", "1", record_run(done, "quick"))
    assert names(done, 1) == ["quick"]
    assert queues.unfinished_count == 20


def test_a_retry_that_is_not_blocking_lets_its_queue_continue(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """The task behind it runs, and the retry runs too."""
    queues.pause()
    queues.add("a", "1", record_run(done, "stuck", Retry(0.01, is_blocking=False)))
    queues.add("a", "2", record_run(done, "behind"))
    queues.resume()
    first, *others = names(done, 3)
    assert (first, sorted(others)) == ("stuck", ["behind", "stuck"])


def test_a_queue_runs_one_task_at_a_time(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """As many queues run in parallel as there are threads, but never two tasks of one queue."""
    all_running, started, may_continue = Barrier(4), Event(), Event()

    def first() -> None:
        started.set()
        all_running.wait(30)
        may_continue.wait(30)
        done.put("first")

    queues.add("a", "1", first)
    started.wait(30)
    queues.add("a", "2", record_run(done, "second"))
    for name in ("b", "c", "d"):
        queues.add(name, "1", lambda: done.put(f"parallel {all_running.wait(30) >= 0}"))
    assert names(done, 3) == ["parallel True"] * 3
    may_continue.set()
    assert names(done, 2) == ["first", "second"]


def test_a_queue_keeps_its_pace_after_a_burst(done: SimpleQueue[str]) -> None:
    """A queue runs a burst at once and then waits; each queue has its own burst."""
    queues = ChannelQueues(threads=1, pace=Pace(burst=3, seconds=3_600.0))
    for name in ("a", "b"):
        for number in range(5):
            queues.add(name, str(number), record_run(done, f"{name}{number}"))
    assert sorted(names(done, 6)) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert queues.unfinished_count == 4
    assert len(queues.stop(0)) == 4


def test_a_full_queue_takes_no_more(done: SimpleQueue[str]) -> None:
    """A queue, and all queues together, are limited, unless a task is not bounded."""
    queues = ChannelQueues(threads=1, max_total=3, max_per_channel=2)
    queues.pause()
    queues.add("a", "1", record_run(done, "a1"))
    queues.add("a", "2", record_run(done, "a2"))
    with pytest.raises(QueueFullError):
        queues.add("a", "3", record_run(done, "a3"))
    queues.add("b", "1", record_run(done, "b1"))
    with pytest.raises(QueueFullError):
        queues.add("c", "1", record_run(done, "c1"))
    queues.add("c", "1", record_run(done, "c1"), is_bounded=False)
    queues.resume()
    assert sorted(names(done, 4)) == ["a1", "a2", "b1", "c1"]
    assert queues.stop(30) == ()


def test_idle_queues_are_dropped_and_recreated(done: SimpleQueue[str]) -> None:
    """However many queues there have been, each works when it is needed again."""
    queues = ChannelQueues(threads=2, pace=AT_ONCE, max_total=10)
    for turn in range(3):
        for number in range(25):
            queues.add(number, "1", record_run(done, f"{turn}"))
            assert names(done, 1) == [f"{turn}"]
    assert queues.stop(30) == ()


def test_a_failing_task_does_not_stop_its_queue(
    queues: ChannelQueues, done: SimpleQueue[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The error of a task is logged, and the next task runs."""

    def fail() -> None:
        raise ValueError("no number")

    queues.add("a", "1", fail)
    queues.add("a", "2", record_run(done, "next"))
    assert names(done, 1) == ["next"]
    assert "no number" in caplog.text


def test_stop_waits_for_running_tasks(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """Stopping finishes the running task and those that can still run; no more are taken."""
    started, may_continue = Event(), Event()

    def run() -> None:
        started.set()
        may_continue.wait(30)
        done.put("running")

    queues.add("a", "1", run)
    queues.add("a", "2", record_run(done, "behind"))
    started.wait(30)
    may_continue.set()
    assert queues.stop(30) == ()
    assert names(done, 2) == ["running", "behind"]
    with pytest.raises(QueueClosedError):
        queues.add("a", "3", record_run(done, "late"))


def test_stop_does_not_wait_for_later_retries(queues: ChannelQueues, done: SimpleQueue[str]) -> None:
    """Tasks that would run after the timeout, or are paused, are returned."""
    waiting = record_run(done, "waiting", Retry(3_600.0))
    queues.add("a", "1", waiting)
    names(done, 1)
    assert queues.stop(30) == (waiting,)
    paused = ChannelQueues(threads=1)
    paused.pause()
    paused.add("a", "1", waiting)
    assert paused.stop(30) == (waiting,)
