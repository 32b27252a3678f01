"""Measure one library in processes of its own: one builds the index and exits, another opens it and searches.

The second process reads commands from standard input, one per line, and answers each with a line of JSON. The libraries
take turns, so that other load on the machine affects all of them alike.
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

from tests.benchmarks.corpus import SyntheticCorpus
from tests.benchmarks.libraries import LIBRARIES, SLOW

SLOW_QUESTIONS = 5


@dataclass(frozen=True)
class IndexTimes:
    """Times of one library's index over one corpus.

    ``build`` is the processor time of all threads until the index is saved, ``build_wall`` the wall-clock time, both in
    seconds. ``open`` is the time to open the saved index and ``first`` that of the first question, in milliseconds of
    wall-clock time. ``milliseconds`` has each question's lowest thread processor time of all rounds, ``wall`` its
    lowest wall-clock time. ``resident`` is the memory after the questions, in megabytes.
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


class LibraryProcess:
    """A process with the open index of one library. Its methods raise ``RuntimeError`` if the process has died."""

    def __init__(self, name: str, corpus: SyntheticCorpus, questions: int) -> None:
        self._name, self._size = name, corpus.size
        self._questions = min(questions, SLOW_QUESTIONS) if name == SLOW else questions
        command = [sys.executable, "-m", "tests.benchmarks.measurement", name, str(corpus.folder), str(corpus.size)]
        built = subprocess.run([*command, "build"], stdout=subprocess.PIPE, text=True, check=True)
        self._process = subprocess.Popen(
            [*command, str(self._questions)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._rounds: list[dict[str, list[float]]] = []
        self._setup_times = json.loads(built.stdout) | self._send("open")

    def ask(self) -> None:
        """Ask every question once."""
        if self._name != SLOW or not self._rounds:
            self._rounds.append(self._send("ask"))

    def finish(self) -> IndexTimes:
        """End the process and return its times."""
        resident = self._send("resident")
        self._process.communicate()
        milliseconds, wall = (
            [min(times) for times in zip(*(one[clock] for one in self._rounds), strict=True)]
            for clock in ("cpu", "wall")
        )
        return IndexTimes(
            self._name, self._size, **self._setup_times, resident=resident, milliseconds=milliseconds, wall=wall
        )

    def _send(self, command: str) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        if not (answer := self._process.stdout.readline()):
            raise RuntimeError(f"The process of {self._name} has ended.")
        return json.loads(answer)


def resident_megabytes() -> float:
    """The resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("This system does not report the memory of a process.")


def run_build(name: str, corpus: SyntheticCorpus, folder: Path) -> None:
    """Build the index in ``folder`` and print the times."""
    index = LIBRARIES[name]()
    folder.mkdir(exist_ok=True)
    cpu_start, wall_start = time.process_time(), time.perf_counter()
    index.build(corpus.passages(), folder)
    cpu, wall = time.process_time() - cpu_start, time.perf_counter() - wall_start
    print(json.dumps({"build": cpu, "build_wall": wall}), flush=True)


def run_questions(name: str, corpus: SyntheticCorpus, folder: Path, count: int) -> None:
    """Open the index at the first command, then ask all questions at each further one, until ``resident``."""
    index, questions = LIBRARIES[name](), corpus.questions(count)
    sys.stdin.readline()
    start = time.perf_counter()
    search = index.open(corpus.passages(), folder)
    opened = (time.perf_counter() - start) * 1000
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    search(questions[-1])
    first = (time.perf_counter() - start) * 1000
    print(json.dumps({"open": opened, "first": first}), flush=True)
    for line in sys.stdin:
        if line.strip() == "resident":
            print(json.dumps(resident_megabytes()), flush=True)
            return
        cpu, wall = [], []
        for words in questions:
            cpu_start, wall_start = time.thread_time_ns(), time.perf_counter_ns()
            search(words)
            cpu.append((time.thread_time_ns() - cpu_start) / 1e6)
            wall.append((time.perf_counter_ns() - wall_start) / 1e6)
        print(json.dumps({"cpu": cpu, "wall": wall}), flush=True)


def main(name: str, folder: str, size: str, task: str) -> None:
    """Build the index if ``task`` is "build"; otherwise it is the number of questions to ask."""
    corpus, index_folder = SyntheticCorpus(Path(folder), int(size)), Path(folder, f"{size}.{name}")
    if task == "build":
        run_build(name, corpus, index_folder)
    else:
        run_questions(name, corpus, index_folder, int(task))


if __name__ == "__main__":
    main(*sys.argv[1:])
