"""All formats: the same article gives the same paragraphs, and all offsets are valid."""

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

from .samples import (
    HARBOUR,
    Sample,
    html_text,
    list_marks,
    list_paragraphs,
    markdown_text,
    plain_text,
    read_article,
    to_article,
    write_formats,
)

LETTERS = st.characters(exclude_categories=("C", "Z"))
DIFFICULT = st.sampled_from(
    ["👩‍🚀", "🇮🇳", "e\u0301", "שלום\u200f", "مرحبا", "na\u0308\u0323ive", "ﬁ", "—", "“so”", "<b>", "&amp;", "*x*"]
)
WORDS = st.lists(st.one_of(st.text(LETTERS, min_size=1, max_size=8), DIFFICULT), min_size=2, max_size=9).map(" ".join)
NAMES = st.builds("{} {}".format, st.sampled_from(["North", "7", "Élan"]), st.sampled_from(["Sea", "Österlen", "שלום"]))
PARAGRAPHS = WORDS.map(lambda words: f"Then the long account begins: {words}.")
SECTIONS = st.lists(PARAGRAPHS, min_size=1, max_size=4).map(tuple)
SAMPLES = st.builds(
    lambda title, first, rest: Sample(title, ((None, first), *rest)),
    NAMES,
    SECTIONS,
    st.lists(st.tuples(NAMES, SECTIONS), max_size=3).map(tuple),
)
READERS: list[tuple[Callable[[bytes], Draft], Callable[[Sample], str]]] = [
    (plain.read, plain_text),
    (plain.read, lambda sample: plain_text(sample, "\n")),
    (plain.read, lambda sample: plain_text(sample).replace("\n", "\r\n")),
    (markdown.read, markdown_text),
    (html.read, html_text),
]


def assert_consistent(article: Article) -> None:
    """Assert that paragraphs are numbered, disjoint, exact slices of the canonical text."""
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


@given(SAMPLES)
@settings(max_examples=60)
def test_formats_agree(sample: Sample) -> None:
    """An article written in each format gives exactly the same title, headings and paragraphs."""
    for read, write in READERS:
        article = to_article(read(write(sample).encode()))
        assert article.title == sample.title
        assert list_paragraphs(article) == sample.paragraphs
        assert_consistent(article)


STRANGE = st.sampled_from(
    ["\r\n", "\n\n", "\x00", "\x85", "\u2028", "\ufeff", "## ", "<p>", "<br>", "By ", "> ", "&#1;"]
)


@given(st.lists(st.one_of(WORDS, st.text(st.characters(exclude_categories=["Cc"]), max_size=60), STRANGE)))
@settings(max_examples=150)
def test_offsets_are_valid_for_any_text(pieces: list[str]) -> None:
    """In any text, paragraphs are exact slices that overlap neither each other nor a mark."""
    text = "A start that is long enough for prose. " * 3 + " ".join(pieces)
    for read in (plain.read, markdown.read, html.read):
        assert_consistent(to_article(read(text.encode("utf-8", "ignore"))))


@pytest.mark.parametrize("name", write_formats(HARBOUR))
def test_files_of_every_format_are_read(tmp_path: Path, name: str) -> None:
    """The reader is chosen by suffix, and every file gives the same article."""
    article = read_article(tmp_path, name, write_formats(HARBOUR)[name])
    assert list_paragraphs(article) == HARBOUR.paragraphs
    assert list_marks(article) == [("title", HARBOUR.title), ("heading", "What It Cost"), ("heading", "Next Steps")]
