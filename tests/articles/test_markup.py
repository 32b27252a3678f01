"""Markdown and web pages: a reader's words, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.ingest.files import SkippedFile
from bot.ingest.reader import read_articles

from .samples import marks, one, read_file, shown

FRONT = "---\ntitle: A Bridge\nauthor: [Jo Roe, Max Poe]\nsite: River Post\ndate: 2025-05-07\nlink: https://example.org/b\n---\n"


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
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["a\tb", "1\t2"]),
        ("above\n\n---\n\nbelow", ["above", "below"]),
        ("---\n\nRules around words.\n\n---\n", ["Rules around words."]),
        ("---\n- a list\n\n---\nis no front matter", ["a list", "is no front matter"]),
    ],
)
def test_markdown(tmp_path: Path, markdown: str, paragraphs: list[str]) -> None:
    """Markdown gives the words a reader sees, its own paragraphs, and a blank for a soft break."""
    assert [words for _, words in shown(one(tmp_path, "a.md", markdown))] == paragraphs


def test_front_matter(tmp_path: Path) -> None:
    """Front matter gives the facts and is no part of the text."""
    article = one(tmp_path, "a.md", f"{FRONT}Plain words.")
    assert (article.title, article.author, article.source) == ("A Bridge", "Jo Roe, Max Poe", "River Post")
    assert (article.published, article.url, article.text) == (date(2025, 5, 7), "https://example.org/b", "Plain words.")


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
def test_broken_front_matter(tmp_path: Path, front: str, about: str) -> None:
    """Broken front matter costs its facts, never the article, and is warned of."""
    reading = read_file(tmp_path, "a.md", f"---\n{front}\n---\nPlain words.")
    assert [article.text for article in reading.articles] == ["Plain words."]
    assert [about in warning and warning.startswith("a.md: ") for warning in reading.warnings] == [True]


@pytest.mark.parametrize(
    ("body", "paragraphs"),
    [
        ("<p>Plain words.</p>", ["Plain words."]),
        ("Loose words", ["Loose words"]),
        ("<p>  White\n space \t collapses </p>", ["White space collapses"]),
        ("<p>One<br>  two</p>", ["One\ntwo"]),
        ("<p>One.<br><br>Two.</p>", ["One.", "Two."]),
        ("<p>Twice.</p><p>Twice.</p>", ["Twice.", "Twice."]),
        ("<p>Cafe\u0301 &eacute;&nbsp;👩‍🚀 &lt;b&gt;</p>", ["Cafe\u0301 é\xa0👩‍🚀 <b>"]),
        ("<div>Above<p>inside</p>below</div>", ["Above", "inside", "below"]),
        ("<ul><li>one<li>two</ul>", ["one", "two"]),
        ("<p>Kept<script>x()</script> whole</p><nav>Home</nav><form>Name</form>", ["Kept whole"]),
        ("<p>Seen</p><p hidden>unseen</p><div style='display: none'><p>unseen</p></div>", ["Seen"]),
        ("<aside>Ad</aside><main><p>Mine</p></main><footer>Contact</footer>", ["Mine"]),
        ("<p>Menu</p><article><p>Mine</p></article><p>Other</p>", ["Mine"]),
        ("<article>One story</article><article>Another story</article>", ["One story", "Another story"]),
        ("<pre>a\n  b</pre>", ["a\n  b"]),
        ("<table><tr><td>1<td>2</table>", ["1\t2"]),
    ],
)
def test_web_page(tmp_path: Path, body: str, paragraphs: list[str]) -> None:
    """A page gives the words a browser shows in its article, character for character."""
    page = f"<html><head><title>T</title></head><body>{body}</body></html>"
    assert [words for _, words in shown(one(tmp_path, "a.html", page))] == paragraphs


def test_web_page_facts(tmp_path: Path) -> None:
    """A page's own statements give its facts; its first h1 is the title, lower headings are headings."""
    article = one(
        tmp_path,
        "a.htm",
        """<html><head><title>Bridge | River Post</title><meta name="author" content="Jo Roe">
        <meta property="og:site_name" content="River Post"><link rel="canonical" href="https://example.org/b">
        <meta property="article:published_time" content="2025-05-07T08:00:00Z"></head>
        <body><article><h1>A Bridge</h1><p>It stands.</p>
        <h2>Its <i>Piers</i></h2><p>Two.</p></article></body></html>""",
    )
    assert (article.title, article.author, article.source) == ("A Bridge", "Jo Roe", "River Post")
    assert (article.published, article.url) == (date(2025, 5, 7), "https://example.org/b")
    assert marks(article) == [("title", "A Bridge"), ("heading", "Its Piers")]
    assert shown(article) == [(None, "It stands."), ("Its Piers", "Two.")]


def test_a_date_in_the_words_is_not_the_pages(tmp_path: Path) -> None:
    """A date among a page's words may be of anything, and is not taken for its own."""
    assert one(tmp_path, "a.html", "<p>They met on 3 May 2024, and again in June 2024.</p>").published is None


def test_declared_charset(tmp_path: Path) -> None:
    """The charset that a page declares is honoured."""
    page = '<html><head><meta charset="windows-1251"></head><body><p>Новый мост открыт.</p></body></html>'
    assert one(tmp_path, "a.html", page.encode("windows-1251")).text == "Новый мост открыт."


def test_nesting_without_end(tmp_path: Path) -> None:
    """A page nested deeper than can be followed is named, not read in part."""
    (tmp_path / "good.txt").write_text("Good words.")
    (tmp_path / "deep.html").write_text("<div>" * 5000 + "words")
    assert read_articles([tmp_path]).skipped == (SkippedFile("deep.html", "its elements are nested too deeply"),)
