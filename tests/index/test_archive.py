"""Test access to articles and paragraphs, and the verification of quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.errors import VerificationError
from bot.models import Article, Paragraph, Quote, Span
from tests.factories import all_paragraphs, archive_of, article, tampered

FELL = article(
    "Tarn", "The bridge at Tarn fell.", "Nobody “crossed” it since — 🎉 nobody.", id="fell.txt", headings=["Tarn"]
)
WOOD = article("Wood rots.", id="wood.txt", published=date(2024, 3, 4))


def build_quote(words: str, *, number: int = 1, of: Article = FELL, bold: str | None = None) -> Quote:
    """Quote these words of an article, citing its paragraph ``number``."""
    cited = archive_of([of]).paragraphs_of(of.id)[number - 1]
    start = of.text.index(words)
    at = of.text.index(bold) if bold else 0
    bolds = (Span(at, at + len(bold)),) if bold else ()
    return Quote(cited, Span(start, start + len(words)), highlights=bolds)


@pytest.mark.parametrize(
    "quote",
    [
        build_quote("The bridge at Tarn fell."),
        build_quote("bridge at", bold="bridge"),
        build_quote("Nobody “crossed” it since — 🎉 nobody.", number=2, bold="“crossed”"),
        build_quote("Wood rots.", of=WOOD),
    ],
)
def test_a_slice_is_verified(quote: Quote) -> None:
    """A quote that is a slice of the paragraph it cites passes."""
    archive_of([FELL, WOOD]).verify(quote)


WHOLE = build_quote("The bridge at Tarn fell.")
REWRITTEN = replace(FELL, text=FELL.text.replace("fell", "held"))
LONGER = replace(FELL, text=FELL.text.replace("fell.", "fell. Twice."))


@pytest.mark.parametrize(
    "quote",
    [
        build_quote("Stone lasts.", of=article("Stone lasts.", id="stone.txt")),
        build_quote("The bridge at Tarn held.", of=REWRITTEN),
        build_quote("The bridge at Tarn fell. Twice.", of=LONGER),
        build_quote("Tarn"),
        build_quote("Nobody", number=1),
        build_quote("The bridge", number=2),
        build_quote("fell.\n\nNobody"),
        build_quote("bridge at", bold="Tarn fell"),
        replace(WHOLE, span=Span(WHOLE.span.start, WHOLE.span.start)),
        replace(WHOLE, span=Span(WHOLE.span.end, WHOLE.span.start)),
        replace(WHOLE, paragraph=replace(WHOLE.paragraph, number=3)),
        replace(WHOLE, paragraph=Paragraph(FELL, 2, 2, WHOLE.paragraph.span)),
        replace(WHOLE, paragraph=replace(WHOLE.paragraph, number=0)),
    ],
)
def test_anything_else_is_rejected(quote: Quote) -> None:
    """A quote of another article or text, of a heading, outside its paragraph, or without words is rejected."""
    with pytest.raises(VerificationError):
        archive_of([FELL, WOOD]).verify(quote)


def test_no_quote_of_a_changed_text_is_verified() -> None:
    """If the stored text differs from its digest, every quote is rejected, even of unchanged words."""
    with pytest.raises(VerificationError, match=r"fell\.txt"):
        tampered(FELL, "crossed", "mounted").verify(build_quote("The bridge"))


def test_paragraphs_and_passages() -> None:
    """Articles are in reading order; ``paragraphs_of(id)[n - 1]`` is paragraph ``n``."""
    archive = archive_of([WOOD, FELL])
    assert [paragraph.text for paragraph in archive.paragraphs_of("fell.txt")] == [
        "The bridge at Tarn fell.",
        "Nobody “crossed” it since — 🎉 nobody.",
    ]
    assert [paragraph.article.id for paragraph in all_paragraphs(archive)] == ["wood.txt", "fell.txt", "fell.txt"]
    assert [passage.article.id for passage in archive.passages] == ["wood.txt", "fell.txt"]


def test_latest() -> None:
    """The latest date is that of the dated articles; None if there is none."""
    assert archive_of([FELL, WOOD]).latest == date(2024, 3, 4)
    assert archive_of([FELL]).latest is None
    assert archive_of([]).latest is None
