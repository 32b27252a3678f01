"""Three archives with thousands of questions: no metric falls below the pinned baseline.

The baseline is in ``baseline.json``, with a digest of the data. To pin the current results:
``pullquote evaluate QUESTIONS --corpus PATH --pin tests/evaluation/baseline.json --name SET``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BASELINE = Path(__file__).with_name("baseline.json")
SETS = ("squad2", "clapnq", "news23")


# In one group, because each run already uses every core.
@pytest.mark.long
@pytest.mark.xdist_group("evaluation")
@pytest.mark.parametrize("name", SETS)
def test_no_metric_is_below_its_floor(evaluation: Path, name: str) -> None:
    """Every share is at or above its floor, and every quote shown is an exact slice of the article it cites."""
    folder = evaluation / name
    command = ["evaluate", str(folder / "questions.dev.jsonl.gz"), "--corpus", str(folder / "articles.jsonl.gz")]
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command, "--floors", str(BASELINE), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verbatim"] == 1.0


def test_every_set_is_pinned() -> None:
    """The baseline has the three sets, and none allows a quote that is not verbatim."""
    pinned = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert set(pinned) == set(SETS)
    assert {entry["floors"]["verbatim"] for entry in pinned.values()} == {1.0}
