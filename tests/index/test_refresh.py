"""An index that was brought up to date is the one that would be made of nothing but the files."""

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

from .folders import LONG_AGO, Edit, Folders, differences, edits, prose, said

EXAMPLES = int(os.environ.get("PULLQUOTE_INDEXING_EXAMPLES", "25"))
"""How many histories of a folder are drawn; the long form sets thousands."""


def fresh(paths: tuple[Path, ...]) -> IndexVersion | None:
    """The index made of nothing but the files; None where there is no article."""
    try:
        return refresh_index(list_files(paths), None)
    except ArchiveError:
        return None


steps = st.lists(
    st.tuples(st.lists(edits, min_size=1, max_size=4), st.booleans(), st.booleans(), st.booleans()),
    min_size=2,
    max_size=6,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps)
def test_updated_is_as_made_anew(history: list[tuple[list[Edit], bool, bool, bool]]) -> None:
    """After any edits every array, note and fact is as if the index were new; also by another process, or reordered."""
    with tempfile.TemporaryDirectory() as root:
        folders, kept = Folders(Path(root)), None
        folders.write(folders.paths[0] / "a.txt", "The ferry to Tarn.")
        folders.write(folders.paths[0] / "c.jsonl", '{"id": "x", "text": "The first."}\n{"text": "The second."}')
        folders.write(folders.paths[1] / "b.md", "# Tarn\n\nThe bridge at Tarn fell.")
        for changes, is_turned, is_restarted, is_saved in history:
            for edit in changes:
                edit(folders)
            paths = folders.paths[::-1] if is_turned else folders.paths
            keeper = IndexStore(paths, Path(root) / "state")
            expected = fresh(paths)
            if expected is None:
                with pytest.raises(ArchiveError):
                    keeper.load_current(previous=kept)
                continue
            kept = keeper.load_current(previous=None if is_restarted else kept)
            if is_saved:
                kept = keeper.save(kept)
            assert differences(kept, expected) == []
            assert said(kept) == said(expected)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A folder with two files that were changed long ago."""
    folders = Folders(tmp_path)
    folders.write(folders.paths[0] / "a.txt", "The ferry to Tarn was late.")
    folders.write(folders.paths[1] / "b.txt", "The bridge at Tarn fell.")
    return folders


def keeper_of(folders: Folders) -> IndexStore:
    return IndexStore(folders.paths, folders.root / "state")


def texts(kept: IndexVersion) -> list[str]:
    archive = kept.index.archive
    return [archive.article(at).text for at in range(len(archive))]


def test_what_has_not_changed_is_the_same_index(folders: Folders) -> None:
    """Nothing is made where nothing has changed, by one process or the next."""
    keeper = keeper_of(folders)
    kept = keeper.save(keeper.load_current())
    assert keeper.load_current(previous=kept) is kept
    again = keeper_of(folders).load_current()
    assert again.built_at == kept.built_at
    assert again.is_saved


def test_a_touched_file_gives_the_same_answers(folders: Folders) -> None:
    """A file with another time and the same words is looked at again, and known from then on."""
    keeper = keeper_of(folders)
    kept = keeper.save(keeper.load_current())
    folders.touch(folders.paths[0] / "a.txt")
    again = keeper.load_current(previous=kept)
    assert again is not kept
    assert texts(again) == texts(kept)
    assert keeper.load_current(previous=again) is again


def test_a_file_that_changes_twice_in_one_tick(folders: Folders) -> None:
    """What was changed a moment ago is looked at again, though its size and time are what they were."""
    path, now = folders.paths[0] / "a.txt", time.time_ns()
    path.write_text("The ferry to Tarn sank.", encoding="utf-8")
    os.utime(path, ns=(now, now))
    for restarts in (False, True):
        keeper = keeper_of(folders)
        kept = keeper.save(keeper.load_current())
        path.write_text(path.read_text().replace("sank", "swam") if restarts else "The ferry to Tarn sang.")
        os.utime(path, ns=(now, now))
        again = keeper.load_current(previous=None if restarts else kept)
        assert texts(again)[0] == path.read_text(encoding="utf-8")


def test_what_is_settled_is_known_by_its_time(folders: Folders) -> None:
    """An index that was made of files before they had settled is made again once; from then on it is as it was."""
    keeper, recently = keeper_of(folders), time.time_ns() - MTIME_GRANULARITY_NS // 2
    os.utime(folders.paths[0] / "a.txt", ns=(recently, recently))
    kept = keeper.load_current()
    assert not kept.is_current(list_files(folders.paths))
    folders.touch(folders.paths[0] / "a.txt")
    settled = keeper.load_current(previous=kept)
    assert settled.is_current(list_files(folders.paths))


def test_a_file_goes_back_in_time(folders: Folders) -> None:
    """A file that is put back with an older time, the same size and other words is read again."""
    path = folders.paths[1] / "b.txt"
    kept = keeper_of(folders).load_current()
    path.write_text("The bridge at Tarn held."[: path.stat().st_size], encoding="utf-8")
    os.utime(path, ns=(LONG_AGO - 10, LONG_AGO - 10))
    assert texts(keeper_of(folders).load_current(previous=kept))[1] == path.read_text(encoding="utf-8")


def test_only_what_is_new_is_analysed(folders: Folders) -> None:
    """Of what was there already nothing is analysed again, be it touched, moved within its file, or beside new ones."""
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
    kept = None
    for analysed, change in steps:
        change()
        told: list[tuple[str, int, int]] = []
        kept = keeper_of(folders).load_current(lambda *one: told.append(one), kept)  # noqa: B023 - called at once
        assert [of for what, done, of in told if what == "Indexing" and done == of] == (
            [len(analysed)] * bool(analysed)
        )


TITLED = '["a.txt"]\ntitle = "Late"\n'


@given(prose)
@settings(max_examples=20, deadline=None)
def test_an_empty_archive_leaves_the_old_one(text: str) -> None:
    """Where no article is left that is said, and what was kept before can still be taken over afterwards."""
    with tempfile.TemporaryDirectory() as root:
        folders = Folders(Path(root))
        path = folders.paths[0] / "a.txt"
        folders.write(path, text)
        keeper = keeper_of(folders)
        kept = keeper.save(keeper.load_current())
        path.unlink()
        with pytest.raises(ArchiveError, match="There is no article in"):
            keeper.load_current(previous=kept)
        folders.write(path, text)
        told: list[str] = []
        assert texts(keeper_of(folders).load_current(lambda what, done, of: told.append(what), kept)) == texts(kept)
        assert "Indexing" not in told
