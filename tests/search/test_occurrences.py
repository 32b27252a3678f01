"""What stands in many passages at once is what plain definitions find in each, paragraph by paragraph."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Paragraph, Passage, Query, Question, Span
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.occurrences import positions_in
from bot.search.ranking import compute_features
from bot.text import analysis
from bot.text.sentences import split_sentences
from bot.wiring import build_index
from tests.factories import article

DEFINED = "The Nordic Ferry Board (NFB) met. The NFB runs the Skarvik pier."
"""Teaches an acronym, whose long form is one form of several terms."""
WORDS = ("Nordic", "Ferry", "Board", "NFB", "Skarvik", "pier.", "the", "old", "crane", "stood.")
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join), min_size=1, max_size=6)
QUESTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)

Sighting = tuple[frozenset[int], int, int | None]
"""The words that it covers, how many terms precede it in its paragraph, and its sentence."""


def sightings(query: Query, paragraph: Paragraph) -> list[Sighting]:
    """Every form of the question where it stands in the paragraph."""
    spans = split_sentences(paragraph.text)
    tokens = [token for token in analysis.tokenize(paragraph.text) if not token.is_stop]
    found: list[Sighting] = []
    for at, form in product(range(len(tokens)), query.expansions):
        own = tokens[at : at + len(form.terms)]
        if tuple(token.term for token in own) == form.terms:
            ends = [
                next((i for i, span in enumerate(spans) if span.contains(Span(token.start, token.end))), None)
                for token in (own[0], own[-1])
            ]
            found.append((frozenset(form.positions), at, ends[0] if ends[0] == ends[1] else None))
    return found


def fullest(coverage: Coverage, found: list[list[Sighting]], length: int) -> float:
    """The greatest share that so many sentences in a row hold, of which the first holds anything."""
    runs = [
        set[int]().union(*(words for words, _, at in own if at is not None and first <= at < first + length))
        for own in found
        for _, _, first in own
        if first is not None
    ]
    return max((sum(coverage.weights[i] for i in run) for run in runs), default=0.0)


def share_of_pairs(coverage: Coverage, found: list[list[Sighting]], most: int, *, in_order: bool) -> float:
    """The share of the neighbouring words that stand so near each other in one paragraph."""
    pairs = [one + other for one, other in zip(coverage.weights, coverage.weights[1:], strict=False)]
    held = {
        i
        for own in found
        for (words, at, _), (others, other, _) in product(own, own)
        for i in words
        if i + 1 in others and (other - at == 1 if in_order else abs(other - at) <= most)
    }
    return sum(pairs[i] for i in held) / (sum(pairs) or 1.0)


@given(st.lists(TEXTS, min_size=1, max_size=4), QUESTIONS, st.randoms())
def test_features_are_what_each_definition_says(told: list[list[str]], question: str, chance: object) -> None:
    """Words, shares of sentences and runs, what is near and what adjacent, whatever the passages and their order."""
    every = [article(DEFINED, id="0.txt")]
    every += [article("\n\n".join(texts), id=f"{number}.txt") for number, texts in enumerate(told, 1)]
    index = build_index(every)
    query = expand(index.lexicon, Question(question))
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    passages: list[Passage] = list(index.archive.passages)
    chance.shuffle(passages)  # type: ignore[attr-defined]
    all_of = compute_features(coverage, passages)
    best = [0.0] * len(passages)
    for share, at, span in all_of.sentences():
        assert passages[at].span.contains(span)
        best[at] = max(best[at], share)
    for at, passage in enumerate(passages):
        found = [sightings(query, paragraph) for paragraph in passage.paragraphs]
        assert set(positions_in(all_of.words[at])) == {i for own in found for words, _, _ in own for i in words}
        assert all_of.sentence[at] == pytest.approx(fullest(coverage, found, 1))
        assert best[at] == all_of.sentence[at]
        assert all_of.run[at] == pytest.approx(fullest(coverage, found, 3))
        assert all_of.near[at] == pytest.approx(share_of_pairs(coverage, found, 4, in_order=False))
        assert all_of.adjacent[at] == pytest.approx(share_of_pairs(coverage, found, 1, in_order=True))
        for paragraph, own in zip(passage.paragraphs, found, strict=True):
            matches = coverage.matches(paragraph)
            assert sorted(sorted(positions_in(match.words)) for match in matches) == sorted(
                sorted(one[0]) for one in own
            )
            assert all(paragraph.span.contains(match.span) for match in matches)
        touched = [paragraph for paragraph, _, _ in coverage.touched(passage)]
        assert touched == [paragraph for paragraph, own in zip(passage.paragraphs, found, strict=True) if own]


def test_a_question_of_very_many_words_is_held_against_a_text() -> None:
    """More content words than a machine's word has bits, after a question that has as many, are cut and found."""
    many = " ".join(f"crane{number}" for number in range(200))
    index = build_index([article(many), article("It was crane199 that stood.", id="other.txt")])
    query = expand(index.lexicon, Question(f"and {many}?", previous_questions=(f"which ships {many}",)))
    coverage = Coverage(query, index.lexicon.idf, index.tokens)
    held = coverage.words(index.archive.passages[0])
    assert len(query.words) <= 64
    assert coverage.share(held) > 0.9
