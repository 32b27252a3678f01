"""``pullquote evaluate`` as a person and as a program meet it, over an archive of three articles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.evaluation.metrics import Metrics

from .cases import FERRY, GULLS, LAMP

QUESTIONS = [
    ("found", "When was the Skarvik lamp lit?", True, "lamp.txt", "lit in 1871"),
    ("elsewhere", "Who lit the lamp?", True, "gulls.txt", "under the roof"),
    ("silent", "Which saxophone orchestra quarrelled about the ferry?", True, "ferry.txt", "twice a day"),
    ("false", "ferry to Orre in winter", False, "", ""),
    ("rightly silent", "saxophone", False, "", ""),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with an archive in ./corpus and questions about it."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, text in (("lamp.txt", LAMP), ("ferry.txt", FERRY), ("gulls.txt", GULLS)):
        (corpus / name).write_text(text + "\n", encoding="utf-8")
    lines = [
        {
            "id": id,
            "question": question,
            "answerable": answerable,
            "evidence": [{"article_id": article, "quote": quote}] if article else [],
        }
        for id, question, answerable, article, quote in QUESTIONS
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def evaluate(folder: Path, *arguments: str, columns: int = 100) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "evaluate", "questions.jsonl", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"COLUMNS": str(columns), "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What was printed, blanks made one."""
    return " ".join(done.stdout.split())


def test_a_person_reads_a_table(folder: Path) -> None:
    """Each metric with its value and what it counts, status 0, and nothing on standard error."""
    done = evaluate(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hit@1 0.667 answerable: the first passage holds an evidence quote" in said(done)
    assert "verbatim 1.000" in said(done)


def test_a_program_reads_json(folder: Path) -> None:
    """``--json`` prints the metrics by their names, and nothing else."""
    out = json.loads(evaluate(folder, "--json").stdout)
    assert list(out) == [field.alias or name for name, field in Metrics.model_fields.items()]
    assert (out["questions"], out["answerable"], out["unanswerable"]) == (5, 3, 2)
    assert (out["answered_right"], out["abstained_right"]) == (pytest.approx(1 / 3), 0.5)


def test_pinned_floors_hold(folder: Path) -> None:
    """What was pinned is met by the same archive and the same questions."""
    assert evaluate(folder, "--pin", "floors.json", "--name", "harbour").returncode == 0
    done = evaluate(folder, "--floors", "floors.json")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_metric_below_its_floor_is_named(folder: Path) -> None:
    """Status 2, a sentence for each on standard error, and the metrics all the same."""
    evaluate(folder, "--pin", "floors.json", "--name", "harbour")
    path = folder / "floors.json"
    raised = json.loads(path.read_text())
    raised["harbour"]["floors"] |= {"hit@1": 0.9, "abstained_right": 0.8}
    path.write_text(json.dumps(raised))
    done = evaluate(folder, "--floors", "floors.json", "--json")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "hit@1 is 0.6666, below its floor of 0.900.",
        "abstained_right is 0.5000, below its floor of 0.800.",
    ]
    assert json.loads(done.stdout)["questions"] == 5


@pytest.mark.parametrize("changed", ["questions.jsonl", "corpus/gulls.txt"])
def test_floors_of_other_data(folder: Path, changed: str) -> None:
    """Status 2 and one sentence as soon as a byte of the questions or of the archive differs."""
    evaluate(folder, "--pin", "floors.json", "--name", "harbour")
    with (folder / changed).open("a") as file:
        file.write("\n")
    done = evaluate(folder, "--floors", "floors.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "were pinned for other data" in done.stderr


def test_lowering_a_floor_needs_leave(folder: Path) -> None:
    """Without ``--allow-lower`` status 2 and one sentence that names the metric; with it the floor is lowered."""
    pin = ["--pin", "floors.json", "--name", "harbour"]
    evaluate(folder, *pin)
    path = folder / "floors.json"
    raised = path.read_text().replace('"hit@1": 0.666', '"hit@1": 0.9')
    path.write_text(raised)
    refused = evaluate(folder, *pin)
    assert refused.returncode == 2
    assert "hit@1 from 0.900 to 0.666" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert path.read_text() == raised
    assert evaluate(folder, *pin, "--allow-lower").returncode == 0
    assert '"hit@1": 0.666' in path.read_text()


MUDDLES = [
    ["--pin", "floors.json"],
    ["--name", "harbour"],
    ["--allow-lower"],
    ["--pin", "floors.json", "--name", "harbour", "--floors", "floors.json"],
    ["--pin", "floors.json", "--name", "harbour", "--without", "spelling"],
]


@pytest.mark.parametrize("arguments", MUDDLES)
def test_flags_that_do_not_go_together(folder: Path, arguments: list[str]) -> None:
    """Pinning needs a name and the whole search; otherwise nothing is asked, and one sentence says so."""
    done = evaluate(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--pin FILE goes with --name NAME" in done.stderr
    assert not (folder / "floors.json").exists()


def test_a_part_can_be_left_out(folder: Path) -> None:
    """``--without`` takes parts by name; one that does not exist is one sentence that names those that do."""
    assert evaluate(folder, "--without", "spelling", "--without", "acronym", "--json").returncode == 0
    done = evaluate(folder, "--without", "luck")
    assert (done.returncode, done.stdout) == (2, "")
    assert "luck" in done.stderr
    assert "spelling" in done.stderr


def test_errors_are_listed_with_why(folder: Path) -> None:
    """Each kind of miss has its heading and count; a miss shows its passages, terms, scores and confidence."""
    done = evaluate(folder, "--errors", "5")
    assert done.returncode == 0
    assert "The first passage holds no evidence: 1 of 3" in said(done)
    assert "1 Who lit the lamp? id elsewhere · confidence" in said(done)
    assert "evidence gulls.txt: under the roof" in said(done)
    assert "it stands gulls.txt ¶ 1 · not among the hits" in said(done)
    assert "first hit lamp.txt ¶ 1 · rank 1 · score" in said(done)
    assert f"first quote lamp.txt ¶ 1: {LAMP}" in said(done)
    assert "lit 1.00" in said(done)
    assert "Abstained, though answerable: 1 of 3" in said(done)
    assert "Answered, though unanswerable: 1 of 2" in said(done)
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_errors_keep_to_the_number_and_the_width(folder: Path) -> None:
    """No more than N of a kind, no line over 100 columns in a wider terminal, and with ``--json`` on standard error."""
    lines = (folder / "questions.jsonl").read_text()
    (folder / "questions.jsonl").write_text(lines + "\n" + lines)
    done = evaluate(folder, "--errors", "1", "--json", columns=160)
    assert json.loads(done.stdout)["questions"] == 10
    assert "The first passage holds no evidence: 2 of 6; the 1 worst" in done.stderr
    assert done.stderr.count("Who lit the lamp?") == 1
    assert max(map(len, done.stderr.splitlines())) <= 100
