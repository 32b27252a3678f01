"""Questions with known answers → how good the librarian is.

``questions`` reads them, ``judging`` tells what came of one, ``asking`` asks them all in as many processes as there are
cores, ``metrics`` counts, ``floors`` keeps what was reached once from slipping, ``misses`` tells why one went wrong.
"""

from __future__ import annotations

from bot.evaluate.asking import outcomes
from bot.evaluate.judging import Outcome, judge
from bot.evaluate.metrics import SHARES, Metrics, auroc, measure
from bot.evaluate.questions import Asked, Evidence, read_questions

__all__ = [
    "SHARES",
    "Asked",
    "Evidence",
    "Metrics",
    "Outcome",
    "auroc",
    "judge",
    "measure",
    "outcomes",
    "read_questions",
]
