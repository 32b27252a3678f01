"""The delivery ledger: who gets a question, until when, and what is said when the state folder is no good."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import RecordsError
from bot.records import FILE_NAME, LEASE, Delivery, Records

FIRST = Delivery("Ev1", "T1", "C1", "1.0")
SAME_MESSAGE = Delivery("Ev2", "T1", "C1", "1.0")
OTHER_CHANNEL = Delivery("Ev3", "T1", "C2", "1.0")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_delivery_is_claimed_once(tmp_path: Path) -> None:
    """The first claim of a delivery succeeds and the second does not, while the first is in progress."""
    records = Records(tmp_path)
    assert [records.claim(FIRST), records.claim(FIRST)] == [True, False]


def test_a_message_is_claimed_once_whatever_its_event(tmp_path: Path) -> None:
    """Another event about the same message is the same question; the same timestamp in another channel is not."""
    records = Records(tmp_path)
    assert [records.claim(FIRST), records.claim(SAME_MESSAGE), records.claim(OTHER_CHANNEL)] == [True, False, True]


def test_a_settled_question_stays_settled(tmp_path: Path) -> None:
    """A settled question is never claimed again, not even after its lease and not by a later process."""
    clock = Clock()
    records = Records(tmp_path, clock=clock)
    records.claim(FIRST)
    records.settle(FIRST, "answer", "2.0")
    records.release(FIRST)
    records.close()
    clock.now += LEASE + 1
    assert not Records(tmp_path, clock=clock).claim(FIRST)


def test_a_released_question_can_be_claimed_again(tmp_path: Path) -> None:
    """A claim given back because nothing was posted is free for the next delivery, once."""
    records = Records(tmp_path)
    records.claim(FIRST)
    records.release(FIRST)
    assert [records.claim(SAME_MESSAGE), records.claim(FIRST)] == [True, False]


def test_an_abandoned_claim_is_taken_over_after_its_lease(tmp_path: Path) -> None:
    """What a process took with it into death is held for the lease and then free, once."""
    clock = Clock()
    Records(tmp_path, clock=clock).claim(FIRST)
    later = Records(tmp_path, clock=clock)
    clock.now += LEASE - 1
    assert not later.claim(FIRST)
    clock.now += 1
    assert [later.claim(FIRST), later.claim(FIRST)] == [True, False]


def test_many_threads_and_two_connections_get_one_claim(tmp_path: Path) -> None:
    """Of forty simultaneous claims through two connections to one folder exactly one succeeds."""
    both = (Records(tmp_path), Records(tmp_path))
    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(lambda number: both[number % 2].claim(FIRST), range(40)))
    assert claims.count(True) == 1


def test_the_outcome_and_the_reply_are_kept(tmp_path: Path) -> None:
    """A settled question names its outcome, its thread and the reply; no text of it is stored."""
    records = Records(tmp_path, clock=Clock())
    records.claim(FIRST, "0.5")
    records.settle(FIRST, "abstention", "2.0")
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        rows = db.execute("SELECT event_id, thread, outcome, reply_ts, settled_at FROM questions").fetchall()
    assert rows == [("Ev1", "0.5", "abstention", "2.0", 1_000.0)]


def test_a_missing_state_folder_is_made(tmp_path: Path) -> None:
    """A state folder that does not exist is made with its parents."""
    assert Records(tmp_path / "not" / "yet").claim(FIRST)


def test_damaged_records_are_named(tmp_path: Path) -> None:
    """A file that is no database is one sentence that names it and says what to do with it."""
    (tmp_path / FILE_NAME).write_bytes(b"this is not a database, it only stands in its place" * 100)
    with pytest.raises(RecordsError, match=rf"{FILE_NAME} cannot be read .*; move that file away"):
        Records(tmp_path)


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A state folder below a file is one sentence that names the setting."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordsError, match=r"cannot be made .*PULLQUOTE_STATE_DIR"):
        Records(tmp_path / "file" / "state")


def test_records_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    """Records that a later version wrote are refused rather than guessed at."""
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordsError, match="newer Pullquote"):
        Records(tmp_path)


FULL = """
import resource, sys
from pathlib import Path
from bot.errors import RecordsError
from bot.records import Delivery, Records
records = Records(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    for number in range(1000):
        records.claim(Delivery(f"Ev{number}", "T1", "C1", str(number)))
except RecordsError as error:
    sys.stdout.write(str(error))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a file's size cannot be limited there")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """When nothing more can be written, the claim fails with a sentence that says what to do."""
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith(f"The state folder {tmp_path} cannot be used")
    assert "PULLQUOTE_STATE_DIR" in said
