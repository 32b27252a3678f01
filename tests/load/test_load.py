"""A short load test at a low rate, and how results are measured.

Only counts are asserted; ``python -m tests.load`` measures times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .generator import SentQuestion
from .run import Load, measure, run
from .slack_process import ObservedReplies, PostedReply

pytestmark = pytest.mark.long


def sent(number: int, *, ack: float = 0.01, status: int = 200) -> SentQuestion:
    """A question due at second ``number``, acknowledged ``ack`` seconds later."""
    return SentQuestion("D1", str(number), float(number), number + ack, status)


def reply(number: int, after: float = 0.1, *, is_busy: bool = False) -> PostedReply:
    """A reply ``after`` seconds."""
    return PostedReply(number + after, is_busy)


def test_times_are_counted_from_when_a_question_was_due() -> None:
    """The 99th percentile of a hundred is the second slowest, in milliseconds."""
    questions = [sent(number, ack=number / 1000) for number in range(1, 101)]
    observed = ObservedReplies({("D1", str(number)): [reply(number, number / 100)] for number in range(1, 101)}, 0)
    measured = measure(questions, observed)
    assert (round(measured.ack_p50), round(measured.ack_p99)) == (50, 99)
    assert (round(measured.answer_p50), round(measured.answer_p99)) == (500, 990)
    assert (measured.asked, measured.lost, measured.busy, measured.answered_twice, measured.unacknowledged) == (
        100,
        0,
        0,
        0,
        0,
    )


def test_failures_are_counted_by_kind() -> None:
    """Lost, busy, answered twice, not acknowledged and private notices are counted separately."""
    replies = {("D1", "2"): [reply(2, is_busy=True)], ("D1", "3"): [reply(3), reply(3)], ("D1", "4"): [reply(4)]}
    measured = measure([sent(1), sent(2), sent(3), sent(4, status=0)], ObservedReplies(replies, notices=5))
    assert (measured.lost, measured.busy, measured.answered_twice, measured.unacknowledged, measured.notices) == (
        1,
        1,
        1,
        1,
        5,
    )


@pytest.mark.xdist_group("live processes")
def test_nothing_is_lost_at_a_low_rate(tmp_path: Path) -> None:
    """Sixty questions from thirty people, twenty per second: each is acknowledged and answered once."""
    measured = run(Load(rate=20.0, seconds=3.0, people=30), tmp_path)
    assert (
        measured.asked,
        measured.unacknowledged,
        measured.lost,
        measured.busy,
        measured.answered_twice,
        measured.notices,
    ) == (60, 0, 0, 0, 0, 0)
