"""How much a word tells. Keeps secret which of the published formulas says so."""

from __future__ import annotations

import math


def idf(size: int, held: int) -> float:
    """The inverse frequency of a term that ``held`` of ``size`` documents hold, 0 or more.

    ``ln(1 + (N - n + 0.5) / (n + 0.5))``, as Lucene defines it for BM25 (``BM25Similarity.idfExplain``).
    """
    return math.log1p((size - held + 0.5) / (held + 0.5))
