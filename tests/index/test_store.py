"""What is kept on disk is never trusted blindly: whatever happened to it, the next question is answered right."""

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

from .faults import LONG_AGO, QUESTIONS, ROOT, ask, asked, command, flips, kills, snapshots

ONE_SENTENCE = "set PULLQUOTE_STATE_DIR to another folder."


def test_damage_never_changes_an_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Random bytes of two dozen snapshots are changed; every answer is right, and damage that was met is named."""
    with caplog.at_level(logging.WARNING):
        found = list(flips(tmp_path, 24, 11))
    assert [one for one in found if not one.is_right] == []
    unnamed = [one.path for one in found if one.is_met and f"The snapshot {one.path} " not in caplog.text]
    assert unnamed == []
    assert sum(one.is_met for one in found) > 5


def test_a_killed_maker_never_changes_an_answer(tmp_path: Path) -> None:
    """Killed at any moment, ``index`` leaves what the next ``ask`` answers right from."""
    found = list(kills(tmp_path, 6, 11, articles=100))
    assert [one for one in found if not one.is_right] == []
    assert any(one.was_running for one in found)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The sample archive, settled."""
    folder = tmp_path / "corpus"
    shutil.copytree(ROOT / "corpus", folder)
    for path in folder.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    return folder


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _foreign(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 something else altogether" * 100)


def _of_another_format(path: Path) -> None:
    # The format stands behind the 32 bytes that say which file this is.
    held = bytearray(path.read_bytes())
    held[32] += 1
    path.write_bytes(held)


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _rewritten(path: Path, change: Callable[[str], str]) -> None:
    folder, name = path.parent, path.name.split(".")[0]
    snapshot = load_snapshot(folder, name)
    assert snapshot is not None
    path.unlink()
    save_snapshot(folder, name, {}, change(snapshot.manifest))


def _by_another_maker(path: Path) -> None:
    """As another version of the program, of Python or of a library would have made it, with arrays of its own."""
    _rewritten(
        path, lambda manifest: json.dumps(json.loads(manifest) | {"build_info": {"digest": "", "stat_digest": ""}})
    )


def _without_sense(path: Path) -> None:
    _rewritten(path, lambda manifest: '{"build_info": 5}')


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (lambda path: None, ""),
    (_by_another_maker, ""),
    (_cut_short, "bytes instead of"),
    (_emptied, "is truncated"),
    (_foreign, "was not written by Pullquote"),
    (_of_another_format, "has format 2 instead of 1"),
    (_a_folder, "cannot be read"),
    (_without_sense, ""),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_what_cannot_be_trusted_is_made_anew(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None], said: str
) -> None:
    """Whatever stands in the snapshot's place, the answers are right, and damage is told of in a sentence; once."""
    state = tmp_path / "state"
    right = asked(open_corpus([corpus], state))
    (path,) = snapshots(state)
    damage(path)
    with caplog.at_level(logging.WARNING):
        assert asked(open_corpus([corpus], state)) == right
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == bool(said)
    assert all(said in message for message in messages)
    caplog.clear()
    assert asked(open_corpus([corpus], state)) == right
    assert caplog.records == []


def test_another_maker_is_not_read(corpus: Path, tmp_path: Path) -> None:
    """What another version has made is made again, although no file has changed."""
    keeper = IndexStore([corpus], tmp_path / "state")
    made = keeper.save(keeper.load_current()).built_at
    assert keeper.load_current().built_at == made
    (path,) = snapshots(tmp_path / "state")
    _by_another_maker(path)
    assert keeper.load_current().built_at > made


def test_a_process_answers_from_a_damaged_snapshot(corpus: Path, tmp_path: Path) -> None:
    """``ask`` says on standard error which file is damaged, answers, and says nothing the next time."""
    state = tmp_path / "state"
    first = ask(QUESTIONS[0], corpus, state)
    (path,) = snapshots(state)
    held = bytearray(path.read_bytes())
    for at in range(len(held) // 2, len(held)):
        held[at] ^= 1
    path.write_bytes(held)
    second, third = ask(QUESTIONS[0], corpus, state), ask(QUESTIONS[0], corpus, state)
    assert [one.returncode for one in (first, second, third)] == [0, 0, 0]
    quotes = [json.loads(one.stdout)["quotes"] for one in (first, second, third)]
    assert quotes[0] == quotes[1] == quotes[2]
    assert (first.stderr, third.stderr) == ("", "")
    assert str(path) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_index_says_what_is_ready(corpus: Path, tmp_path: Path) -> None:
    """``index`` says how many articles are ready, and the same when it need not read them again."""
    runs = [command("index", corpus=corpus, state=tmp_path / "state") for _ in range(2)]
    assert [(one.returncode, one.stdout, one.stderr) for one in runs] == [(0, "14 articles indexed.\n", "")] * 2
    assert [path.name.split(".")[1] for path in snapshots(tmp_path / "state")] == ["1"]


def test_a_file_in_the_state_folders_place(corpus: Path, tmp_path: Path) -> None:
    """``ask`` answers where nothing can be kept, and says so in one sentence."""
    (tmp_path / "state").write_text("in the way")
    done = ask(QUESTIONS[0], corpus, tmp_path / "state")
    assert json.loads(done.stdout)["quotes"]
    assert_one_sentence(done)


def assert_one_sentence(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.strip().endswith(ONE_SENTENCE)


# What a process meets that may write no file of more than 2,000 bytes, or nothing at all.
LITTLE_ROOM = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
"""
AS_NOBODY = """
import io, os, sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from bot.cli import app
# all that is imported on the way: nobody may not be able to read it
state = os.environ["PULLQUOTE_STATE_DIR"]
os.environ["PULLQUOTE_STATE_DIR"] = os.path.join(os.devnull, "nowhere")
with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
    app(["ask", "--json", *sys.argv[1:]])
os.environ["PULLQUOTE_STATE_DIR"] = state
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
"""
RUN = """
import sys
from bot.cli import main
sys.argv[1:] = ["ask", "--json", *sys.argv[1:]]
main()
"""


@POSIX
@pytest.mark.parametrize("trouble", [LITTLE_ROOM, AS_NOBODY], ids=["full", "read-only"])
def test_a_state_folder_that_cannot_be_written(corpus: Path, trouble: str) -> None:
    """A full disk or a read-only folder: ``ask`` answers, and says so in one sentence."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(corpus, folder / "corpus")
        (folder / "state").mkdir(mode=0o555)
        folder.chmod(0o755)
        if trouble == LITTLE_ROOM:
            (folder / "state").chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-B", "-c", trouble + RUN, QUESTIONS[0], "--corpus", str(folder / "corpus")],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=os.environ | {"PULLQUOTE_STATE_DIR": str(folder / "state"), "PYTHONPATH": str(ROOT)},
        )
        (folder / "state").chmod(0o755)
    assert_one_sentence(done)
    assert json.loads(done.stdout)["quotes"]
