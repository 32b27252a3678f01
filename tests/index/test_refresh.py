"""Test that a refreshed index equals one built from the files alone."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ArchiveError
from bot.index.refresh import refresh_index
from bot.index.store import IndexStore
from bot.index.versions import IndexVersion
from bot.ingest.files import MTIME_GRANULARITY_NS, list_files

from .folders import LONG_AGO, Edit, Folders, differences, edits, prose, visible_contents

EXAMPLES = int(os.environ.get("PULLQUOTE_INDEXING_EXAMPLES", "25"))
"""Number of random histories of a folder; for a long test, set thousands."""


def build_index(paths: tuple[Path, ...]) -> IndexVersion | None:
    """Build the index from the files alone; None if there is no article."""
    try:
        return refresh_index(list_files(paths), None)
    except ArchiveError:
        return None


histories = st.lists(
    st.tuples(st.lists(edits, min_size=1, max_size=4), st.booleans(), st.booleans(), st.booleans()),
    min_size=2,
    max_size=6,
)


@settings(max_examples=EXAMPLES)
@given(histories)
def test_a_refreshed_index_equals_a_new_one(history: list[tuple[list[Edit], bool, bool, bool]]) -> None:
    """After any edits, all arrays, notes and articles equal a new index's; also after a restart, or reordered."""
    with tempfile.TemporaryDirectory() as root:
        folders, version = Folders(Path(root)), None
        folders.write(folders.paths[0] / "a.txt", "The ferry to Tarn.")
        folders.write(folders.paths[0] / "c.jsonl", '{"id": "x", "text": "The first."}\n{"text": "The second."}')
        folders.write(folders.paths[1] / "b.md", "# Tarn\n\nThe bridge at Tarn fell.")
        for changes, is_reversed, is_restarted, is_saved in history:
            for edit in changes:
                edit(folders)
            paths = folders.paths[::-1] if is_reversed else folders.paths
            store = IndexStore(paths, Path(root) / "state")
            expected = build_index(paths)
            if expected is None:
                with pytest.raises(ArchiveError):
                    store.load_current(previous=version)
                continue
            version = store.load_current(previous=None if is_restarted else version)
            if is_saved:
                version = store.save(version)
            assert differences(version, expected) == []
            assert visible_contents(version) == visible_contents(expected)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Create two files with old modification times."""
    folders = Folders(tmp_path)
    folders.write(folders.paths[0] / "a.txt", "The ferry to Tarn was late.")
    folders.write(folders.paths[1] / "b.txt", "The bridge at Tarn fell.")
    return folders


def store_of(folders: Folders) -> IndexStore:
    return IndexStore(folders.paths, folders.root / "state")


def texts(version: IndexVersion) -> list[str]:
    archive = version.index.archive
    return [archive.article(at).text for at in range(len(archive))]


def test_an_unchanged_archive_is_not_refreshed(folders: Folders) -> None:
    """Without changes, the same index is returned, and a new process loads it from disk."""
    store = store_of(folders)
    version = store.save(store.load_current())
    assert store.load_current(previous=version) is version
    again = store_of(folders).load_current()
    assert again.built_at == version.built_at
    assert again.is_saved


def test_a_touched_file_is_read_once(folders: Folders) -> None:
    """A file with a new modification time and the same text is read again, once."""
    store = store_of(folders)
    version = store.save(store.load_current())
    folders.touch(folders.paths[0] / "a.txt")
    again = store.load_current(previous=version)
    assert again is not version
    assert texts(again) == texts(version)
    assert store.load_current(previous=again) is again


def test_a_file_that_changes_twice_within_the_clock_granularity(folders: Folders) -> None:
    """A file that was modified recently is read again, even if its size and modification time are the same."""
    path, now = folders.paths[0] / "a.txt", time.time_ns()
    path.write_text("The ferry to Tarn sank.", encoding="utf-8")
    os.utime(path, ns=(now, now))
    for restarts in (False, True):
        store = store_of(folders)
        version = store.save(store.load_current())
        path.write_text(path.read_text().replace("sank", "swam") if restarts else "The ferry to Tarn sang.")
        os.utime(path, ns=(now, now))
        again = store.load_current(previous=None if restarts else version)
        assert texts(again)[0] == path.read_text(encoding="utf-8")


def test_recently_modified_files_are_checked_again(folders: Folders) -> None:
    """An index of recently modified files is refreshed once more; from then on it is current."""
    store, recently = store_of(folders), time.time_ns() - MTIME_GRANULARITY_NS // 2
    os.utime(folders.paths[0] / "a.txt", ns=(recently, recently))
    version = store.load_current()
    assert not version.is_current(list_files(folders.paths))
    folders.touch(folders.paths[0] / "a.txt")
    refreshed = store.load_current(previous=version)
    assert refreshed.is_current(list_files(folders.paths))


def test_a_file_with_an_older_modification_time(folders: Folders) -> None:
    """A file replaced by an older one, of the same size with other text, is read again."""
    path = folders.paths[1] / "b.txt"
    version = store_of(folders).load_current()
    path.write_text("The bridge at Tarn held."[: path.stat().st_size], encoding="utf-8")
    os.utime(path, ns=(LONG_AGO - 10, LONG_AGO - 10))
    assert texts(store_of(folders).load_current(previous=version))[1] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_of_the_same_size_and_modification_time_is_read_again(folders: Folders, is_replaced: bool) -> None:
    """A file is read again if other text of the same length is written to it, or moved there, and its time set back."""
    path, other = folders.paths[1] / "b.txt", folders.root / "other"
    before = path.stat()
    version = store_of(folders).save(store_of(folders).load_current())
    written = other if is_replaced else path
    written.write_text("The bridge at Tarn held."[: before.st_size], encoding="utf-8")
    os.utime(written, ns=(before.st_atime_ns, before.st_mtime_ns))
    written.rename(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    for previous in (version, None):
        assert texts(store_of(folders).load_current(previous=previous))[1] == path.read_text(encoding="utf-8")


def test_only_new_articles_are_analyzed(folders: Folders) -> None:
    """Known articles are not analyzed again: touched, moved within their file, or next to new ones."""
    news = folders.paths[1] / "news.jsonl"
    folders.write(news, '{"id": "one", "text": "The first."}\n{"id": "two", "text": "The second one."}')
    steps = [
        ("The ferry to Tarn was late.The bridge at Tarn fell.The first.The second one.", lambda: None),
        ("", lambda: folders.touch(news)),
        ("A new one.", lambda: folders.write(folders.paths[0] / "aa.txt", "A new one.")),
        ("The third.", lambda: folders.write(news, news.read_text().replace("The first", "The third"))),
        ("", lambda: folders.write(news, "\n".join(reversed(news.read_text().split("\n"))))),
        ("", (folders.paths[0] / "aa.txt").unlink),
        ("", lambda: folders.write(folders.paths[0] / "archive.toml", "")),
        ("The ferry to Tarn was late.", lambda: folders.write(folders.paths[0] / "archive.toml", TITLED)),
    ]
    version = None
    for analyzed, change in steps:
        change()
        calls: list[tuple[str, int, int]] = []
        version = store_of(folders).load_current(lambda *one: calls.append(one), version)  # noqa: B023 - called at once
        assert [of for stage, done, of in calls if stage == "Indexing" and done == of] == (
            [len(analyzed)] * bool(analyzed)
        )


TITLED = '["a.txt"]\ntitle = "Late"\n'


@given(prose)
@settings(max_examples=20)
def test_an_empty_archive_keeps_the_previous_index(text: str) -> None:
    """Without articles an error is raised, and the previous index can still be reused afterwards."""
    with tempfile.TemporaryDirectory() as root:
        folders = Folders(Path(root))
        path = folders.paths[0] / "a.txt"
        folders.write(path, text)
        store = store_of(folders)
        version = store.save(store.load_current())
        path.unlink()
        with pytest.raises(ArchiveError, match="There is no article in"):
            store.load_current(previous=version)
        folders.write(path, text)
        stages: list[str] = []
        assert texts(store_of(folders).load_current(lambda stage, done, of: stages.append(stage), version)) == texts(
            version
        )
        assert "Indexing" not in stages
