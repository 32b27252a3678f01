"""Every format: the same story gives the same paragraphs, and every offset holds."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ingest.draft import Draft
from bot.ingest.encoding import clean
from bot.ingest.formats import html, markdown, plain
from bot.models import Article
from bot.text.paragraphs import split_paragraphs

from .samples import HARBOUR, Story, files, finished, html_text, markdown_text, marks, one, plain_text, shown

LETTERS = st.characters(exclude_categories=("C", "Z"))
HARD = st.sampled_from(
    ["👩‍🚀", "🇮🇳", "e\u0301", "שלום\u200f", "مرحبا", "na\u0308\u0323ive", "ﬁ", "—", "“so”", "<b>", "&amp;", "*x*"]
)
WORDS = st.lists(st.one_of(st.text(LETTERS, min_size=1, max_size=8), HARD), min_size=2, max_size=9).map(" ".join)
NAMES = st.builds("{} {}".format, st.sampled_from(["North", "7", "Élan"]), st.sampled_from(["Sea", "Österlen", "שלום"]))
PARAGRAPHS = WORDS.map(lambda words: f"Then the long account begins: {words}.")
SECTIONS = st.lists(PARAGRAPHS, min_size=1, max_size=4).map(tuple)
STORIES = st.builds(
    lambda title, first, rest: Story(title, ((None, first), *rest)),
    NAMES,
    SECTIONS,
    st.lists(st.tuples(NAMES, SECTIONS), max_size=3).map(tuple),
)
READERS: list[tuple[Callable[[bytes], Draft], Callable[[Story], str]]] = [
    (plain.read, plain_text),
    (plain.read, lambda story: plain_text(story, "\n")),
    (plain.read, lambda story: plain_text(story).replace("\n", "\r\n")),
    (markdown.read, markdown_text),
    (html.read, html_text),
]


def holds(article: Article) -> None:
    """Assert what every article's paragraphs promise."""
    paragraphs = split_paragraphs(article)
    assert [paragraph.number for paragraph in paragraphs] == list(range(1, len(paragraphs) + 1))
    spans = sorted([paragraph.span for paragraph in paragraphs] + [mark.span for mark in article.marks])
    assert all(above.end <= below.start for above, below in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(article.text) for span in spans)
    for paragraph in paragraphs:
        assert paragraph.total == len(paragraphs)
        assert paragraph.text == article.text[paragraph.span.start : paragraph.span.end] == paragraph.text.strip()
    assert clean(article.text) == article.text
    article.text.encode()


@given(STORIES)
@settings(deadline=None, max_examples=60)
def test_formats_agree(story: Story) -> None:
    """One story written in each format gives the same title, headings and paragraphs, letter for letter."""
    for read, write in READERS:
        article = finished(read(write(story).encode()))
        assert article.title == story.title
        assert shown(article) == story.paragraphs
        holds(article)


STRANGE = st.sampled_from(
    ["\r\n", "\n\n", "\x00", "\x85", "\u2028", "\ufeff", "## ", "<p>", "<br>", "By ", "> ", "&#1;"]
)


@given(st.lists(st.one_of(WORDS, st.text(st.characters(exclude_categories=["Cc"]), max_size=60), STRANGE)))
@settings(deadline=None, max_examples=150)
def test_offsets_hold(pieces: list[str]) -> None:
    """Whatever the characters are, each paragraph is an exact slice, apart from the others and from every mark."""
    text = "A start that is long enough for prose. " * 3 + " ".join(pieces)
    for read in (plain.read, markdown.read, html.read):
        holds(finished(read(text.encode("utf-8", "ignore"))))


@pytest.mark.parametrize("name", files(HARBOUR))
def test_file_of_each_format(tmp_path: Path, name: str) -> None:
    """Each suffix leads to its reader, and each file of the story to the same article."""
    article = one(tmp_path, name, files(HARBOUR)[name])
    assert shown(article) == HARBOUR.paragraphs
    assert marks(article) == [("title", HARBOUR.title), ("heading", "What It Cost"), ("heading", "Next Steps")]
