"""Fault tests of an index on disk: damage it, or kill its builder, and check the next answers."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.models import Question, Reply
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.wiring import open_corpus

ROOT = Path(__file__).parents[2]
QUESTIONS = ("what was agreed on GCAP", "Japan's budget for defence", "-treaty fighter exports", "who owns the moon")
LONG_AGO = 1_600_000_000  # seconds
Shown = list[tuple[str, str]]


def shown(reply: Reply) -> Shown:
    """Return the type of the reply, and its quotes (of an abstention, the nearest ones) with their articles."""
    return [(type(reply).__name__, ""), *((quote.article.id, quote.text) for quote in reply.shown_quotes)]


def ask_all(corpus: Corpus) -> list[Shown]:
    """Ask all QUESTIONS, each as the command ``ask`` does."""
    return [corpus.with_current(partial(_ask, question)) for question in QUESTIONS]


def _ask(question: str, answerer: Answerer) -> Shown:
    return shown(answerer.answer(Question(question)))


def snapshots(state: Path) -> list[Path]:
    """Return the snapshots in the folder."""
    return sorted(state.glob("*.snapshot"))


def ask(question: str, corpus: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """Run ``pullquote ask --json``."""
    return command("ask", "--json", question, corpus=corpus, state=state)


def command(*arguments: str, corpus: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """Run a command over the archive ``corpus``, with its index in ``state``."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments, "--corpus", str(corpus)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(state)},
    )


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    """Change some bytes, near the beginning or anywhere."""
    damaged = bytearray(data)
    reach = rng.choice((64, 4096, len(data), len(data), len(data)))
    for _ in range(rng.choice((1, 1, 2, 5))):
        damaged[len(data) - 1 - rng.randrange(reach) if reach == len(data) else rng.randrange(reach)] ^= 255
    return bytes(damaged)


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged snapshot: whether the next answers were right, and whether the damage was detected."""

    path: Path
    is_right: bool
    is_detected: bool


def damage_snapshots(folder: Path, count: int, seed: int) -> Iterator[Damage]:
    """Damage a snapshot ``count`` times, sometimes change the articles too, and ask each time."""
    corpus, state, rng = folder / "corpus", folder / "state", random.Random(seed)
    shutil.copytree(ROOT / "corpus", corpus)
    for path in corpus.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    right = ask_all(open_corpus([corpus], state))
    for number in range(count):
        (path,) = snapshots(state)
        path.write_bytes(flip_bytes(path.read_bytes(), rng))
        change = rng.choice(("nothing", "nothing", "touched", "added"))
        if change == "touched":
            os.utime(corpus / "gcap-treaty-signed.md", (LONG_AGO + number, LONG_AGO + number))
        elif change == "added":
            (corpus / f"{number}.txt").write_text(f"Number {number} speaks of Japan and its fighter exports.")
            os.utime(corpus / f"{number}.txt", (LONG_AGO, LONG_AGO))
            right = ask_all(open_corpus([corpus]))
        is_right = ask_all(open_corpus([corpus], state)) == right
        # A damaged index, and one whose articles have changed, is rebuilt as a file with the next number.
        yield Damage(path, is_right, change == "nothing" and snapshots(state) != [path])
        if snapshots(state) == [path]:  # not detected: start the next round with an intact one
            path.unlink()
            open_corpus([corpus], state)


def large_corpus(folder: Path, articles: int) -> Path:
    """Write an archive that takes a second or two to index."""
    rng, places = random.Random(3), [f"Tarn{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    folder.mkdir(parents=True)
    for number in range(articles):
        sentences = (
            f"The ferry {number * 7 + one} to {rng.choice(places)} sailed at {one} with {rng.choice(places)}."
            for one in range(60)
        )
        (folder / f"{number}.txt").write_text(" ".join(sentences), encoding="utf-8")
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.", encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Kill:
    """A killed ``index`` process: after how many seconds, and whether the next answer quoted the current archive."""

    after: float
    was_running: bool
    is_right: bool


def kill_indexing(folder: Path, count: int, seed: int, articles: int) -> Iterator[Kill]:
    """Kill ``pullquote index`` ``count`` times while it indexes a changed archive, and ask each time."""
    rng, state = random.Random(seed), folder / "state"
    corpus = large_corpus(folder / "corpus", articles)
    began = time.monotonic()
    command("index", corpus=corpus, state=state)
    longest = time.monotonic() - began
    for number in range(count):
        text = f"The bridge at Orrin was closed {number} times for repairs."
        (corpus / "bridge.txt").write_text(text)
        after = rng.uniform(0.3, longest)
        process = start("index", corpus=corpus, state=state)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        was_running = process.poll() is None
        process.kill()
        process.wait()
        answer = open_corpus([corpus], state).with_current(partial(_ask, "bridge at Orrin"))
        yield Kill(after, was_running, answer == [("Answer", ""), ("bridge.txt", text)])
        if number % 2:  # every other build starts without a snapshot
            for path in snapshots(state):
                path.unlink()


def start(*arguments: str, corpus: Path, state: Path) -> subprocess.Popen[str]:
    """Start a command and discard its output."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments, "--corpus", str(corpus)],
        cwd=ROOT,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
