"""Test the token arrays: searching many paragraphs at once equals analyzing each paragraph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Paragraph, Span
from bot.text import analysis
from bot.text.sentences import split_sentences
from tests.factories import all_paragraphs, article, build_index

WORDS = ("pier", "old", "Skarvik", "the", "cost.", "Who?", "3.5", "U.S.", "ferry;")
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=5)


def find_terms(paragraph: Paragraph, terms: set[str]) -> list[tuple[str, int, int]]:
    """Return each occurrence of a term: term, number of preceding tokens, and the sentence that contains it, or -1."""
    spans = split_sentences(paragraph.text)
    searched = (token for token in analysis.tokenize(paragraph.text) if not token.is_stop)
    return [
        (
            one.term,
            at,
            next((i for i, span in enumerate(spans) if span.contains(Span(one.start, one.end))), -1),
        )
        for at, one in enumerate(searched)
        if one.term in terms
    ]


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sets(st.sampled_from(WORDS), min_size=1), st.randoms())
def test_occurrences_equal_those_of_each_paragraph(
    texts_by_article: list[list[str]], words: set[str], chance: object
) -> None:
    """Terms, their positions and their sentences equal those of each paragraph, analyzed by itself."""
    index = build_index(
        [article("\n\n".join(texts), id=f"{number}.txt") for number, texts in enumerate(texts_by_article)]
    )
    archive, tokens = index.archive, index.tokens
    terms = {term for word in words for term in analysis.extract_terms(word)}
    mask = tokens.term_mask(tokens.term_ids(sorted(terms)))
    paragraphs = all_paragraphs(archive)
    chosen = [paragraph for paragraph in paragraphs if chance.random() < 0.7]  # type: ignore[attr-defined]
    numbers = [tokens.paragraph_number(paragraph) for paragraph in chosen]
    found: dict[int, list[tuple[int, int, int]]] = {number: [] for number in numbers}
    for at, term, number, sentence in zip(*tokens.occurrences(mask, numbers), strict=True):
        found[int(number)].append((term, at - sum(map(tokens.token_count, paragraphs[:number])), sentence))
    assert found == {
        number: [(tokens.term_ids([term])[0], at, sentence) for term, at, sentence in find_terms(paragraph, terms)]
        for number, paragraph in zip(numbers, chosen, strict=True)
    }


def test_no_paragraph_or_term_has_no_occurrence() -> None:
    """Without a paragraph, or without a term, there is no occurrence."""
    tokens = build_index([article("The old pier cost much.")]).tokens
    every_term = np.ones_like(tokens.term_mask(()))
    assert not len(tokens.occurrences(every_term, []).tokens)
    assert not len(tokens.occurrences(tokens.term_mask(()), [0]).tokens)


@pytest.mark.parametrize(
    ("terms", "at", "expected"), [("old pier", 0, True), ("pier old", 0, False), ("pier", 9, False)]
)
def test_has_sequence_at(terms: str, at: int, expected: bool) -> None:
    """Terms form a sequence if each directly follows the one before, within the paragraph."""
    tokens = build_index([article("The old pier.\n\nThe pier.")]).tokens
    assert tokens.has_sequence_at(tokens.term_ids(analysis.extract_terms(terms)), at, 0) is expected


def test_a_sequence_does_not_continue_in_the_next_paragraph() -> None:
    """The last term of one paragraph and the first of the next are no sequence."""
    tokens = build_index([article("It was old.\n\nPiers stood.")]).tokens
    assert not tokens.has_sequence_at(tokens.term_ids(analysis.extract_terms("old pier")), 0, 0)
