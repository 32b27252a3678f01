"""What each metric counts, on cases small enough to count by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.evaluation.metrics import SHARES, auroc, measure

from .cases import Case, outcomes_of

YES, NO = Case(), Case(answerable=False, rank=None)
RANKS = [Case(rank=1), Case(rank=3), Case(rank=10), Case(rank=11), Case(rank=None)]


def of(*cases: Case) -> dict[str, Any]:
    """The metrics by the names that programs read."""
    return measure(outcomes_of(*cases)).model_dump(by_alias=True)


def surely(answerable: bool, *confidences: float) -> list[Case]:
    return [Case(answerable=answerable, confidence=confidence) for confidence in confidences]


def test_no_question_at_all() -> None:
    """Every metric of no question is zero."""
    assert set(of().values()) == {0}


def test_only_answerable_questions() -> None:
    """Where nothing is unanswerable, what is counted over the unanswerable is zero."""
    found = of(YES, YES)
    assert (found["questions"], found["answerable"], found["unanswerable"]) == (2, 2, 0)
    assert found["auroc"] == found["refused@90"] == found["abstained_right"] == 0
    assert found["hit@1"] == 1


def test_only_unanswerable_questions() -> None:
    """Where nothing is answerable, what is counted over the answerable is zero."""
    found = of(NO, Case(answerable=False, answered=False))
    assert (found["answerable"], found["unanswerable"]) == (0, 2)
    assert found["hit@1"] == found["answered"] == found["auroc"] == found["refused@90"] == 0
    assert found["abstained_right"] == 0.5


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("hit@1", 1 / 5), ("hit@3", 2 / 5), ("hit@10", 3 / 5), ("mrr@10", (1 + 1 / 3 + 1 / 10) / 5)],
)
def test_ranks(metric: str, expected: float) -> None:
    """A rank past the tenth counts as none; unanswerable questions do not count."""
    assert of(*RANKS, NO)[metric] == pytest.approx(expected)


def test_quotes_and_answers() -> None:
    """Quotes are counted over the answerable, whether or not it answered; verbatim over every quote shown."""
    found = of(
        Case(quote_hit=True, right=True, verbatim=(True, True)),
        Case(quote_hit=True, answered=False, verbatim=(True,)),
        Case(right=True),
        Case(answered=False),
        Case(answerable=False, quote_hit=True, right=True, verbatim=(False,)),
    )
    assert found["quote_hit@1"] == found["answered"] == found["answered_right"] == 0.5
    assert found["verbatim"] == 0.75


def test_times() -> None:
    """Percentiles of the time that each question took, in milliseconds."""
    found = of(*(Case(took_ms=float(ms)) for ms in range(101)))
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
    """The share of pairs in which the answerable question is the surer one, a tie being half a pair."""
    assert auroc(np.array(positive), np.array(negative)) == expected


def test_auroc_is_that_of_all_pairs() -> None:
    """Counting by sorting gives what counting pair by pair gives."""
    some = np.random.default_rng(7).integers(0, 5, size=(2, 30)) / 4
    pairs = [1.0 if yes > no else 0.5 if yes == no else 0.0 for yes in some[0] for no in some[1]]
    assert auroc(some[0], some[1]) == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "expected"),
    [
        ([0.5], [0.5], 0.0),
        ([0.5], [0.4, 0.6], 0.5),
        # Nine in ten lie at or above 0.2: the least one may be let go.
        ([0.1, *[0.2] * 9], [0.1, 0.15, 0.2, 0.3], 0.5),
        # Of nine, none may.
        ([0.1, *[0.2] * 8], [0.05, 0.15], 0.5),
        # Equals are kept or let go together.
        ([*[0.1] * 2, *[0.2] * 8], [0.05, 0.15], 0.5),
    ],
)
def test_refused(answerable: list[float], unanswerable: list[float], expected: float) -> None:
    """The threshold is the greatest that keeps nine in ten of the answerable; what lies below it is refused."""
    assert of(*surely(True, *answerable), *surely(False, *unanswerable))["refused@90"] == expected


def test_shares() -> None:
    """Shares are neither counts nor times, and bear the names that programs read."""
    assert set(SHARES) == set(of()) - {"questions", "answerable", "unanswerable", "ms_p50", "ms_p95", "ms_p99"}
