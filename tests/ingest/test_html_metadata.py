"""What a web page says of itself: which of its statements is taken for the title, the author and the date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.models import Article

from .samples import list_marks, read_article

TEXT = (
    "<p>The ferry from Orvik to Tarn sails every hour from the first of May, the harbour master told the council.</p>"
)


def read_page(folder: Path, head: str, body: str) -> Article:
    return read_article(folder, "a.html", f"<html><head>{head}</head><body>{body}</body></html>")


def linked_data(fields: str) -> str:
    return f'<script type="application/ld+json">{{"@graph": [{{"@type": "NewsArticle", {fields}}}]}}</script>'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Site</title>", "<h1>Ferry sails hourly</h1>", "Ferry sails hourly"),
        ("<title>Ferry sails hourly | Orvik Post</title>", "<h1>Orvik Post</h1><h2>News</h2>", "Ferry sails hourly"),
        ("<title>Ferry sails hourly</title>", "<h1>Read more</h1>", "Ferry sails hourly"),
        (
            "<title>Ferry sails hourly</title>",
            "<h1>The Orvik Post</h1><h1>Ferry sails hourly</h1>",
            "Ferry sails hourly",
        ),
        ("<title>Ferry sails hourly</title>", "<h1>Orvik Post</h1><h2>Ferry sails hourly</h2>", "Ferry sails hourly"),
        ("<title>Orvik Post</title><meta property='og:title' content='Ferry sails hourly'>", "", "Ferry sails hourly"),
        (
            "<title>Orvik Post » Ferry sails hourly</title><meta property='og:site_name' content='Orvik Post'>",
            "",
            "Ferry sails hourly",
        ),
        ("<title>Orvik - Tarn ferry sails every single hour</title>", "", "Orvik - Tarn ferry sails every single hour"),
        (linked_data('"headline": "Ferry sails hourly"') + "<title>Post</title>", "", "Ferry sails hourly"),
        (
            "<title>Home</title>",
            "<h1><span class='sr-only'>Article: </span>Why the ferry sails hourly</h1>",
            "Why the ferry sails hourly",
        ),
        ("", "<h1>Ferry sails hourly</h1>", "Ferry sails hourly"),
        (
            "<title>4. Two small ferries - when they sail</title>",
            "<h2>4. Two small ferries - when they sail</h2>",
            "4. Two small ferries - when they sail",
        ),
        (
            "<title>Two ferries | Orvik Post, news</title>",
            "<h1>Orvik Post, news</h1><h1>Two ferries</h1>",
            "Two ferries",
        ),
        ("<title>Site</title>", "<article><h1>Ferries</h1></article>", "Ferries"),
        ("<title>Ferry sails hourly</title>", "<div role='dialog'><h1>Sign in</h1></div>", "Ferry sails hourly"),
    ],
)
def test_title(tmp_path: Path, head: str, body: str, title: str) -> None:
    """The title is the heading that is like what the page states; without one, what it states, without the site."""
    assert read_page(tmp_path, head, f"{body}<div>{TEXT}</div>").title == title


def test_other_first_headings_are_headings(tmp_path: Path) -> None:
    """Only the title's heading is marked as the title; another h1 is a heading."""
    body = f"<article><h1>Ferry sails hourly</h1>{TEXT}<h1>Crews</h1>{TEXT}</article>"
    article = read_page(tmp_path, "<title>Ferry sails hourly</title>", body)
    assert list_marks(article) == [("title", "Ferry sails hourly"), ("heading", "Crews")]


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        ("<meta name='author' content='Ada Holm'>", "", "Ada Holm"),
        ("<meta name='author' content='Ada Holm, Orvik Post'>", "", "Ada Holm, Orvik Post"),
        ("<meta property='article:author' content='https://social.example/ada'>", "", None),
        (linked_data('"author": [{"name": "Ada Holm"}, {"name": "Ove Lind"}]'), "", "Ada Holm, Ove Lind"),
        (linked_data('"author": "Ada Holm"') + "<meta name='author' content='Web Desk'>", "", "Ada Holm"),
        (
            linked_data('"author": {"@id": "#ada"}')
            + '<script type="application/ld+json">{"@type": "Person", "@id": "#ada", "name": "Ada Holm"}</script>',
            "",
            "Ada Holm",
        ),
        ("", "<p>By Ada Holm</p>", "Ada Holm"),
        ("", "<p class='info'>Von Ada von Holm | 7. Mai 2025</p>", "Ada von Holm"),
        ("", "<span class='author-name'>Ada Holm</span>", "Ada Holm"),
        ("", "<a rel='author' href='/a'>adaholm</a>", "adaholm"),
        ("<meta name='author' content='Site Owner'>", "<p>By Ada Holm</p>", "Ada Holm"),
        ("", "<div class='byline'><span class='author'>Follow</span></div>", None),
        ("", "<span class='author'>Posted</span>", None),
        ("", f"<p>{'The crew was praised. ' * 7}<span class='author'>Ada Holm</span> steered.</p>", None),
        ("<meta name='author' content='admin'>", "", None),
        ("<meta name='author' content='Super User'>", "", None),
        ("<meta name='author' content='Orvik Post'><meta property='og:site_name' content='Orvik Post'>", "", None),
        ("", "<div class='comments'><span class='author'>Ada Holm</span></div>", None),
        ("", "<p>By the old pier nobody waits any longer.</p>", None),
    ],
)
def test_author(tmp_path: Path, head: str, body: str, author: str | None) -> None:
    """The author is who the page shows or states; a button's word, an account, the site or a reader is nobody."""
    page = f"<h1>Ferry sails hourly</h1>{body}{TEXT}"
    assert read_page(tmp_path, f"<title>Ferry sails hourly</title>{head}", page).author == author


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        ("<meta property='article:published_time' content='2025-05-07T08:00:00Z'>", "", date(2025, 5, 7)),
        (linked_data('"datePublished": "2025-05-07"'), "", date(2025, 5, 7)),
        ("", "<time datetime='2025-05-07'>yesterday</time>", date(2025, 5, 7)),
        ("", "<p class='date'>7. Mai 2025, 12 Uhr</p>", date(2025, 5, 7)),
        ("", "<p>Orvik, 7 May 2025</p>", date(2025, 5, 7)),
        ("<link rel='canonical' href='https://post.example/2025/05/07/ferry'>", "", date(2025, 5, 7)),
        # the same moment is another day elsewhere, and what readers see is the day there
        (linked_data('"datePublished": "2025-05-08T03:10:00Z"'), "<time>May 7, 2025</time>", date(2025, 5, 7)),
        ("<meta name='date' content='2025-05-09'>", "<span class='date'>07.05.2025</span>", date(2025, 5, 7)),
        ("<meta name='date' content='2025-05-07'>", "<p>Updated: 9 May 2025</p>", date(2025, 5, 7)),
        ("", "<p><time>7 May 2025</time><time class='updated'>9 May 2025</time></p>", date(2025, 5, 7)),
        # which is the day, and which the month?
        ("", "<span class='date'>07/05/2025</span>", None),
        ("<meta name='date' content='07-05-2025'>", "", None),
        ("<meta name='date' content='2025-05-07'>", "<span class='date'>07/05/2025</span>", date(2025, 5, 7)),
        ("<meta name='date' content='2025-05-08'>", "<span class='date'>5/7/25</span>", date(2025, 5, 7)),
        ("", "<span class='date'>23/05/2025</span>", date(2025, 5, 23)),
        # the date of a change gives way, however the page marks it
        ("", "<time itemprop='dateModified' datetime='2025-05-09'>9 May 2025</time>", None),
        (
            "<meta name='date' content='2025-05-09'>",
            "<aside><time datetime='2025-05-07'>7 May</time></aside>",
            date(2025, 5, 7),
        ),
        (
            "<meta name='date' content='2025-05-09'>",
            "<div class='comment'><p><time datetime='2025-05-11'></time></div>",
            date(2025, 5, 9),
        ),
        ("", "<div>07.05.2025 - Ada Orvik (press officer of the ferry company)</div>", date(2025, 5, 7)),
        # a date in the text may be of anything
        ("", "<p>They met on 3 May 2024, and again in June.</p>", None),
        ("", "<div class='comments'><time datetime='2025-05-07'>7 May</time></div>", None),
    ],
)
def test_date(tmp_path: Path, head: str, body: str, published: date | None) -> None:
    """The date is the one shown beside the headline, or else the one stated; day and month are never guessed."""
    page = f"<h1>Ferry sails hourly</h1>{body}{TEXT}"
    assert read_page(tmp_path, f"<title>Ferry sails hourly</title>{head}", page).published == published


@pytest.mark.parametrize(
    "data", ["{", "[" * 5_000, '"text"', "[null, 7, {}]", '{"@type": ["Article", 7], "author": 7}']
)
def test_broken_linked_data_is_ignored(tmp_path: Path, data: str) -> None:
    """A mistake in a page's linked data costs only what is in it."""
    head = f'<script type="application/ld+json">{data}</script><meta name="author" content="Ada Holm">'
    assert read_page(tmp_path, head, TEXT).author == "Ada Holm"
