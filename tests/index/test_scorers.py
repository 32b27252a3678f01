"""The compiled search leaves out most of the work and nothing of the answer."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import missing

from bot.index.arrays import Array, LazyArray
from bot.index.bm25 import NumpyScorer, QueryPostings, Scorer, create_scorer
from bot.index.native import LIBRARY, SOURCES, load_library
from bot.index.postings import SEGMENT, LuceneIdf, Postings, StoredPostings
from bot.index.term_ids import Documents
from bot.models import Term
from tests.factories import reopened

Corpus = list[list[str]]
PARAMETERS = {"k1": 0.9, "b": 0.75}
WEIGHTS = (1.0, 0.4)


@pytest.fixture(autouse=True)
def compiled() -> None:
    """Without the compiled search there is nothing to hold to the plain one."""
    if not load_library(LIBRARY, SOURCES):
        missing("the compiled search (install the checkout: pip install -e .)")


@dataclass(frozen=True)
class Drawn:
    """Two fields of the same passages, drawn at random; ``seed`` decides all of it."""

    seed: int

    def corpora(self) -> tuple[Corpus, Corpus]:
        """One field with many words, one with few; many passages alike, some empty, some of one word mostly."""
        rng = np.random.default_rng(self.seed)
        size, words = int(rng.integers(1, 700)), int(rng.integers(2, 200))
        common = (np.arange(words) + 1.0) ** -rng.uniform(0, 1.5)
        drawn: list[Corpus] = []
        for most in (int(rng.integers(1, 30)), 3):
            corpus = [
                [f"w{word}" for word in rng.choice(words, rng.integers(0, most + 1), p=common / common.sum()).tolist()]
                for _ in range(size)
            ]
            for number in rng.integers(0, size, 3).tolist():
                corpus[number] = ["w0", *["w1"] * int(rng.integers(1, 2000))]
            for number in rng.integers(0, size, size // 4).tolist():
                corpus[number] = corpus[0]
            drawn.append(corpus)
        return drawn[0], drawn[1]

    def queries(self, count: int) -> list[list[Term]]:
        """Of one to twelve terms, some of which no passage holds, with weights that are often the same."""
        rng = np.random.default_rng([self.seed, 1])
        return [
            [
                Term(f"w{word}", float(rng.choice([1, 1, 0.5, rng.uniform(0.01, 3)])), "typed")
                for word in rng.choice(250, rng.integers(1, 13), replace=False).tolist()
            ]
            for _ in range(count)
        ]


def counted(*corpora: Corpus) -> list[Postings]:
    return [Postings(documents, **PARAMETERS) for documents in Documents.encode(*corpora)]


def reference(corpora: Sequence[Corpus], terms: Sequence[Term]) -> list[float]:
    """Σ field weight × Σ term weight × ``get_scores([term])``, by rank-bm25's own method."""
    total = np.zeros(len(corpora[0]))
    for corpus, weight in zip(corpora, WEIGHTS, strict=True):
        if any(corpus):
            scorer = LuceneIdf(corpus, **PARAMETERS)
            for term in terms:
                total += weight * term.weight * scorer.get_scores([term.text])
    return total.tolist()


@pytest.mark.parametrize("seed", range(40))
def test_two_thousand_questions(seed: int) -> None:
    """Of 2,000 random weighted queries, each has the passages, the order and the scores that scoring all gives.

    Those scores are rank-bm25's own, of which a few queries of each corpus are asked.
    """
    drawn = Drawn(seed)
    corpora = drawn.corpora()
    fields = counted(*corpora)
    opened = [reopened(field) for field in fields]
    fast, again, plain, rng = (
        create_scorer(fields),
        create_scorer(opened),
        NumpyScorer(fields),
        np.random.default_rng([seed, 2]),
    )
    for number, terms in enumerate(drawn.queries(50)):
        lists = QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms)
        limit = int(rng.choice([1, 3, 10, 50, 1000]))
        marks = (rng.random(len(corpora[0])) < 0.3).astype(np.uint8) if number % 3 == 0 else None
        found = fast.top_k(lists, marks, limit)
        assert found == plain.top_k(lists, marks, limit)
        lists = QueryPostings.look_up(list(zip(opened, WEIGHTS, strict=True)), terms)
        assert found == again.top_k(lists, marks, limit) == NumpyScorer(opened).top_k(lists, marks, limit)
        if number < 3:
            scores = reference(corpora, terms)
            assert [score for score, _ in found] == pytest.approx([scores[one] for _, one in found], rel=1e-9)
            held = [one for one, score in enumerate(scores) if score and (marks is None or marks[one])]
            assert len(found) == min(limit, len(held))
            worst = min((score for score, _ in found), default=math.inf)
            missed = set(held) - {one for _, one in found}
            assert all(scores[one] <= worst * (1 + 1e-9) for one in missed)


def test_more_passages_than_one_segment() -> None:
    """Passages of the second segment are found as those of the first are, be their terms rare or common."""
    rng = np.random.default_rng(5)
    common = (np.arange(5000) + 1.0) ** -0.9
    lengths = rng.integers(0, 9, SEGMENT + 3000).tolist()
    words = iter(rng.choice(5000, sum(lengths), p=common / common.sum()).tolist())
    (postings,) = counted([[f"w{next(words)}" for _ in range(length)] for length in lengths])
    fast, plain = create_scorer([postings]), NumpyScorer([postings])
    for _ in range(200):
        asked = [Term(f"w{word}", 1.0, "typed") for word in (rng.random(6) ** 4 * 5000).astype(int).tolist()]
        lists = QueryPostings.look_up([(postings, 1.0)], {term.text: term for term in asked}.values())
        for limit in (1, 10, 50):
            assert fast.top_k(lists, None, limit) == plain.top_k(lists, None, limit)


@pytest.mark.parametrize("seed", range(5))
def test_passages_that_score_nearly_the_same(seed: int) -> None:
    """Of passages that hold the same words, the first are those that score most, by however little."""
    rng = np.random.default_rng(seed)
    alike = [
        [*"abcd", *rng.choice(list("abcd"), 6).tolist(), *["x"] * length]
        for length in rng.integers(50, 60, 500).tolist()
    ]
    corpus = [*alike, *([["e", *["x"] * 99]] * 600), *([["x"] * 40] * 25_000)]
    (postings,) = counted([corpus[number] for number in rng.permutation(len(corpus)).tolist()])
    for _ in range(20):
        lists = QueryPostings.look_up(
            [(postings, 1.0)], [Term(word, float(rng.uniform(0.5, 1)), "typed") for word in "abcde"]
        )
        for limit in (1, 5, 10, 20, 50):
            assert create_scorer([postings]).top_k(lists, None, limit) == NumpyScorer([postings]).top_k(
                lists, None, limit
            )


def test_a_question_of_very_many_words() -> None:
    """A query of more terms than the compiled search has room for is answered as any other."""
    (postings,) = counted([[f"w{number}", "w0"] for number in range(2000)])
    lists = QueryPostings.look_up([(postings, 1.0)], [Term(f"w{number}", 1.0, "typed") for number in range(1500)])
    assert create_scorer([postings]).top_k(lists, None, 20) == NumpyScorer([postings]).top_k(lists, None, 20)


def test_how_often_a_passage_holds_a_term() -> None:
    """A count is known again exactly, however great it is, from a byte and the passage's length."""
    counts = [1, 2, 3, 7, 20, 254, 255, 256, 5000, 70_000]
    corpus = [["a"] * count + ["b"] * (13 * number) for number, count in enumerate(counts)]
    (postings,) = counted([*corpus, []])
    numbers, slots = postings.blocks.postings_of(postings.terms.find("a"), postings.corpus_size)
    assert numbers.tolist() == list(range(len(counts)))
    assert postings.blocks.counts(slots, postings.parameters.norms(postings.lengths[numbers])).tolist() == counts


class Late:
    """An array that lies there only where it has been asked for; zeros stand everywhere else."""

    def __init__(self, array: Array) -> None:
        self._true, self._seen = array, np.zeros_like(array)
        self.lazy = LazyArray(self._seen, self)

    def check_range(self, start: int, end: int) -> None:
        """See ``BlockCheck.check_range``."""
        self._seen[start:end] = self._true[start:end]

    def check_each(self, positions: Array) -> None:
        """See ``BlockCheck.check_each``."""
        self._seen[positions] = self._true[positions]


@pytest.mark.parametrize("search", [create_scorer, NumpyScorer])
@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_read_that_was_not_checked(search: Callable[[Sequence[Postings]], Scorer], seed: int) -> None:
    """All that a search reads has been asked of the columns before, where what lies in a file is checked."""
    fields = counted(*Drawn(seed).corpora())
    plain = NumpyScorer(fields)
    for terms in Drawn(seed).queries(20):
        late = [
            Postings.from_stored(
                StoredPostings({name: Late(one).lazy for name, one in field.to_arrays().items()}, field.terms)
            )
            for field in fields
        ]
        expected = plain.top_k(QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms), None, 10)
        assert (
            search(late).top_k(QueryPostings.look_up(list(zip(late, WEIGHTS, strict=True)), terms), None, 10)
            == expected
        )


def test_questions_at_the_same_time() -> None:
    """Threads that ask the same index at once get what each would get alone."""
    fields = counted(*Drawn(3).corpora())
    fast = create_scorer(fields)
    asked = [
        QueryPostings.look_up(list(zip(fields, WEIGHTS, strict=True)), terms) for terms in Drawn(3).queries(50)
    ] * 8
    alone = [fast.top_k(lists, None, 10) for lists in asked]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda lists: fast.top_k(lists, None, 10), asked)) == alone


def test_which_library_is_used(tmp_path: Path) -> None:
    """A library is used that is of the sources beside it: none that is of others, damaged, or not there."""
    library, changed = tmp_path / "library", tmp_path / "changed.c"
    assert not load_library(tmp_path / "none", SOURCES)
    shutil.copy(LIBRARY, library)
    assert load_library(library, SOURCES)
    changed.write_bytes(SOURCES[1].read_bytes() + b"\n")
    assert not load_library(library, (SOURCES[0], changed))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no library")
    assert not load_library(damaged, SOURCES)
