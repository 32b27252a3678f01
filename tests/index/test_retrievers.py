"""What every engine answers: the same passages, in the same order, with rank-bm25's scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.index.bm25 import Bm25Retriever, NumpyScorer
from bot.index.postings import LuceneIdf, Postings
from bot.index.reference import ReferenceRetriever
from bot.index.scoring import FIELDS, K1, B, Retriever, body_terms
from bot.index.term_ids import Documents
from bot.models import Article, Filters, Passage, Query, Scope
from tests.factories import archive_of, article, build_fields, build_retriever, query, reopened

Engine = Callable[[Sequence[Passage]], Retriever]


def from_what_is_kept(passages: Sequence[Passage]) -> Retriever:
    """Over postings that were kept and opened again."""
    return Bm25Retriever(passages, {name: reopened(field) for name, field in build_fields(passages).items()})


ENGINES: list[Engine] = [
    build_retriever,
    partial(build_retriever, scorer=NumpyScorer),
    from_what_is_kept,
    ReferenceRetriever,
]
every_engine = pytest.mark.parametrize("engine", ENGINES)

TARN = (
    article("The bridge at Tarn fell.", "Nobody crossed it since.", id="fell.txt", title="A Night In Tarn"),
    article("Money", "A new bridge costs four crowns.", "Why", "Wood rots.", id="new.txt", headings=["Money", "Why"]),
    article("The ferry crosses at noon, the ferry crosses at night.", id="ferry.txt", title="Ferry Or Bridge"),
)


def passages(*articles: Article) -> tuple[Passage, ...]:
    return archive_of(articles).passages


@every_engine
@pytest.mark.parametrize(
    ("asked", "expected"),
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
def test_what_is_found(engine: Engine, asked: Query, expected: list[str]) -> None:
    """A hit holds a term of the query, be it in its title or heading; and in its body what the query requires.

    Of each thing required that is one alternative, whole.
    """
    assert [hit.passage.article.id for hit in engine(passages(*TARN)).search(asked, 10)] == expected


DATED = (
    article(
        "The bridge at Tarn fell.", "It was old wood.", id="2023/fell.txt", published=date(2023, 5, 1), source="AP"
    ),
    article("The new bridge at Tarn, of stone.", id="2024/new.txt", published=date(2024, 1, 1), source="The Tarn Post"),
    article("A bridge, new at Tarn; old wood fell.", id="2024/old_wood.txt", published=date(2024, 6, 30)),
    article("The bridge is undated, Tarn.", id="undated.txt", source="the tarn post, Evening"),
)


@every_engine
@pytest.mark.parametrize(
    ("asked", "expected"),
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
def test_what_filters_leave(engine: Engine, asked: Query, expected: str) -> None:
    """A hit has one paragraph with every phrase, none of what is excluded, and an article that is asked of."""
    hits = engine(passages(*DATED)).search(asked, 10)
    assert sorted(Path(hit.passage.article.id).stem for hit in hits) == expected.split()


@every_engine
def test_filters_leave_the_scores_alone(engine: Engine) -> None:
    """What passes the filters scores as it does without them, and the first of many is still the best."""
    searched = engine(passages(*DATED))
    scores = {hit.passage: hit.score for hit in searched.search(query("bridg"), 10)}
    hits = searched.search(query("bridg", filters=Filters(phrases=("old wood",))), 10)
    assert [hit.score for hit in hits] == [scores[hit.passage] for hit in hits]
    assert searched.search(query("bridg", filters=Filters(phrases=("old wood",))), 1) == hits[:1]


@every_engine
def test_a_heading_and_a_title_help(engine: Engine) -> None:
    """Of two passages with the same words, the one whose heading or title has the term too comes first."""
    plain = article("The bridge fell.", id="plain.txt", title="A Night")
    titled = article("The bridge fell.", id="titled.txt", title="The Bridge")
    headed = article("The Bridge", "The bridge fell.", id="headed.txt", title="A Night", headings=["The Bridge"])
    for better in (titled, headed):
        hits = engine(passages(plain, better)).search(query("bridg"), 2)
        assert [hit.passage.article.id for hit in hits] == [better.id, "plain.txt"]


@every_engine
def test_equal_scores_stay_in_the_order_of_the_archive(engine: Engine) -> None:
    """Passages that score the same come by their number, however many are asked for."""
    alike = [article("The bridge fell.", id=f"{number}.txt") for number in range(7)]
    for limit in (1, 3, 7, 99):
        hits = engine(passages(*alike)).search(query("bridg"), limit)
        assert [hit.passage.article.id for hit in hits] == [f"{number}.txt" for number in range(7)][:limit]


@every_engine
def test_the_first_of_many(engine: Engine) -> None:
    """A smaller limit gives the beginning of what a larger one gives."""
    searched = engine(passages(*TARN))
    everything = searched.search(query("bridg", "cross"), 10)
    assert [searched.search(query("bridg", "cross"), limit) for limit in (1, 2, 3)] == [
        everything[:1],
        everything[:2],
        everything[:3],
    ]


@every_engine
@pytest.mark.parametrize("articles", [(), (article(""),), (article("* * *"),), (article("The and of."),)])
def test_an_archive_without_a_word(engine: Engine, articles: tuple[Article, ...]) -> None:
    """An archive without articles, without paragraphs or without a searched word has no hits."""
    assert engine(passages(*articles)).search(query("bridg"), 3) == []


@every_engine
def test_a_term_of_every_passage(engine: Engine) -> None:
    """A term that stands in every passage of a tiny archive still scores above zero."""
    tiny = [article("The bridge fell.", id="a"), article("A bridge of wood stood there.", id="b")]
    hits = engine(passages(*tiny)).search(query("bridg"), 10)
    assert len(hits) == 2
    assert all(hit.score > 0 for hit in hits)


@every_engine
def test_the_score_is_the_formula(engine: Engine) -> None:
    """The score of a body without heading or title is BM25 with Lucene's idf, as the textbook writes it."""
    texts = ["bridge bridge wood", "wood stone", "stone", "river bank mud reed"]
    archive = passages(*(article(text, id=text, title="") for text in texts))
    average, length, count, holders = sum(len(text.split()) for text in texts) / 4, 3, 2, 1
    idf = math.log(1 + (4 - holders + 0.5) / (holders + 0.5))
    expected = idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / average))
    (hit,) = engine(archive).search(query(("bridg", 0.5)), 10)
    assert hit.score == pytest.approx(0.5 * expected * FIELDS["body"][1])


WORDS = ["tarn", "bridge", "ferry", "pier", "crown", "noon"]
TERMS = ["tarn", "bridg", "ferri", "pier", "crown", "noon", "submarin"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
ARTICLES = st.lists(st.tuples(TEXTS, TEXTS), max_size=9)
WEIGHTED = st.dictionaries(st.sampled_from(TERMS), st.floats(0.01, 3), max_size=4)
REQUIRED = st.lists(
    st.lists(st.lists(st.sampled_from(TERMS), min_size=1, max_size=2).map(tuple), max_size=2), max_size=2
)


def made(texts: Sequence[tuple[str, str]]) -> tuple[Passage, ...]:
    return passages(*(article(text, id=str(number), title=title) for number, (text, title) in enumerate(texts)))


def defined(archive: Sequence[Passage], asked: Query) -> list[float]:
    """Σ field weight × Σ term weight × ``get_scores([term])``, by rank-bm25's own method."""
    total = [0.0] * len(archive)
    for terms, weight in FIELDS.values():
        corpus = [terms(passage) for passage in archive]
        if any(corpus):
            scorer = LuceneIdf(corpus, k1=K1, b=B)
            for term in asked.terms:
                scores = scorer.get_scores([term.text])
                total = [
                    so_far + weight * term.weight * float(score) for so_far, score in zip(total, scores, strict=True)
                ]
    return total


@settings(deadline=None)
@given(
    ARTICLES,
    WEIGHTED,
    st.lists(st.sampled_from(TERMS), max_size=2),
    st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join), max_size=4),
)
def test_filters_leave_the_same_in_every_engine(
    texts: list[tuple[str, str]], weights: dict[str, float], excluded: list[str], phrases: list[str]
) -> None:
    """Over any archive, phrases and excluded words leave the engines with the same hits in the same order."""
    archive = made(texts)
    filters = Filters(phrases=tuple(phrases[:1]), excluded=tuple(phrases[1:]))
    asked = query(*weights.items(), excluded=excluded, filters=filters)
    one, *others = (engine(archive).search(asked, 5) for engine in ENGINES)
    for other in others:
        assert [hit.passage for hit in one] == [hit.passage for hit in other]
        assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], rel=1e-9)


@every_engine
@settings(deadline=None)
@given(ARTICLES, WEIGHTED, REQUIRED)
def test_every_engine_gives_the_defined_score(
    engine: Engine,
    texts: list[tuple[str, str]],
    weights: dict[str, float],
    required: list[list[tuple[str, ...]]],
) -> None:
    """Over any archive and any query, every engine finds what qualifies, with the score that rank-bm25 defines."""
    archive, asked = made(texts), query(*weights.items(), required=required)
    scores = defined(archive, asked)
    qualify = {
        number
        for number, passage in enumerate(archive)
        if any(weights.keys() & set(terms(passage)) for terms, _ in FIELDS.values())
        and all(any(set(body_terms(passage)).issuperset(one) for one in each) for each in required)
    }
    hits = engine(archive).search(asked, len(archive) + 1)
    numbers = [archive.index(hit.passage) for hit in hits]
    assert set(numbers) == qualify
    assert [hit.score for hit in hits] == pytest.approx([scores[number] for number in numbers], rel=1e-9)
    assert numbers == sorted(numbers, key=lambda number: (-hits[numbers.index(number)].score, number))
    assert engine(archive).search(asked, 2) == hits[:2]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(TERMS), max_size=9), min_size=1, max_size=9), st.lists(st.sampled_from(TERMS)))
def test_postings_are_the_library(corpus: list[list[str]], asked: list[str]) -> None:
    """Asked as the library is asked, the postings give the library's own scores, repeated terms counted again."""
    if any(corpus):
        expected = LuceneIdf(corpus, k1=K1, b=B).get_scores(asked)
        (documents,) = Documents.encode(corpus)
        postings = Postings(documents, k1=K1, b=B)
        for one in (postings, reopened(postings)):
            assert list(one.get_scores(asked)) == pytest.approx(list(expected), rel=1e-9)
