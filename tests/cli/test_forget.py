"""``pullquote forget``: what it deletes, and that it asks first."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.models import AnswerRecord, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

from .command import ROOT, run

ASKERS = ("U1", "U1", "U2")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with three answered questions of two people."""
    store = Store(tmp_path)
    for number, user in enumerate(ASKERS):
        ref = MessageRef("T1", "C1", f"{number}.0")
        claim = store.claim(QuestionEvent(f"Ev{number}", ref, "", "body"))
        assert claim
        user_hash = store.hash_user("T1", user)
        record = AnswerRecord(answer_id(ref, ""), ref, "", user_hash, "mention", "who leads", "answer", "{}")
        store.complete(claim, "answer", "9.0", record)
    store.close()
    return tmp_path


def forget(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("forget", *arguments, folder=state, PULLQUOTE_STATE_DIR=str(state))


def remaining(state: Path) -> list[int]:
    """How many questions of each person are stored."""
    store = Store(state)
    counts = [len(store.find_recent("T1", user, 9)) for user in ("U1", "U2")]
    store.close()
    return counts


def test_a_script_says_yes(state: Path) -> None:
    """Without a terminal and without --yes, nothing is deleted, and the sentence says what to add."""
    done = forget(state)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    assert remaining(state) == [2, 1]
    done = forget(state, "--yes")
    assert (done.returncode, done.stdout) == (0, "Deleted the records of 3 questions.\n")
    assert remaining(state) == [0, 0]


@pytest.mark.parametrize(("typed", "status", "left"), [("n\n", 1, [2, 1]), ("y\n", 0, [0, 0])])
def test_a_person_is_asked(state: Path, typed: str, status: int, left: list[int]) -> None:
    """In a terminal, the command asks, and deletes only after a yes."""
    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "bot", "forget"]
    environment = os.environ | {"PULLQUOTE_STATE_DIR": str(state), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=inside, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        os.write(outside, typed.encode())
        output = process.communicate()[0]
    for end in (outside, inside):
        os.close(end)
    assert "Delete the records of all questions?" in output
    assert process.returncode == status
    assert remaining(state) == left


def test_one_person_is_forgotten(state: Path) -> None:
    """--person deletes what one person asked, and leaves the rest."""
    done = forget(state, "--person", "U1", "--yes")
    assert done.stdout == "Deleted the records of 2 questions.\n"
    assert remaining(state) == [0, 1]


def test_a_person_and_an_age_do_not_go_together(state: Path) -> None:
    """Both at once is one sentence, and nothing is deleted."""
    done = forget(state, "--person", "U1", "--older-than", "3", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not both" in done.stderr
    assert remaining(state) == [2, 1]
