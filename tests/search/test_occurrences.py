"""Matches in many passages at once equal what plain definitions find paragraph by paragraph."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Paragraph, Passage, Query, Question, Span
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.occurrences import positions_in
from bot.search.ranking import match_passages
from bot.text import analysis
from bot.text.sentences import split_sentences
from tests.factories import article, build_index

DEFINED = "The Nordic Ferry Board (NFB) met. The NFB runs the Skarvik pier."
"""Defines an acronym, whose long form is an expansion of several terms."""
WORDS = ("Nordic", "Ferry", "Board", "NFB", "Skarvik", "pier.", "the", "old", "crane", "stood.")
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join), min_size=1, max_size=6)
QUESTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)

Occurrence = tuple[frozenset[int], int, int | None]
"""The positions of the words that it covers, how many terms precede it in its paragraph, and its sentence."""


def find_occurrences(query: Query, paragraph: Paragraph) -> list[Occurrence]:
    """Every occurrence of an expansion in the paragraph."""
    spans = split_sentences(paragraph.text)
    tokens = [token for token in analysis.tokenize(paragraph.text) if not token.is_stop]
    found: list[Occurrence] = []
    for at, expansion in product(range(len(tokens)), query.expansions):
        own = tokens[at : at + len(expansion.terms)]
        if tuple(token.term for token in own) == expansion.terms:
            ends = [
                next((i for i, span in enumerate(spans) if span.contains(Span(token.start, token.end))), None)
                for token in (own[0], own[-1])
            ]
            found.append((frozenset(expansion.positions), at, ends[0] if ends[0] == ends[1] else None))
    return found


def best_share(coverage: Coverage, found: list[list[Occurrence]], length: int) -> float:
    """The greatest share that so many sentences in a row match, of which the first matches anything."""
    runs = [
        set[int]().union(*(words for words, _, at in own if at is not None and first <= at < first + length))
        for own in found
        for _, _, first in own
        if first is not None
    ]
    return max((sum(coverage.shares[i] for i in run) for run in runs), default=0.0)


def share_of_pairs(coverage: Coverage, found: list[list[Occurrence]], most: int, *, in_order: bool) -> float:
    """The share of the pairs of neighbouring words that are so near each other in one paragraph, or one expansion."""
    pairs = [one + other for one, other in zip(coverage.shares, coverage.shares[1:], strict=False)]
    held = {
        i
        for own in found
        for (words, at, last), (others, other, other_last) in product(own, own)
        for i in words
        if i + 1 in others
        and (
            (words, at, last) == (others, other, other_last)
            or (other - at == 1 if in_order else abs(other - at) <= most)
        )
    }
    return sum(pairs[i] for i in held) / (sum(pairs) or 1.0)


@given(st.lists(TEXTS, min_size=1, max_size=4), QUESTIONS, st.randoms())
def test_matches_equal_their_definitions(texts: list[list[str]], question: str, random: Random) -> None:
    """Terms, shares of sentences and of three in a row, near and adjacent words, whatever the passages' order."""
    articles = [article(DEFINED, id="0.txt")]
    articles += [article("\n\n".join(one), id=f"{number}.txt") for number, one in enumerate(texts, 1)]
    index = build_index(articles)
    query = expand(index.lexicon, Question(question))
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    passages: list[Passage] = list(index.archive.passages)
    random.shuffle(passages)
    matched = match_passages(coverage, passages)
    best = [0.0] * len(passages)
    for share, at, number, span in matched.sentences():
        assert passages[at].paragraphs[number].span.contains(span)
        best[at] = max(best[at], share)
    for at, passage in enumerate(passages):
        found = [find_occurrences(query, paragraph) for paragraph in passage.paragraphs]
        assert set(positions_in(int(matched.terms[at]))) == {i for own in found for words, _, _ in own for i in words}
        assert best[at] == pytest.approx(best_share(coverage, found, 1))
        assert matched.window[at] == pytest.approx(best_share(coverage, found, 3))
        assert matched.near[at] == pytest.approx(share_of_pairs(coverage, found, 4, in_order=False))
        assert matched.adjacent[at] == pytest.approx(share_of_pairs(coverage, found, 1, in_order=True))
        for paragraph, own in zip(passage.paragraphs, found, strict=True):
            matches = coverage.matches(paragraph)
            assert sorted(sorted(positions_in(match.terms)) for match in matches) == sorted(
                sorted(one[0]) for one in own
            )
            assert all(paragraph.span.contains(match.span) for match in matches)
        matching = [paragraph for paragraph, _ in coverage.matching_paragraphs(passage)]
        assert matching == [paragraph for paragraph, own in zip(passage.paragraphs, found, strict=True) if own]


def test_a_question_of_very_many_words_is_cut() -> None:
    """A follow-up and its question, each with more content words than a bitmask has bits, are cut and matched."""
    many = " ".join(f"crane{number}" for number in range(200))
    index = build_index([article(many), article("It was crane199 that stood.", id="other.txt")])
    query = expand(index.lexicon, Question(f"and {many}?", previous_questions=(f"which ships {many}",)))
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    held = coverage.passage_terms(index.archive.passages[0])
    assert len(query.words) <= 64
    assert coverage.share(held) > 0.9
