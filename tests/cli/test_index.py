"""``pullquote index``: what it keeps, and what it tells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.models import Answer, Question
from bot.store.models import FILE_NAME
from bot.store.store import Store
from bot.wiring import open_corpus


def test_an_index_that_cannot_be_kept_is_a_failure(tmp_path: Path, root: Path) -> None:
    """To keep it is what the command is for: where the state folder is no folder, it says so and ends in status 2."""
    (tmp_path / "state").write_text("no folder")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "index", "--corpus", "corpus"],
        cwd=root,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
    assert done.stderr.endswith("every start has to make it again: see the note above.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="only whoever owns a file may read it there")
def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path, root: Path) -> None:
    """The words of articles and questions stand in the state folder: neither it nor its files are open to others."""
    before = os.umask(0o022)
    try:
        open_corpus([root / "corpus"], tmp_path / "state")
        Store(tmp_path / "state").close()
    finally:
        os.umask(before)
    kept = [tmp_path / "state", *(tmp_path / "state").glob("*.snapshot"), tmp_path / "state" / FILE_NAME]
    assert len(kept) == 3
    assert [path.stat().st_mode & 0o077 for path in kept] == [0, 0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_what_changes_is_read_and_kept(tmp_path: Path, root: Path) -> None:
    """A line a change says how many articles are ready; they are, on disk; Ctrl-C ends it in order."""
    corpus, state = tmp_path / "corpus", tmp_path / "state"
    corpus.mkdir()
    (corpus / "ferry.txt").write_text("The ferry to Tarn sailed at seven in the morning.")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "bot", "index", "--watch", "--corpus", str(corpus)],
        cwd=root,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline() == "1 article is ready to be asked.\n"
            (corpus / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
            assert process.stdout.readline() == "2 articles are ready to be asked.\n"
            (corpus / "ferry.txt").unlink()
            assert process.stdout.readline() == "1 article is ready to be asked.\n"
            process.send_signal(signal.SIGINT)
            rest, told = process.stdout.read(), process.stderr.read()
        finally:
            process.kill()
    assert (process.returncode, rest, told) == (0, "", "")
    reply = open_corpus([corpus], state).with_current(lambda librarian: librarian.answer(Question("bridge at Orrin")))
    assert isinstance(reply, Answer)
