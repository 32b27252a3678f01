"""What every engine says a score is made of: the same terms and fields, whose sum is the score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings

from bot.index.reference import ReferenceRetriever
from bot.index.scoring import Retriever
from bot.models import Passage
from tests.factories import build_retriever, query

from .test_retrievers import ARTICLES, TARN, WEIGHTED, every_engine, made, passages

Engine = Callable[[Sequence[Passage]], Retriever]


@every_engine
def test_a_score_is_explained_field_by_field(engine: Engine) -> None:
    """What a term gives in each field is told apart; a term that gives nothing is left out, and a weight counts."""
    searched = engine(passages(*TARN))
    (first, *_) = searched.search(query("bridg", "tarn", "submarin"), 3)
    whole = searched.explain(query("bridg", "tarn", "submarin"), first.passage)
    half = searched.explain(query("bridg", ("tarn", 0.5), "submarin"), first.passage)
    assert [(one.field, one.term) for one in whole] == [("body", "bridg"), ("body", "tarn"), ("title", "tarn")]
    shares = [one.score / other.score for one, other in zip(half, whole, strict=True)]
    assert shares == pytest.approx([1.0, 0.5, 0.5])
    assert searched.explain(query("submarin"), first.passage) == ()


@settings(deadline=None)
@given(ARTICLES, WEIGHTED)
def test_the_sum_is_the_score_in_every_engine(texts: list[tuple[str, str]], weights: dict[str, float]) -> None:
    """Over any archive and any query, what the terms give to a hit adds up to its score, and the engines agree."""
    archive, asked = made(texts), query(*weights.items())
    plain, fast = ReferenceRetriever(archive), build_retriever(archive)
    for hit in fast.search(asked, len(archive) + 1):
        told, reference = fast.explain(asked, hit.passage), plain.explain(asked, hit.passage)
        assert sum(one.score for one in told) == pytest.approx(hit.score, rel=1e-9)
        assert [(one.field, one.term) for one in told] == [(one.field, one.term) for one in reference]
        assert [one.score for one in told] == pytest.approx([one.score for one in reference], rel=1e-9)
