"""Four archives with thousands of questions, also short, misspelled and dated: no metric is below the baseline.

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
ARCHIVES = ("squad2", "clapnq", "news23", "news24")
VARIANTS = (*(f"{name}.{kind}" for name in ARCHIVES for kind in ("short", "typos")), "news23.asked", "news24.asked")
SETS = (*ARCHIVES, *VARIANTS)


# In one group, because each run already uses every core.
@pytest.mark.long
@pytest.mark.xdist_group("evaluation")
@pytest.mark.parametrize("name", SETS)
def test_no_metric_is_below_its_floor(evaluation: Path, name: str) -> None:
    """Every share is at or above its floor, and every quote shown is an exact slice of the article it cites."""
    archive = evaluation / name.partition(".")[0]
    file = evaluation / "variants" / f"{name}.dev.jsonl.gz" if "." in name else archive / "questions.dev.jsonl.gz"
    command = ["evaluate", str(file), "--corpus", str(archive / "articles.jsonl.gz")]
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command, "--floors", str(BASELINE), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verbatim"] == 1.0


def test_every_set_is_pinned() -> None:
    """The baseline has all sets, and none allows a quote that is not verbatim."""
    pinned = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert set(pinned) == set(SETS)
    assert {entry["floors"]["verbatim"] for entry in pinned.values()} == {1.0}
