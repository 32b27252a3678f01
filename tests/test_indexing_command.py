"""``pullquote index --watch`` as a process of its own: it tells what it has read anew, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.models import Answer, Question
from bot.wiring import open_library


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
    reply = open_library([corpus], state).consult(lambda librarian: librarian.answer(Question("bridge at Orrin")))
    assert isinstance(reply, Answer)
