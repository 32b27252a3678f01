"""Unusable state folders: missing, read-only, full or damaged. One sentence says what to do."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from processes import POSIX

from bot.errors import StoreError
from bot.store.models import FILE_NAME, MessageRef
from bot.store.store import Store
from store.damage import run_damages
from store.helpers import numbered_event, question_event


def run(program: str, *arguments: Path) -> str:
    """Standard output of a Python program, run in a process of its own."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def damage(path: Path, start: int, length: int) -> None:
    """Overwrite part of a file with random bytes."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(7).randbytes(length))


def test_a_missing_state_folder_is_created(tmp_path: Path) -> None:
    """A missing state folder is created with its parents."""
    assert Store(tmp_path / "not" / "yet").claim(question_event())


def test_a_state_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    """The error names the folder and the setting."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"state folder .*state cannot be used .*PULLQUOTE_STATE_DIR"):
        Store(tmp_path / "file" / "state")


READ_ONLY = """
import os, sys
from pathlib import Path
from bot.errors import StoreError
from bot.store.store import Store
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)  # nothing is read-only to root
try:
    Store(Path(sys.argv[1]))
except StoreError as error:
    sys.stdout.write(str(error))
"""


@POSIX
@pytest.mark.parametrize("has_database", [False, True])
def test_a_read_only_state_folder_is_one_sentence(has_database: bool) -> None:
    """A read-only folder is reported at the start, with or without a database in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if has_database:
            Store(folder).close()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        said = run(READ_ONLY, folder)
        folder.chmod(0o755)
    assert said.startswith(f"The state folder {folder} cannot be used (")
    assert said.endswith("set PULLQUOTE_STATE_DIR to another folder.")
    assert said.count(". ") == 0


FULL = """
import resource, signal, sys
from pathlib import Path
from bot.errors import StoreError
from bot.store.models import MessageRef, QuestionEvent
from bot.store.store import Store

def delivery(number):
    return QuestionEvent(f"Ev{number}", MessageRef("T1", "C1", str(number)), "", "body" * 100)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]))
held = store.claim(delivery(0))
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
number = 1
try:
    while True:
        store.claim(delivery(number))
        number += 1
except StoreError as error:
    sys.stdout.write(str(error) + chr(10))
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
sys.stdout.write(repr([store.complete(held, "answer", "1.5"), bool(store.claim(delivery(number)))]))
"""


@POSIX
def test_a_full_disk_is_one_sentence_and_recovers(tmp_path: Path) -> None:
    """On a full disk, the error says what to do; once there is space, work continues."""
    sentence, then = run(FULL, tmp_path).splitlines()
    assert sentence.startswith(f"The state folder {tmp_path} cannot be used")
    assert "free some space" in sentence
    assert then == "[None, True]"


def fill(folder: Path) -> Path:
    """The file of a closed store with questions in it."""
    store = Store(folder)
    for number in range(300):
        store.claim(numbered_event(number))
    store.close()
    return folder / FILE_NAME


@pytest.mark.parametrize("what", ["all of it", "its middle", "its tables", "cut short"])
def test_a_damaged_database_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str) -> None:
    """A damaged file is renamed, with a warning that names it, and a new one is created; again the next time."""
    for number in (1, 2):
        file = fill(tmp_path)
        size = file.stat().st_size
        match what:
            case "all of it":
                damage(file, 0, size)
            case "its middle":
                damage(file, size // 2, size // 3)
            case "its tables":
                damage(file, 100, 2_000)
            case _:
                os.truncate(file, size // 2)
        found = file.read_bytes()
        caplog.clear()
        store = Store(tmp_path)
        assert store.claim(question_event())
        store.close()
        aside = tmp_path / f"{FILE_NAME}.damaged-{number}"
        assert aside.read_bytes() == found
        (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert aside.name in warning.getMessage()
        file.unlink()


def test_a_file_that_is_no_database_is_replaced(tmp_path: Path) -> None:
    """A file that is no database is kept under another name."""
    (tmp_path / FILE_NAME).write_bytes(b"this is not a database, it only has its name" * 100)
    assert Store(tmp_path).claim(question_event())
    assert (tmp_path / f"{FILE_NAME}.damaged-1").read_bytes().startswith(b"this is not a database")


def test_a_database_damaged_while_in_use_is_replaced(tmp_path: Path) -> None:
    """Damage found during work costs no question: the same call writes to a new file."""
    store = Store(tmp_path)
    for number in range(300):  # more than SQLite keeps in memory
        store.claim(replace(numbered_event(number), body="x" * 20_000))
    store.delete_completed(None)  # which empties the journal into the file
    damage(tmp_path / FILE_NAME, 4_096, (tmp_path / FILE_NAME).stat().st_size - 4_096)
    claim = store.claim(numbered_event(0))
    assert claim
    assert claim.attempt == 1
    assert (tmp_path / f"{FILE_NAME}.damaged-1").exists()


def test_a_damaged_database_in_use_elsewhere_is_not_renamed(tmp_path: Path) -> None:
    """The error says to stop the other process; after that, the file is replaced."""
    store = Store(tmp_path)
    store.delete_completed(None)
    damage(tmp_path / FILE_NAME, 0, 4_096)
    with pytest.raises(StoreError, match=r"is damaged .* another process has it open; stop every"):
        Store(tmp_path)
    assert not (tmp_path / f"{FILE_NAME}.damaged-1").exists()
    store.close()
    assert Store(tmp_path).claim(question_event())
    assert (tmp_path / f"{FILE_NAME}.damaged-1").exists()


KILLED = """
import os, sys
from pathlib import Path
from bot.store.models import MessageRef, QuestionEvent
from bot.store.store import Store
store = Store(Path(sys.argv[1]))
for number in range(50):
    store.claim(QuestionEvent(f"Ev{number}", MessageRef("T1", "C1", str(number)), "", "body" * 100))
os._exit(0)  # as if killed: the journal stays
"""


@pytest.mark.parametrize("left", [0, 40, 5_000, 60_001, 200_001])
def test_a_truncated_journal_loses_only_its_end(tmp_path: Path, left: int) -> None:
    """After a power failure, everything before the truncation is there, and the store works."""
    run(KILLED, tmp_path)
    journal = tmp_path / f"{FILE_NAME}-wal"
    assert journal.stat().st_size > left
    os.truncate(journal, left)
    store = Store(tmp_path)
    known = [store.is_known(MessageRef("T1", "C1", str(number))) for number in range(50)]
    assert known == sorted(known, reverse=True)
    assert (True in known) is (left > 200_000)
    assert store.claim(question_event("EvNew"))
    assert not list(tmp_path.glob("*damaged*"))


def test_random_damage_stops_nothing() -> None:
    """Whatever bytes of the file are wrong, the store opens and answers; most damage makes room for a new file."""
    results = run_damages(40, seed=11)
    assert results.total() == 40
    assert results["replaced"] > 10
