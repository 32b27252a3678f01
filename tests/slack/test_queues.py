"""Order and pace: who waits for whom, and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Barrier, Event

import pytest

from bot.slack.queues import ChannelQueues, Pace, QueueClosedError, QueueFullError, Retry, Task

# For tests about something else than the pace.
AT_ONCE = Pace(burst=1, seconds=0.0)


@pytest.fixture
def done() -> SimpleQueue[str]:
    return SimpleQueue()


@pytest.fixture
def lanes() -> Iterator[ChannelQueues]:
    """Four threads, and lanes that go as fast as they can."""
    lanes = ChannelQueues(threads=4, pace=AT_ONCE)
    yield lanes
    lanes.finish(0)


def telling(done: SimpleQueue[str], name: str, *waits: Retry) -> Task:
    """A task that tells its name each time it runs, and runs again after each of these waits."""
    left = list(waits)

    def task() -> Retry | None:
        done.put(name)
        return left.pop(0) if left else None

    return task


def told(done: SimpleQueue[str], count: int) -> list[str]:
    return [done.get(timeout=30) for _ in range(count)]


def test_a_lane_keeps_the_order_of_its_questions(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """What waits in a lane is done in the order in which it was asked, also where it came in another."""
    lanes.pause()
    for order in ("3", "1", "2"):
        lanes.add("a", order, telling(done, order))
    lanes.resume()
    assert told(done, 3) == ["1", "2", "3"]


def test_what_must_wait_keeps_its_place(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """A task that is to run again runs before all others of its lane, even before those asked earlier."""
    lanes.pause()
    lanes.add("a", "1", telling(done, "first", Retry(0.0), Retry(0.01)))
    lanes.add("a", "2", telling(done, "second"))
    lanes.resume()
    assert told(done, 4) == ["first", "first", "first", "second"]


def test_a_lane_that_waits_delays_no_other(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """While one lane waits for long, without a thread, every other goes on."""
    for number in range(20):
        lanes.add(f"slow {number}", "1", telling(done, "slow", Retry(3_600.0)))
    told(done, 20)
    lanes.add("quick", "1", telling(done, "quick"))
    assert told(done, 1) == ["quick"]
    assert lanes.unfinished == 20


def test_what_steps_aside_lets_its_lane_go_on(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """A task that may be stuck for long steps aside: its lane goes on, and it runs again all the same."""
    lanes.pause()
    lanes.add("a", "1", telling(done, "stuck", Retry(0.01, is_blocking=False)))
    lanes.add("a", "2", telling(done, "behind"))
    lanes.resume()
    first, *others = told(done, 3)
    assert (first, sorted(others)) == ("stuck", ["behind", "stuck"])


def test_a_lane_is_in_one_thread_at_a_time(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """As many lanes as there are threads are in work together, but never two tasks of one lane."""
    together, begun, may_go_on = Barrier(4), Event(), Event()

    def of_lane() -> None:
        begun.set()
        together.wait(30)
        may_go_on.wait(30)
        done.put("first of lane")

    lanes.add("a", "1", of_lane)
    begun.wait(30)
    lanes.add("a", "2", telling(done, "second of lane"))
    for name in ("b", "c", "d"):
        lanes.add(name, "1", lambda: done.put(f"beside {together.wait(30) >= 0}"))
    assert told(done, 3) == ["beside True"] * 3
    may_go_on.set()
    assert told(done, 2) == ["first of lane", "second of lane"]


def test_a_lane_keeps_its_pace_after_a_burst(done: SimpleQueue[str]) -> None:
    """A lane does a burst at once and then waits; another lane has a burst of its own."""
    lanes = ChannelQueues(threads=1, pace=Pace(burst=3, seconds=3_600.0))
    for name in ("a", "b"):
        for number in range(5):
            lanes.add(name, str(number), telling(done, f"{name}{number}"))
    assert sorted(told(done, 6)) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert lanes.unfinished == 4
    left = lanes.finish(0)
    assert len(left) == 4


def test_a_full_lane_takes_no_more(done: SimpleQueue[str]) -> None:
    """A lane, and all lanes together, take so much and no more, unless it must be taken."""
    lanes = ChannelQueues(threads=1, most=3, max_per_channel=2)
    lanes.pause()
    lanes.add("a", "1", telling(done, "a1"))
    lanes.add("a", "2", telling(done, "a2"))
    with pytest.raises(QueueFullError):
        lanes.add("a", "3", telling(done, "a3"))
    lanes.add("b", "1", telling(done, "b1"))
    with pytest.raises(QueueFullError):
        lanes.add("c", "1", telling(done, "c1"))
    lanes.add("c", "1", telling(done, "c1"), is_bounded=False)
    lanes.resume()
    assert sorted(told(done, 4)) == ["a1", "a2", "b1", "c1"]
    assert lanes.finish(30) == ()


def test_idle_lanes_are_forgotten_and_come_back(done: SimpleQueue[str]) -> None:
    """However many lanes there have been, each works when it is needed again."""
    lanes = ChannelQueues(threads=2, pace=AT_ONCE, most=10)
    for turn in range(3):
        for number in range(25):
            lanes.add(number, "1", telling(done, f"{turn}"))
            assert told(done, 1) == [f"{turn}"]
    assert lanes.finish(30) == ()


def test_a_failing_task_leaves_its_lane_at_work(
    lanes: ChannelQueues, done: SimpleQueue[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What a task raises is logged, and the next one runs."""

    def fail() -> None:
        raise ValueError("no number")

    lanes.add("a", "1", fail)
    lanes.add("a", "2", telling(done, "next"))
    assert told(done, 1) == ["next"]
    assert "no number" in caplog.text


def test_the_end_waits_for_what_is_in_work(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """At the end the task in work is finished and so is what can still be begun; nothing more is taken."""
    begun, may_go_on = Event(), Event()

    def hold() -> None:
        begun.set()
        may_go_on.wait(30)
        done.put("held")

    lanes.add("a", "1", hold)
    lanes.add("a", "2", telling(done, "behind"))
    begun.wait(30)
    may_go_on.set()
    assert lanes.finish(30) == ()
    assert told(done, 2) == ["held", "behind"]
    with pytest.raises(QueueClosedError):
        lanes.add("a", "3", telling(done, "late"))


def test_the_end_does_not_wait_for_what_cannot_be_done(lanes: ChannelQueues, done: SimpleQueue[str]) -> None:
    """What would have to wait beyond the end, or is held back, is left, and told."""
    waiting = telling(done, "waiting", Retry(3_600.0))
    lanes.add("a", "1", waiting)
    told(done, 1)
    assert lanes.finish(30) == (waiting,)
    held = ChannelQueues(threads=1)
    held.pause()
    held.add("a", "1", waiting)
    assert held.finish(30) == (waiting,)
