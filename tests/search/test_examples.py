"""Suggested questions are made from the archive's sentences, and answered by it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.models import Answer, Article, Question
from bot.search.answerer import MAX_EXAMPLES, Answerer
from bot.search.examples import MAX_PARAGRAPHS
from bot.wiring import open_corpus
from tests.factories import answerer, article

MADE = [
    ("", None),
    ("Yes.", None),
    ("It was built in 1871 of grey granite.", None),
    ("They approved the ferry budget on Monday.", None),
    ("This was moved in 1954 after a storm.", None),
    ("Fog remained a common sight in the bay.", None),
    ("Ilse Maren said so at the pier.", None),
    ("the ferry was sold in 1990.", None),
    ("The ferry was late again on Monday.", None),
    ("The ferry costs a great deal.", None),
    ("灯台は1871年に建てられた。", None),
    ("The lighthouse was built in 1871 of grey granite.", "when was the lighthouse built"),
    ("The Orre lighthouse was built in 1871.", "when was the Orre lighthouse built"),
    ("The Lund Bay ferries were sold to a yard in Riga in May 1990.", "when were the Lund Bay ferries sold"),
    ("Lund Bay was mapped by Ilse Maren.", "who mapped Lund Bay"),
    ("The pier was closed because its beams had rotted.", "why was the pier closed"),
    ("The Orre ferry has 14 cabins and a café.", "how many cabins does the Orre ferry have"),
    (
        "The Coastal Transport Authority (CTA) has nine members.",
        "how many members does the Coastal Transport Authority",
    ),
    ("The Lund pier cost 14 million crowns.", "how much did the Lund pier cost"),
    ("A ferry ticket costs €20 in summer.", "how much does a ferry ticket cost"),
    ("Ilse Maren designed the new pier of Lund Bay.", "who designed the new pier"),
    ("Lund’s council approved the ferry budget on Monday.", "who approved the ferry budget"),
    ("Ilse Maren, the captain, said the fog would lift.", "what did Ilse Maren say"),
]


@pytest.mark.parametrize(("sentence", "question"), MADE)
def test_a_plain_sentence_becomes_a_question(sentence: str, question: str | None) -> None:
    """A sentence that says something plainly about a thing or a name becomes a question; others do not."""
    asked = [one for one in answerer(article(sentence)).examples if " " in one]
    if question is None:
        assert asked == []
    else:
        assert asked[0].startswith(question)


ORRE = article(
    "The Orre lighthouse was built in 1871 of grey granite.",
    "Its keeper, Jonas Tveit, retired last autumn.",
    "The Orre lighthouse was painted in 1902.",
    id="orre.txt",
    published=date(2023, 10, 1),
)
PIER = article(
    "Ferries sail again, the Coastal Transport Authority (CTA) announced.",
    "The Lund pier cost 14 million crowns.",
    "The CTA and the council agreed on a new timetable.",
    id="pier.txt",
    published=date(2024, 3, 4),
)
NAMES = article("On Monday the captain, Ilse Maren, met Jonas Tveit, the keeper.", id="names.txt")
ACRONYM = article("The Coastal Transport Authority (CTA) is small.", id="acronym.txt")

ARCHIVES: list[tuple[tuple[Article, ...], tuple[str, ...]]] = [
    ((), ()),
    ((article("Yes."),), ()),
    ((NAMES,), ("Ilse Maren", "Jonas Tveit")),
    ((ACRONYM,), ("what is CTA", "Coastal Transport Authority")),
    ((ORRE,), ("when was the Orre lighthouse built", "Jonas Tveit", "when was the Orre lighthouse painted")),
    (
        (ORRE, PIER),
        ("what was agreed on CTA", "how much did the Lund pier cost", "when was the Orre lighthouse built"),
    ),
]


@pytest.mark.parametrize(("articles", "asked"), ARCHIVES)
def test_the_examples_of_an_archive(articles: tuple[Article, ...], asked: tuple[str, ...]) -> None:
    """They have several forms and are about several articles if possible, the newest first."""
    made = answerer(*articles)
    assert made.examples == asked
    assert_answered(made)


def test_the_examples_of_the_sample_archive(root: Path) -> None:
    """They are questions that a person would ask, each answered by its first quote."""
    sample = open_corpus([root / "corpus"]).with_current(lambda one: one)
    assert sample.examples == (
        "what was agreed on GCAP",
        "who approved a defense budget",
        "how many members does the Quadrilateral Security Dialogue have",
    )
    assert_answered(sample)


def test_the_examples_of_real_articles_are_answered(real_articles: Path) -> None:
    """An archive of real articles also gets as many as it can."""
    real = open_corpus([real_articles]).with_current(lambda one: one)
    assert len(real.examples) == MAX_EXAMPLES
    assert_answered(real)


def test_a_large_archive_is_read_in_part() -> None:
    """In an archive with more paragraphs than are read, the oldest are not asked about."""
    new = article(*["Nothing of note."] * MAX_PARAGRAPHS, id="new.txt", published=date(2025, 1, 1))
    made = answerer(ORRE, new).examples
    assert not any(one.startswith("when") for one in made)
    assert answerer(ORRE, new, PIER).examples[:1] == ("what was agreed on CTA",)


def assert_answered(asked: Answerer) -> None:
    for example in asked.examples:
        reply = asked.answer(Question(example))
        assert isinstance(reply, Answer), example
        assert reply.warning is None
        assert reply.quotes[0].unmatched_terms == ()
