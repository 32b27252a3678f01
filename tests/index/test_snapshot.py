"""Test saving and loading snapshots."""

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
from index.snapshots import NAME, contents_of, load, numbered_arrays, read, save


@st.composite
def random_arrays(draw: st.DrawFn) -> Arrays:
    """Draw up to 8 arrays, of every dtype and of lengths from 0 to several blocks."""
    names = draw(st.lists(st.text(max_size=8), max_size=8, unique=True))
    lengths = st.one_of(st.integers(0, 70), st.integers(0, 3 * BLOCK))
    arrays: dict[str, Any] = {}
    for name in names:
        rng = np.random.default_rng(draw(st.integers(0, 9)))
        dtype = np.dtype(draw(st.sampled_from(get_args(DType))))
        arrays[name] = rng.integers(0, 256, draw(lengths), np.uint8)
        arrays[name] = arrays[name][: len(arrays[name]) // dtype.itemsize * dtype.itemsize].view(dtype)
    return arrays


@given(random_arrays(), st.text())
@settings(max_examples=60)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, arrays: Arrays, manifest: str) -> None:
    """Manifest and arrays are loaded as they were saved; the arrays are aligned and read-only."""
    folder = tmp_path_factory.mktemp("round")
    save(folder, arrays, manifest)
    snapshot = load(folder)
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
@settings(max_examples=60)
def test_slice_returns_a_range(tmp_path_factory: pytest.TempPathFactory, one: int, other: int) -> None:
    """A slice of a saved array equals that of the original, also with numpy's integers as bounds."""
    folder = tmp_path_factory.mktemp("slice")
    array = np.arange(50_000, dtype=np.int64)
    save(folder, {"before": np.zeros(5, np.uint8), "array": array})
    start, end = sorted((one, other))
    snapshot = load(folder)
    assert snapshot is not None
    saved = snapshot.arrays["array"]
    assert (saved.slice(start, end) == array[start:end]).all()
    # 8 times the number would overflow 16 bits.
    assert (saved.slice(np.uint16(start), np.uint16(end)) == array[start:end]).all()


def test_strings_are_loaded_from_a_file(tmp_path: Path) -> None:
    """A StringArray can be opened from a snapshot."""
    words = sorted(["", "ärger", "cap", "𝔤cap"])
    save(tmp_path, prefix("terms", StringArray.encode(words)))
    snapshot = load(tmp_path)
    assert snapshot is not None
    strings = StringArray(unprefix("terms", snapshot.arrays))
    assert list(strings) == words
    assert [strings.find(word) for word in [*words, "none"]] == [0, 1, 2, 3, None]


@pytest.mark.parametrize(
    "array",
    [np.arange(6, dtype=">i4"), np.arange(6, dtype="<i4"), np.arange(12, dtype=np.int32)[::2] // 2],
    ids=["big-endian", "little-endian", "every other"],
)
def test_byte_order_and_strides_do_not_matter(tmp_path: Path, array: Any) -> None:
    """Arrays of either byte order, and strided ones, are saved contiguously in the machine's byte order."""
    save(tmp_path, {"a": array})
    assert read(load(tmp_path)) == ("", {"a": ("int32", [0, 1, 2, 3, 4, 5])})


@pytest.mark.parametrize(
    "array",
    [np.zeros(2, np.float16), np.array(["a"]), np.array([None]), np.zeros((2, 2), np.int32), np.int32(1)],
    ids=["float16", "text", "object", "two dimensions", "none"],
)
def test_unsupported_arrays_are_rejected(tmp_path: Path, array: Any) -> None:
    """Arrays of other dtypes or dimensions raise ValueError before anything is written."""
    with pytest.raises(ValueError):
        save(tmp_path, {"a": np.asarray(array)})
    assert list(tmp_path.iterdir()) == []


def test_load_returns_none_without_a_snapshot(tmp_path: Path) -> None:
    """A missing folder, a file, an empty folder and a folder with other names have no snapshot."""
    (tmp_path / "file").write_text("in the way")
    save(tmp_path / "others", numbered_arrays(1))
    (tmp_path / "empty").mkdir()
    for folder in ("missing", "file", "empty"):
        assert load_snapshot(tmp_path / folder, NAME) is None
    assert load_snapshot(tmp_path / "others", "another") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_deleted_file_is_skipped(tmp_path: Path) -> None:
    """A file that is listed but missing is not reported as damage; the next save has the next number."""
    (tmp_path / f"{NAME}.9.snapshot").symlink_to(tmp_path / "gone")
    assert load(tmp_path) is None
    assert save(tmp_path, numbered_arrays(1), "1").name == f"{NAME}.10.snapshot"
    assert read(load(tmp_path)) == contents_of("1", numbered_arrays(1))


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    """Each save creates the folder if needed, is loaded from then on, and deletes the older file."""
    folder = tmp_path / "not" / "yet"
    for number in range(1, 13):
        path = save(folder, numbered_arrays(number), str(number))
        assert read(load(folder)) == contents_of(str(number), numbered_arrays(number))
        assert [file.name for file in folder.glob("*.snapshot")] == [path.name]


def test_snapshots_of_several_names(tmp_path: Path) -> None:
    """One folder can have snapshots of several names, even if one name begins with another."""
    names = ["a", "a.1", "b", "a.snapshot"]
    for name in names * 2:
        save_snapshot(tmp_path, name, {}, name)
    for name in names:
        assert read(load_snapshot(tmp_path, name)) == (name, {})


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file is not deleted there")
def test_a_replaced_snapshot_stays_readable(tmp_path: Path) -> None:
    """An open snapshot stays the same after newer ones were saved and its file was deleted."""
    path = save(tmp_path, numbered_arrays(1), "1")
    first = load(tmp_path)
    for number in (2, 3):
        save(tmp_path, numbered_arrays(number), str(number))
    assert not path.exists()
    assert read(first) == contents_of("1", numbered_arrays(1))
