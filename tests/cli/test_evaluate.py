"""``pullquote evaluate``, over an archive of three articles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.evaluation.metrics import Metrics
from tests.evaluation.cases import FERRY, GULLS, LAMP

QUESTIONS = [
    ("found", "When was the Skarvik lamp lit?", True, "lamp.txt", "lit in 1871"),
    ("elsewhere", "Who lit the lamp?", True, "gulls.txt", "under the roof"),
    ("silent", "Which saxophone orchestra quarrelled about the ferry?", True, "ferry.txt", "twice a day"),
    ("false", "ferry to Orre in winter", False, "", ""),
    ("rightly silent", "saxophone", False, "", ""),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an archive in ./corpus and questions about it."""
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


def printed(done: subprocess.CompletedProcess[str]) -> str:
    """Standard output, with whitespace collapsed."""
    return " ".join(done.stdout.split())


def test_metrics_are_printed(folder: Path) -> None:
    """Each metric is printed with its value and what it counts."""
    done = evaluate(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "hit@1 0.667 answerable: the first passage contains an evidence quote" in printed(done)
    assert "verbatim 1.000" in printed(done)


def test_json(folder: Path) -> None:
    """``--json`` prints the metrics by name and nothing else."""
    out = json.loads(evaluate(folder, "--json").stdout)
    assert list(out) == [field.alias or name for name, field in Metrics.model_fields.items()]
    assert (out["questions"], out["answerable"], out["unanswerable"]) == (5, 3, 2)
    assert (out["answered_right"], out["abstained_right"]) == (pytest.approx(1 / 3), 0.5)


def test_pinned_floors_are_reached(folder: Path) -> None:
    """The same archive and questions reach the baseline that they set."""
    assert evaluate(folder, "--pin", "baseline.json", "--name", "harbour").returncode == 0
    done = evaluate(folder, "--floors", "baseline.json")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_metric_below_its_floor_is_named(folder: Path) -> None:
    """Status 2, a sentence for each on standard error, and the metrics are still printed."""
    evaluate(folder, "--pin", "baseline.json", "--name", "harbour")
    path = folder / "baseline.json"
    raised = json.loads(path.read_text())
    raised["harbour"]["floors"] |= {"hit@1": 0.9, "abstained_right": 0.8}
    path.write_text(json.dumps(raised))
    done = evaluate(folder, "--floors", "baseline.json", "--json")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "hit@1 is 0.6666, below its floor of 0.900.",
        "abstained_right is 0.5000, below its floor of 0.800.",
    ]
    assert json.loads(done.stdout)["questions"] == 5


@pytest.mark.parametrize("changed", ["questions.jsonl", "corpus/gulls.txt"])
def test_a_baseline_of_other_data_is_rejected(folder: Path, changed: str) -> None:
    """Status 2 and one sentence if a byte of the questions or the archive changed."""
    evaluate(folder, "--pin", "baseline.json", "--name", "harbour")
    with (folder / changed).open("a") as file:
        file.write("\n")
    done = evaluate(folder, "--floors", "baseline.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "was pinned for other data" in done.stderr


def test_lowering_a_floor_needs_a_flag(folder: Path) -> None:
    """Without ``--allow-lower``, status 2 and one sentence that names the metric; with it, the floor is lowered."""
    pin = ["--pin", "baseline.json", "--name", "harbour"]
    evaluate(folder, *pin)
    path = folder / "baseline.json"
    raised = path.read_text().replace('"hit@1": 0.666', '"hit@1": 0.9')
    path.write_text(raised)
    refused = evaluate(folder, *pin)
    assert refused.returncode == 2
    assert "hit@1 from 0.900 to 0.666" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert path.read_text() == raised
    assert evaluate(folder, *pin, "--allow-lower").returncode == 0
    assert '"hit@1": 0.666' in path.read_text()


INVALID_FLAGS = [
    ["--pin", "baseline.json"],
    ["--name", "harbour"],
    ["--allow-lower"],
    ["--pin", "baseline.json", "--name", "harbour", "--floors", "baseline.json"],
    ["--pin", "baseline.json", "--name", "harbour", "--without", "spelling"],
]


@pytest.mark.parametrize("arguments", INVALID_FLAGS)
def test_flags_that_cannot_be_combined(folder: Path, arguments: list[str]) -> None:
    """Pinning needs a name and the whole search; otherwise nothing is asked, and one sentence says why."""
    done = evaluate(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--pin FILE needs --name NAME" in done.stderr
    assert not (folder / "baseline.json").exists()


def test_a_part_can_be_switched_off(folder: Path) -> None:
    """``--without`` takes a part's name; an unknown one is rejected with the list of parts."""
    assert evaluate(folder, "--without", "spelling", "--without", "acronym", "--json").returncode == 0
    done = evaluate(folder, "--without", "luck")
    assert (done.returncode, done.stdout) == (2, "")
    assert "luck" in done.stderr
    assert "spelling" in done.stderr


def test_failures_are_explained(folder: Path) -> None:
    """Each kind has a heading and count; a failure shows its passages, terms, scores and confidence."""
    done = evaluate(folder, "--errors", "5")
    assert done.returncode == 0
    assert "The first passage has no evidence: 1 of 3" in printed(done)
    assert "1 Who lit the lamp? id elsewhere · confidence" in printed(done)
    assert "evidence gulls.txt: under the roof" in printed(done)
    assert "found in gulls.txt ¶ 1 · not among the hits" in printed(done)
    assert "first hit lamp.txt ¶ 1 · rank 1 · score" in printed(done)
    assert f"first quote lamp.txt ¶ 1: {LAMP}" in printed(done)
    assert "lit 1.00" in printed(done)
    assert "Abstained, though answerable: 1 of 3" in printed(done)
    assert "Answered, though unanswerable: 1 of 2" in printed(done)
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_failures_keep_to_number_and_width(folder: Path) -> None:
    """At most N of a kind, at most 100 columns in a wide terminal, and on standard error with ``--json``."""
    lines = (folder / "questions.jsonl").read_text()
    (folder / "questions.jsonl").write_text(lines + "\n" + lines)
    done = evaluate(folder, "--errors", "1", "--json", columns=160)
    assert json.loads(done.stdout)["questions"] == 10
    assert "The first passage has no evidence: 2 of 6; the 1 worst" in done.stderr
    assert done.stderr.count("Who lit the lamp?") == 1
    assert max(map(len, done.stderr.splitlines())) <= 100
