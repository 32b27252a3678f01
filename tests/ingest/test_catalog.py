"""Metadata from ``archive.toml``."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from tests.factories import read_articles

from .samples import write_files


def test_catalog_entries_override_other_metadata(tmp_path: Path) -> None:
    """An entry of ``archive.toml`` for a file, or for an article in a ``.jsonl`` file, overrides other metadata."""
    write_files(
        tmp_path, a_txt="Some Title\n\nIt stands there now.", n_jsonl='{"id": "n1", "title": "Guess", "text": "N n."}'
    )
    (tmp_path / "archive.toml").write_text(
        '["a.txt"]\ntitle = "Known"\nauthor = "Jo Roe"\nsource = "River Post"\npublished = 2025-05-07\n'
        'url = "https://example.org/b"\n'
        '[n1]\ntitle = "Known too"\npublished = "2025-05-08"\n["n.jsonl"]\nauthor = "Desk"\n'
    )
    first, second = read_articles([tmp_path]).articles
    assert (first.title, first.author, first.source) == ("Known", "Jo Roe", "River Post")
    assert (first.published, first.url) == (date(2025, 5, 7), "https://example.org/b")
    assert (second.title, second.published, second.author) == ("Known too", date(2025, 5, 8), "Desk")
    assert read_articles([tmp_path / "a.txt"]).articles[0].title == "Known"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("key_form", ["NFC", "NFD"])
def test_a_name_matches_in_either_form(
    tmp_path: Path, form: Literal["NFC", "NFD"], key_form: Literal["NFC", "NFD"]
) -> None:
    """A letter and its accent may be one character or two, in the name of the file and in the entry."""
    (tmp_path / unicodedata.normalize(form, "Mühle.txt")).write_text("It stands there now.")
    (tmp_path / unicodedata.normalize(form, "Öl.md")).write_text("")
    keys = [unicodedata.normalize(key_form, name) for name in ("Mühle.txt", "Öl.md")]
    (tmp_path / "archive.toml").write_text("".join(f'["{key}"]\ntitle = "Known"\n' for key in keys))
    result = read_articles([tmp_path])
    assert [article.title for article in result.articles] == ["Known"]
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("toml", "warning"),
    [
        ("= broken", "is ignored because it cannot be read: Invalid"),
        ("a = " + "[" * 5000, "is ignored because it cannot be read"),
        ('["b.txt"]\ntitle = "B"', '"b.txt" is neither a file nor an article in this folder.'),
        ('title = "A"', '"title" is in no table; put it below the name of a file, such as ["a.txt"].'),
        ('["a.txt"]\npublished = "soon"', '["a.txt"]: "published" is not a date such as 2025-05-07.'),
        ('["a.txt"]\ntitle = 7', '["a.txt"]: "title" is not a string.'),
        (f'["{"k" * 300}"]\ntitle = "A"', f'"{"k" * 80}…" is neither a file nor an article in this folder.'),
        ('["a\\u0000\\u001b.txt"]\ntitle = "A"', '"a.txt" is neither a file nor an article in this folder.'),
        (f"{'a.' * 20_000}a = 1", "is ignored because it cannot be read: it has too many dots."),
        ("[" + 501 * '"a" . ' + "b]", "is ignored because it cannot be read: it has too many dots."),
        ("a = 1.0\n" * 60_000, "is ignored because it cannot be read: it has too many dots."),
        (f"a = '{'a' * 1_000_000}'", "is ignored because it cannot be read: it is larger than 1 MB."),
        ('["a.txt"]\ntitel = "A"', '["a.txt"]: "titel" is not one of title, author, source, published and url.'),
    ],
)
def test_mistakes_in_the_catalog_give_a_warning(tmp_path: Path, toml: str, warning: str) -> None:
    """A mistake in ``archive.toml`` gives one warning, and every article is read."""
    write_files(tmp_path, a_txt="A a.", archive_toml=toml)
    result = read_articles([tmp_path])
    assert len(result.articles) == 1
    (found,) = result.warnings
    assert warning in found
    assert str(tmp_path / "archive.toml") in found
