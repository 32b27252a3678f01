"""A snapshot that is not what was written. It is named and never trusted, whatever byte was changed."""

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
from bot.index.snapshot import BLOCK, ArrayEntry, _BlockCheck, _Blocks
from index.snapshots import NAME, Said, loaded, numbered, read, saved

SMALL: Arrays = {
    "few": np.arange(5, dtype=np.int32),
    "none": np.zeros(0, np.uint64),
    "shares": np.linspace(0, 1, 11),
    "bytes": np.frombuffer("§ 1: “Ärger”".encode(), np.uint8),
}


def found(folder: Path, file: bytes) -> Said | None:
    """What a file of these bytes is read as; None where it is found damaged, and named."""
    path = folder / f"{NAME}.1.snapshot"
    path.write_bytes(file)
    try:
        return read(loaded(folder))
    except DamagedSnapshotError as error:
        assert str(error).startswith(f"The snapshot {path} ")
        assert str(error).endswith(" and must be rebuilt.")
        return None


def flipped(file: bytes, at: int, bits: int = 1) -> bytes:
    """The file with some bits of one byte turned over."""
    return file[:at] + bytes([file[at] ^ bits]) + file[at + 1 :]


@pytest.fixture
def small(tmp_path: Path) -> bytes:
    """The bytes of a small snapshot."""
    return saved(tmp_path / "written", SMALL, '{"made": "today"}').read_bytes()


def test_a_file_that_is_copied_is_as_good(tmp_path: Path, small: bytes) -> None:
    """The same bytes in another file say the same."""
    said = found(tmp_path, small)
    assert said is not None
    assert said[0] == '{"made": "today"}'
    assert said[1]["few"] == ("int32", [0, 1, 2, 3, 4])


@pytest.mark.parametrize("bits", [0b1, 0b1000_0000, 0b1111_1111])
def test_no_byte_can_change_unnoticed(tmp_path: Path, small: bytes, bits: int) -> None:
    """Each single byte of a file is held to a checksum, those between the arrays too."""
    assert [at for at in range(len(small)) if found(tmp_path, flipped(small, at, bits)) is not None] == []


def test_no_file_that_is_cut_short_is_trusted(tmp_path: Path, small: bytes) -> None:
    """A file that ends anywhere before its end is damaged, and so is one that goes on."""
    assert [size for size in range(len(small)) if found(tmp_path, small[:size]) is not None] == []
    assert found(tmp_path, small + b"\0") is None


def test_damage_anywhere_in_many_blocks_is_found(tmp_path: Path) -> None:
    """Of 200 files of several blocks, each with one byte changed by chance, none is read as if it were sound."""
    chance = random.Random(7)
    file = saved(tmp_path / "written", numbered(1), "1").read_bytes()
    assert len(file) > 10 * BLOCK
    for _ in range(200):
        assert found(tmp_path, flipped(file, chance.randrange(len(file)), chance.randrange(1, 256))) is None


def test_what_was_exchanged_is_found(tmp_path: Path) -> None:
    """Whole blocks in the wrong order, and one filled with zeros, are no snapshot."""
    array = np.random.default_rng(1).integers(0, 1 << 40, 3 * BLOCK // 8)
    file = saved(tmp_path / "written", {"a": array}).read_bytes()
    start = len(file) - 3 * BLOCK
    first, second, third = (file[start + n * BLOCK : start + (n + 1) * BLOCK] for n in range(3))
    assert found(tmp_path, file[:start] + first + second + third) is not None
    assert found(tmp_path, file[:start] + second + first + third) is None
    assert found(tmp_path, file[:start] + first + bytes(BLOCK) + third) is None


FOREIGN = {
    "empty": b"",
    "a short text": b"hello",
    "a long text": b"hello " * 100_000,
    "zeros": bytes(1_000_000),
    "a database": b"SQLite format 3\0" + bytes(100_000),
    "noise": random.Random(1).randbytes(100_000),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_no_snapshot(tmp_path: Path, kind: str) -> None:
    """Whatever else has a snapshot's name is named as what it is."""
    assert found(tmp_path, FOREIGN[kind]) is None


def test_what_is_no_file_is_no_snapshot(tmp_path: Path) -> None:
    """A folder that has a snapshot's name cannot be read, and does not stand in the next save's way."""
    (tmp_path / f"{NAME}.3.snapshot").mkdir()
    with pytest.raises(DamagedSnapshotError, match=r"archive\.3\.snapshot cannot be read \("):
        loaded(tmp_path)
    assert saved(tmp_path, SMALL, "new").name == f"{NAME}.4.snapshot"
    assert read(loaded(tmp_path))[0] == "new"


def sealed(file: bytes, start: int) -> bytes:
    """The file with a head that fits its checksum, whatever the head says."""
    checksum = zlib.crc32(file[64:start], zlib.crc32(file[:60]))
    return file[:60] + struct.pack("=I", checksum) + file[64:]


def reasons(folder: Path, file: bytes) -> str:
    """Why a file of these bytes is not trusted."""
    path = folder / f"{NAME}.1.snapshot"
    path.write_bytes(file)
    with pytest.raises(DamagedSnapshotError) as raised:
        read(loaded(folder))
    return str(raised.value).removeprefix(f"The snapshot {path} ").removesuffix(" and must be rebuilt.")


def test_it_is_said_what_is_wrong(tmp_path: Path, small: bytes) -> None:
    """Each kind of damage has its words, and that of an array is told with the array's name."""
    version, start = small[32:36], struct.unpack_from("=Q", small, 52)[0]
    other_order = {"little": b"big", "big": b"little"}[sys.byteorder]
    said = {
        "short": reasons(tmp_path, small[:20]),
        "other order": reasons(tmp_path, small.replace(sys.byteorder.encode(), other_order, 1)),
        "newer": reasons(tmp_path, small.replace(version, struct.pack("=I", 2), 1)),
        "longer": reasons(tmp_path, small + b"more"),
        "head": reasons(tmp_path, flipped(small, 70)),
        "array": reasons(tmp_path, flipped(small, len(small) - 1)),
    }
    assert struct.unpack("=I", version) == (snapshot.FORMAT,) == (1,)
    assert said == {
        "short": "is truncated",
        "other order": "was not written by Pullquote on a machine of this kind",
        "newer": "has format 2 instead of 1",
        "longer": f"has {len(small) + 4} bytes instead of {len(small)}",
        "head": "has a damaged header",
        "array": "has a damaged array few",  # the first that is read of the block that they share
    }
    assert start % snapshot.ALIGNMENT == 0


@pytest.mark.parametrize(
    ("written", "instead"),
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
def test_a_head_that_makes_no_sense_is_not_followed(
    tmp_path: Path, small: bytes, written: bytes, instead: bytes
) -> None:
    """A head that fits its checksum and says what cannot be leads to nothing that was not written."""
    (start,) = struct.unpack_from("=Q", small, 52)
    assert written in small
    said = found(tmp_path, sealed(small.replace(written, instead, 1), start))
    assert said is None or said[1]["few"][1][:5] == [0, 1, 2, 3, 4]


def test_damage_is_found_where_it_is_read(tmp_path: Path) -> None:
    """A file whose head is sound opens; what is damaged is told whenever it is read, and the rest can be read."""
    path = saved(tmp_path, {"a": np.arange(50_000), "b": np.arange(50_000)})
    file = path.read_bytes()
    at = len(file) - 400_000 - 400_000 + 3 * BLOCK
    path.write_bytes(flipped(file, at))
    snapshot = loaded(tmp_path)
    assert snapshot is not None
    assert (snapshot.arrays["b"].all() == np.arange(50_000)).all()
    column = snapshot.arrays["a"]
    assert column.slice(0, 100).tolist() == list(range(100))
    for _ in range(2):
        with pytest.raises(DamagedSnapshotError, match="has a damaged array a "):
            column.all()
    with pytest.raises(DamagedSnapshotError):
        column.slice(3 * BLOCK // 8, 3 * BLOCK // 8 + 1)
    assert column.slice(49_990, 50_000).tolist() == list(range(49_990, 50_000))


def test_a_block_is_checked_once(tmp_path: Path) -> None:
    """What was read and found sound is given out without a second check; what was not read is checked still."""
    path = saved(tmp_path, {"a": np.arange(50_000)})
    snapshot = loaded(tmp_path)
    assert snapshot is not None
    column = snapshot.arrays["a"]
    assert column.slice(10, 12).tolist() == [10, 11]
    start = path.stat().st_size - 400_000
    with path.open("r+b") as file:
        for at in (start, start + 2 * BLOCK):
            file.seek(at)
            file.write(b"\xff")
    assert column.slice(0, 1).tolist() == [255]
    with pytest.raises(DamagedSnapshotError):
        column.slice(2 * BLOCK // 8, 2 * BLOCK // 8 + 1)


def test_threads_share_a_snapshot(tmp_path: Path) -> None:
    """Many threads read parts of one fresh snapshot at once, and each gets what was written."""
    array = np.arange(500_000)
    saved(tmp_path, {"a": array})
    snapshot = loaded(tmp_path)
    assert snapshot is not None
    column = snapshot.arrays["a"]
    starts = np.random.default_rng(3).integers(0, 490_000, 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        sound = pool.map(lambda at: bool((column.slice(at, at + 9_000) == array[at : at + 9_000]).all()), starts)
        assert all(sound)


def test_a_damaged_snapshot_makes_room_for_a_new_one(tmp_path: Path) -> None:
    """The save after the damage is what counts, and the damaged file is gone."""
    (tmp_path / f"{NAME}.7.snapshot").write_bytes(b"hello")
    with pytest.raises(DamagedSnapshotError):
        loaded(tmp_path)
    path = saved(tmp_path, SMALL, "new")
    assert list(tmp_path.glob("*.snapshot")) == [path]
    assert read(loaded(tmp_path))[0] == "new"


class Far(_Blocks):
    """Blocks of a file that is too large for a test, all sound; tells which were read."""

    def __init__(self, data: memoryview, sums: snapshot.Checksums) -> None:
        super().__init__(data, sums)
        self.asked: list[tuple[int, int]] = []

    def are_intact(self, first: int, end: int) -> bool:
        self.asked.append((first, end))
        return True


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_places_far_into_a_large_file_are_checked(dtype: type[np.signedinteger]) -> None:
    """What lies behind the two gigabytes to which small integers count is checked where it is."""
    offset = 3_000_000_000 // BLOCK * BLOCK
    blocks = Far(memoryview(b""), np.zeros(offset // BLOCK + 2, np.uint32))
    blocks.checked[:-1] = b"\1" * (len(blocks.checked) - 1)
    place = ArrayEntry(name="far", dtype="int32", offset=offset, length=BLOCK)
    _BlockCheck(blocks, place, lambda: AssertionError("what is sound was found damaged")).check_each(
        np.array([0, 5, BLOCK // 4 - 1, BLOCK // 4], dtype)
    )
    assert blocks.asked == [(offset // BLOCK + 1, offset // BLOCK + 2)]
