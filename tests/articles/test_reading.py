"""A whole archive: which files are articles, what they are called, and what a keeper is told."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from bot.errors import ArchiveError
from bot.ingest.files import SkippedFile
from bot.ingest.reader import read_articles


def fill(folder: Path, **files: str) -> Path:
    """Write files below a folder; ``__`` in a name stands for a slash, ``_`` for a dot."""
    for name, words in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)
    return folder


def ids(*paths: Path) -> list[str]:
    return [article.id for article in read_articles(paths).articles]


def test_a_folder(tmp_path: Path) -> None:
    """A folder is read with all below it, in one order, without hidden files, its catalogue and its own README."""
    fill(
        tmp_path, b_txt="B b.", a__z_md="Z z.", a__README_md="Inner.", README_md="Mine.", archive_toml="", style_css="x"
    )
    fill(tmp_path, a__c_html="<p>C c.", n_jsonl='{"id": "n1", "text": "N n."}\n{"text": "M m."}')
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "h.txt").write_text("Hidden.")
    (tmp_path / ".h.txt").write_text("Hidden.")
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == [
        "b.txt",
        "n1",
        "n.jsonl#2",
        "a/README.md",
        "a/c.html",
        "a/z.md",
    ]
    assert (reading.skipped, reading.warnings) == ((), ())


def test_other_kinds_are_named(tmp_path: Path) -> None:
    """A kind of file that is not read is named, for someone may have meant it to be."""
    fill(tmp_path, a_txt="A a.", b_docx="x", notes="x")
    assert read_articles([tmp_path]).skipped == (
        SkippedFile("b.docx", "not a kind of file this reads: .docx"),
        SkippedFile("notes", "not a kind of file this reads: it has no suffix"),
    )


def test_links_in_circles(tmp_path: Path) -> None:
    """Links that lead back do not hang the reading, and a file with two names is read once."""
    fill(tmp_path, a__a_txt="A a.")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "z.txt").symlink_to(tmp_path / "a" / "a.txt")
    (tmp_path / "self.txt").symlink_to("self.txt")
    (tmp_path / "gone.txt").symlink_to("nowhere.txt")
    reading = read_articles([tmp_path])
    assert len(reading.articles) == 1
    assert [skip.name for skip in reading.skipped] == ["gone.txt", "self.txt"]


def test_odd_things_named_like_articles(tmp_path: Path) -> None:
    """A folder named like a file is a folder; a pipe named like one is named and never waited for."""
    fill(tmp_path, x_txt__y_txt="Y y.")
    os.mkfifo(tmp_path / "pipe.txt")
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == ["x.txt/y.txt"]
    assert reading.skipped == (SkippedFile("pipe.txt", "it is not a regular file"),)


def test_a_name_in_no_encoding(tmp_path: Path) -> None:
    """A file whose name is in no encoding still gets an id that can be printed."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("Words here.")
    assert ids(tmp_path) == ["caf\ufffd.txt"]


def test_names_in_no_encoding_can_be_written_everywhere(tmp_path: Path) -> None:
    """Ids, sources and warnings can be written down, whatever the names of files and folders."""
    folders = [Path(os.fsdecode(os.fsencode(tmp_path) + name)) for name in (b"/one", b"/\xfe")]
    for folder in folders:
        folder.mkdir()
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text(f"Words of {len(os.fsencode(folder))}.")
    reading = read_articles(folders)
    assert [article.id for article in reading.articles] == ["caf\ufffd.txt", "\ufffd/caf\ufffd.txt"]
    for text in (
        *reading.warnings,
        *(word for article in reading.articles for word in (article.source, article.title)),
    ):
        assert text.encode()


def test_a_folder_that_goes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is gone when its turn comes is told of, and the others are read."""
    fill(tmp_path, a__a_txt="A a.", b__b_txt="B b.")
    stat = Path.stat

    def gone(path: Path, **settings: bool) -> os.stat_result:
        if path == tmp_path / "a":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return stat(path, **settings)

    monkeypatch.setattr(Path, "stat", gone)
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == ["b/b.txt"]
    assert reading.skipped == (SkippedFile("a", "it may not be opened (No such file or directory)"),)


def test_one_id_in_two_paths(tmp_path: Path) -> None:
    """Where two paths give one id, the later gets its path's name in front, with a warning."""
    one, two = fill(tmp_path / "one", a_txt="A a."), fill(tmp_path / "two", a_txt="B b.", c_txt="C c.")
    reading = read_articles([one, two])
    assert [article.id for article in reading.articles] == ["a.txt", "two/a.txt", "c.txt"]
    assert reading.warnings == (
        f'{two} holds ids that were taken already, and got others: "a.txt" is now "two/a.txt".',
    )


def test_a_path_given_twice(tmp_path: Path) -> None:
    """A path given twice, or inside another, adds nothing."""
    fill(tmp_path, a__a_txt="A a.")
    assert ids(tmp_path, tmp_path, tmp_path / "a", tmp_path / "a" / "a.txt") == ["a/a.txt"]


def test_no_such_path(tmp_path: Path) -> None:
    """A path that does not exist is one sentence that says what to name instead."""
    with pytest.raises(ArchiveError, match=r"There is no .*nowhere: name a folder of articles"):
        read_articles([tmp_path / "nowhere"])


def test_no_article(tmp_path: Path) -> None:
    """An archive without an article is one sentence that names what was skipped."""
    with pytest.raises(
        ArchiveError, match=r"^There is no article in .*: put .txt, .md, .html or .jsonl files there\.$"
    ):
        read_articles([tmp_path])
    fill(tmp_path, a_txt="", b_txt="", c_txt="", d_pdf="")
    with pytest.raises(ArchiveError, match=r"\(skipped a.txt: it is empty; b.txt: .*; and 1 more\)"):
        read_articles([tmp_path])


def test_progress(tmp_path: Path) -> None:
    """Progress is told in bytes and ends at the whole."""
    fill(tmp_path, a_txt="A a.", b_jsonl='{"text": "B b."}\n' * 3)
    told: list[tuple[int, int]] = []
    read_articles([tmp_path], progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (55, 55)


def test_catalogue(tmp_path: Path) -> None:
    """What ``archive.toml`` says of a file, or of an article in an archive beside it, beats any guess."""
    fill(tmp_path, a_txt="Some Title\n\nIt stands there now.", n_jsonl='{"id": "n1", "title": "Guess", "text": "N n."}')
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


@pytest.mark.parametrize(
    ("toml", "warning"),
    [
        ("= broken", "cannot be used, its articles load without it: Invalid"),
        ("a = " + "[" * 5000, "cannot be used, its articles load without it"),
        ('["b.txt"]\ntitle = "B"', '"b.txt" names no file or article there.'),
        ('title = "A"', '"title" is not a table; write ["title"] above its facts.'),
        ('["a.txt"]\npublished = "soon"', '["a.txt"]: "published" is not a date such as 2025-05-07.'),
        ('["a.txt"]\ntitle = 7', '["a.txt"]: "title" is not a text.'),
        ('["a.txt"]\ntitel = "A"', '["a.txt"]: "titel" is not a name this knows.'),
    ],
)
def test_flawed_catalogue(tmp_path: Path, toml: str, warning: str) -> None:
    """A flaw in ``archive.toml`` is one warning, and costs no article."""
    fill(tmp_path, a_txt="A a.", archive_toml=toml)
    reading = read_articles([tmp_path])
    assert len(reading.articles) == 1
    (given,) = reading.warnings
    assert warning in given
    assert str(tmp_path / "archive.toml") in given


def test_slow_parsers_are_not_imported_for_plain_text() -> None:
    """Reading articles imports no parser of markup before a file needs it."""
    slow = "trafilatura lxml markdown_it yaml"
    code = f"import sys, bot.ingest.reader; print(*(name for name in '{slow}'.split() if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"
