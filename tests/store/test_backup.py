"""Backups: what is saved from one database is restored in another one, of either kind, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import backup
from bot.store.backup import read_backup, restore_backup, write_backup
from bot.store.models import FILE_NAME, AnswerRecord, Feedback, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

from .conftest import create_database

Opener = Callable[[str], Store]


@pytest.fixture
def open_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens a new store of the given kind, each in a folder of its own."""
    with ExitStack() as stack:
        opened: list[Store] = []

        def open_one(kind: str) -> Store:
            url = create_database(request.getfixturevalue("postgres")) if kind == "postgres" else None
            opened.append(Store(tmp_path / f"state-{len(opened)}", url=url))
            stack.callback(opened[-1].close)
            return opened[-1]

        yield open_one


def ref(number: int) -> MessageRef:
    return MessageRef("T1", "C1", f"{number}.0")


def fill(store: Store, count: int = 3) -> None:
    """Store answered questions with feedback, one that is held, and a file."""
    for number in range(count):
        claim = store.claim(QuestionEvent(f"Ev{number}", ref(number), "", "body"))
        assert claim
        record = AnswerRecord(
            answer_id(ref(number), ""),
            ref(number),
            "9.0",
            store.hash_user("T1", "U1"),
            "mention",
            "what was agreed — “naïve”?",
            "answer",
            "{}",
            earlier_questions=("and before",),
        )
        store.complete(claim, "answer", f"{number}.5", record)
        store.save_feedback(ref(number), "U2", Feedback(True, "good"))
    store.claim(QuestionEvent("held", ref(99), "", "body"))


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
@pytest.mark.parametrize("source", ["sqlite", "postgres"])
def test_a_backup_is_restored(open_kind: Opener, tmp_path: Path, source: str, target: str) -> None:
    """Everything is there again, under the same key, and new questions get new numbers; a second backup is the same."""
    first, second = open_kind(source), open_kind(target)
    fill(first)
    file, again = tmp_path / "one.jsonl.gz", tmp_path / "two.jsonl.gz"
    assert write_backup(first, file) == 4
    assert file.stat().st_mode & 0o077 == 0
    assert restore_backup(second, file) == 4
    assert second.find_answer(answer_id(ref(1), "")) == first.find_answer(answer_id(ref(1), ""))
    assert len(second.find_recent("T1", "U1", 9)) == 3
    assert second.claim(QuestionEvent("Ev1", ref(1), "", "body")) is None
    write_backup(second, again)
    assert list(read_backup(again)[1]) == list(read_backup(file)[1])
    assert second.claim(QuestionEvent("new", ref(50), "", "body"))


def test_a_backup_is_restored_into_an_empty_store_only(open_kind: Opener, tmp_path: Path) -> None:
    """Nothing that is stored is overwritten."""
    store = open_kind("sqlite")
    fill(store)
    write_backup(store, tmp_path / "b")
    with pytest.raises(StoreError, match="already holds 4 questions; restore into an empty one"):
        restore_backup(store, tmp_path / "b")


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _without_a_line(data: bytes) -> bytes:
    lines = gzip.decompress(data).splitlines(keepends=True)
    return gzip.compress(b"".join([*lines[:2], *lines[3:]]))


def _of_another_version(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b'"revision":"', b'"revision":"9', 1))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_cut, "damaged or incomplete"),
        (_without_a_line, "damaged or incomplete"),
        (lambda _: b"", "damaged or incomplete"),
        (lambda _: b"not gzip", "cannot be read"),
        (lambda _: gzip.compress(b"{}\n{}\n"), "is no backup"),
        (_of_another_version, "was made by another version of Pullquote"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    open_kind: Opener, tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    """A file that is not complete is refused in one sentence, and the store stays empty."""
    source, target = open_kind("sqlite"), open_kind("sqlite")
    fill(source, 200)
    file = tmp_path / "b"
    write_backup(source, file)
    file.write_bytes(damage(file.read_bytes()))
    key = target.key
    with pytest.raises(StoreError, match=why):
        restore_backup(target, file)
    assert (target.is_known(ref(1)), target.key) == (False, key)


def test_a_backup_that_cannot_be_written_leaves_the_old_one(
    open_kind: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is replaced only by a complete one."""
    store = open_kind("sqlite")
    fill(store)
    file = tmp_path / "b"
    write_backup(store, file)
    before = file.read_bytes()
    monkeypatch.setattr(backup, "_COMPRESSION", 99)
    with pytest.raises(ValueError, match="Invalid"):
        write_backup(store, file)
    with pytest.raises(StoreError, match="cannot be written"):
        write_backup(store, tmp_path / "missing" / "b")
    assert (file.read_bytes(), list(tmp_path.glob(".b*"))) == (before, [])


@pytest.mark.parametrize("row", ['["questions",{"id":1}]', '["questions",{"other":1}]', '["elsewhere",{}]', "[1]"])
def test_rows_that_do_not_fit_are_refused(open_kind: Opener, tmp_path: Path, row: str) -> None:
    """Also those of a file that is complete."""
    store, file = open_kind("sqlite"), tmp_path / "b"
    write_backup(store, file)
    header = gzip.decompress(file.read_bytes()).splitlines(keepends=True)[0]
    lines = header + row.encode() + b"\n"
    last = json.dumps({"rows": 1, "sha256": hashlib.sha256(lines).hexdigest()}, separators=(",", ":"))
    file.write_bytes(gzip.compress(lines + last.encode() + b"\n"))
    with pytest.raises(StoreError, match=r"do not fit the tables|is damaged"):
        restore_backup(store, file)


def test_a_damaged_database_does_not_replace_a_backup(open_kind: Opener, tmp_path: Path) -> None:
    """It is reported, not replaced by an empty one that would then be saved."""
    store, file = open_kind("sqlite"), tmp_path / "b"
    fill(store, 300)
    write_backup(store, file)
    before = file.read_bytes()
    store.close()
    path = tmp_path / "state-0" / FILE_NAME
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)
    with closing(Store(tmp_path / "state-0", opens_now=False)) as damaged, pytest.raises(StoreError):
        write_backup(damaged, file)
    assert file.read_bytes() == before


def test_a_folder_is_no_file(open_kind: Opener, tmp_path: Path) -> None:
    """The sentence says so."""
    with pytest.raises(StoreError, match="is a folder; name a file in it"):
        write_backup(open_kind("sqlite"), tmp_path)
