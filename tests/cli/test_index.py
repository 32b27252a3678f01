"""``pullquote index``: the saved index and what is printed."""

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


def test_an_index_that_cannot_be_saved_is_a_failure(tmp_path: Path, root: Path) -> None:
    """If the state folder is unusable, the command says so, with status 2."""
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
    assert done.stderr.endswith("it is built again at every start; see the note above.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="file permissions work differently there")
def test_the_state_folder_is_private(tmp_path: Path, root: Path) -> None:
    """The state folder and its files, which contain articles and questions, are readable by their owner only."""
    before = os.umask(0o022)
    try:
        open_corpus([root / "corpus"], tmp_path / "state")
        Store(tmp_path / "state").close()
    finally:
        os.umask(before)
    paths = [tmp_path / "state", *(tmp_path / "state").glob("*.snapshot"), tmp_path / "state" / FILE_NAME]
    assert len(paths) == 3
    assert [path.stat().st_mode & 0o077 for path in paths] == [0, 0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_watching_indexes_changes(tmp_path: Path, root: Path) -> None:
    """After each change, a line says how many articles are indexed, and they are saved; Ctrl-C stops it."""
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
            assert process.stdout.readline() == "1 article indexed.\n"
            (corpus / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
            assert process.stdout.readline() == "2 articles indexed.\n"
            (corpus / "ferry.txt").unlink()
            assert process.stdout.readline() == "1 article indexed.\n"
            process.send_signal(signal.SIGINT)
            rest, errors = process.stdout.read(), process.stderr.read()
        finally:
            process.kill()
    assert (process.returncode, rest, errors) == (0, "", "")
    reply = open_corpus([corpus], state).with_current(lambda answerer: answerer.answer(Question("bridge at Orrin")))
    assert isinstance(reply, Answer)
