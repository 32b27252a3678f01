"""One contestant in a process of its own, told by lines of JSON what to do.

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

    ``milliseconds`` are each question's least of all rounds, by processor time of its thread; ``wall`` by the clock.
    ``resident`` is in megabytes, after the questions; ``first`` the first question, in milliseconds by the clock.
    """

    name: str
    size: int
    build: float
    build_wall: float
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
        self._process = subprocess.Popen(
            [*command, str(self._questions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._rounds: list[dict[str, list[float]]] = []
        self._built = self._say("build")

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


def main(name: str, folder: str, size: str, count: str) -> None:
    """What the process does: build, then as it is told."""
    corpus = Corpus(Path(folder), int(size))
    questions = corpus.questions(int(count))
    sys.stdin.readline()
    started, started_wall = time.process_time(), time.perf_counter()
    ask = CONTESTANTS[name](corpus.passages())
    build, build_wall = time.process_time() - started, time.perf_counter() - started_wall
    gc.collect()
    gc.freeze()
    started_wall = time.perf_counter()
    ask(questions[-1])
    first = (time.perf_counter() - started_wall) * 1000
    print(json.dumps({"build": build, "build_wall": build_wall, "first": first}), flush=True)
    for line in sys.stdin:
        if line.strip() == "resident":
            print(json.dumps(resident()), flush=True)
            return
        cpu, wall = [], []
        for words in questions:
            at_cpu, at_wall = time.thread_time_ns(), time.perf_counter_ns()
            ask(words)
            cpu.append((time.thread_time_ns() - at_cpu) / 1e6)
            wall.append((time.perf_counter_ns() - at_wall) / 1e6)
        print(json.dumps({"cpu": cpu, "wall": wall}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
