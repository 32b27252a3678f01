"""JSON Lines: valid lines become articles, invalid ones are skipped with a reason."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.files import SkippedFile, list_files
from bot.ingest.formats import jsonl
from bot.ingest.processes import shared_process
from bot.ingest.reader import PreviousRead, read_files
from bot.models import READ_LIMITS

from .samples import list_marks, list_paragraphs, read_article, read_file

MARKUP = ["The weir leaks from May\xa09.", "So it is."]
GOOD = '{"id": "good", "text": "Good words."}'


def test_metadata_of_a_line(tmp_path: Path) -> None:
    """The fields of a line take precedence over metadata at the top of its text."""
    line = {
        "id": 7,
        "title": "A Bridge",
        "author": "Jo Roe",
        "source": "River Post",
        "published": "2025-05-07T08:00:00+02:00",
        "url": "https://example.org/b",
        "text": "Source: Copy Desk\n\nA Bridge\n\nIt stands.",
    }
    article = read_article(tmp_path, "a.jsonl", json.dumps(line))
    assert (article.id, article.title, article.author, article.source) == ("7", "A Bridge", "Jo Roe", "River Post")
    assert (article.published, article.url) == (date(2025, 5, 7), "https://example.org/b")
    assert article.text == "A Bridge\n\nIt stands."
    assert list_marks(article) == [("title", "A Bridge")]


def test_only_the_text_is_required(tmp_path: Path) -> None:
    """Other fields may be missing or null: the id is the file and line, the source the file, the date from the text."""
    line = '{"id": null, "title": "", "published": "None", "text": " date 2025-05-07 It stands\\ud800 there."}'
    article = read_article(tmp_path, "a.jsonl", f"\n{line}\n")
    assert (article.id, article.source, article.published) == ("a.jsonl#2", "a.jsonl", date(2025, 5, 7))
    assert (article.title, article.text, article.author) == ("It stands there…", "It stands there.", None)


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("Width < 3 and length > 5, the R&D office wrote.", ["Width < 3 and length > 5, the R&D office wrote."]),
        ("The tag <b> marks what is bold.", ["The tag <b> marks what is bold."]),
        ("A Map<Key, Value> of <strong ties>.", ["A Map<Key, Value> of <strong ties>."]),
        ("<p>The weir <strong>leaks</strong> from May&nbsp;9.</p><p>So it is.</p>", MARKUP),
        ("<div><p>The weir leaks from May\u00a09.<p>So it is.</div>", MARKUP),
        ("The <em>weir</em> leaks from May&nbsp;9.\n\nSo it is.", MARKUP),
        ("The weir leaks from May&#160;9.\n\nSo it is.", MARKUP),
        ("One.<br>Two.<br/>Three.", ["One.", "Two.", "Three."]),
        ("<h2>Floods</h2>The weir &amp; the mill.", ["The weir & the mill."]),
    ],
)
def test_html_in_a_text_is_read_as_html(tmp_path: Path, text: str, paragraphs: list[str]) -> None:
    """A text with elements or characters of HTML is read as HTML; signs and single tags stay as they are."""
    article = read_article(tmp_path, "a.ndjson", json.dumps({"text": text}))
    assert [words for _, words in list_paragraphs(article)] == paragraphs


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "cut', "it is not valid JSON"),
        ("[" * 100_000, "it is not valid JSON"),
        ('["text"]', 'it is not a JSON object such as {"text": "…"}'),
        ("{}", 'its "text" is missing'),
        ('{"text": null}', 'its "text" is not a string'),
        ('{"text": " \\u0000 "}', 'its "text" is empty'),
        ('{"text": "words", "id": [1]}', 'its "id" is neither a string nor a number'),
        ('{"text": "* * *"}', "it has no paragraph to quote"),
        (f'{{"text": "{"x" * ARTICLE_LIMIT}"}}', "it is larger than 5 MB, the limit for an article"),
    ],
)
def test_invalid_lines_are_skipped(tmp_path: Path, line: str, reason: str) -> None:
    """An invalid line is reported with its number and a reason; the lines around it are read."""
    result = read_file(tmp_path, "a.jsonl", f"{GOOD}\n{line}\n{GOOD.replace('good', 'last')}")
    assert [article.id for article in result.articles] == ["good", "last"]
    assert result.skipped == (SkippedFile("a.jsonl line 2", reason),)


@pytest.mark.parametrize(("published", "has_warning"), [("soon", True), (20250507, True), ("May 7, 2025", False)])
def test_invalid_dates_are_ignored(tmp_path: Path, published: object, has_warning: bool) -> None:
    """A date that cannot be parsed is ignored, with a warning that names the line; the article is read."""
    result = read_file(tmp_path, "a.jsonl", json.dumps({"text": "Good words.", "published": published}))
    assert [article.published for article in result.articles] == [None if has_warning else date(2025, 5, 7)]
    assert result.warnings == (
        ('a.jsonl line 1: "published" is not a date such as 2025-05-07.',) if has_warning else ()
    )


def test_duplicate_ids_are_renamed(tmp_path: Path) -> None:
    """Lines with the same id are all read; the line number is appended to later ids, with a warning."""
    result = read_file(tmp_path, "a.jsonl", f"{GOOD}\n{GOOD}\n{GOOD}")
    assert [article.id for article in result.articles] == ["good", "good#2", "good#3"]
    (warning,) = result.warnings
    assert '"good" is now "good#2", and 1 more' in warning


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1252"])
def test_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    """The file may be in any of the usual encodings."""
    assert read_article(tmp_path, "a.jsonl", '{"text": "Café “words”."}\r\n'.encode(encoding)).text == "Café “words”."


def test_truncated_gzip_files_are_read_up_to_the_end(tmp_path: Path) -> None:
    """The lines before the truncation of a gzip file are read, and the file is reported."""
    lines = "".join(json.dumps({"id": str(at), "text": f"Words {at * 7919 % 1009}."}) + "\n" for at in range(6000))
    data = gzip.compress(lines.encode())
    result = read_file(tmp_path, "a.jsonl.gz", data[: len(data) // 2])
    assert 500 < len(result.articles) < 5500
    (skip,) = result.skipped
    assert skip == SkippedFile("a.jsonl.gz", f"it is cut short; it was read up to line {len(result.articles)}")


def test_files_are_read_up_to_the_limit(tmp_path: Path) -> None:
    """A file above the size limit is read up to the limit and reported."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n" * 10)
    lines = list(jsonl.read(path, limit=3 * len(GOOD) + 3))
    assert [line.reason for line in lines] == ["", "", "", "it is longer than 114 characters; the rest was not read"]


def test_a_long_line_counts_for_the_limit(tmp_path: Path) -> None:
    """A line above the limit of the file is not read to its end."""
    path = tmp_path / "a.jsonl"
    path.write_text("x" * (ARTICLE_LIMIT * 4))
    lines = list(jsonl.read(path, limit=2 * ARTICLE_LIMIT))
    assert [line.reason for line in lines] == [
        "it is larger than 5 MB, the limit for an article",
        "it is longer than 10,000,000 characters; the rest was not read",
    ]
    assert lines[-1].bytes_read < path.stat().st_size


@pytest.mark.parametrize(("count", "last"), [(5, "2 more lines give no article"), (2, "")])
def test_many_skipped_lines_are_counted(tmp_path: Path, count: int, last: str) -> None:
    """The first three lines of a file that are skipped are named, and the others counted, also when it is reused."""
    result = read_file(tmp_path, "a.jsonl", "{}\n" * count + GOOD)
    named = [SkippedFile(f"a.jsonl line {at}", 'its "text" is missing') for at in range(1, min(count, 3) + 1)]
    assert result.skipped == (*named, *([SkippedFile("a.jsonl", last)] if last else []))
    assert len(result.files[0].records) == min(count, 4) + 1
    known = {file.path: file for file in result.files}
    again = read_files(
        list_files([tmp_path]),
        shared_process(READ_LIMITS),
        None,
        PreviousRead(known, {"good": 0}, result.articles.__getitem__),
    )
    assert (again.items, again.skipped, again.files) == ((0,), result.skipped, result.files)


def test_a_packed_file_of_useless_lines_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A small file that unpacks to many lines without an article costs neither memory nor much time."""
    result = read_file(tmp_path, "a.jsonl.gz", gzip.compress(f"{GOOD}\n".encode() + b"{}\n" * 200_000))
    assert len(result.articles) == 1
    assert len(result.skipped) == 4
    assert result.skipped[-1].reason == "99,998 more lines give no article, which is too many; the rest was not read"
