"""The first hits, put in a better order by small named parts. Keeps secret what each part looks at.

Every part gives a passage a number from 0 to 1 that does not depend on the engine or on the size of the archive; a
passage's new score is their weighted sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bot.models import Hit
from bot.ranking.coverage import Coverage

Part = Callable[[Coverage, Sequence[Hit]], list[float]]


def engine(coverage: Coverage, hits: Sequence[Hit]) -> list[float]:
    """The engine's own score, as a share of the first hit's."""
    return [hit.score / hits[0].score for hit in hits]


def coverage_of_passage(coverage: Coverage, hits: Sequence[Hit]) -> list[float]:
    """The share of the question that the whole passage holds."""
    return [
        coverage.share(
            coverage.held(match for paragraph in hit.passage.paragraphs for match in coverage.matches(paragraph))
        )
        for hit in hits
    ]


PARTS: Mapping[str, tuple[Part, float]] = MappingProxyType(
    {"engine": (engine, 1.0), "passage": (coverage_of_passage, 0.5)}
)


def rank(coverage: Coverage, hits: Sequence[Hit]) -> list[Hit]:
    """``hits`` in a better order, their scores replaced; equal scores stay in the order they came in."""
    if not hits:
        return []
    scores = [0.0] * len(hits)
    for part, weight in PARTS.values():
        for i, value in enumerate(part(coverage, hits)):
            scores[i] += weight * value
    order = sorted(range(len(hits)), key=lambda i: -scores[i])
    return [Hit(hits[i].passage, scores[i]) for i in order]
