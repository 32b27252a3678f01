"""Test that every damage of a snapshot is detected and reported."""

from __future__ import annotations

import random
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.errors import DamagedSnapshotError
from bot.index import snapshot
from bot.index.arrays import Arrays
from bot.index.snapshot import BLOCK, ArrayEntry, _Blocks, _SavedArray
from index.snapshots import NAME, Contents, load, numbered_arrays, read, save

SMALL: Arrays = {
    "few": np.arange(5, dtype=np.int32),
    "none": np.zeros(0, np.uint64),
    "floats": np.linspace(0, 1, 11),
    "bytes": np.frombuffer("§ 1: “Ärger”".encode(), np.uint8),
}


def read_bytes(folder: Path, file: bytes) -> Contents | None:
    """Return the contents of a snapshot of these bytes; None if it is reported as damaged, by its path."""
    path = folder / f"{NAME}.1.snapshot"
    path.write_bytes(file)
    try:
        return read(load(folder))
    except DamagedSnapshotError as error:
        assert str(error).startswith(f"The snapshot {path} ")
        assert str(error).endswith(" and must be rebuilt.")
        return None


def flip(file: bytes, at: int, bits: int = 1) -> bytes:
    """Flip some bits of one byte."""
    return file[:at] + bytes([file[at] ^ bits]) + file[at + 1 :]


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    """Return the bytes of a small snapshot."""
    return save(tmp_path / "saved", SMALL, '{"made": "today"}').read_bytes()


def test_a_copied_file_can_be_loaded(tmp_path: Path, small: bytes) -> None:
    """The same bytes in another file have the same contents."""
    contents = read_bytes(tmp_path, small)
    assert contents is not None
    assert contents[0] == '{"made": "today"}'
    assert contents[1]["few"] == ("int32", [0, 1, 2, 3, 4])


@pytest.mark.parametrize("bits", [0b1, 0b1000_0000, 0b1111_1111])
def test_every_changed_byte_is_detected(tmp_path: Path, small: bytes, bits: int) -> None:
    """Every byte of a file is under a checksum, including those between the arrays."""
    assert [at for at in range(len(small)) if read_bytes(tmp_path, flip(small, at, bits)) is not None] == []


def test_every_truncation_is_detected(tmp_path: Path, small: bytes) -> None:
    """A file truncated at any length is damaged, and so is one with an extra byte."""
    assert [size for size in range(len(small)) if read_bytes(tmp_path, small[:size]) is not None] == []
    assert read_bytes(tmp_path, small + b"\0") is None


def test_a_changed_byte_in_any_block_is_detected(tmp_path: Path) -> None:
    """In a file of several blocks, each of 200 random changes of one byte is detected."""
    rng = random.Random(7)
    file = save(tmp_path / "saved", numbered_arrays(1), "1").read_bytes()
    assert len(file) > 10 * BLOCK
    for _ in range(200):
        assert read_bytes(tmp_path, flip(file, rng.randrange(len(file)), rng.randrange(1, 256))) is None


def test_exchanged_blocks_are_detected(tmp_path: Path) -> None:
    """Blocks in the wrong order and a block of zeros are detected."""
    array = np.random.default_rng(1).integers(0, 1 << 40, 3 * BLOCK // 8)
    file = save(tmp_path / "saved", {"a": array}).read_bytes()
    start = len(file) - 3 * BLOCK
    first, second, third = (file[start + n * BLOCK : start + (n + 1) * BLOCK] for n in range(3))
    assert read_bytes(tmp_path, file[:start] + first + second + third) is not None
    assert read_bytes(tmp_path, file[:start] + second + first + third) is None
    assert read_bytes(tmp_path, file[:start] + first + bytes(BLOCK) + third) is None


FOREIGN = {
    "empty": b"",
    "a short text": b"hello",
    "a long text": b"hello " * 100_000,
    "zeros": bytes(1_000_000),
    "a database": b"SQLite format 3\0" + bytes(100_000),
    "noise": random.Random(1).randbytes(100_000),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_another_file_is_reported(tmp_path: Path, kind: str) -> None:
    """A file of another kind with a snapshot's name is reported as damaged."""
    assert read_bytes(tmp_path, FOREIGN[kind]) is None


def test_a_folder_in_place_of_a_snapshot(tmp_path: Path) -> None:
    """A folder with a snapshot's name is reported, and does not prevent the next save."""
    (tmp_path / f"{NAME}.3.snapshot").mkdir()
    with pytest.raises(DamagedSnapshotError, match=r"archive\.3\.snapshot cannot be read \("):
        load(tmp_path)
    assert save(tmp_path, SMALL, "new").name == f"{NAME}.4.snapshot"
    assert read(load(tmp_path))[0] == "new"


def fix_checksum(file: bytes, start: int) -> bytes:
    """Return the file with a valid checksum of its header."""
    checksum = zlib.crc32(file[64:start], zlib.crc32(file[:60]))
    return file[:60] + struct.pack("=I", checksum) + file[64:]


def load_error(folder: Path, file: bytes) -> str:
    """Return the reason in the error of loading a file of these bytes."""
    path = folder / f"{NAME}.1.snapshot"
    path.write_bytes(file)
    with pytest.raises(DamagedSnapshotError) as raised:
        read(load(folder))
    return str(raised.value).removeprefix(f"The snapshot {path} ").removesuffix(" and must be rebuilt.")


def test_the_error_names_the_damage(tmp_path: Path, small: bytes) -> None:
    """Each kind of damage has its own message; that of an array contains its name."""
    version, start = small[32:36], struct.unpack_from("=Q", small, 52)[0]
    other_order = {"little": b"big", "big": b"little"}[sys.byteorder]
    errors = {
        "short": load_error(tmp_path, small[:20]),
        "other order": load_error(tmp_path, small.replace(sys.byteorder.encode(), other_order, 1)),
        "newer": load_error(tmp_path, small.replace(version, struct.pack("=I", 2), 1)),
        "longer": load_error(tmp_path, small + b"more"),
        "head": load_error(tmp_path, flip(small, 70)),
        "array": load_error(tmp_path, flip(small, len(small) - 1)),
    }
    assert struct.unpack("=I", version) == (snapshot.FORMAT,) == (1,)
    assert errors == {
        "short": "is truncated",
        "other order": "was not written by Pullquote on a machine of this kind",
        "newer": "has format 2 instead of 1",
        "longer": f"has {len(small) + 4} bytes instead of {len(small)}",
        "head": "has a damaged header",
        "array": "has a damaged array few",  # the first one read of those in the block
    }
    assert start % snapshot.ALIGNMENT == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"length":5', b'"length":9'),
        (b'"length":11', b'"length":99'),
        (b'"length":5', b'"length":-'),
        (b'"dtype":"uint8"', b'"dtype":"uint9"'),
        (b'"dtype":"int32"', b'"dtype":"bytes"'),
        (b'"offset":0', b'"offset":-'),
        (b'{"arrays"', b'["arrays"'),
        (b'"bytes"', b'"b\xfftes"'),
    ],
)
def test_an_invalid_header_is_harmless(tmp_path: Path, small: bytes, old: bytes, new: bytes) -> None:
    """An invalid header with a valid checksum never leads to wrong array contents."""
    (start,) = struct.unpack_from("=Q", small, 52)
    assert old in small
    contents = read_bytes(tmp_path, fix_checksum(small.replace(old, new, 1), start))
    assert contents is None or contents[1]["few"][1][:5] == [0, 1, 2, 3, 4]


def test_damage_is_reported_when_it_is_read(tmp_path: Path) -> None:
    """A file with an intact header opens; a damaged block is reported on every read, and the rest can be read."""
    path = save(tmp_path, {"a": np.arange(50_000), "b": np.arange(50_000)})
    file = path.read_bytes()
    at = len(file) - 400_000 - 400_000 + 3 * BLOCK
    path.write_bytes(flip(file, at))
    snapshot = load(tmp_path)
    assert snapshot is not None
    assert (snapshot.arrays["b"].all() == np.arange(50_000)).all()
    lazy = snapshot.arrays["a"]
    assert lazy.slice(0, 100).tolist() == list(range(100))
    for _ in range(2):
        with pytest.raises(DamagedSnapshotError, match="has a damaged array a "):
            lazy.all()
    with pytest.raises(DamagedSnapshotError):
        lazy.slice(3 * BLOCK // 8, 3 * BLOCK // 8 + 1)
    assert lazy.slice(49_990, 50_000).tolist() == list(range(49_990, 50_000))


def test_a_block_is_checked_once(tmp_path: Path) -> None:
    """A block that was read is not checked again; the others still are."""
    path = save(tmp_path, {"a": np.arange(50_000)})
    snapshot = load(tmp_path)
    assert snapshot is not None
    lazy = snapshot.arrays["a"]
    assert lazy.slice(10, 12).tolist() == [10, 11]
    start = path.stat().st_size - 400_000
    with path.open("r+b") as file:
        for at in (start, start + 2 * BLOCK):
            file.seek(at)
            file.write(b"\xff")
    assert lazy.slice(0, 1).tolist() == [255]
    with pytest.raises(DamagedSnapshotError):
        lazy.slice(2 * BLOCK // 8, 2 * BLOCK // 8 + 1)


def test_threads_can_share_a_snapshot(tmp_path: Path) -> None:
    """Threads that read slices of one snapshot at once all get what was saved."""
    array = np.arange(500_000)
    save(tmp_path, {"a": array})
    snapshot = load(tmp_path)
    assert snapshot is not None
    lazy = snapshot.arrays["a"]
    starts = np.random.default_rng(3).integers(0, 490_000, 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        are_equal = pool.map(lambda at: bool((lazy.slice(at, at + 9_000) == array[at : at + 9_000]).all()), starts)
        assert all(are_equal)


def test_a_damaged_snapshot_is_replaced(tmp_path: Path) -> None:
    """The next save replaces a damaged file."""
    (tmp_path / f"{NAME}.7.snapshot").write_bytes(b"hello")
    with pytest.raises(DamagedSnapshotError):
        load(tmp_path)
    path = save(tmp_path, SMALL, "new")
    assert list(tmp_path.glob("*.snapshot")) == [path]
    assert read(load(tmp_path))[0] == "new"


class FakeBlocks(_Blocks):
    """Intact blocks of a file that is too large for a test; records which were checked."""

    def __init__(self, data: memoryview, sums: snapshot.Checksums) -> None:
        super().__init__(data, sums)
        self.ranges: list[tuple[int, int]] = []

    def are_intact(self, first: int, end: int) -> bool:
        self.ranges.append((first, end))
        return True


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_offsets_beyond_32_bits(dtype: type[np.signedinteger]) -> None:
    """Elements more than 2 GB into the file are checked in the right block."""
    offset = 3_000_000_000 // BLOCK * BLOCK
    blocks = FakeBlocks(memoryview(b""), np.zeros(offset // BLOCK + 2, np.uint32))
    blocks.checked[:-1] = b"\1" * (len(blocks.checked) - 1)
    entry = ArrayEntry(name="far", dtype="int32", offset=offset, length=BLOCK)
    far = _SavedArray(np.arange(BLOCK, dtype=np.int32), Path("far"), entry, blocks)
    assert far.take(np.array([0, 5, BLOCK // 4 - 1, BLOCK // 4], dtype))[1] == 5
    assert blocks.ranges == [(offset // BLOCK + 1, offset // BLOCK + 2)]
