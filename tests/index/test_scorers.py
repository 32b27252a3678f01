"""Test that the compiled scorer, which skips most postings, gives the same results as the numpy scorer."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import skip_missing

from bot.index.arrays import Array, LazyArray
from bot.index.bm25 import LIBRARY, SOURCES, NumpyScorer, QueryPostings, Scorer, create_scorer, load_library
from bot.index.postings import SEGMENT, LuceneIdf, Postings
from bot.index.retrieval import K1, B
from bot.models import Term
from tests.factories import build_postings_of

Corpus = list[list[str]]
WEIGHTS = (1.0, 0.4)


@pytest.fixture(autouse=True)
def require_library() -> None:
    """Skip these tests without the compiled library."""
    if not load_library():
        skip_missing("the compiled library (install the checkout: pip install -e .)")


@dataclass(frozen=True)
class RandomFields:
    """Two fields of the same documents, and queries, determined by ``seed``."""

    seed: int

    def corpora(self) -> tuple[Corpus, Corpus]:
        """Return one field with many words, one with few; many documents equal, some empty, some mostly of one word."""
        rng = np.random.default_rng(self.seed)
        size, words = int(rng.integers(1, 700)), int(rng.integers(2, 200))
        common = (np.arange(words) + 1.0) ** -rng.uniform(0, 1.5)
        corpora: list[Corpus] = []
        for most in (int(rng.integers(1, 30)), 3):
            corpus = [
                [f"w{word}" for word in rng.choice(words, rng.integers(0, most + 1), p=common / common.sum()).tolist()]
                for _ in range(size)
            ]
            for number in rng.integers(0, size, 3).tolist():
                corpus[number] = ["w0", *["w1"] * int(rng.integers(1, 2000))]
            for number in rng.integers(0, size, size // 4).tolist():
                corpus[number] = corpus[0]
            corpora.append(corpus)
        return corpora[0], corpora[1]

    def queries(self, count: int) -> list[list[Term]]:
        """Return queries of one to twelve terms, some in no document, with often equal weights."""
        rng = np.random.default_rng([self.seed, 1])
        return [
            [
                Term(f"w{word}", float(rng.choice([1, 1, 0.5, rng.uniform(0.01, 3)])), "typed")
                for word in rng.choice(250, rng.integers(1, 13), replace=False).tolist()
            ]
            for _ in range(count)
        ]


def reference(corpora: Sequence[Corpus], terms: Sequence[Term]) -> list[float]:
    """Σ field weight × Σ term weight × ``get_scores([term])``, by rank-bm25's own method."""
    total = np.zeros(len(corpora[0]))
    for corpus, weight in zip(corpora, WEIGHTS, strict=True):
        if any(corpus):
            scorer = LuceneIdf(corpus, k1=K1, b=B)
            for term in terms:
                total += weight * term.weight * scorer.get_scores([term.text])
    return total.tolist()


@pytest.mark.parametrize("seed", range(40))
def test_random_queries(seed: int) -> None:
    """For 2,000 random weighted queries, both scorers return the same documents, in the same order, with equal scores.

    For a few queries of each corpus the scores are compared with rank-bm25's own.
    """
    random_fields = RandomFields(seed)
    corpora = random_fields.corpora()
    fields = build_postings_of(*corpora)
    native, plain, rng = create_scorer(fields), NumpyScorer(fields), np.random.default_rng([seed, 2])
    for number, terms in enumerate(random_fields.queries(50)):
        lists = QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms)
        limit = int(rng.choice([1, 3, 10, 50, 1000]))
        mask = (rng.random(len(corpora[0])) < 0.3).astype(np.uint8) if number % 3 == 0 else None
        found = native.top_k(lists, mask, limit)
        assert found == plain.top_k(lists, mask, limit)
        if number < 3:
            scores = reference(corpora, terms)
            assert [score for score, _ in found] == pytest.approx([scores[one] for _, one in found], rel=1e-9)
            matching = [one for one, score in enumerate(scores) if score and (mask is None or mask[one])]
            assert len(found) == min(limit, len(matching))
            worst = min((score for score, _ in found), default=math.inf)
            missed = set(matching) - {one for _, one in found}
            assert all(scores[one] <= worst * (1 + 1e-9) for one in missed)


def test_several_segments() -> None:
    """Documents of the second segment are found like those of the first, with rare and common terms."""
    rng = np.random.default_rng(5)
    common = (np.arange(5000) + 1.0) ** -0.9
    lengths = rng.integers(0, 9, SEGMENT + 3000).tolist()
    words = iter(rng.choice(5000, sum(lengths), p=common / common.sum()).tolist())
    (postings,) = build_postings_of([[f"w{next(words)}" for _ in range(length)] for length in lengths])
    native, plain = create_scorer([postings]), NumpyScorer([postings])
    for _ in range(200):
        terms = [Term(f"w{word}", 1.0, "typed") for word in (rng.random(6) ** 4 * 5000).astype(int).tolist()]
        lists = QueryPostings.look_up([(postings, 1.0)], {term.text: term for term in terms}.values())
        for limit in (1, 10, 50):
            assert native.top_k(lists, None, limit) == plain.top_k(lists, None, limit)


@pytest.mark.parametrize("seed", range(5))
def test_nearly_equal_scores(seed: int) -> None:
    """Documents with nearly equal scores are ordered exactly."""
    rng = np.random.default_rng(seed)
    similar = [
        [*"abcd", *rng.choice(list("abcd"), 6).tolist(), *["x"] * length]
        for length in rng.integers(50, 60, 500).tolist()
    ]
    corpus = [*similar, *([["e", *["x"] * 99]] * 600), *([["x"] * 40] * 25_000)]
    (postings,) = build_postings_of([corpus[number] for number in rng.permutation(len(corpus)).tolist()])
    for _ in range(20):
        lists = QueryPostings.look_up(
            [(postings, 1.0)], [Term(word, float(rng.uniform(0.5, 1)), "typed") for word in "abcde"]
        )
        for limit in (1, 5, 10, 20, 50):
            assert create_scorer([postings]).top_k(lists, None, limit) == NumpyScorer([postings]).top_k(
                lists, None, limit
            )


def test_more_terms_than_the_kernel_supports() -> None:
    """A query of more than ``MAX_LISTS`` terms is answered by the fallback."""
    (postings,) = build_postings_of([[f"w{number}", "w0"] for number in range(2000)])
    lists = QueryPostings.look_up([(postings, 1.0)], [Term(f"w{number}", 1.0, "typed") for number in range(1500)])
    assert create_scorer([postings]).top_k(lists, None, 20) == NumpyScorer([postings]).top_k(lists, None, 20)


def test_counts_are_recovered_from_impacts() -> None:
    """Any count is recovered exactly from the impact, the document's length and the exceptions."""
    counts = [1, 2, 3, 7, 20, 254, 255, 256, 5000, 70_000]
    corpus = [["a"] * count + ["b"] * (13 * number) for number, count in enumerate(counts)]
    (postings,) = build_postings_of([*corpus, []])
    doc_ids, found, _ = postings.counts(postings.terms.find("a"))
    assert doc_ids.tolist() == list(range(len(counts)))
    assert found.tolist() == counts


class UncheckedArray(LazyArray):
    """An array whose elements are zero until they have been checked."""

    __slots__ = ("_values",)

    def __init__(self, array: Array) -> None:
        super().__init__(np.zeros_like(array))
        self._values = array

    def slice(self, start: int, end: int) -> Array:
        """See ``LazyArray.slice``."""
        self._array[start:end] = self._values[start:end]
        return super().slice(start, end)

    def take(self, positions: Array) -> Array:
        """See ``LazyArray.take``."""
        self._array[positions] = self._values[positions]
        return super().take(positions)


@pytest.mark.parametrize("search", [create_scorer, NumpyScorer])
@pytest.mark.parametrize("seed", range(10))
def test_only_checked_elements_are_read(search: Callable[[Sequence[Postings]], Scorer], seed: int) -> None:
    """Everything that a search reads has been checked before."""
    fields = build_postings_of(*RandomFields(seed).corpora())
    plain = NumpyScorer(fields)
    for terms in RandomFields(seed).queries(20):
        unchecked = [
            Postings({name: UncheckedArray(one.all()) for name, one in field.arrays.items()}, field.terms)
            for field in fields
        ]
        expected = plain.top_k(QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms), None, 10)
        assert (
            search(unchecked).top_k(QueryPostings.look_up(list(zip(unchecked, WEIGHTS, strict=True)), terms), None, 10)
            == expected
        )


def test_concurrent_searches() -> None:
    """Threads that search the same index at once get the results of sequential searches."""
    fields = build_postings_of(*RandomFields(3).corpora())
    native = create_scorer(fields)
    queries = [
        QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms) for terms in RandomFields(3).queries(50)
    ] * 8
    sequential = [native.top_k(lists, None, 10) for lists in queries]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda lists: native.top_k(lists, None, 10), queries)) == sequential


def test_only_a_matching_library_is_loaded(tmp_path: Path) -> None:
    """A library is loaded if it was compiled from the given sources; not if it is missing, damaged or outdated."""
    library, changed = tmp_path / "library", tmp_path / "changed.c"
    assert not load_library(tmp_path / "none", SOURCES)
    shutil.copy(LIBRARY, library)
    assert load_library(library, SOURCES)
    changed.write_bytes(SOURCES[1].read_bytes() + b"\n")
    assert not load_library(library, (SOURCES[0], changed))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no library")
    assert not load_library(damaged, SOURCES)
