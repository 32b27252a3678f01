"""Archives with one article a line: what a good line gives, and what a bad one costs."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.files import SkippedFile
from bot.ingest.formats import jsonl

from .samples import marks, one, read_file

GOOD = '{"id": "good", "text": "Good words."}'


def test_facts_of_a_line(tmp_path: Path) -> None:
    """A line's facts are the article's, and beat what its text says at the top."""
    line = {
        "id": 7,
        "title": "A Bridge",
        "author": "Jo Roe",
        "source": "River Post",
        "published": "2025-05-07T08:00:00+02:00",
        "url": "https://example.org/b",
        "text": "Source: Copy Desk\n\nA Bridge\n\nIt stands.",
    }
    article = one(tmp_path, "a.jsonl", json.dumps(line))
    assert (article.id, article.title, article.author, article.source) == ("7", "A Bridge", "Jo Roe", "River Post")
    assert (article.published, article.url) == (date(2025, 5, 7), "https://example.org/b")
    assert article.text == "A Bridge\n\nIt stands."
    assert marks(article) == [("title", "A Bridge")]


def test_text_alone(tmp_path: Path) -> None:
    """All but the text may be missing or null: the id is file and line, the source the file, the date its text's."""
    line = '{"id": null, "title": "", "published": "None", "text": " date 2025-05-07 It stands\\ud800 there."}'
    article = one(tmp_path, "a.jsonl", f"\n{line}\n")
    assert (article.id, article.source, article.published) == ("a.jsonl#2", "a.jsonl", date(2025, 5, 7))
    assert (article.title, article.text, article.author) == ("It stands there…", "It stands there.", None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "cut', "it is not sound JSON"),
        ("[" * 100_000, "it is not sound JSON"),
        ('["text"]', 'it is not an article: {"text": "…", …}'),
        ("{}", 'its "text" is missing'),
        ('{"text": null}', 'its "text" is not a text'),
        ('{"text": " \\u0000 "}', 'its "text" is empty'),
        ('{"text": "words", "id": [1]}', 'its "id" is neither a text nor a number'),
        ('{"text": "* * *"}', "it holds no paragraph"),
        (f'{{"text": "{"x" * ARTICLE_LIMIT}"}}', "it is longer than 5 MB"),
    ],
)
def test_bad_line(tmp_path: Path, line: str, reason: str) -> None:
    """A bad line is named with its number and reason; the lines around it load."""
    reading = read_file(tmp_path, "a.jsonl", f"{GOOD}\n{line}\n{GOOD.replace('good', 'last')}")
    assert [article.id for article in reading.articles] == ["good", "last"]
    assert reading.skipped == (SkippedFile("a.jsonl line 2", reason),)


@pytest.mark.parametrize(("published", "warned"), [("soon", True), (20250507, True), ("May 7, 2025", False)])
def test_bad_date(tmp_path: Path, published: object, warned: bool) -> None:
    """A date that cannot be read is left out with a warning that names the line; the article loads."""
    reading = read_file(tmp_path, "a.jsonl", json.dumps({"text": "Good words.", "published": published}))
    assert [article.published for article in reading.articles] == [None if warned else date(2025, 5, 7)]
    assert reading.warnings == (('a.jsonl line 1: "published" is not a date such as 2025-05-07.',) if warned else ())


def test_an_id_given_twice(tmp_path: Path) -> None:
    """Two lines with one id are both kept; the later carries its line's number, with a warning."""
    reading = read_file(tmp_path, "a.jsonl", f"{GOOD}\n{GOOD}\n{GOOD}")
    assert [article.id for article in reading.articles] == ["good", "good#2", "good#3"]
    (warning,) = reading.warnings
    assert '"good" is now "good#2", and 1 more' in warning


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """An archive may be in any of the usual encodings."""
    assert one(tmp_path, "a.jsonl", '{"text": "Café “words”."}\r\n'.encode(encoding)).text == "Café “words”."


def test_gzip_cut_short(tmp_path: Path) -> None:
    """What stood before the place where a compressed archive breaks off is kept, and the file is named."""
    lines = "".join(json.dumps({"id": str(at), "text": f"Words {at * 7919 % 1009}."}) + "\n" for at in range(6000))
    data = gzip.compress(lines.encode())
    reading = read_file(tmp_path, "a.jsonl.gz", data[: len(data) // 2])
    assert 500 < len(reading.articles) < 5500
    (skip,) = reading.skipped
    assert skip == SkippedFile("a.jsonl.gz", f"it is cut short; read up to line {len(reading.articles)}")


def test_archive_limit(tmp_path: Path) -> None:
    """An archive above its limit is read up to it, and named."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n" * 10)
    lines = list(jsonl.read(path, limit=3 * len(GOOD) + 3))
    assert [line.reason for line in lines] == ["", "", "", "it holds over 114 characters and was read no further"]
