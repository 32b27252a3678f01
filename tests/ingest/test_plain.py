"""Plain text: metadata at the top, titles and headings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.factories import read_articles

from .samples import list_marks, list_paragraphs, parse_article

PROSE = "The council met on Tuesday and agreed to repair the old bridge before winter."
MORE = "It had been closed since the flood, which carried two of its piers away in one night."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PROSE}\n\n{MORE}", []),
        (f"{PROSE}\n\nA Last Line Alone", []),
        (f"{PROSE}\n\nBread\n\nButter\n\nCheese and wine\n\n{MORE}", []),
        (f"{PROSE}\n\n“We will rebuild it”\n\n{MORE}", []),
        (f"{PROSE}\n\nthe bridge\n\n{MORE}", []),
        (f"{PROSE}\n\nThe Bridge.\n\n{MORE}", []),
        (f"{PROSE}\n\nThe Bridge:\n\n{MORE}", []),
        (f"{PROSE}\n\nThe Bridge\n\nClosed.", []),
        (f"{PROSE}\n\n{'A Bridge ' * 7}\n\n{MORE}", []),
        (f"{PROSE}\n\nThe Bridge\n\n{MORE}", [("heading", "The Bridge")]),
        (f"{PROSE}\nThe Bridge\n{MORE}\n{PROSE}", [("heading", "The Bridge")]),
        (f"{PROSE}\n\nWhy was it closed?\n\n{MORE}", [("heading", "Why was it closed?")]),
        (f"A Bridge Is Repaired\n\n{PROSE}", [("title", "A Bridge Is Repaired")]),
        (f"A Bridge Is Repaired\n{PROSE}\n{MORE}", [("title", "A Bridge Is Repaired")]),
        (f"\n\n  A Bridge Is Repaired  \n{PROSE}", [("title", "A Bridge Is Repaired")]),
        ("橋が直される\n\n町議会は火曜日に会い、冬が来る前に古い橋を直すことを決めた。", [("title", "橋が直される")]),
        ("ترميم الجسر القديم\n\nاجتمع المجلس يوم الثلاثاء ووافق على ترميم الجسر.", [("title", "ترميم الجسر القديم")]),
        ("पुल की मरम्मत\n\nपरिषद ने मंगलवार को पुराने पुल की मरम्मत पर सहमति दी।", [("title", "पुल की मरम्मत")]),
        ("橋が直される。\n\n町議会は火曜日に会い、冬が来る前に古い橋を直すことを決めた。", []),
        (f"A Bridge\n\nThe Flood\n\n{MORE}", [("title", "A Bridge"), ("heading", "The Flood")]),
        (f"{PROSE}\n\nThe Flood\n---\n\n{MORE}", []),
        (f"{PROSE}\n\n---------\n\n{MORE}", []),
        (
            f"{PROSE}\n\n4. The Flood\n\n4.1. Rain\n\n{MORE}\n\n4.2. Snow\n\n{PROSE}",
            [("heading", "4. The Flood"), ("heading", "4.1. Rain"), ("heading", "4.2. Snow")],
        ),
        (f"{PROSE}\n\n4. The Flood\n\n5. Rain\n\n{MORE}", []),
    ],
)
def test_titles_and_headings(text: str, expected: list[tuple[str, str]]) -> None:
    """A short line above longer prose is a heading, or a title if it is first; lists, speech and last lines are not."""
    article = parse_article(text)
    assert list_marks(article) == expected
    assert article.text == text


def test_underlined_headings() -> None:
    """A line alone above a rule of about its length is a heading, or the title; the rule is no part of the text."""
    article = parse_article(f"A Bridge\n========\n\n{PROSE}\n\n  The Flood\n  ---------\n{MORE}\nBread")
    assert article.text == f"A Bridge\n\n{PROSE}\n\n  The Flood\n{MORE}\nBread"
    assert list_marks(article) == [("title", "A Bridge"), ("heading", "The Flood")]


def test_metadata_below_an_underlined_title() -> None:
    """The author and the day below the title's rule are metadata."""
    article = parse_article(f"A Bridge\n========\nBy Ada Holm\n7 May 2025\n\n{PROSE}")
    assert (article.title, article.author, article.published) == ("A Bridge", "Ada Holm", date(2025, 5, 7))
    assert list_paragraphs(article) == [(None, PROSE)]


@pytest.mark.parametrize(
    "lines",
    [
        "Roads 70 million\nHarbour 9 million\n-----------------\nTogether 79 million",
        "Port    Depth\n-------------\nOrvik   9 m",
        "Name: Ada Holm\n--------------",
        "Nobody else\n---",
        "-----\nNobody else\n- - - - - -",
    ],
)
def test_rules_that_underline_nothing(lines: str) -> None:
    """The rules of tables and between texts stay, and the lines above them are text."""
    article = parse_article(f"{PROSE}\n\n{lines}\n\n{MORE}")
    assert article.text == f"{PROSE}\n\n{lines}\n\n{MORE}"
    assert [kind for kind, words in list_marks(article) if words in lines] == []


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("By 2030 the bridge will be a hundred years old, said the mayor.", None),
        ("Date palms grow along the river, and nobody planted them there.", None),
        ("Dated 2025-02-30 the letter lay on the table for a week.", None),
        ("By the river\nthe bridge stood for years.", None),
        (f"The second rules, which replaced the first ones of the council\non 7 May 2025.\n\n{PROSE}", None),
        (f" date 2025-05-07 {PROSE}", PROSE),
        (f"date: 2025-05-07 {PROSE}", PROSE),
        (f"Date: 7 May 2025\n\n{PROSE}", PROSE),
        (f"Published: 2025-05-07T09:30:00Z\nSource: River Post\n{PROSE}", PROSE),
        (f"A Bridge Is Repaired\n7 May 2025\n\n{PROSE}", f"A Bridge Is Repaired\n\n{PROSE}"),
    ],
)
def test_a_date_at_the_top_is_metadata(text: str, body: str | None) -> None:
    """A date at the top is metadata and removed from the text; anything that only resembles a date stays."""
    article = parse_article(text)
    assert article.text == (body or text)
    assert article.published == (date(2025, 5, 7) if body else None)


def test_header_lines_are_metadata() -> None:
    """Header lines are metadata and removed from the text."""
    header = "Title: The Bridge\nAuthor: J. Roe\nSource: River Post\nDate: 2025-05-07\nURL: https://example.org/b\n\n"
    article = parse_article(header + PROSE)
    assert (article.title, article.author, article.source) == ("The Bridge", "J. Roe", "River Post")
    assert (article.published, article.url, article.text) == (date(2025, 5, 7), "https://example.org/b", PROSE)


MAIL = (
    "From: Jo Roe <jo@example.org>\nTo: all\nSubject: The\n  bridge\nDate: Wed, 7 May 2025 09:30:00 +0200\nX-Y: z\n\n"
)


@pytest.mark.parametrize(
    "header",
    [MAIL, MAIL.replace("Date: Wed, 7 May 2025 09:30:00 +0200", "Sent: Wednesday, May 7, 2025 9:30 AM"), f"\n{MAIL}"],
)
def test_the_header_of_a_mail_is_metadata(header: str) -> None:
    """Sender, subject and day of a mail that was saved as text are metadata, and all its header is removed."""
    article = parse_article(header + PROSE)
    assert (article.title, article.author, article.published) == ("The bridge", "Jo Roe", date(2025, 5, 7))
    assert article.text == PROSE


@pytest.mark.parametrize("top", ["From: Skarn\nTo: Vik\n\n", "Note: one\nNote: two\n\n", "From: Skarn\n"])
def test_other_lines_with_colons_stay(top: str) -> None:
    """Lines that only resemble a mail's header are text."""
    assert parse_article(top + PROSE).text == top + PROSE


def test_a_byline_below_a_title_is_metadata() -> None:
    """A byline below the title gives the author and is removed; the title stays in the text and is marked."""
    article = parse_article(f"A Bridge Is Repaired\nBy Jo Roe and Max Poe\n\n{PROSE}")
    assert (article.title, article.author) == ("A Bridge Is Repaired", "Jo Roe and Max Poe")
    assert list_paragraphs(article) == [(None, PROSE)]


def test_an_article_without_a_title_is_titled_by_its_first_words() -> None:
    """The title is then at most 70 characters of whole words from the start of the text, and an ellipsis."""
    article = parse_article(f"{PROSE} {MORE}")
    assert article.title == "The council met on Tuesday and agreed to repair the old bridge before…"
    assert PROSE.startswith(article.title[:-1])
    assert article.source == "a.txt"


SAVED_MAIL = """From: Ada Orvik <ada@ferry.example>
To: Jo Roe <jo@quay.example>
Date: Wed, 7 May 2025 10:00:00 +0000
Subject: The ferry

We sell the ferry in June.

On 6 May 2025 at 09:12, Jo Roe <jo@quay.example> wrote:
> Will you sell the ferry?
> I would rather keep it.
"""


def test_what_a_saved_mail_quotes_is_not_its_senders(tmp_path: Path) -> None:
    """The sender's words and those of the answered message are two articles, each under its author and date."""
    (tmp_path / "mail.txt").write_text(SAVED_MAIL)
    own, quoted = read_articles([tmp_path]).articles
    assert (own.id, own.author, own.published, own.text) == (
        "mail.txt",
        "Ada Orvik",
        date(2025, 5, 7),
        "We sell the ferry in June.",
    )
    assert (quoted.id, quoted.author, quoted.published) == ("mail.txt#1", "Jo Roe", date(2025, 5, 6))
    assert quoted.text.endswith("Will you sell the ferry?\nI would rather keep it.")
