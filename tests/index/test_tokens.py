"""Where the terms of an archive stand: what is found at once is what looking at each paragraph finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.index.tokens import consecutive_ranges
from bot.models import Paragraph, Span
from bot.text import analysis
from bot.text.sentences import split_sentences
from bot.wiring import build_index
from tests.factories import article

WORDS = ("pier", "old", "Skarvik", "the", "cost.", "Who?", "3.5", "U.S.", "ferry;")
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [([], []), ([0], [(0, 1)]), ([3, 4, 5], [(3, 6)]), ([0, 2, 3, 7], [(0, 1), (2, 4), (7, 8)])],
)
def test_numbers_that_follow_each_other_are_one_range(numbers: list[int], found: list[tuple[int, int]]) -> None:
    """Ascending numbers become half-open ranges, as few as can be."""
    assert list(consecutive_ranges(numbers)) == found


def standing(paragraph: Paragraph, wanted: set[str]) -> list[tuple[str, int, int]]:
    """Each wanted term of ``paragraph``: how many terms precede it, and the sentence that holds all of it, or -1."""
    spans = split_sentences(paragraph.text)
    searched = (token for token in analysis.tokenize(paragraph.text) if not token.is_stop)
    return [
        (
            one.term,
            at,
            next((i for i, span in enumerate(spans) if span.contains(Span(one.start, one.end))), -1),
        )
        for at, one in enumerate(searched)
        if one.term in wanted
    ]


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sets(st.sampled_from(WORDS), min_size=1), st.randoms())
def test_what_stands_in_many_paragraphs_is_what_stands_in_each(
    told: list[list[str]], asked: set[str], chance: object
) -> None:
    """Terms, their places and their sentences are those of each paragraph, looked at by itself."""
    whole = build_index([article("\n\n".join(texts), id=f"{number}.txt") for number, texts in enumerate(told)])
    archive, tokens = whole.archive, whole.tokens
    wanted = {term for word in asked for term in analysis.extract_terms(word)}
    flags = tokens.term_mask(tokens.term_ids(sorted(wanted)))
    looked_at = [paragraph for paragraph in archive.paragraphs if chance.random() < 0.7]  # type: ignore[attr-defined]
    numbers = [tokens.paragraph_number(paragraph) for paragraph in looked_at]
    found: dict[int, list[tuple[int, int, int]]] = {number: [] for number in numbers}
    for at, term, number, sentence in zip(*tokens.occurrences(flags, numbers), strict=True):
        found[int(number)].append((term, at - sum(map(tokens.token_count, archive.paragraphs[:number])), sentence))
    assert found == {
        number: [(tokens.term_ids([term])[0], at, sentence) for term, at, sentence in standing(paragraph, wanted)]
        for number, paragraph in zip(numbers, looked_at, strict=True)
    }


def test_nothing_stands_where_nothing_is_looked_at() -> None:
    """Without a paragraph, or without a wanted term, nothing is found."""
    tokens = build_index([article("The old pier cost much.")]).tokens
    everything = np.ones_like(tokens.term_mask(()))
    assert not len(tokens.occurrences(everything, []).tokens)
    assert not len(tokens.occurrences(tokens.term_mask(()), [0]).tokens)


@pytest.mark.parametrize(
    ("terms", "at", "follows"), [("old pier", 0, True), ("pier old", 0, False), ("pier", 9, False)]
)
def test_terms_follow_one_another_within_a_paragraph(terms: str, at: int, follows: bool) -> None:
    """Terms stand in a row where each is the next, and never across the end of a paragraph."""
    tokens = build_index([article("The old pier.\n\nThe pier.")]).tokens
    assert tokens.has_sequence_at(tokens.term_ids(analysis.extract_terms(terms)), at, 0) is follows


def test_terms_do_not_follow_into_the_next_paragraph() -> None:
    """The last term of one paragraph and the first of the next are not in a row."""
    tokens = build_index([article("It was old.\n\nPiers stood.")]).tokens
    assert not tokens.has_sequence_at(tokens.term_ids(analysis.extract_terms("old pier")), 0, 0)
