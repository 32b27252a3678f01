"""Trials of an index on disk: damaged, or its maker killed; after each, whether the next question is answered right.

Keeps secret how damage and moments are drawn, and the archive that is asked.
"""

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
    """What is quoted, and from where; of an abstention what comes nearest."""
    return [(type(reply).__name__, ""), *((quote.article.id, quote.text) for quote in reply.shown_quotes)]


def asked(library: Corpus) -> list[Shown]:
    """The answers to all questions, each asked as the command ``ask`` does."""
    return [library.with_current(partial(_answered, text)) for text in QUESTIONS]


def _answered(text: str, librarian: Answerer) -> Shown:
    return shown(librarian.answer(Question(text)))


def snapshots(state: Path) -> list[Path]:
    """The files of indexes in the folder."""
    return sorted(state.glob("*.snapshot"))


def ask(question: str, corpus: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """What ``pullquote ask --json`` says, as a process of its own."""
    return command("ask", "--json", question, corpus=corpus, state=state)


def command(*arguments: str, corpus: Path, state: Path) -> subprocess.CompletedProcess[str]:
    """What a command says of the archive ``corpus``, whose index is kept in ``state``."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments, "--corpus", str(corpus)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(state)},
    )


def flipped(sound: bytes, chance: random.Random) -> bytes:
    """The same file with some of its bytes changed: near its beginning, or anywhere."""
    damaged = bytearray(sound)
    reach = chance.choice((64, 4096, len(sound), len(sound), len(sound)))
    for _ in range(chance.choice((1, 1, 2, 5))):
        damaged[len(sound) - 1 - chance.randrange(reach) if reach == len(sound) else chance.randrange(reach)] ^= 255
    return bytes(damaged)


@dataclass(frozen=True, slots=True)
class Flip:
    """What came of a snapshot that was damaged: whether the answers were right, and whether its damage was met."""

    path: Path
    is_right: bool
    is_met: bool


def flips(folder: Path, count: int, seed: int) -> Iterator[Flip]:
    """Damage a sound snapshot so often, now and then change the articles too, and ask each time."""
    corpus, state, chance = folder / "corpus", folder / "state", random.Random(seed)
    shutil.copytree(ROOT / "corpus", corpus)
    for path in corpus.iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    right = asked(open_corpus([corpus], state))
    for number in range(count):
        (path,) = snapshots(state)
        path.write_bytes(flipped(path.read_bytes(), chance))
        what = chance.choice(("nothing", "nothing", "touched", "added"))
        if what == "touched":
            os.utime(corpus / "gcap-treaty-signed.md", (LONG_AGO + number, LONG_AGO + number))
        elif what == "added":
            (corpus / f"{number}.txt").write_text(f"Number {number} speaks of Japan and its fighter exports.")
            os.utime(corpus / f"{number}.txt", (LONG_AGO, LONG_AGO))
            right = asked(open_corpus([corpus]))
        is_right = asked(open_corpus([corpus], state)) == right
        # What was met is made anew, as a file of the next number; so is one whose articles have changed.
        yield Flip(path, is_right, what == "nothing" and snapshots(state) != [path])
        if snapshots(state) == [path]:  # not met: the next begins with a sound one
            path.unlink()
            open_corpus([corpus], state)


def large_corpus(folder: Path, articles: int) -> Path:
    """An archive that takes a second or two to be indexed: the sample one and many made-up articles."""
    chance, places = random.Random(3), [f"Tarn{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    folder.mkdir(parents=True)
    for number in range(articles):
        sentences = (
            f"The ferry {number * 7 + one} to {chance.choice(places)} sailed at {one} with {chance.choice(places)}."
            for one in range(60)
        )
        (folder / f"{number}.txt").write_text(" ".join(sentences), encoding="utf-8")
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.", encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of an indexing process that was killed: after how many seconds, and whether the next answer was right.

    The answer is right that quotes the archive as it is then.
    """

    after: float
    was_running: bool
    is_right: bool


def kills(folder: Path, count: int, seed: int, articles: int) -> Iterator[Kill]:
    """Kill ``pullquote index`` so often while it makes the index of an archive that changes, and ask each time."""
    chance, state = random.Random(seed), folder / "state"
    corpus = large_corpus(folder / "corpus", articles)
    began = time.monotonic()
    command("index", corpus=corpus, state=state)
    longest = time.monotonic() - began
    for number in range(count):
        told = f"The bridge at Orrin was closed {number} times for repairs."
        (corpus / "bridge.txt").write_text(told)
        after = chance.uniform(0.3, longest)
        process = started("index", corpus=corpus, state=state)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        was_running = process.poll() is None
        process.kill()
        process.wait()
        answer = open_corpus([corpus], state).with_current(partial(_answered, "bridge at Orrin"))
        yield Kill(after, was_running, answer == [("Answer", ""), ("bridge.txt", told)])
        if number % 2:  # every other starts from nothing
            for path in snapshots(state):
                path.unlink()


def started(*arguments: str, corpus: Path, state: Path) -> subprocess.Popen[str]:
    """A command that goes on, of which nobody hears."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments, "--corpus", str(corpus)],
        cwd=ROOT,
        env=os.environ | {"PULLQUOTE_STATE_DIR": str(state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
