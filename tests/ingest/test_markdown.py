"""Markdown: its visible text and its front matter."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from .samples import list_paragraphs, read_article, read_file

FRONT = "---\ntitle: A Bridge\nauthor: [Jo Roe, Max Poe]\nsite: River Post\ndate: 2025-05-07\nlink: https://example.org/b\n---\n"

LEANING = ["Leans a bit, and [^c].", "By four degrees.", "Not much."]
UNCOMMENTED = ["%%code%%, 100%% sure, 50%% more.", "%%code%%"]


@pytest.mark.parametrize(
    ("markdown", "paragraphs"),
    [
        ("Plain words.", ["Plain words."]),
        ("Wrapped\nin the\nmiddle.", ["Wrapped in the middle."]),
        ("One sentence.\nAnother one.\nA third.", ["One sentence. Another one. A third."]),
        ("A hard\\\nbreak.", ["A hard\nbreak."]),
        ("A **bold** [link](https://x.org) and `code` ![alt](p.png).", ["A bold link and code ."]),
        ("A <em>tag</em> &amp; an entity&nbsp;too.", ["A tag & an entity\xa0too."]),
        ("- one\n- two\n\n> quoted\n\nlast", ["one", "two", "quoted", "last"]),
        ("<div>raw <b>words</b></div>\n\n<!-- unseen -->\n\nlast", ["raw words", "last"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | |\n\nlast", ["a 1\tb 2", "a 3", "last"]),
        ("| | b |\n|---|---|\n| 1 | *2* |", ["1\tb 2"]),
        ("| a | b |\n|---|---|", ["a\tb"]),
        ("Leans[^1] a bit[^b], and [^c].\n\n[^1]: By four degrees.\n[^b]: Not much.", LEANING),
        ("Seen %%not\n\nseen%% words.\n\n%% a\nblock %%\n\nlast", ["Seen words.", "last"]),
        ("`%%code%%`, 100%% sure, 50%% more.\n\n~~~\n%%code%%\n~~~", UNCOMMENTED),
        ("%% not closed\n\nwords", ["%% not closed", "words"]),
        ("above\n\n---\n\nbelow", ["above", "below"]),
        ("---\n\nRules around words.\n\n---\n", ["Rules around words."]),
        ("---\n- a list\n\n---\nis no front matter", ["a list", "is no front matter"]),
    ],
)
def test_visible_text_is_extracted(tmp_path: Path, markdown: str, paragraphs: list[str]) -> None:
    """The text is what a reader sees, in Markdown's own paragraphs, with a blank for a soft break."""
    assert [words for _, words in list_paragraphs(read_article(tmp_path, "a.md", markdown))] == paragraphs


TOML = """+++
title = "A Bridge"
author = ["Jo Roe", "Max Poe"]
site = "River Post"
date = 2025-05-07T08:00:00Z
link = "https://example.org/b"
draft = false
[params]
author = "Nobody"
+++
"""


@pytest.mark.parametrize("front", [FRONT, TOML], ids=["YAML", "TOML"])
def test_front_matter_is_metadata(tmp_path: Path, front: str) -> None:
    """Front matter gives the metadata and is not part of the text."""
    article = read_article(tmp_path, "a.md", f"{front}Plain words.")
    assert (article.title, article.author, article.source) == ("A Bridge", "Jo Roe, Max Poe", "River Post")
    assert (article.published, article.url, article.text) == (date(2025, 5, 7), "https://example.org/b", "Plain words.")


@pytest.mark.parametrize("front", ["title = ", "a" + ".b" * 600 + " = 1", "title = 1\ntitle = 2", "x" * 30_000])
def test_invalid_toml_is_ignored(tmp_path: Path, front: str) -> None:
    """Front matter in TOML that is invalid, or too long or deep, is ignored with a warning, and the article is read."""
    result = read_file(tmp_path, "a.md", f"+++\n{front}\n+++\nPlain words.")
    assert [article.text for article in result.articles] == ["Plain words."]
    assert ["front matter is" in warning for warning in result.warnings] == [True]


@pytest.mark.parametrize(
    ("front", "about"),
    [
        ("title: [unclosed", "front matter"),
        ("title: A\n\tb: c", "front matter"),
        ("a: " + "[" * 1000, "front matter"),
        ("a: " + "b" * 30_000, "front matter is too long"),
        ("date: soon", '"date"'),
        ("date: 2025-02-31", '"date"'),
        ("url: javascript:alert(1)", '"url"'),
        ("author: {name: x}", '"author"'),
    ],
)
def test_invalid_front_matter_is_ignored(tmp_path: Path, front: str, about: str) -> None:
    """Invalid front matter or fields are ignored with a warning, and the article is read."""
    result = read_file(tmp_path, "a.md", f"---\n{front}\n---\nPlain words.")
    assert [article.text for article in result.articles] == ["Plain words."]
    assert [about in warning and warning.startswith("a.md: ") for warning in result.warnings] == [True]
