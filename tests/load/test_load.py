"""A live bot in HTTP mode at a rate that any machine can bear, and how a load's figures are reckoned.

Only counts are held here; the times are reported by ``python -m tests.load`` on a machine of one's own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .generator import Sent
from .run import Load, figures, run
from .slackside import Seen, Stood


def sent(number: int, *, ack: float = 0.01, status: int = 200) -> Sent:
    """A question due at second ``number``, acknowledged ``ack`` seconds later."""
    return Sent("D1", str(number), float(number), number + ack, status)


def stood(number: int, after: float = 0.1, *, is_busy: bool = False) -> Stood:
    return Stood(number + after, is_busy)


def test_times_are_counted_from_when_a_question_was_due() -> None:
    """The 99th percentile is the slowest of a hundred but one, in milliseconds."""
    questions = [sent(number, ack=number / 1000) for number in range(1, 101)]
    seen = Seen({("D1", str(number)): [stood(number, number / 100)] for number in range(1, 101)}, 0)
    found = figures(questions, seen)
    assert (round(found.ack_p50), round(found.ack_p99)) == (50, 99)
    assert (round(found.answer_p50), round(found.answer_p99)) == (500, 990)
    assert (found.asked, found.lost, found.busy, found.twice, found.unacknowledged) == (100, 0, 0, 0, 0)


def test_what_went_wrong_is_counted_by_its_kind() -> None:
    """Lost, told to wait, answered twice, not acknowledged, told in private: each is counted for itself."""
    replies = {("D1", "2"): [stood(2, is_busy=True)], ("D1", "3"): [stood(3), stood(3)], ("D1", "4"): [stood(4)]}
    found = figures([sent(1), sent(2), sent(3), sent(4, status=0)], Seen(replies, others=5))
    assert (found.lost, found.busy, found.twice, found.unacknowledged, found.others) == (1, 1, 1, 1, 5)


@pytest.mark.xdist_group("live processes")
def test_nothing_is_lost_and_nobody_told_to_wait(tmp_path: Path) -> None:
    """Sixty questions from thirty people, twenty a second: each is acknowledged and answered once."""
    found = run(Load(rate=20.0, seconds=3.0, people=30), tmp_path)
    assert (found.asked, found.unacknowledged, found.lost, found.busy, found.twice, found.others) == (60, 0, 0, 0, 0, 0)
