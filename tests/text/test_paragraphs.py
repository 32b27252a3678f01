"""Paragraphs and passages."""

from __future__ import annotations

import pytest

from bot.models import Article, Mark, Span
from bot.text.paragraphs import PASSAGE_WORDS, build_passages, split_paragraphs

WRAPPED = """The council met on Tuesday and agreed to
repair the old bridge before winter. It had been
closed since the flood, which carried two of its
piers away in one night."""


def article(text: str, *marked: str) -> Article:
    """An article in which these texts are marked as headings, or as the title if they begin with "#"."""
    marks = [Mark("title" if words[0] == "#" else "heading", span_of(text, words)) for words in marked]
    return Article("a", "A", "a.txt", text, marks=tuple(marks))


def span_of(text: str, words: str) -> Span:
    return Span(text.index(words), text.index(words) + len(words))


def article_of_word_counts(*counts: int, heading_before: int | None = None) -> Article:
    """An article whose paragraphs have these numbers of words, with a heading before one of them."""
    blocks = [" ".join(["word"] * (count - 1) + ["end."]) for count in counts]
    if heading_before is not None:
        blocks.insert(heading_before, "Heading")
    return article("\n\n".join(blocks), *(["Heading"] if heading_before is not None else []))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One.", ["One."]),
        ("  One.  \n", ["One."]),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One.\n \t\n\n\nTwo.", ["One.", "Two."]),
        ("One.\n\xa0\nTwo.", ["One.", "Two."]),
        ("One\n\n* * *\n\nTwo", ["One", "Two"]),
        (WRAPPED, [WRAPPED]),
        (f"{WRAPPED}\n\n{WRAPPED}", [WRAPPED, WRAPPED]),
        ("Roses are red\nViolets are blue", ["Roses are red\nViolets are blue"]),
        (
            "One ends here.\nTwo ends here?\n“Three ends here.”",
            ["One ends here.", "Two ends here?", "“Three ends here.”"],
        ),
        ("One.\nTwo\nThree.\nFour.", ["One.", "Two", "Three.", "Four."]),
        ("x " * 100 + "\nshort\n" + "y " * 100, [("x " * 100).strip(), "short", ("y " * 100).strip()]),
        (
            "A Line Above\nA sentence that is a good deal longer.",
            ["A Line Above", "A sentence that is a good deal longer."],
        ),
    ],
)
def test_split_paragraphs(text: str, expected: list[str]) -> None:
    """Blank lines separate paragraphs; single line ends do too, unless the text is hard-wrapped."""
    paragraphs = split_paragraphs(article(text))
    assert [paragraph.text for paragraph in paragraphs] == expected
    assert [(paragraph.number, paragraph.total) for paragraph in paragraphs] == [
        (number, len(expected)) for number in range(1, len(expected) + 1)
    ]


def test_paragraphs_have_the_nearest_heading() -> None:
    """A paragraph has the nearest heading above it; a title or heading separates paragraphs and is not one itself."""
    text = "#Title\nzero\n\nFirst\none\nSecond\n\ntwo\n\nthree"
    found = [
        (p.heading and p.heading.slice(text), p.text)
        for p in split_paragraphs(article(text, "#Title", "First", "Second"))
    ]
    assert found == [(None, "zero"), ("First", "one"), ("Second", "two"), ("Second", "three")]


def test_a_table_of_contents_is_no_paragraph() -> None:
    """A block that repeats a heading further down is left out, unless nothing else is there."""
    text = "Where the ferry\n sails\n\nWho rows it\n\nIn brief:\n\nWhere the ferry sails.\n\nTo Tarn."
    of = article(text.replace("sails.", "sails"), "Where the ferry sails")
    assert [one.text for one in split_paragraphs(of)] == ["Who rows it", "In brief:", "To Tarn."]
    assert [one.text for one in split_paragraphs(article("Tarn\n\nTarn", "Tarn"))] == ["Tarn"]


def test_pointers_are_not_headings() -> None:
    """A paragraph below a link to another article belongs to the section above the link."""
    text = "First\none\nLearn more: The best umbrellas\n\ntwo"
    found = [
        (p.heading and p.heading.slice(text), p.text)
        for p in split_paragraphs(article(text, "First", "Learn more: The best umbrellas"))
    ]
    assert found == [("First", "one"), ("First", "two")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (article(""), []),
        (article_of_word_counts(10), [[1]]),
        (article_of_word_counts(PASSAGE_WORDS + 1), [[1]]),
        (article_of_word_counts(90, 90), [[1, 2]]),
        (article_of_word_counts(90, 91), [[1], [2]]),
        (article_of_word_counts(60, 60, 60, 60), [[1, 2, 3], [4]]),
        (article_of_word_counts(10, 300, 10), [[1], [2], [3]]),
        (article_of_word_counts(10, 10, 10, heading_before=1), [[1], [2, 3]]),
    ],
)
def test_build_passages(given: Article, expected: list[list[int]]) -> None:
    """Paragraphs are joined up to 180 words, never across a heading; a longer paragraph is a passage by itself."""
    found = build_passages(split_paragraphs(given))
    assert [[paragraph.number for paragraph in passage.paragraphs] for passage in found] == expected
    for passage in found:
        first, last = passage.paragraphs[0], passage.paragraphs[-1]
        assert passage.span == Span(first.span.start, last.span.end)


def test_passages_do_not_cross_articles() -> None:
    """A passage never joins paragraphs of two articles, even if their texts are equal."""
    one, two = article_of_word_counts(5, 5), article_of_word_counts(5, 5)
    assert [passage.article is one for passage in build_passages(split_paragraphs(one) + split_paragraphs(two))] == [
        True,
        False,
    ]
