"""Several processes on one snapshot, some of which are killed; and folders in which none can be written."""

from __future__ import annotations

import sqlite3
import stat
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from processes import POSIX, process

from bot.errors import SnapshotError
from index.snapshots import (
    NAME,
    kill_writers,
    loaded,
    number_of,
    numbered,
    save_as_nobody,
    save_each,
    save_with_little_room,
    saved,
)


def test_a_killed_writer_leaves_a_whole_snapshot(tmp_path: Path) -> None:
    """Killed at any of 50 moments, a process leaves what it saved last or the next; others go on from there."""
    with process(kill_writers, tmp_path, 50) as (_, hears):
        ends = [hears.recv() for _ in range(50)]
    assert [(last, number) for last, number in ends if number not in (last, last + 1)] == []
    assert ends[-1][1] > 0
    path = saved(tmp_path, numbered(0), "0")
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{NAME}.lock"]


def test_two_writers_and_a_reader_never_meet(tmp_path: Path) -> None:
    """While two processes save at once, whoever loads finds a whole snapshot each time, and never an older one."""
    count, numbers = 40, []
    first = saved(tmp_path, numbered(0), "0")
    with (
        process(save_each, tmp_path, 1_000, count) as (_, one),
        process(save_each, tmp_path, 2_000, count) as (_, other),
    ):
        while not (one.poll() and other.poll()):
            snapshot = loaded(tmp_path)
            assert snapshot is not None
            number_of(snapshot)
            numbers.append(int(snapshot.path.name.split(".")[1]))
        assert (one.recv(), other.recv()) == ("done", "done")
    assert numbers == sorted(numbers)
    assert number_of(loaded(tmp_path)) in (1_000 + count - 1, 2_000 + count - 1)
    # each save had a number of its own
    assert [file.name for file in tmp_path.glob("*.snapshot")] == [f"{NAME}.{2 * count + 1}.snapshot"]
    assert not first.exists()


def test_who_writes_for_too_long_is_told_of(tmp_path: Path) -> None:
    """A writer that waits in vain for another says so in one sentence; what is there stays."""
    saved(tmp_path, numbered(1), "1")
    with closing(sqlite3.connect(tmp_path / f"{NAME}.lock", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SnapshotError, match=r"^Another process has been writing the snapshot in .* for 0 seconds;"):
            saved(tmp_path, numbered(2), "2", timeout=0)
        assert number_of(loaded(tmp_path)) == 1
    saved(tmp_path, numbered(2), "2", timeout=0)
    assert number_of(loaded(tmp_path)) == 2


def is_the_sentence(said: tuple[str, str], folder: Path) -> bool:
    """Whether this is what is said where nothing can be written."""
    kind, sentence = said
    return (
        kind == "SnapshotError"
        and sentence.startswith(f"The snapshot cannot be written to {folder} (")
        and sentence.endswith("set PULLQUOTE_STATE_DIR to another folder.")
        and sentence.count(". ") == 0
    )


@POSIX
@pytest.mark.parametrize("room", [0, 400_000])
def test_a_full_disk_is_one_sentence_and_passes(tmp_path: Path, room: int) -> None:
    """When there is no more room the old snapshot stays and nothing half-written; once there is, all goes on."""
    path = saved(tmp_path, numbered(1), "1")
    assert path.stat().st_size > 800_000
    with process(save_with_little_room, tmp_path, room) as (_, hears):
        assert is_the_sentence(hears.recv(), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{NAME}.lock"]
    assert number_of(loaded(tmp_path)) == 1
    saved(tmp_path, numbered(2), "2")
    assert number_of(loaded(tmp_path)) == 2


@POSIX
@pytest.mark.parametrize("has_snapshot", [False, True])
def test_a_read_only_folder_is_one_sentence(has_snapshot: bool) -> None:
    """A folder that cannot be written is named, with or without a snapshot in it, which can be read still."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if has_snapshot:
            saved(folder, numbered(1), "1")
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        with process(save_as_nobody, folder) as (_, hears):
            said = hears.recv()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o555
        assert (loaded(folder) is not None) == has_snapshot
        folder.chmod(0o755)
    assert is_the_sentence(said, folder)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A folder below a file is one sentence that names it."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SnapshotError, match=r"^The snapshot cannot be written to .*below \(.+\); make"):
        saved(tmp_path / "file" / "below", numbered(1))
