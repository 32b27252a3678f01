"""Order and pace of the queues of channels and people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.slack import queues as queues_module
from bot.slack.queues import Pace, QueueClosedError, QueueFullError, Turn, Work, WorkQueues

from .loop import on_loop

# For tests that are not about the pace.
AT_ONCE = Pace(burst=1, seconds=0.0)


class Recorder:
    """Makes work that records its name when it runs."""

    def __init__(self) -> None:
        self.done: asyncio.Queue[str] = asyncio.Queue()

    def work(self, name: str, *, before: Callable[[Turn], Awaitable[object]] | None = None) -> Work:
        async def work(turn: Turn) -> None:
            if before is not None:
                await before(turn)
            async with turn.paced():
                self.done.put_nowait(name)

        return work

    async def names(self, count: int) -> list[str]:
        return [await asyncio.wait_for(self.done.get(), 30) for _ in range(count)]


@on_loop
async def test_a_queue_runs_in_order() -> None:
    """Waiting work runs in the order of its timestamps, not of its arrival."""
    recorder, queues = Recorder(), WorkQueues(pace=AT_ONCE)
    for order in ("3", "1", "2"):
        queues.add("a", order, recorder.work(order))
    assert await recorder.names(3) == ["1", "2", "3"]
    await queues.stop(30)


@on_loop
async def test_work_waits_for_the_work_before_it() -> None:
    """Queues run side by side, but the second piece of work of one starts when the first has ended."""
    recorder, queues, may_continue = Recorder(), WorkQueues(pace=AT_ONCE), asyncio.Event()
    queues.add("a", "1", recorder.work("first", before=lambda _: may_continue.wait()))
    queues.add("a", "2", recorder.work("second"))
    for name in ("b", "c", "d"):
        queues.add(name, "1", recorder.work("parallel"))
    assert await recorder.names(3) == ["parallel"] * 3
    may_continue.set()
    assert await recorder.names(2) == ["first", "second"]
    await queues.stop(30)


@on_loop
async def test_work_that_gives_up_its_turn_is_overtaken() -> None:
    """What waits for something that concerns only itself holds up nothing behind it."""
    recorder, queues, may_continue = Recorder(), WorkQueues(pace=AT_ONCE), asyncio.Event()

    async def give_up(turn: Turn) -> None:
        turn.give_up()
        await may_continue.wait()

    queues.add("a", "1", recorder.work("stuck", before=give_up))
    queues.add("a", "2", recorder.work("behind"))
    assert await recorder.names(1) == ["behind"]
    may_continue.set()
    assert await recorder.names(1) == ["stuck"]
    await queues.stop(30)


@on_loop
async def test_work_keeps_its_turn_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that hangs is overtaken after some seconds, whatever it waits for."""
    monkeypatch.setattr(queues_module, "MAX_TURN", 0.05)
    recorder, queues = Recorder(), WorkQueues(pace=AT_ONCE)
    queues.add("a", "1", recorder.work("stuck", before=lambda _: asyncio.Event().wait()))
    queues.add("a", "2", recorder.work("behind"))
    assert await recorder.names(1) == ["behind"]
    await queues.stop(0)


@on_loop
async def test_a_rate_limit_holds_up_the_whole_queue_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Slack limits a queue, nothing in it is overtaken, and no other queue waits."""
    monkeypatch.setattr(queues_module, "MAX_TURN", 0.05)
    recorder, queues = Recorder(), WorkQueues(pace=AT_ONCE)

    async def hold(turn: Turn) -> None:
        turn.hold(0.3)

    queues.add("a", "1", recorder.work("limited", before=hold))
    queues.add("a", "2", recorder.work("behind"))
    queues.add("b", "1", recorder.work("elsewhere"))
    assert await recorder.names(3) == ["elsewhere", "limited", "behind"]
    await queues.stop(30)


@on_loop
async def test_a_queue_keeps_its_pace_after_a_burst() -> None:
    """A queue makes a burst of calls at once and then waits; each queue has its own burst."""
    recorder, queues = Recorder(), WorkQueues(pace=Pace(burst=3, seconds=3_600.0))
    for name in ("a", "b"):
        for number in range(5):
            queues.add(name, str(number), recorder.work(f"{name}{number}"))
    assert sorted(await recorder.names(6)) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert (queues.unfinished_count, recorder.done.empty()) == (4, True)
    await queues.stop(0)
    assert recorder.done.empty()


@on_loop
async def test_a_full_queue_takes_no_more() -> None:
    """A queue, and all queues together, are limited, unless the work is not bounded."""
    recorder, queues = Recorder(), WorkQueues(max_total=3, max_per_queue=2)
    queues.may_start.clear()
    queues.add("a", "1", recorder.work("a1"))
    queues.add("a", "2", recorder.work("a2"))
    with pytest.raises(QueueFullError):
        queues.add("a", "3", recorder.work("a3"))
    queues.add("b", "1", recorder.work("b1"))
    with pytest.raises(QueueFullError):
        queues.add("c", "1", recorder.work("c1"))
    queues.add("c", "1", recorder.work("c1"), is_bounded=False)
    queues.may_start.set()
    assert sorted(await recorder.names(4)) == ["a1", "a2", "b1", "c1"]
    await queues.stop(30)


@on_loop
async def test_idle_queues_are_dropped_and_created_again() -> None:
    """However many queues there have been, each works when it is needed again."""
    recorder, queues = Recorder(), WorkQueues(pace=AT_ONCE, max_total=10)
    for turn in range(3):
        for number in range(25):
            queues.add(number, "1", recorder.work(f"{turn}"))
            assert await recorder.names(1) == [f"{turn}"]
    await queues.stop(30)
    assert queues.unfinished_count == 0


@on_loop
async def test_failing_work_does_not_stop_its_queue(caplog: pytest.LogCaptureFixture) -> None:
    """The error is logged, and the next work runs."""
    recorder, queues = Recorder(), WorkQueues(pace=AT_ONCE)

    async def fail(_: Turn) -> None:
        raise ValueError("no number")

    queues.add("a", "1", fail)
    queues.add("a", "2", recorder.work("next"))
    assert await recorder.names(1) == ["next"]
    assert "no number" in caplog.text
    await queues.stop(30)


@on_loop
async def test_stop_finishes_what_can_be_finished() -> None:
    """Stopping finishes the running work and the work behind it; no more is taken."""
    recorder, queues, may_continue = Recorder(), WorkQueues(pace=AT_ONCE), asyncio.Event()
    queues.add("a", "1", recorder.work("running", before=lambda _: may_continue.wait()))
    queues.add("a", "2", recorder.work("behind"))
    await asyncio.sleep(0.05)
    may_continue.set()
    await queues.stop(30)
    assert await recorder.names(2) == ["running", "behind"]
    with pytest.raises(QueueClosedError):
        queues.add("a", "3", recorder.work("late"))


@on_loop
async def test_stop_cancels_the_rest() -> None:
    """Work that does not end in time is cancelled; paused work is not started."""
    recorder, queues, paused = Recorder(), WorkQueues(pace=AT_ONCE), WorkQueues()
    queues.add("a", "1", recorder.work("stuck", before=lambda _: asyncio.Event().wait()))
    paused.may_start.clear()
    paused.add("a", "1", recorder.work("paused"))
    await asyncio.sleep(0.05)
    await asyncio.gather(queues.stop(0.05), paused.stop(30))
    assert recorder.done.empty()
    assert paused.unfinished_count == 1
