"""The compiled numbering of terms gives what a dict gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from conftest import missing
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.index.native import native_library
from bot.index.term_ids import BATCH, DictTermIds, Documents, HashTermIds, TermIds

Corpus = list[list[str]]
WORDS = st.text(st.characters(exclude_characters="\0", codec=None), max_size=5) | st.sampled_from("a b ab ba".split())


def table() -> HashTermIds:
    if not (library := native_library()):
        missing("the compiled library (install the checkout: pip install -e .)")
    return HashTermIds(library)


BOTH = pytest.mark.parametrize("made", [table, DictTermIds])


def numbered(numbering: TermIds, *corpora: Corpus) -> object:
    return [[found.tolist() for found in numbering.encode(iter(corpus))] for corpus in corpora], numbering.terms()


@settings(deadline=None)
@given(st.lists(st.lists(st.lists(WORDS, max_size=9), max_size=9), max_size=3))
def test_any_terms(corpora: list[Corpus]) -> None:
    """Of any script, empty ones and halves of characters among them, met in several calls."""
    assert numbered(table(), *corpora) == numbered(DictTermIds(), *corpora)


@BOTH
def test_numbers_are_given_in_order(made: Callable[[], TermIds]) -> None:
    """A term has the number that it got when it was met first, in whichever call; a passage may have no term."""
    numbering = made()
    assert numbered(numbering, [["b", "a"], [], ["a", ""]], [["c", "b"]]) == (
        [[[0, 1, 1, 2], [2, 0, 2]], [[3, 0], [2]]],
        ["b", "a", "", "c"],
    )


def test_more_terms_than_there_was_room_for() -> None:
    """Several batches of terms, most of them new, long ones and a passage beyond a batch."""
    rng = np.random.default_rng(7)
    corpus = [[f"w{word}" for word in rng.integers(0, 300_000, size).tolist()] for size in (3, 2 * BATCH, 5, BATCH, 1)]
    corpus += [["long" * 50_000, "w1"], [f"é{number}" for number in range(BATCH)]]
    assert numbered(table(), corpus, corpus) == numbered(DictTermIds(), corpus, corpus)


@BOTH
@pytest.mark.parametrize("term", ["a\0b", "\0", "a\0"])
def test_a_nul_is_refused(made: Callable[[], TermIds], term: str) -> None:
    """It would be taken for the end of a term."""
    with pytest.raises(ValueError, match="NUL"):
        made().encode([["a", term, "b"]])


@BOTH
def test_whoever_brings_terms_may_fail(made: Callable[[], TermIds]) -> None:
    """The error is theirs."""

    def failing() -> Iterator[list[str]]:
        yield ["a"] * (BATCH + 1)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        made().encode(failing())


def test_documents_are_of_sorted_terms() -> None:
    """A term's number is its place among all terms, of all fields, in the order of their characters."""
    first, second = Documents.encode([["b", "é"], ["a"]], [[], ["c", "b"]])
    assert list(first.terms) == ["a", "b", "c", "é"] == list(second.terms)
    assert (first.tokens.tolist(), second.tokens.tolist()) == ([1, 3, 0], [2, 1])
    assert (first.lengths.tolist(), second.lengths.tolist()) == ([2, 1], [0, 2])
