"""Test concurrent and killed writers of a snapshot, and folders that cannot be written."""

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
    load,
    number_of,
    numbered_arrays,
    save,
    save_as_nobody,
    save_each,
    save_with_size_limit,
)


def test_a_killed_writer_leaves_a_complete_snapshot(tmp_path: Path) -> None:
    """A process killed at a random time leaves the snapshot it saved last or the next one; others can save again."""
    with process(kill_writers, tmp_path, 50) as (_, receiver):
        ends = [receiver.recv() for _ in range(50)]
    assert [(last, number) for last, number in ends if number not in (last, last + 1)] == []
    assert ends[-1][1] > 0
    path = save(tmp_path, numbered_arrays(0), "0")
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{NAME}.lock"]


def test_two_writers_and_a_reader_run_concurrently(tmp_path: Path) -> None:
    """While two processes save at once, each load returns a complete snapshot, and never an older one."""
    count, numbers = 40, []
    first = save(tmp_path, numbered_arrays(0), "0")
    with (
        process(save_each, tmp_path, 1_000, count) as (_, one),
        process(save_each, tmp_path, 2_000, count) as (_, other),
    ):
        while not (one.poll() and other.poll()):
            snapshot = load(tmp_path)
            assert snapshot is not None
            number_of(snapshot)
            numbers.append(int(snapshot.path.name.split(".")[1]))
        assert (one.recv(), other.recv()) == ("done", "done")
    assert numbers == sorted(numbers)
    assert number_of(load(tmp_path)) in (1_000 + count - 1, 2_000 + count - 1)
    # Each save has a number of its own.
    assert [file.name for file in tmp_path.glob("*.snapshot")] == [f"{NAME}.{2 * count + 1}.snapshot"]
    assert not first.exists()


def test_waiting_for_another_writer_times_out(tmp_path: Path) -> None:
    """A writer that waits too long for another raises an error of one sentence; the old snapshot stays."""
    save(tmp_path, numbered_arrays(1), "1")
    with closing(sqlite3.connect(tmp_path / f"{NAME}.lock", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SnapshotError, match=r"^Another process has been writing the index in .* for 0 seconds;"):
            save(tmp_path, numbered_arrays(2), "2", timeout=0)
        assert number_of(load(tmp_path)) == 1
    save(tmp_path, numbered_arrays(2), "2", timeout=0)
    assert number_of(load(tmp_path)) == 2


def is_write_error(error: tuple[str, str], folder: Path) -> bool:
    """Return whether the error says, in one sentence, that the folder cannot be written."""
    kind, sentence = error
    return (
        kind == "SnapshotError"
        and sentence.startswith(f"The index cannot be written to {folder} (")
        and sentence.endswith("set PULLQUOTE_STATE_DIR to another folder.")
        and sentence.count(". ") == 0
    )


@POSIX
@pytest.mark.parametrize("limit", [0, 400_000])
def test_a_full_disk_leaves_the_old_snapshot(tmp_path: Path, limit: int) -> None:
    """If the disk is full, the old snapshot stays, without a partial file; saving works once there is space."""
    path = save(tmp_path, numbered_arrays(1), "1")
    assert path.stat().st_size > 800_000
    with process(save_with_size_limit, tmp_path, limit) as (_, receiver):
        assert is_write_error(receiver.recv(), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{NAME}.lock"]
    assert number_of(load(tmp_path)) == 1
    save(tmp_path, numbered_arrays(2), "2")
    assert number_of(load(tmp_path)) == 2


@POSIX
@pytest.mark.parametrize("has_snapshot", [False, True])
def test_a_read_only_folder_is_reported(has_snapshot: bool) -> None:
    """Saving to a read-only folder raises an error that names it; a snapshot in it can still be loaded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if has_snapshot:
            save(folder, numbered_arrays(1), "1")
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        with process(save_as_nobody, folder) as (_, receiver):
            error = receiver.recv()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o555
        assert (load(folder) is not None) == has_snapshot
        folder.chmod(0o755)
    assert is_write_error(error, folder)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    """Saving to a folder below a file raises an error that names it."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SnapshotError, match=r"^The index cannot be written to .*below \(.+\); make"):
        save(tmp_path / "file" / "below", numbered_arrays(1))
