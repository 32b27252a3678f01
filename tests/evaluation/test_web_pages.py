"""Hundreds of real web pages: no figure of the reader is worse than the pinned one.

The baseline is in ``web_pages.json``; ``web_pages.py`` says how to pin the current figures.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.evaluation import web_pages


def test_no_figure_is_worse_than_its_baseline(web_page_samples: Path) -> None:
    """Wanted snippets are read, unwanted ones are not, and titles, authors and dates are right, as often as before."""
    assert web_pages.list_shortfalls(web_page_samples) == []


def test_the_baseline_is_no_worse_than_trafilatura() -> None:
    """What the reader finds and leaves out is within two points of what trafilatura does by default."""
    shares = json.loads(web_pages.BASELINE.read_text(encoding="utf-8"))["shares"]
    assert shares["wanted_beside_trafilatura"] >= -0.02
    assert shares["unwanted_beside_trafilatura"] <= 0.02
    assert shares["skipped"] == 0


def test_measure() -> None:
    """Snippets count in the page's paragraphs, or also in its headings; unknown metadata is not counted."""
    data = (
        b"<title>The Pier</title><meta name='author' content='Ada Holm'><article><h1>The Pier</h1><h2>Cost</h2>"
        b"<p>The pier cost nine million crowns.</p><div class='comments'><p>What a waste.</p></div></article>"
    )
    page = web_pages.Page(data, ("nine  million", "Cost", "lost"), ("waste", "crowns"), "the pier", "Ove Lind", "")
    empty = web_pages.Page(b"<html><body><h1>Nothing</h1></body></html>", (), (), "", "", "")
    shares = web_pages.measure([page, empty])
    assert shares["skipped"] == 1 / 2
    assert (shares["wanted"], shares["wanted_anywhere"], shares["unwanted"]) == (1 / 3, 2 / 3, 1 / 2)
    assert (shares["titles_right"], shares["authors_wrong"], shares["dates_wrong"]) == (1, 1, 0)
