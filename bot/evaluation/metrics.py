"""Metrics over judged replies; ``Metrics`` describes each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from bot.evaluation.questions import JudgedReply

Scores = npt.NDArray[np.float64]


class Metrics(BaseModel):
    """Shares are between 0 and 1, and 0 for an empty set. Times are milliseconds of wall time."""

    model_config = ConfigDict(populate_by_name=True)

    questions: int
    answerable: int
    unanswerable: int
    hit_1: float = Field(alias="hit@1", description="answerable: the first passage contains an evidence quote")
    hit_3: float = Field(alias="hit@3", description="answerable: one of the first 3 passages does")
    hit_10: float = Field(alias="hit@10", description="answerable: one of the first 10 passages does")
    mrr_10: float = Field(
        alias="mrr@10", description="answerable: mean of 1 / rank of the first such passage, 0 past 10"
    )
    quote_hit_1: float = Field(
        alias="quote_hit@1", description="answerable: the first quote contains an answer or a whole evidence quote"
    )
    answered: float = Field(description="answerable: answered at all")
    answered_right: float = Field(
        description="answerable: answered, and a quote shown contains an answer or the evidence"
    )
    abstained_right: float = Field(description="unanswerable: abstained")
    auroc: float = Field(description="how well the confidence separates answerable from unanswerable; 0.5 is chance")
    refused_90: float = Field(
        alias="refused@90", description="unanswerable: refused at the threshold that keeps 90 % of the answerable"
    )
    warned_right: float = Field(
        description="answerable: answered with a right first quote, yet with a warning; 0 is best"
    )
    warned_unanswerable: float = Field(description="unanswerable, but answered: with a warning")
    verbatim: float = Field(description="quotes shown that are exact slices of the article they cite")
    ms_p50: float
    ms_p95: float
    ms_p99: float


SHARES = tuple(
    field.alias or name
    for name, field in Metrics.model_fields.items()
    if field.annotation is float and not name.startswith("ms_")
)
"""Names of the metrics that are shares, as ``--json`` prints them; 1 is best, but for ``LESS_IS_BETTER``."""
LESS_IS_BETTER = frozenset({"warned_right"})


def measure(replies: Sequence[JudgedReply]) -> Metrics:
    """Metrics over all replies."""
    answerable = [reply for reply in replies if reply.question.answerable]
    unanswerable = [reply for reply in replies if not reply.question.answerable]
    took = np.array([reply.took_ms for reply in replies] or [0.0])
    positive = np.array([reply.confidence for reply in answerable])
    negative = np.array([reply.confidence for reply in unanswerable])
    return Metrics.model_validate(
        {
            "questions": len(replies),
            "answerable": len(answerable),
            "unanswerable": len(unanswerable),
            "hit@1": _mean(is_found(reply, 1) for reply in answerable),
            "hit@3": _mean(is_found(reply, 3) for reply in answerable),
            "hit@10": _mean(is_found(reply, 10) for reply in answerable),
            "mrr@10": _mean(1 / reply.rank if reply.rank and reply.rank <= 10 else 0.0 for reply in answerable),
            "quote_hit@1": _mean(reply.is_quote_correct for reply in answerable),
            "answered": _mean(reply.is_answered for reply in answerable),
            "answered_right": _mean(reply.is_answer_correct for reply in answerable),
            "abstained_right": _mean(not reply.is_answered for reply in unanswerable),
            "auroc": auroc(positive, negative),
            "refused@90": _refused(positive, negative),
            "warned_right": _mean(one.is_warned for one in answerable if one.is_answered and one.is_quote_correct),
            "warned_unanswerable": _mean(one.is_warned for one in unanswerable if one.is_answered),
            "verbatim": _mean(is_exact for reply in replies for is_exact in reply.verbatim),
            "ms_p50": float(np.percentile(took, 50)),
            "ms_p95": float(np.percentile(took, 95)),
            "ms_p99": float(np.percentile(took, 99)),
        }
    )


def is_found(reply: JudgedReply, k: int) -> bool:
    """Whether one of the first ``k`` passages contains evidence."""
    return reply.rank is not None and reply.rank <= k


def auroc(positive: Scores, negative: Scores) -> float:
    """Probability that a random positive score exceeds a random negative one, ties counting half (Mann–Whitney U).

    Shapes (n,) and (m,); 0 when either is empty.
    """
    if not len(positive) or not len(negative):
        return 0.0
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    up_to = np.searchsorted(order, positive, side="right")
    return float((below + up_to).sum() / 2 / (len(positive) * len(negative)))


def _refused(positive: Scores, negative: Scores) -> float:
    """Share of ``negative`` below the greatest threshold that keeps 90 % of ``positive``."""
    if not len(positive) or not len(negative):
        return 0.0
    threshold = np.sort(positive)[len(positive) // 10]
    return float((negative < threshold).mean())


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
