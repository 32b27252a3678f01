"""What the parts of the ranking look at, found in all passages at once: which costs less than in one after the other.

Keeps secret how what stands in paragraphs is put together by passage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.models import Passage, Span
from bot.ranking.coverage import Coverage
from bot.ranking.sightings import Floats, Numbers, Sets, Words, shares


@dataclass(frozen=True, slots=True)
class Features:
    """What of the question stands in some passages; each member but ``sentences`` has one for each of them, in order.

    ``words`` is what a passage holds, ``titles`` what its article's title does. The others are shares of the question,
    0 to 1: ``sentence`` what the best single sentence holds, ``run`` what the best three in a row do; ``near`` and
    ``adjacent`` the shares of its neighbouring words that stand, in one paragraph, within four terms of each other, or
    next to each other in the same order; 0 for a question of one word. ``sentences`` are those that hold anything, as
    (its share, the passage's number among these, its span), those that hold most first.
    """

    words: Sequence[Words]
    titles: Sequence[Words]
    sentence: Sequence[float]
    run: Sequence[float]
    near: Sequence[float]
    adjacent: Sequence[float]
    sentences: Callable[[], Iterator[tuple[float, int, Span]]]


def features(coverage: Coverage, passages: Sequence[Passage]) -> Features:
    """Those of each of ``passages``."""
    tokens = coverage.tokens
    begins = np.array([tokens.number(passage.paragraphs[0]) for passage in passages], np.int64)
    order = np.argsort(begins, kind="stable")
    sighted = coverage.see(
        number
        for begin, passage in zip(begins.tolist(), passages, strict=True)
        for number in range(begin, begin + len(passage.paragraphs))
    )

    def passage_of(paragraphs: Numbers) -> Numbers:
        return order[np.searchsorted(begins[order], paragraphs, side="right") - 1]

    def joined(sets: Sets) -> Sets:
        whole = np.zeros(len(passages), np.uint64)
        np.bitwise_or.at(whole, passage_of(sighted.paragraphs), sets)
        return whole

    told = sighted.sentences
    places, found = passage_of(told.paragraphs), shares(told.words, coverage.weights)

    def best(shares: Floats) -> list[float]:
        most = np.zeros(len(passages))
        np.maximum.at(most, places, shares)
        found: list[float] = most.tolist()
        return found

    def sentences() -> Iterator[tuple[float, int, Span]]:
        fullest = np.argsort(-found, kind="stable")
        spans = tokens.sentence_spans(told.paragraphs[fullest], told.places[fullest])
        return zip(found[fullest].tolist(), places[fullest].tolist(), spans, strict=True)

    return Features(
        joined(sighted.words).tolist(),
        [coverage.held_in_title(passage.article) for passage in passages],
        best(found),
        best(shares(told.runs, coverage.weights)),
        shares(joined(sighted.near), coverage.pairs).tolist(),
        shares(joined(sighted.adjacent), coverage.pairs).tolist(),
        sentences,
    )
