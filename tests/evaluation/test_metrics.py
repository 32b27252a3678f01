"""Metrics, on cases small enough to count by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.evaluation.metrics import SHARES, auroc, measure

from .cases import Case, judged_replies

YES, NO = Case(), Case(answerable=False, rank=None)
RANKS = [Case(rank=1), Case(rank=3), Case(rank=10), Case(rank=11), Case(rank=None)]


def measure_cases(*cases: Case) -> dict[str, Any]:
    """Metrics of the cases, by their JSON names."""
    return measure(judged_replies(*cases)).model_dump(by_alias=True)


def with_confidences(answerable: bool, *confidences: float) -> list[Case]:
    return [Case(answerable=answerable, confidence=confidence) for confidence in confidences]


def test_no_questions() -> None:
    """Without questions, every metric is zero."""
    assert set(measure_cases().values()) == {0}


def test_only_answerable_questions() -> None:
    """Without unanswerable questions, their metrics are zero."""
    found = measure_cases(YES, YES)
    assert (found["questions"], found["answerable"], found["unanswerable"]) == (2, 2, 0)
    assert found["auroc"] == found["refused@90"] == found["abstained_right"] == 0
    assert found["hit@1"] == 1


def test_only_unanswerable_questions() -> None:
    """Without answerable questions, their metrics are zero."""
    found = measure_cases(NO, Case(answerable=False, answered=False))
    assert (found["answerable"], found["unanswerable"]) == (0, 2)
    assert found["hit@1"] == found["answered"] == found["auroc"] == found["refused@90"] == 0
    assert found["abstained_right"] == 0.5


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("hit@1", 1 / 5), ("hit@3", 2 / 5), ("hit@10", 3 / 5), ("mrr@10", (1 + 1 / 3 + 1 / 10) / 5)],
)
def test_ranks(metric: str, expected: float) -> None:
    """A rank above ten counts as not found; unanswerable questions do not count."""
    assert measure_cases(*RANKS, NO)[metric] == pytest.approx(expected)


def test_quotes_and_answers() -> None:
    """Quotes count over answerable questions, answered or not; verbatim over every quote shown."""
    found = measure_cases(
        Case(quote_correct=True, answer_correct=True, verbatim=(True, True)),
        Case(quote_correct=True, answered=False, verbatim=(True,)),
        Case(answer_correct=True),
        Case(answered=False),
        Case(answerable=False, quote_correct=True, answer_correct=True, verbatim=(False,)),
    )
    assert found["quote_hit@1"] == found["answered"] == found["answered_right"] == 0.5
    assert found["verbatim"] == 0.75


def test_warnings() -> None:
    """Warnings count where the first quote is right, and where an unanswerable question is answered; nowhere else."""
    found = measure_cases(
        Case(quote_correct=True, warned=True),
        Case(quote_correct=True),
        Case(quote_correct=True),
        Case(quote_correct=True, answered=False),
        Case(warned=True),
        Case(answerable=False, warned=True),
        Case(answerable=False),
        Case(answerable=False, answered=False),
    )
    assert (found["warned_right"], found["warned_unanswerable"]) == (pytest.approx(1 / 3), 0.5)


def test_times() -> None:
    """Percentiles of the time for each question, in milliseconds."""
    found = measure_cases(*(Case(took_ms=float(ms)) for ms in range(101)))
    assert (found["ms_p50"], found["ms_p95"], found["ms_p99"]) == (50, 95, 99)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([], [], 0.0),
        ([0.5], [], 0.0),
        ([], [0.5], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9], [0.1], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.1, 0.9], [0.5], 0.5),
        ([0.5, 0.9], [0.5, 0.1], 0.875),
        ([0.2, 0.2, 0.2], [0.2, 0.2], 0.5),
    ],
)
def test_auroc(positive: list[float], negative: list[float], expected: float) -> None:
    """The share of pairs in which the answerable question has the higher confidence; a tie counts half."""
    assert auroc(np.array(positive), np.array(negative)) == expected


def test_auroc_equals_the_count_over_all_pairs() -> None:
    """Counting by sorting gives the same as counting pair by pair."""
    some = np.random.default_rng(7).integers(0, 5, size=(2, 30)) / 4
    pairs = [1.0 if yes > no else 0.5 if yes == no else 0.0 for yes in some[0] for no in some[1]]
    assert auroc(some[0], some[1]) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "expected"),
    [
        ([0.5], [0.5], 0.0),
        ([0.5], [0.4, 0.6], 0.5),
        # Nine in ten are at or above 0.2, so the lowest may be refused.
        ([0.1, *[0.2] * 9], [0.1, 0.15, 0.2, 0.3], 0.5),
        # Of nine, none may be refused.
        ([0.1, *[0.2] * 8], [0.05, 0.15], 0.5),
        # Ties are accepted or refused together.
        ([*[0.1] * 2, *[0.2] * 8], [0.05, 0.15], 0.5),
    ],
)
def test_refused(answerable: list[float], unanswerable: list[float], expected: float) -> None:
    """The threshold is the greatest that accepts nine in ten answerable questions; lower confidences are refused."""
    assert (
        measure_cases(*with_confidences(True, *answerable), *with_confidences(False, *unanswerable))["refused@90"]
        == expected
    )


def test_shares() -> None:
    """Shares are all metrics but counts and times, by their JSON names."""
    assert set(SHARES) == set(measure_cases()) - {
        "questions",
        "answerable",
        "unanswerable",
        "ms_p50",
        "ms_p95",
        "ms_p99",
    }
