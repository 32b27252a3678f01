"""One contestant in processes of its own: one builds and ends; the other opens, and is told by lines what to do.

Keeps secret how the processes speak. Questions are asked in turns, so that what else the machine does meets all alike.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import CONTESTANTS, SLOW
from tests.benchmarks.corpus import Corpus

SLOW_QUESTIONS = 5


@dataclass(frozen=True)
class Measured:
    """One contestant over one corpus. Seconds are of processor time, all threads together, but for ``wall``.

    ``build`` is until it is on disk; ``open`` until what is on disk is ready, in milliseconds by the clock.
    ``milliseconds`` are each question's least of all rounds, by processor time of its thread; ``wall`` by the clock.
    ``resident`` is in megabytes, after the questions; ``first`` the first question, in milliseconds by the clock.
    """

    name: str
    size: int
    build: float
    build_wall: float
    open: float
    first: float
    resident: float
    milliseconds: Sequence[float]
    wall: Sequence[float]


class Contestant:
    """Speaks to the process. Raises ``RuntimeError`` where it has ended before its time."""

    def __init__(self, name: str, corpus: Corpus, questions: int) -> None:
        self._name, self._size = name, corpus.size
        self._questions = min(questions, SLOW_QUESTIONS) if name == SLOW else questions
        command = [sys.executable, "-m", "tests.benchmarks.measuring", name, str(corpus.folder), str(corpus.size)]
        built = subprocess.run([*command, "build"], stdout=subprocess.PIPE, text=True, check=True)
        self._process = subprocess.Popen(
            [*command, str(self._questions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._rounds: list[dict[str, list[float]]] = []
        self._built = json.loads(built.stdout) | self._say("open")

    def ask(self) -> None:
        """Ask every question once."""
        if self._name != SLOW or not self._rounds:
            self._rounds.append(self._say("ask"))

    def end(self) -> Measured:
        """End the process, and return what was measured."""
        resident = self._say("resident")
        self._process.communicate()
        least = [
            [min(times) for times in zip(*(one[by] for one in self._rounds), strict=True)] for by in ("cpu", "wall")
        ]
        return Measured(self._name, self._size, **self._built, resident=resident, milliseconds=least[0], wall=least[1])

    def _say(self, what: str) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        if not (answer := self._process.stdout.readline()):
            raise RuntimeError(f"The process of {self._name} has ended.")
        return json.loads(answer)


def resident() -> float:
    """The memory of this process that lies in the machine's, in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("This system does not tell how much memory a process has.")


def build(name: str, corpus: Corpus, folder: Path) -> None:
    """What the first process does."""
    index = CONTESTANTS[name]()
    folder.mkdir(exist_ok=True)
    started, started_wall = time.process_time(), time.perf_counter()
    index.build(corpus.passages(), folder)
    spent, spent_wall = time.process_time() - started, time.perf_counter() - started_wall
    print(json.dumps({"build": spent, "build_wall": spent_wall}), flush=True)


def ask(name: str, corpus: Corpus, folder: Path, count: int) -> None:
    """What the second process does: open, then as it is told."""
    index, questions = CONTESTANTS[name](), corpus.questions(count)
    sys.stdin.readline()
    started = time.perf_counter()
    asked = index.open(corpus.passages(), folder)
    opened = (time.perf_counter() - started) * 1000
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    asked(questions[-1])
    first = (time.perf_counter() - started) * 1000
    print(json.dumps({"open": opened, "first": first}), flush=True)
    for line in sys.stdin:
        if line.strip() == "resident":
            print(json.dumps(resident()), flush=True)
            return
        cpu, wall = [], []
        for words in questions:
            at_cpu, at_wall = time.thread_time_ns(), time.perf_counter_ns()
            asked(words)
            cpu.append((time.thread_time_ns() - at_cpu) / 1e6)
            wall.append((time.perf_counter_ns() - at_wall) / 1e6)
        print(json.dumps({"cpu": cpu, "wall": wall}), flush=True)


def main(name: str, folder: str, size: str, what: str) -> None:
    """Either process."""
    corpus, kept = Corpus(Path(folder), int(size)), Path(folder, f"{size}.{name}")
    if what == "build":
        build(name, corpus, kept)
    else:
        ask(name, corpus, kept, int(what))


if __name__ == "__main__":
    main(*sys.argv[1:])
