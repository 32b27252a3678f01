"""Web pages: their visible text and their metadata."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.ingest.files import SkippedFile
from tests.factories import read_articles

from .samples import list_marks, list_paragraphs, read_article


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
def test_visible_text_is_extracted(tmp_path: Path, body: str, paragraphs: list[str]) -> None:
    """The text is exactly what a browser shows of the page's main content."""
    page = f"<html><head><title>T</title></head><body>{body}</body></html>"
    assert [words for _, words in list_paragraphs(read_article(tmp_path, "a.html", page))] == paragraphs


def test_metadata_and_headings(tmp_path: Path) -> None:
    """Metadata comes from the page's own tags; its first h1 is the title, lower levels are headings."""
    article = read_article(
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
    assert list_marks(article) == [("title", "A Bridge"), ("heading", "Its Piers")]
    assert list_paragraphs(article) == [(None, "It stands."), ("Its Piers", "Two.")]


def test_a_date_in_the_text_is_ignored(tmp_path: Path) -> None:
    """A date in the text may be of anything, so it is not taken as the date of publication."""
    assert read_article(tmp_path, "a.html", "<p>They met on 3 May 2024, and again in June 2024.</p>").published is None


def test_a_declared_charset_is_used(tmp_path: Path) -> None:
    """The charset that a page declares is used."""
    page = '<html><head><meta charset="windows-1251"></head><body><p>Новый мост открыт.</p></body></html>'
    assert read_article(tmp_path, "a.html", page.encode("windows-1251")).text == "Новый мост открыт."


def test_deeply_nested_pages_are_skipped(tmp_path: Path) -> None:
    """A page that is nested too deeply to be parsed is skipped with a reason, not read in part."""
    (tmp_path / "good.txt").write_text("Good words.")
    (tmp_path / "deep.html").write_text("<div>" * 5000 + "words")
    assert read_articles([tmp_path]).skipped == (SkippedFile("deep.html", "its elements are nested too deeply"),)
