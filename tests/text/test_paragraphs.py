"""Paragraphs as their author parted them, and the passages that are searched."""

from __future__ import annotations

import pytest

from bot.models import Article, Mark, Span
from bot.text.paragraphs import PASSAGE_WORDS, build_passages, split_paragraphs

WRAPPED = """The council met on Tuesday and agreed to
repair the old bridge before winter. It had been
closed since the flood, which carried two of its
piers away in one night."""


def article(text: str, *marked: str) -> Article:
    """An article whose marks are these stretches: headings, but the first a title if it begins with a hash."""
    marks = [Mark("title" if words[0] == "#" else "heading", span_of(text, words)) for words in marked]
    return Article("a", "A", "a.txt", text, marks=tuple(marks))


def span_of(text: str, words: str) -> Span:
    return Span(text.index(words), text.index(words) + len(words))


def of_words(*counts: int, heading_before: int | None = None) -> Article:
    """An article of paragraphs of so many words, with a heading above one of them."""
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
def test_split(text: str, expected: list[str]) -> None:
    """Blank lines part paragraphs; single line ends do when the lines end as paragraphs, not when they were wrapped."""
    paragraphs = split_paragraphs(article(text))
    assert [paragraph.text for paragraph in paragraphs] == expected
    assert [(paragraph.number, paragraph.total) for paragraph in paragraphs] == [
        (number, len(expected)) for number in range(1, len(expected) + 1)
    ]


def test_headings() -> None:
    """A paragraph knows the nearest heading above it; a title or heading is none, and parts its neighbours."""
    text = "#Title\nzero\n\nFirst\none\nSecond\n\ntwo\n\nthree"
    found = [
        (p.heading and p.heading.slice(text), p.text)
        for p in split_paragraphs(article(text, "#Title", "First", "Second"))
    ]
    assert found == [(None, "zero"), ("First", "one"), ("Second", "two"), ("Second", "three")]


def test_a_line_that_leads_elsewhere_is_no_heading() -> None:
    """What stands below a link to another article is of the section above it."""
    text = "First\none\nLearn more: The best umbrellas\n\ntwo"
    found = [
        (p.heading and p.heading.slice(text), p.text)
        for p in split_paragraphs(article(text, "First", "Learn more: The best umbrellas"))
    ]
    assert found == [("First", "one"), ("First", "two")]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (article(""), []),
        (of_words(10), [[1]]),
        (of_words(PASSAGE_WORDS + 1), [[1]]),
        (of_words(90, 90), [[1, 2]]),
        (of_words(90, 91), [[1], [2]]),
        (of_words(60, 60, 60, 60), [[1, 2, 3], [4]]),
        (of_words(10, 300, 10), [[1], [2], [3]]),
        (of_words(10, 10, 10, heading_before=1), [[1], [2, 3]]),
    ],
)
def test_passages(made: Article, expected: list[list[int]]) -> None:
    """Neighbours are joined up to 180 words, never across a heading; a longer paragraph stands alone, whole."""
    found = build_passages(split_paragraphs(made))
    assert [[paragraph.number for paragraph in passage.paragraphs] for passage in found] == expected
    for passage in found:
        first, last = passage.paragraphs[0], passage.paragraphs[-1]
        assert passage.span == Span(first.span.start, last.span.end)


def test_passages_of_several_articles() -> None:
    """A passage never joins paragraphs of two articles, even if their words are the same."""
    one, two = of_words(5, 5), of_words(5, 5)
    assert [passage.article is one for passage in build_passages(split_paragraphs(one) + split_paragraphs(two))] == [
        True,
        False,
    ]
