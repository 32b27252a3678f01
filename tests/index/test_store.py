"""Test the index on disk: after any damage or kill, the next question is answered correctly."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import POSIX

from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.store import IndexStore
from bot.wiring import open_corpus

from .faults import LONG_AGO, QUESTIONS, ROOT, ask, ask_all, command, damage_snapshots, kill_indexing, snapshots

ONE_SENTENCE = "set PULLQUOTE_STATE_DIR to another folder."


def test_damage_never_changes_an_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With random bytes of 24 snapshots changed, every answer is right, and detected damage is logged."""
    with caplog.at_level(logging.WARNING):
        found = list(damage_snapshots(tmp_path, 24, 11))
    assert [one for one in found if not one.is_right] == []
    unreported = [one.path for one in found if one.is_detected and f"The snapshot {one.path} " not in caplog.text]
    assert unreported == []
    assert sum(one.is_detected for one in found) > 5


def test_a_killed_build_never_changes_an_answer(tmp_path: Path) -> None:
    """After ``index`` was killed at any time, the next ``ask`` answers correctly."""
    found = list(kill_indexing(tmp_path, 6, 11, articles=100))
    assert [one for one in found if not one.is_right] == []
    assert any(one.was_running for one in found)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Copy the sample archive, with old modification times."""
    folder = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus", folder)
    for path in folder.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _replace_by_other_file(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 something else altogether" * 100)


def _change_format(path: Path) -> None:
    # The format follows the 32 bytes of the magic string.
    data = bytearray(path.read_bytes())
    data[32] += 1
    path.write_bytes(data)


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _rewrite_manifest(path: Path, change: Callable[[str], str]) -> None:
    folder, name = path.parent, path.name.split(".")[0]
    snapshot = load_snapshot(folder, name)
    assert snapshot is not None
    path.unlink()
    save_snapshot(folder, name, {}, change(snapshot.manifest))


def _change_digests(path: Path) -> None:
    """Make it look as if another version of Pullquote, Python or a library had written it."""
    _rewrite_manifest(
        path, lambda manifest: json.dumps(json.loads(manifest) | {"content_digest": "", "stat_digest": ""})
    )


def _invalidate_manifest(path: Path) -> None:
    _rewrite_manifest(path, lambda manifest: '{"content_digest": 5}')


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (lambda path: None, ""),
    (_change_digests, ""),
    (_truncate, "bytes instead of"),
    (_empty, "is truncated"),
    (_replace_by_other_file, "was not written by Pullquote"),
    (_change_format, "has format 2 instead of 1"),
    (_replace_by_folder, "cannot be read"),
    (_invalidate_manifest, ""),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_index_is_rebuilt(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None], message: str
) -> None:
    """Whatever replaces the snapshot, the answers are right, and damage is logged once, in one sentence."""
    state = tmp_path / "state"
    right = ask_all(open_corpus([corpus], state))
    (path,) = snapshots(state)
    damage(path)
    with caplog.at_level(logging.WARNING):
        assert ask_all(open_corpus([corpus], state)) == right
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == bool(message)
    assert all(message in one for one in messages)
    caplog.clear()
    assert ask_all(open_corpus([corpus], state)) == right
    assert caplog.records == []


def test_an_index_of_another_version_is_rebuilt(corpus: Path, tmp_path: Path) -> None:
    """An index that another version of the software built is rebuilt, even if no article has changed."""
    store = IndexStore([corpus], tmp_path / "state")
    built_at = store.save(store.load_current()).built_at
    assert store.load_current().built_at == built_at
    (path,) = snapshots(tmp_path / "state")
    _change_digests(path)
    assert store.load_current().built_at > built_at


def test_ask_reports_a_damaged_snapshot_once(corpus: Path, tmp_path: Path) -> None:
    """``ask`` answers and names the damaged file on standard error, but only the first time."""
    state = tmp_path / "state"
    first = ask(QUESTIONS[0], corpus, state)
    (path,) = snapshots(state)
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data)):
        data[at] ^= 1
    path.write_bytes(data)
    second, third = ask(QUESTIONS[0], corpus, state), ask(QUESTIONS[0], corpus, state)
    assert [one.returncode for one in (first, second, third)] == [0, 0, 0]
    quotes = [json.loads(one.stdout)["quotes"] for one in (first, second, third)]
    assert quotes[0] == quotes[1] == quotes[2]
    assert (first.stderr, third.stderr) == ("", "")
    assert str(path) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_index_prints_the_number_of_articles(corpus: Path, tmp_path: Path) -> None:
    """``index`` prints the number of articles, also if the index is already current."""
    runs = [command("index", corpus=corpus, state=tmp_path / "state") for _ in range(2)]
    assert [(one.returncode, one.stdout, one.stderr) for one in runs] == [(0, "16 articles indexed.\n", "")] * 2
    assert [path.name.split(".")[1] for path in snapshots(tmp_path / "state")] == ["1"]


def test_a_file_in_place_of_the_state_folder(corpus: Path, tmp_path: Path) -> None:
    """If the state folder is a file, ``ask`` answers and reports it in one sentence."""
    (tmp_path / "state").write_text("in the way")
    done = ask(QUESTIONS[0], corpus, tmp_path / "state")
    assert json.loads(done.stdout)["quotes"]
    assert_one_sentence(done)


def assert_one_sentence(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.strip().endswith(ONE_SENTENCE)


# Limits a process to files of 2,000 bytes; or takes away all write permissions.
SIZE_LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
"""
AS_NOBODY = """
import atexit, io, os, sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from bot.cli import app
# Import everything first: the user "nobody" may be unable to read the code.
state = os.environ["PULLQUOTE_STATE_DIR"]
os.environ["PULLQUOTE_STATE_DIR"] = os.path.join(os.devnull, "nowhere")
with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
    app(["ask", "--json", *sys.argv[1:]])
os.environ["PULLQUOTE_STATE_DIR"] = state
if os.getuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
    atexit.register(os.seteuid, 0)  # to end the reader process, which root has started
"""
RUN = """
import sys
from bot.cli import main
sys.argv[1:] = ["ask", "--json", *sys.argv[1:]]
main()
"""


@POSIX
@pytest.mark.parametrize("setup", [SIZE_LIMIT, AS_NOBODY], ids=["full", "read-only"])
def test_a_state_folder_that_cannot_be_written(corpus: Path, setup: str) -> None:
    """With a full disk or a read-only folder, ``ask`` answers and reports it in one sentence."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(corpus, folder / "corpus")
        (folder / "state").mkdir(mode=0o555)
        folder.chmod(0o755)
        if setup == SIZE_LIMIT:
            (folder / "state").chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-B", "-c", setup + RUN, QUESTIONS[0], "--corpus", str(folder / "corpus")],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=os.environ | {"PULLQUOTE_STATE_DIR": str(folder / "state"), "PYTHONPATH": str(ROOT)},
        )
        (folder / "state").chmod(0o755)
    assert_one_sentence(done)
    assert json.loads(done.stdout)["quotes"]
