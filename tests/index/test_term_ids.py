"""Test term ids: the compiled hash table gives the same ids as a dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from conftest import skip_missing
from hypothesis import given
from hypothesis import strategies as st

from bot.index.native import native_library
from bot.index.term_ids import BATCH, DictTermIds, Documents, HashTermIds, TermIds

Corpus = list[list[str]]
WORDS = st.text(st.characters(exclude_characters="\0", codec=None), max_size=5) | st.sampled_from("a b ab ba".split())


def hash_term_ids() -> HashTermIds:
    if not (library := native_library()):
        skip_missing("the compiled library (install the checkout: pip install -e .)")
    return HashTermIds(library)


both_implementations = pytest.mark.parametrize("create", [hash_term_ids, DictTermIds])


def encode_all(term_ids: TermIds, *corpora: Corpus) -> object:
    """Encode each corpus in a call of its own; return all results and the terms."""
    return [[array.tolist() for array in term_ids.encode(iter(corpus))] for corpus in corpora], term_ids.terms()


@given(st.lists(st.lists(st.lists(WORDS, max_size=9), max_size=9), max_size=3))
def test_both_implementations_agree(corpora: list[Corpus]) -> None:
    """Any terms get the same ids over several calls, including empty ones and lone surrogates."""
    assert encode_all(hash_term_ids(), *corpora) == encode_all(DictTermIds(), *corpora)


@both_implementations
def test_ids_are_in_order_of_first_occurrence(create: Callable[[], TermIds]) -> None:
    """A term keeps its id in later calls; a document may have no terms."""
    term_ids = create()
    assert encode_all(term_ids, [["b", "a"], [], ["a", ""]], [["c", "b"]]) == (
        [[[0, 1, 1, 2], [2, 0, 2]], [[3, 0], [2]]],
        ["b", "a", "", "c"],
    )


def test_the_table_grows() -> None:
    """Several batches of mostly new terms, long terms and a document longer than a batch are encoded correctly."""
    rng = np.random.default_rng(7)
    corpus = [[f"w{word}" for word in rng.integers(0, 300_000, size).tolist()] for size in (3, 2 * BATCH, 5, BATCH, 1)]
    corpus += [["long" * 50_000, "w1"], [f"é{number}" for number in range(BATCH)]]
    assert encode_all(hash_term_ids(), corpus, corpus) == encode_all(DictTermIds(), corpus, corpus)


@both_implementations
@pytest.mark.parametrize("term", ["a\0b", "\0", "a\0"])
def test_a_nul_is_rejected(create: Callable[[], TermIds], term: str) -> None:
    """A NUL would end the term in C, so it raises ValueError."""
    with pytest.raises(ValueError, match="NUL"):
        create().encode([["a", term, "b"]])


@both_implementations
def test_an_error_of_the_producer_is_raised(create: Callable[[], TermIds]) -> None:
    """An exception from the iterable of documents reaches the caller."""

    def failing() -> Iterator[list[str]]:
        yield ["a"] * (BATCH + 1)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        create().encode(failing())


def test_document_ids_are_of_sorted_terms() -> None:
    """A term's id in ``Documents`` is its position among the sorted terms of all fields."""
    first, second = Documents.encode([["b", "é"], ["a"]], [[], ["c", "b"]])
    assert list(first.terms) == ["a", "b", "c", "é"] == list(second.terms)
    assert (first.tokens.tolist(), second.tokens.tolist()) == ([1, 3, 0], [2, 1])
    assert (first.lengths.tolist(), second.lengths.tolist()) == ([2, 1], [0, 2])
