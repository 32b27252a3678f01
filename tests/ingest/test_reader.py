"""Reading a whole archive: ids, progress and errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import ArchiveError
from tests.factories import read_articles

from .samples import read_ids, write_files


def test_duplicate_ids_in_two_paths_are_renamed(tmp_path: Path) -> None:
    """The later of two equal ids gets its path's name in front, with a warning."""
    first, second = (
        write_files(tmp_path / "one", a_txt="A a."),
        write_files(tmp_path / "two", a_txt="B b.", c_txt="C c."),
    )
    result = read_articles([first, second])
    assert [article.id for article in result.articles] == ["a.txt", "two/a.txt", "c.txt"]
    assert result.warnings == (
        f'{second}: article ids that were already in use were changed: "a.txt" is now "two/a.txt".',
    )


def test_duplicate_paths_are_read_once(tmp_path: Path) -> None:
    """A path given twice, or below another one, adds nothing."""
    write_files(tmp_path, a__a_txt="A a.")
    assert read_ids(tmp_path, tmp_path, tmp_path / "a", tmp_path / "a" / "a.txt") == ["a/a.txt"]


def test_an_archive_without_articles_is_an_error(tmp_path: Path) -> None:
    """The error for an archive without articles lists the files that were skipped."""
    with pytest.raises(
        ArchiveError, match=r"^There is no article in .*\. Add .txt, .md, .html, .pdf, .docx or .jsonl files\.$"
    ):
        read_articles([tmp_path])
    write_files(tmp_path, a_txt="", b_txt="", c_txt="", d_odt="")
    with pytest.raises(ArchiveError, match=r"\(skipped a.txt: it is empty; b.txt: .*; and 1 more\)"):
        read_articles([tmp_path])


def test_progress_is_reported_in_bytes(tmp_path: Path) -> None:
    """Progress is reported in bytes, never decreases, and ends at the total."""
    write_files(tmp_path, a_txt="A a.", b_jsonl='{"text": "B b."}\n' * 3)
    reported: list[tuple[int, int]] = []
    read_articles([tmp_path], progress=lambda done, total: reported.append((done, total)))
    assert reported == sorted(reported)
    assert reported[-1] == (55, 55)


def test_slow_parsers_are_not_imported_for_plain_text() -> None:
    """The reader imports no markup parser until a file needs one."""
    slow = "lxml markdown_it yaml"
    code = f"import sys, bot.ingest.reader; print(*(name for name in '{slow}'.split() if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"
