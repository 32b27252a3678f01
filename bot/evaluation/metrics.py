"""Outcomes → metrics. Keeps secret how each is computed; ``Metrics`` says what each counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from bot.evaluation.questions import JudgedReply

Scores = npt.NDArray[np.float64]


class Metrics(BaseModel):
    """Shares are 0–1; those of an empty set are 0. Times are milliseconds of wall time."""

    model_config = ConfigDict(populate_by_name=True)

    questions: int
    answerable: int
    unanswerable: int
    hit_1: float = Field(alias="hit@1", description="answerable: the first passage holds an evidence quote")
    hit_3: float = Field(alias="hit@3", description="answerable: one of the first 3 passages does")
    hit_10: float = Field(alias="hit@10", description="answerable: one of the first 10 passages does")
    mrr_10: float = Field(
        alias="mrr@10", description="answerable: mean of 1 / rank of the first such passage, 0 past 10"
    )
    quote_hit_1: float = Field(
        alias="quote_hit@1", description="answerable: the first quote holds an answer or a whole evidence quote"
    )
    answered: float = Field(description="answerable: answered at all")
    answered_right: float = Field(description="answerable: answered, and a shown quote holds an answer or the evidence")
    abstained_right: float = Field(description="unanswerable: abstained")
    auroc: float = Field(description="how well the confidence tells answerable from unanswerable; 0.5 is chance")
    refused_90: float = Field(
        alias="refused@90", description="unanswerable: refused at the threshold that keeps 90 % of the answerable"
    )
    verbatim: float = Field(description="shown quotes that are exact slices of the article they cite")
    ms_p50: float
    ms_p95: float
    ms_p99: float


SHARES = tuple(
    field.alias or name
    for name, field in Metrics.model_fields.items()
    if field.annotation is float and not name.startswith("ms_")
)
"""The metrics that are shares, by the names that ``--json`` prints: 1 is best."""


def measure(found: Sequence[JudgedReply]) -> Metrics:
    """The metrics over all outcomes."""
    yes = [outcome for outcome in found if outcome.asked.answerable]
    no = [outcome for outcome in found if not outcome.asked.answerable]
    took = np.array([outcome.took_ms for outcome in found] or [0.0])
    sure_yes = np.array([outcome.confidence for outcome in yes])
    sure_no = np.array([outcome.confidence for outcome in no])
    return Metrics.model_validate(
        {
            "questions": len(found),
            "answerable": len(yes),
            "unanswerable": len(no),
            "hit@1": _share(found_by(outcome, 1) for outcome in yes),
            "hit@3": _share(found_by(outcome, 3) for outcome in yes),
            "hit@10": _share(found_by(outcome, 10) for outcome in yes),
            "mrr@10": _mean([1 / outcome.rank if outcome.rank and outcome.rank <= 10 else 0.0 for outcome in yes]),
            "quote_hit@1": _share(outcome.quote_hit for outcome in yes),
            "answered": _share(outcome.answered for outcome in yes),
            "answered_right": _share(outcome.right for outcome in yes),
            "abstained_right": _share(not outcome.answered for outcome in no),
            "auroc": auroc(sure_yes, sure_no),
            "refused@90": _refused(sure_yes, sure_no),
            "verbatim": _share(exact for outcome in found for exact in outcome.verbatim),
            "ms_p50": float(np.percentile(took, 50)),
            "ms_p95": float(np.percentile(took, 95)),
            "ms_p99": float(np.percentile(took, 99)),
        }
    )


def found_by(outcome: JudgedReply, rank: int) -> bool:
    """Whether one of the first ``rank`` passages holds evidence."""
    return outcome.rank is not None and outcome.rank <= rank


def auroc(positive: Scores, negative: Scores) -> float:
    """The chance that a random positive score is above a random negative one, a tie counting half (Mann–Whitney U).

    Shapes (n,) and (m,); 0 when either is empty.
    """
    if not len(positive) or not len(negative):
        return 0.0
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    upto = np.searchsorted(order, positive, side="right")
    return float((below + upto).sum() / 2 / (len(positive) * len(negative)))


def _refused(sure_yes: Scores, sure_no: Scores) -> float:
    """The share of ``sure_no`` below the greatest threshold at or above which nine in ten of ``sure_yes`` lie."""
    if not len(sure_yes) or not len(sure_no):
        return 0.0
    threshold = np.sort(sure_yes)[len(sure_yes) // 10]
    return float((sure_no < threshold).mean())


def _share(values: Iterable[bool]) -> float:
    return _mean([float(value) for value in values])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
