"""Gaps in the archive: grouping of questions, and ``pullquote gaps``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.evaluation.gaps import Gap, find_gaps, group_gaps
from bot.store.models import AnswerRecord, Feedback, MessageRef, Outcome, QuestionEvent, answer_id
from bot.store.store import Store
from tests.cli.command import run

ASKED = "when does the ferry sail"


def make_record(
    words: str, number: int = 0, *, is_public: bool = True, outcome: Outcome = "abstention"
) -> AnswerRecord:
    """Record of question ``number``; higher numbers are later."""
    ref = MessageRef("T1", "C1", f"{number}.0")
    one = AnswerRecord(answer_id(ref, ""), ref, "", "", "mention", words, outcome, "{}", asked_at=float(number))
    return replace(one, is_public=is_public)


APART = [
    ("when does the ferry sail", "when does the train leave"),
    ("ferry", "ferry Lund"),
    ("ferry -Lund", "ferry Lund"),
    ("ferry after:2024", "ferry after:2025"),
    ('"the ferry sails"', "the ferry sails"),
    ("what is it", "who was that"),
    ("?", "!"),
]
SAME = [
    (ASKED, ASKED),
    (ASKED, "When does the ferry sail?"),
    (ASKED, "  WHEN DO\nferries SAIL "),
    (ASKED, "sailing of the ferry"),
    ("ferry Lund", "Lund ferry"),
    ("défense budget", "the defence budgets"),
    ("ferry -Lund", "the ferry -Lund"),
    ("What is it", "what  is it"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_different_questions_are_separate(one: str, other: str) -> None:
    """Questions with different terms or filters are separate gaps."""
    assert [gap.times for gap in group_gaps([(make_record(one, 2), ""), (make_record(other, 1), "")])] == [1, 1]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_question_is_one_gap(one: str, other: str) -> None:
    """Stop words, case and order do not matter; the gap shows the latest wording."""
    assert group_gaps([(make_record(one, 2), ""), (make_record(other, 1), "")]) == (Gap(one, 2, 2.0),)


def test_the_order_of_gaps() -> None:
    """The most frequent question comes first, ties newest first; duplicate notes are listed once."""
    asked = [
        (make_record("the newest", 5), ""),
        (make_record(ASKED, 4), "too old"),
        (make_record("another", 3), ""),
        (make_record(ASKED, 2), "wrong ferry"),
        (make_record(ASKED, 1), "too old"),
    ]
    assert group_gaps([]) == ()
    assert group_gaps(asked) == (
        Gap(ASKED, 3, 4.0, ("too old", "wrong ferry")),
        Gap("the newest", 1, 5.0),
        Gap("another", 1, 3.0),
    )


def save(store: Store, one: AnswerRecord, rated: Feedback | None = None) -> None:
    """Claim the question now, complete it as ``one`` says, and rate it."""
    claim = store.claim(QuestionEvent(one.id, one.ref, "", "{}"))
    assert claim
    store.complete(claim, one.outcome, "2.0", one)
    if rated:
        store.save_feedback(one.ref, "U1", rated)


def test_gaps_are_found_in_the_store() -> None:
    """Abstentions and unhelpful answers are found; other, older and private ones are not."""
    store = Store(None)
    save(store, make_record("no answer", 1))
    save(store, make_record("answered", 2, outcome="answer"), Feedback(True))
    save(store, make_record("badly answered", 3, outcome="answer"), Feedback(False, "too old"))
    save(store, make_record("no private answer", 4, is_public=False))
    now = time.time()
    found = find_gaps(store, now - 60, private=False)
    assert [gap.question for gap in found.unanswered] == ["no answer"]
    assert [(gap.question, gap.notes) for gap in found.unhelpful] == [("badly answered", ("too old",))]
    later = find_gaps(store, now + 60, private=True)
    assert (later.unanswered, later.unhelpful) == ((), ())
    assert {gap.question for gap in find_gaps(store, 0.0, private=True).unanswered} == {
        "no answer",
        "no private answer",
    }


def run_gaps(state: Path, *arguments: str, private: bool = False) -> str:
    """Output of the command for a state folder."""
    environment = {**os.environ, "PULLQUOTE_STATE_DIR": str(state), "PULLQUOTE_EDITORS_SEE_PRIVATE": str(private)}
    command = [sys.executable, "-m", "bot", "gaps", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_command_prints_the_gaps(tmp_path: Path) -> None:
    """It prints what editors see in the Home tab, private questions only if allowed, without control characters."""
    store = Store(tmp_path)
    assert "Questions without an answer: none." in run_gaps(tmp_path)
    save(store, make_record("why \x1b[31m<submarines>\n", 1))
    save(store, make_record("Why submarines?", 2))
    save(store, make_record("quietly", 3, is_public=False))
    save(store, make_record("who leads", 4, outcome="answer"), Feedback(False, "too\x07 old"))
    store.close()
    printed = run_gaps(tmp_path)
    assert "1 × who leads · " in printed
    assert "note: too old" in printed
    assert "<submarines>" in printed
    assert "quietly" not in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed
    assert "1 × quietly · " in run_gaps(tmp_path, private=True)


def test_without_a_database_there_is_one_sentence(tmp_path: Path) -> None:
    """Without a database, the command fails and creates none."""
    done = run("gaps", folder=tmp_path, PULLQUOTE_STATE_DIR="elsewhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There is no database in elsewhere; set PULLQUOTE_STATE_DIR")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "elsewhere").exists()


def test_the_command_prints_json(tmp_path: Path) -> None:
    """``--json`` prints one object with the days and both lists."""
    store = Store(tmp_path)
    save(store, make_record("why submarines", 1))
    save(store, make_record("Why submarines?", 2))
    store.close()
    out = json.loads(run_gaps(tmp_path, "--json", "--days", "7"))
    assert (out["days"], out["unhelpful"]) == (7, [])
    (gap,) = out["unanswered"]
    assert (gap["question"], gap["times"], gap["notes"]) == ("Why submarines?", 2, [])
    assert gap["last_asked"].endswith("Z")
