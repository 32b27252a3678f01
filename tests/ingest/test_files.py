"""Finding an archive's files: which are read, in which order, and which are reported."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import ArchiveError
from bot.ingest.files import SkippedFile, list_files
from bot.ingest.processes import shared_process
from bot.ingest.reader import read_files
from bot.ingest.vocabulary import read_vocabulary
from bot.models import READ_LIMITS
from tests.factories import read_articles

from .samples import read_ids, write_files


def test_folders_are_read_recursively(tmp_path: Path) -> None:
    """A folder is read recursively in a fixed order, without hidden files, the catalog and the top-level README."""
    write_files(
        tmp_path, b_txt="B b.", a__z_md="Z z.", a__README_md="Inner.", README_md="Mine.", archive_toml="", style_css="x"
    )
    write_files(tmp_path, a__c_html="<p>C c.", n_jsonl='{"id": "n1", "text": "N n."}\n{"text": "M m."}')
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "h.txt").write_text("Hidden.")
    (tmp_path / ".h.txt").write_text("Hidden.")
    result = read_articles([tmp_path])
    assert [article.id for article in result.articles] == [
        "b.txt",
        "n1",
        "n.jsonl#2",
        "a/README.md",
        "a/c.html",
        "a/z.md",
    ]
    assert (result.skipped, result.warnings) == ((), ())
    # ``pullquote read`` says what is left out.
    (left_out,) = [file for file in list_files([tmp_path]).files if not file.is_noted]
    assert (left_out.name, left_out.outcome) == ("README.md", "unsupported")
    assert left_out.reason.startswith("at the top of an archive it describes the archive; to have it quoted, give it")


def test_unsupported_files_are_reported(tmp_path: Path) -> None:
    """A file of an unsupported type is reported, because it may be meant as an article."""
    write_files(tmp_path, a_txt="A a.", b_odt="x", c_msg="x", notes="x")
    assert read_articles([tmp_path]).skipped == (
        SkippedFile("b.odt", "the file type .odt is not supported; convert it to .docx or PDF"),
        SkippedFile("c.msg", "the file type .msg is not supported; convert it to .eml or .mbox"),
        SkippedFile("notes", "it has no suffix that tells its file type; convert it to .txt, .md or .html"),
    )


def test_circular_links_are_followed_once(tmp_path: Path) -> None:
    """Circular links end, a file with two names is read once, and broken links are reported."""
    write_files(tmp_path, a__a_txt="A a.")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "z.txt").symlink_to(tmp_path / "a" / "a.txt")
    (tmp_path / "self.txt").symlink_to("self.txt")
    (tmp_path / "gone.txt").symlink_to("nowhere.txt")
    result = read_articles([tmp_path])
    assert len(result.articles) == 1
    assert [skip.name for skip in result.skipped] == ["gone.txt", "self.txt"]


OUTSIDE = "it is a link to a place outside the archive"


def test_links_out_of_the_archive_are_not_followed(tmp_path: Path) -> None:
    """A link to a file or folder outside the archive's paths is reported and not read: it may lead to a secret."""
    archive, app = tmp_path / "archive", tmp_path / "app"
    write_files(archive, a_txt="A a.", sub__b_txt="B b.")
    write_files(app, secret_txt="The token is 42.", deep__key_txt="The key is 43.")
    write_files(tmp_path, archive2__c_txt="Not in the archive.")
    for name, target in {
        "notes.txt": app / "secret.txt",
        "environ.txt": "/proc/self/environ",
        "sub/up": "../..",
        "loop": "..",
        "app": app,
        "beside.txt": tmp_path / "archive2" / "c.txt",
    }.items():
        (archive / name).symlink_to(target)
    (archive / "inside.md").symlink_to("sub/b.txt")
    (archive / "style.css").symlink_to(app / "secret.txt")
    result = read_articles([archive])
    assert [article.text for article in result.articles] == ["A a.", "B b."]
    names = ["app", "loop", "beside.txt", "environ.txt", "notes.txt", "sub/up"]
    assert result.skipped == tuple(SkippedFile(name, OUTSIDE) for name in names)


def test_catalogs_that_lead_out_of_the_archive_are_ignored(tmp_path: Path) -> None:
    """Neither ``archive.toml`` nor ``vocabulary.toml`` may be a link to a file outside the archive."""
    write_files(tmp_path, archive__a_txt="A a.", secret_toml='token = "42"', archive__own_md="B b.")
    for name in ("archive.toml", "vocabulary.toml"):
        (tmp_path / "archive" / name).symlink_to(tmp_path / "secret.toml")
    listing = list_files([tmp_path / "archive"])
    result = read_files(listing, shared_process(READ_LIMITS))
    warnings = list(result.warnings)
    assert (read_vocabulary(listing, warnings), warnings) == ((), [])
    assert result.skipped == (SkippedFile("archive.toml", OUTSIDE), SkippedFile("vocabulary.toml", OUTSIDE))


def test_a_path_that_is_named_may_be_a_link(tmp_path: Path) -> None:
    """A path on the command line may be a link, and links from one path of the archive to another are followed."""
    write_files(tmp_path, one__a_txt="A a.", two__b_txt="B b.", three__c_txt="C c.")
    (tmp_path / "link").symlink_to("one")
    (tmp_path / "link.txt").symlink_to("two/b.txt")
    (tmp_path / "one" / "c.txt").symlink_to(tmp_path / "three" / "c.txt")
    result = read_articles([tmp_path / "link", tmp_path / "link.txt", tmp_path / "three"])
    assert [article.id for article in result.articles] == ["a.txt", "c.txt", "link.txt"]
    assert result.skipped == ()


def test_folders_of_programs_are_not_read(tmp_path: Path) -> None:
    """Folders of libraries, which hold many files that are no articles, are left out, like hidden ones."""
    (tmp_path / "node_modules" / "x").mkdir(parents=True)
    (tmp_path / "node_modules" / "x" / "README.md").write_text("X x.")
    write_files(tmp_path, a_txt="A a.")
    result = read_articles([tmp_path])
    assert ([article.id for article in result.articles], result.skipped) == (["a.txt"], ())


def test_folders_and_pipes_with_a_suffix(tmp_path: Path) -> None:
    """A folder with a suffix is read as a folder; a pipe is reported and never opened."""
    write_files(tmp_path, x_txt__y_txt="Y y.")
    os.mkfifo(tmp_path / "pipe.txt")
    result = read_articles([tmp_path])
    assert [article.id for article in result.articles] == ["x.txt/y.txt"]
    assert result.skipped == (SkippedFile("pipe.txt", "it is not a regular file"),)


def test_undecodable_file_names_give_printable_read_ids(tmp_path: Path) -> None:
    """A file whose name is not valid UTF-8 gets an id that can be printed."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("Words here.")
    assert read_ids(tmp_path) == ["caf\ufffd.txt"]


def test_undecodable_names_give_encodable_text(tmp_path: Path) -> None:
    """Ids, sources and warnings can be encoded in UTF-8, whatever the names of files and folders."""
    folders = [Path(os.fsdecode(os.fsencode(tmp_path) + name)) for name in (b"/one", b"/\xfe")]
    for folder in folders:
        folder.mkdir()
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text(f"Words of {len(os.fsencode(folder))}.")
    result = read_articles(folders)
    assert [article.id for article in result.articles] == ["caf\ufffd.txt", "\ufffd/caf\ufffd.txt"]
    for text in (
        *result.warnings,
        *(word for article in result.articles for word in (article.source, article.title)),
    ):
        assert text.encode()


def test_a_folder_deleted_during_the_search_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that no longer exists when it is searched is reported, and the others are read."""
    write_files(tmp_path, a__a_txt="A a.", b__b_txt="B b.")
    stat = Path.stat

    def fail_for_one_folder(path: Path, **settings: bool) -> os.stat_result:
        if path == tmp_path / "a":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return stat(path, **settings)

    monkeypatch.setattr(Path, "stat", fail_for_one_folder)
    result = read_articles([tmp_path])
    assert [article.id for article in result.articles] == ["b/b.txt"]
    assert result.skipped == (SkippedFile("a", "it cannot be opened (No such file or directory)"),)


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    """The error for a path that does not exist says what to pass instead."""
    with pytest.raises(ArchiveError, match=r"There is no .*nowhere\. Pass a folder of articles or a \.jsonl file"):
        read_articles([tmp_path / "nowhere"])
