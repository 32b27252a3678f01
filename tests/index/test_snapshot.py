"""What is saved is what is read, and what the newest is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.index.arrays import Arrays, StringArray, prefix, unprefix
from bot.index.snapshot import ALIGNMENT, BLOCK, DType, load_snapshot, save_snapshot
from index.snapshots import NAME, loaded, numbered, read, said, saved


@st.composite
def some_arrays(draw: st.DrawFn) -> Arrays:
    """Arrays of every dtype and of every length up to some blocks, none among them."""
    names = draw(st.lists(st.text(max_size=8), max_size=8, unique=True))
    lengths = st.one_of(st.integers(0, 70), st.integers(0, 3 * BLOCK))
    arrays: dict[str, Any] = {}
    for name in names:
        random = np.random.default_rng(draw(st.integers(0, 9)))
        dtype = np.dtype(draw(st.sampled_from(get_args(DType))))
        arrays[name] = random.integers(0, 256, draw(lengths), np.uint8)
        arrays[name] = arrays[name][: len(arrays[name]) // dtype.itemsize * dtype.itemsize].view(dtype)
    return arrays


@given(some_arrays(), st.text())
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, arrays: Arrays, manifest: str) -> None:
    """Every array and the text come back bit by bit, each array where a processor likes it, and read-only."""
    folder = tmp_path_factory.mktemp("round")
    saved(folder, arrays, manifest)
    snapshot = loaded(folder)
    assert snapshot is not None
    assert snapshot.manifest == manifest
    assert list(snapshot.arrays) == list(arrays)
    for name, array in arrays.items():
        found = snapshot.arrays[name].all()
        assert (found.dtype, found.tobytes()) == (array.dtype, array.tobytes())
        assert len(snapshot.arrays[name]) == len(array)
        assert not found.flags.writeable
        assert not len(found) or found.ctypes.data % ALIGNMENT == 0


@given(st.integers(0, 50_000), st.integers(0, 50_000))
@settings(max_examples=60, deadline=None)
def test_a_part_is_a_part_of_the_whole(tmp_path_factory: pytest.TempPathFactory, one: int, other: int) -> None:
    """Elements from here up to there are those of the array, also where numpy's own integers say which."""
    folder = tmp_path_factory.mktemp("part")
    array = np.arange(50_000, dtype=np.int64)
    saved(folder, {"before": np.zeros(5, np.uint8), "array": array})
    start, end = sorted((one, other))
    snapshot = loaded(folder)
    assert snapshot is not None
    column = snapshot.arrays["array"]
    assert (column.slice(start, end) == array[start:end]).all()
    # 8 times the number would not go into 16 bits
    assert (column.slice(np.uint16(start), np.uint16(end)) == array[start:end]).all()


def test_strings_are_read_from_a_file(tmp_path: Path) -> None:
    """What is made of named arrays is made of a snapshot's columns as well."""
    words = sorted(["", "ärger", "cap", "𝔤cap"])
    saved(tmp_path, prefix("terms", StringArray.encode(words)))
    snapshot = loaded(tmp_path)
    assert snapshot is not None
    strings = StringArray(unprefix("terms", snapshot.arrays))
    assert list(strings) == words
    assert [strings.find(word) for word in [*words, "none"]] == [0, 1, 2, 3, None]


@pytest.mark.parametrize(
    "array",
    [np.arange(6, dtype=">i4"), np.arange(6, dtype="<i4"), np.arange(12, dtype=np.int32)[::2] // 2],
    ids=["big-endian", "little-endian", "every other"],
)
def test_numbers_are_kept_however_they_lay_in_memory(tmp_path: Path, array: Any) -> None:
    """Arrays of either byte order, and those with gaps, are written as the machine has its numbers."""
    saved(tmp_path, {"a": array})
    assert read(loaded(tmp_path)) == ("", {"a": ("int32", [0, 1, 2, 3, 4, 5])})


@pytest.mark.parametrize(
    "array",
    [np.zeros(2, np.float16), np.array(["a"]), np.array([None]), np.zeros((2, 2), np.int32), np.int32(1)],
    ids=["float16", "text", "object", "two dimensions", "none"],
)
def test_what_a_file_cannot_hold_is_a_mistake(tmp_path: Path, array: Any) -> None:
    """Arrays of any other kind are refused before anything is written."""
    with pytest.raises(ValueError):
        saved(tmp_path, {"a": np.asarray(array)})
    assert list(tmp_path.iterdir()) == []


def test_without_a_snapshot_there_is_none(tmp_path: Path) -> None:
    """No folder, a file in its place, an empty folder, or one of other names: there is no snapshot."""
    (tmp_path / "file").write_text("in the way")
    saved(tmp_path / "others", numbered(1))
    (tmp_path / "empty").mkdir()
    for folder in ("missing", "file", "empty"):
        assert load_snapshot(tmp_path / folder, NAME) is None
    assert load_snapshot(tmp_path / "others", "another") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_what_is_gone_when_it_is_opened_is_passed_over(tmp_path: Path) -> None:
    """A file that is listed and cannot be found is no damage; the next save counts on from it."""
    (tmp_path / f"{NAME}.9.snapshot").symlink_to(tmp_path / "gone")
    assert loaded(tmp_path) is None
    assert saved(tmp_path, numbered(1), "1").name == f"{NAME}.10.snapshot"
    assert read(loaded(tmp_path)) == said("1", numbered(1))


def test_the_newest_counts_and_stands_alone(tmp_path: Path) -> None:
    """Each save makes the folder it needs, is what is loaded from then on, and leaves no older file."""
    folder = tmp_path / "not" / "yet"
    for number in range(1, 13):
        path = saved(folder, numbered(number), str(number))
        assert read(loaded(folder)) == said(str(number), numbered(number))
        assert [file.name for file in folder.glob("*.snapshot")] == [path.name]


def test_names_do_not_meet(tmp_path: Path) -> None:
    """Snapshots of several names lie in one folder, also where one name goes on as another does."""
    names = ["a", "a.1", "b", "a.snapshot"]
    for name in names * 2:
        save_snapshot(tmp_path, name, {}, name)
    for name in names:
        assert read(load_snapshot(tmp_path, name)) == (name, {})


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file is not deleted there")
def test_who_reads_goes_on_reading(tmp_path: Path) -> None:
    """A snapshot that was opened says the same when newer ones have come and its file is gone."""
    path = saved(tmp_path, numbered(1), "1")
    first = loaded(tmp_path)
    for number in (2, 3):
        saved(tmp_path, numbered(number), str(number))
    assert not path.exists()
    assert read(first) == said("1", numbered(1))
