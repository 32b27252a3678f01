"""Test all retrievers: they return the same passages, in the same order, with rank-bm25's scores.

Those that search in memory are compared for any archive; the one in a cluster is real, and slower, so only for the
examples (``tests/opensearch`` compares its replies).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.index.bm25 import NumpyScorer
from bot.index.postings import LuceneIdf
from bot.index.retrieval import FIELDS, K1, B, Retriever, body_terms
from bot.models import Article, Filters, Passage, Query, Scope
from tests.factories import archive_of, article, build_postings_of, build_retriever, query
from tests.index.reference import ReferenceRetriever
from tests.opensearch.archives import create_version, publish
from tests.opensearch.cluster import shared_cluster

CreateRetriever = Callable[[Sequence[Passage]], Retriever | ReferenceRetriever]


RETRIEVERS: list[CreateRetriever] = [
    build_retriever,
    partial(build_retriever, scorer=NumpyScorer),
    ReferenceRetriever,
]
in_memory = pytest.mark.parametrize("create", RETRIEVERS)


def create_in_cluster(passages: Sequence[Passage]) -> Retriever:
    """Write the articles of these passages to a real cluster."""
    articles = tuple(dict.fromkeys(passage.article for passage in passages))
    return publish(shared_cluster(), "retrievers", create_version(articles)).open().retriever


in_cluster = pytest.param(create_in_cluster, marks=[pytest.mark.long, pytest.mark.xdist_group("opensearch")])
every_retriever = pytest.mark.parametrize("create", [*RETRIEVERS, in_cluster])

TARN = (
    article("The bridge at Tarn fell.", "Nobody crossed it since.", id="fell.txt", title="A Night In Tarn"),
    article("Money", "A new bridge costs four crowns.", "Why", "Wood rots.", id="new.txt", headings=["Money", "Why"]),
    article("The ferry crosses at noon, the ferry crosses at night.", id="ferry.txt", title="Ferry Or Bridge"),
)


def passages(*articles: Article) -> Sequence[Passage]:
    return archive_of(articles).passages


@every_retriever
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (query(), []),
        (query("submarin"), []),
        (query("bridg", required=[[("submarin",)]]), []),
        (query("bridg", required=[[("bridg", "submarin")]]), []),
        (query("bridg", required=[[("bridg",)], []]), []),
        (query("bridg", required=[[("money",)]]), []),
        (query("money"), ["new.txt"]),
        (query("night", "tarn"), ["fell.txt", "ferry.txt"]),
        (query("bridg"), ["fell.txt", "new.txt", "ferry.txt"]),
        (query("ferri"), ["ferry.txt"]),
        (query("bridg", "cost"), ["new.txt", "fell.txt", "ferry.txt"]),
        (query(("bridg", 0.01), "cross"), ["ferry.txt", "fell.txt", "new.txt"]),
        (query("bridg", required=[[("bridg",)]]), ["fell.txt", "new.txt"]),
        (query("bridg", required=[[("tarn",)]]), ["fell.txt"]),
        (query("bridg", required=[[("submarin",), ("crown", "new")]]), ["new.txt"]),
        (query("bridg", "cross", required=[[("bridg",)], [("cross",)]]), ["fell.txt"]),
        (query("bridg", required=[[("ferri",)]]), ["ferry.txt"]),
    ],
)
def test_hits(create: CreateRetriever, query: Query, expected: list[str]) -> None:
    """A hit contains a term of the query, in any field; its body contains one whole alternative of each requirement."""
    assert [hit.passage.article.id for hit in create(passages(*TARN)).search(query, 10)] == expected


DATED = (
    article(
        "The bridge at Tarn fell.", "It was old wood.", id="2023/fell.txt", published=date(2023, 5, 1), source="AP"
    ),
    article("The new bridge at Tarn, of stone.", id="2024/new.txt", published=date(2024, 1, 1), source="The Tarn Post"),
    article("A bridge, new at Tarn; old wood fell.", id="2024/old_wood.txt", published=date(2024, 6, 30)),
    article("The bridge is undated, Tarn.", id="undated.txt", source="the tarn post, Evening"),
)


@every_retriever
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (query("bridg", filters=Filters()), "fell new old_wood undated"),
        (query("bridg", filters=Filters(unrecognized=("author:x",))), "fell new old_wood undated"),
        (query("submarin", filters=Filters(scope=Scope(("AP",)))), ""),
        (query("bridg", filters=Filters(phrases=("old bridge",))), ""),
        (query("bridg", filters=Filters(phrases=("bridge at", "old wood"))), ""),
        (query("bridg", filters=Filters(scope=Scope(("A",)))), ""),
        (query("bridg", filters=Filters(scope=Scope(since=date(2025, 1, 1)))), ""),
        (query("bridg", filters=Filters(phrases=("BRIDGE at  Tarn",))), "fell new"),
        (query("bridg", filters=Filters(phrases=("new at Tarn old", "a bridge"))), "old_wood"),
        (query("bridg", filters=Filters(phrases=("old wood",))), "fell old_wood"),
        (query("bridg", excluded=("fall",)), "new undated"),
        (query("bridg", excluded=("fall", "stone")), "undated"),
        (query("bridg", filters=Filters(excluded=("old wood",))), "new undated"),
        (query("bridg", filters=Filters(phrases=("at Tarn",), excluded=("the bridge",))), "new old_wood"),
        (query("bridg", filters=Filters(scope=Scope(("ap",)))), "fell"),
        (query("bridg", filters=Filters(scope=Scope(("tarn post",)))), "new undated"),
        (query("bridg", filters=Filters(scope=Scope(("AP", "old wood")))), "fell old_wood"),
        (query("bridg", filters=Filters(scope=Scope(("2024",)))), "new old_wood"),
        (query("bridg", filters=Filters(scope=Scope(since=date(2024, 1, 1)))), "new old_wood"),
        (query("bridg", filters=Filters(scope=Scope(before=date(2024, 1, 1)))), "fell"),
        (query("bridg", filters=Filters(scope=Scope(("2024",), date(2024, 1, 2), date(2024, 7, 1)))), "old_wood"),
    ],
)
def test_filters(create: CreateRetriever, query: Query, expected: str) -> None:
    """A hit has one paragraph with all phrases, nothing that is excluded, and an article in scope."""
    hits = create(passages(*DATED)).search(query, 10)
    assert sorted(Path(hit.passage.article.id).stem for hit in hits) == expected.split()


@every_retriever
def test_filters_do_not_change_scores(create: CreateRetriever) -> None:
    """A hit has the same score with and without filters, and a limit of 1 returns the best hit."""
    retriever = create(passages(*DATED))
    scores = {hit.passage: hit.score for hit in retriever.search(query("bridg"), 10)}
    hits = retriever.search(query("bridg", filters=Filters(phrases=("old wood",))), 10)
    assert [hit.score for hit in hits] == [scores[hit.passage] for hit in hits]
    assert retriever.search(query("bridg", filters=Filters(phrases=("old wood",))), 1) == hits[:1]


@every_retriever
def test_headings_and_titles_raise_the_score(create: CreateRetriever) -> None:
    """Of two passages with the same text, the one with the term in its heading or title ranks first."""
    plain = article("The bridge fell.", id="plain.txt", title="A Night")
    titled = article("The bridge fell.", id="titled.txt", title="The Bridge")
    headed = article("The Bridge", "The bridge fell.", id="headed.txt", title="A Night", headings=["The Bridge"])
    for better in (titled, headed):
        hits = create(passages(plain, better)).search(query("bridg"), 2)
        assert [hit.passage.article.id for hit in hits] == [better.id, "plain.txt"]


@every_retriever
def test_equal_scores_are_in_archive_order(create: CreateRetriever) -> None:
    """Passages with equal scores are ordered by number, whatever the limit."""
    equal = [article("The bridge fell.", id=f"{number}.txt") for number in range(7)]
    for limit in (1, 3, 7, 99):
        hits = create(passages(*equal)).search(query("bridg"), limit)
        assert [hit.passage.article.id for hit in hits] == [f"{number}.txt" for number in range(7)][:limit]


@every_retriever
def test_a_smaller_limit_returns_a_prefix(create: CreateRetriever) -> None:
    """A smaller limit returns the beginning of the hits of a larger one."""
    retriever = create(passages(*TARN))
    hits = retriever.search(query("bridg", "cross"), 10)
    assert [retriever.search(query("bridg", "cross"), limit) for limit in (1, 2, 3)] == [
        hits[:1],
        hits[:2],
        hits[:3],
    ]


@every_retriever
@pytest.mark.parametrize("articles", [(), (article(""),), (article("* * *"),), (article("The and of."),)])
def test_an_empty_archive_has_no_hits(create: CreateRetriever, articles: tuple[Article, ...]) -> None:
    """An archive without articles, paragraphs or terms has no hits."""
    assert create(passages(*articles)).search(query("bridg"), 3) == []


@every_retriever
def test_a_term_in_every_passage(create: CreateRetriever) -> None:
    """A term in every passage of a tiny archive still scores above zero."""
    tiny = [article("The bridge fell.", id="a"), article("A bridge of wood stood there.", id="b")]
    hits = create(passages(*tiny)).search(query("bridg"), 10)
    assert len(hits) == 2
    assert all(hit.score > 0 for hit in hits)


@every_retriever
def test_the_score_is_the_formula(create: CreateRetriever) -> None:
    """The score of a body without heading or title is BM25 with Lucene's idf, as the textbook writes it."""
    texts = ["bridge bridge wood", "wood stone", "stone", "river bank mud reed"]
    archive = passages(*(article(text, id=text, title="") for text in texts))
    average, length, count, holders = sum(len(text.split()) for text in texts) / 4, 3, 2, 1
    idf = math.log(1 + (4 - holders + 0.5) / (holders + 0.5))
    expected = idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / average))
    (hit,) = create(archive).search(query(("bridg", 0.5)), 10)
    assert hit.score == pytest.approx(0.5 * expected * FIELDS["body"][1])


WORDS = ["tarn", "bridge", "ferry", "pier", "crown", "noon"]
TERMS = ["tarn", "bridg", "ferri", "pier", "crown", "noon", "submarin"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
ARTICLES = st.lists(st.tuples(TEXTS, TEXTS), max_size=9)
WEIGHTED = st.dictionaries(st.sampled_from(TERMS), st.floats(0.01, 3), max_size=4)
REQUIRED = st.lists(
    st.lists(st.lists(st.sampled_from(TERMS), min_size=1, max_size=2).map(tuple), max_size=2), max_size=2
)


def build_passages(texts: Sequence[tuple[str, str]]) -> tuple[Passage, ...]:
    return passages(*(article(text, id=str(number), title=title) for number, (text, title) in enumerate(texts)))


def reference_scores(archive: Sequence[Passage], query: Query) -> list[float]:
    """Σ field weight × Σ term weight × ``get_scores([term])``, by rank-bm25's own method."""
    total = [0.0] * len(archive)
    for terms, weight in FIELDS.values():
        corpus = [terms(passage) for passage in archive]
        if any(corpus):
            scorer = LuceneIdf(corpus, k1=K1, b=B)
            for term in query.terms:
                scores = scorer.get_scores([term.text])
                total = [
                    so_far + weight * term.weight * float(score) for so_far, score in zip(total, scores, strict=True)
                ]
    return total


@given(
    ARTICLES,
    WEIGHTED,
    st.lists(st.sampled_from(TERMS), max_size=2),
    st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join), max_size=4),
)
def test_filters_agree_in_every_retriever(
    texts: list[tuple[str, str]], weights: dict[str, float], excluded: list[str], phrases: list[str]
) -> None:
    """For any archive, phrases and excluded words leave the same hits in the same order in every retriever."""
    archive = build_passages(texts)
    filters = Filters(phrases=tuple(phrases[:1]), excluded=tuple(phrases[1:]))
    weighted = query(*weights.items(), excluded=excluded, filters=filters)
    one, *others = (create(archive).search(weighted, 5) for create in RETRIEVERS)
    for other in others:
        assert [hit.passage for hit in one] == [hit.passage for hit in other]
        assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], rel=1e-9)


@in_memory
@given(ARTICLES, WEIGHTED, REQUIRED)
def test_scores_equal_the_reference(
    create: CreateRetriever,
    texts: list[tuple[str, str]],
    weights: dict[str, float],
    required: list[list[tuple[str, ...]]],
) -> None:
    """For any archive and query, every retriever finds all hits, with the scores that rank-bm25 defines."""
    archive, weighted = build_passages(texts), query(*weights.items(), required=required)
    scores = reference_scores(archive, weighted)
    expected = {
        number
        for number, passage in enumerate(archive)
        if any(weights.keys() & set(terms(passage)) for terms, _ in FIELDS.values())
        and all(any(set(body_terms(passage)).issuperset(one) for one in each) for each in required)
    }
    hits = create(archive).search(weighted, len(archive) + 1)
    numbers = [archive.index(hit.passage) for hit in hits]
    assert set(numbers) == expected
    assert [hit.score for hit in hits] == pytest.approx([scores[number] for number in numbers], rel=1e-9)
    assert numbers == sorted(numbers, key=lambda number: (-hits[numbers.index(number)].score, number))
    assert create(archive).search(weighted, 2) == hits[:2]


@given(st.lists(st.lists(st.sampled_from(TERMS), max_size=9), min_size=1, max_size=9), st.lists(st.sampled_from(TERMS)))
def test_get_scores_equals_the_library(corpus: list[list[str]], terms: list[str]) -> None:
    """``Postings.get_scores`` returns rank-bm25's own scores, counting repeated terms again."""
    if any(corpus):
        expected = LuceneIdf(corpus, k1=K1, b=B).get_scores(terms)
        (postings,) = build_postings_of(corpus)
        assert list(postings.get_scores(terms)) == pytest.approx(list(expected), rel=1e-9)


@every_retriever
def test_explain_lists_scores_by_field_and_term(create: CreateRetriever) -> None:
    """Each term's score in each field is listed, times its weight; terms without a score are left out."""
    retriever = create(passages(*TARN))
    (first, *_) = retriever.search(query("bridg", "tarn", "submarin"), 3)
    whole = retriever.explain(query("bridg", "tarn", "submarin"), first.passage)
    half = retriever.explain(query("bridg", ("tarn", 0.5), "submarin"), first.passage)
    assert [(one.field, one.term) for one in whole] == [("body", "bridg"), ("body", "tarn"), ("title", "tarn")]
    shares = [one.score / other.score for one, other in zip(half, whole, strict=True)]
    assert shares == pytest.approx([1.0, 0.5, 0.5])
    assert retriever.explain(query("submarin"), first.passage) == ()


@given(ARTICLES, WEIGHTED)
def test_explained_scores_add_up(texts: list[tuple[str, str]], weights: dict[str, float]) -> None:
    """For any archive and query, the explained scores add up to the hit's score, and the retrievers agree."""
    archive, weighted = build_passages(texts), query(*weights.items())
    reference, retriever = ReferenceRetriever(archive), build_retriever(archive)
    for hit in retriever.search(weighted, len(archive) + 1):
        found, expected = retriever.explain(weighted, hit.passage), reference.explain(weighted, hit.passage)
        assert sum(one.score for one in found) == pytest.approx(hit.score, rel=1e-9)
        assert [(one.field, one.term) for one in found] == [(one.field, one.term) for one in expected]
        assert [one.score for one in found] == pytest.approx([one.score for one in expected], rel=1e-9)
