"""The keeper of words, and the judge of what is verbatim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.errors import VerificationError
from bot.models import Article, Paragraph, Quote, Span
from tests.factories import archive_of, article, tampered

FELL = article(
    "Tarn", "The bridge at Tarn fell.", "Nobody “crossed” it since — 🎉 nobody.", id="fell.txt", headings=["Tarn"]
)
WOOD = article("Wood rots.", id="wood.txt", published=date(2024, 3, 4))


def quoted(words: str, *, number: int = 1, of: Article = FELL, bold: str | None = None) -> Quote:
    """These words of an article, as a quote from its paragraph ``number``."""
    cited = archive_of([of]).paragraphs_of(of.id)[number - 1]
    start = of.text.index(words)
    at = of.text.index(bold) if bold else 0
    bolds = (Span(at, at + len(bold)),) if bold else ()
    return Quote(cited, Span(start, start + len(words)), highlights=bolds)


@pytest.mark.parametrize(
    "quote",
    [
        quoted("The bridge at Tarn fell."),
        quoted("bridge at", bold="bridge"),
        quoted("Nobody “crossed” it since — 🎉 nobody.", number=2, bold="“crossed”"),
        quoted("Wood rots.", of=WOOD),
    ],
)
def test_a_slice_is_accepted(quote: Quote) -> None:
    """A quote that is a slice of the paragraph it cites is accepted."""
    archive_of([FELL, WOOD]).verify(quote)


WHOLE = quoted("The bridge at Tarn fell.")
REWRITTEN = replace(FELL, text=FELL.text.replace("fell", "held"))
LONGER = replace(FELL, text=FELL.text.replace("fell.", "fell. Twice."))


@pytest.mark.parametrize(
    "quote",
    [
        quoted("Stone lasts.", of=article("Stone lasts.", id="stone.txt")),
        quoted("The bridge at Tarn held.", of=REWRITTEN),
        quoted("The bridge at Tarn fell. Twice.", of=LONGER),
        quoted("Tarn"),
        quoted("Nobody", number=1),
        quoted("The bridge", number=2),
        quoted("fell.\n\nNobody"),
        quoted("bridge at", bold="Tarn fell"),
        replace(WHOLE, span=Span(WHOLE.span.start, WHOLE.span.start)),
        replace(WHOLE, span=Span(WHOLE.span.end, WHOLE.span.start)),
        replace(WHOLE, paragraph=replace(WHOLE.paragraph, number=3)),
        replace(WHOLE, paragraph=Paragraph(FELL, 2, 2, WHOLE.paragraph.span)),
        replace(WHOLE, paragraph=replace(WHOLE.paragraph, number=0)),
    ],
)
def test_anything_else_is_refused(quote: Quote) -> None:
    """A quote of another article, of another text, of a heading, outside its paragraph or without words is refused."""
    with pytest.raises(VerificationError):
        archive_of([FELL, WOOD]).verify(quote)


def test_an_article_that_changed_after_it_was_read() -> None:
    """Once the stored text differs from what was read, nothing of it is accepted, not even what stayed the same."""
    with pytest.raises(VerificationError, match=r"fell\.txt"):
        tampered(FELL, "crossed", "mounted").verify(quoted("The bridge"))


def test_paragraphs_and_passages() -> None:
    """Articles are kept in the order they came; paragraph ``n`` of an article is at ``n - 1``."""
    archive = archive_of([WOOD, FELL])
    assert [paragraph.text for paragraph in archive.paragraphs_of("fell.txt")] == [
        "The bridge at Tarn fell.",
        "Nobody “crossed” it since — 🎉 nobody.",
    ]
    assert [paragraph.article.id for paragraph in archive.paragraphs] == ["wood.txt", "fell.txt", "fell.txt"]
    assert [passage.article.id for passage in archive.passages] == ["wood.txt", "fell.txt"]


def test_the_latest_date() -> None:
    """The latest date is that of the articles which have one."""
    assert archive_of([FELL, WOOD]).latest == date(2024, 3, 4)
    assert archive_of([FELL]).latest is None
    assert archive_of([]).latest is None
