"""``pullquote backup``, ``restore`` and ``verify`` in the terminal."""

from __future__ import annotations

from pathlib import Path

from bot.store.models import MessageRef, QuestionEvent
from bot.store.store import Store

from .command import run


def test_saved_verified_restored(tmp_path: Path) -> None:
    """Each says in one line what it did; without a database, or with another file, one sentence says what to do."""
    store = Store(tmp_path / "old")
    store.claim(QuestionEvent("Ev1", MessageRef("T1", "C1", "1.0"), "", "body"))
    store.close()

    def said(state: str, *arguments: str) -> tuple[int, str]:
        done = run(*arguments, folder=tmp_path, PULLQUOTE_STATE_DIR=str(tmp_path / state))
        return done.returncode, done.stdout + done.stderr

    assert said("old", "backup", "b.gz") == (0, "Saved the records of 1 question in b.gz.\n")
    status, verified = said("new", "verify", "b.gz")
    assert status == 0
    assert verified.startswith("b.gz is complete: the records of 1 question, saved on 20")
    assert said("new", "restore", "b.gz") == (0, "Restored the records of 1 question.\n")
    assert said("new", "restore", "b.gz")[0] == 2
    assert said("none", "backup", "c.gz")[0] == 2
    assert said("new", "verify", "missing.gz") == (
        2,
        "missing.gz cannot be read (No such file or directory); choose another file.\n",
    )
