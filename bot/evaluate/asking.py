"""Many questions, asked on every core. Keeps secret how the work is parted, and that it is."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from bot.evaluate.judging import Outcome, judge
from bot.evaluate.questions import Asked
from bot.librarian import Librarian

Progress = Callable[[int, int], None]

CHUNK = 8
"""Questions handed to a process at a time: few enough that a progress bar moves and that no core is left idle."""

_inherited: list[Librarian] = []
"""In a worker, the librarian it was forked with; empty elsewhere."""


def outcomes(
    librarian: Librarian, questions: Sequence[Asked], report: Progress | None = None, processes: int | None = None
) -> Iterator[Outcome]:
    """Ask each question and judge the reply, in order, whatever the number of processes (default: as many as pay).

    A question's ``took_ms`` is measured where it is asked. Raises what ``librarian.answer`` raises.
    """
    count = _worth(len(questions)) if processes is None else processes
    found = _forked(librarian, questions, count) if count > 1 else (judge(librarian, asked) for asked in questions)
    for number, outcome in enumerate(found, 1):
        if report:
            report(number, len(questions))
        yield outcome


def _worth(questions: int) -> int:
    """How many processes to ask in: more than one on Linux only, for elsewhere a forked child is not safe to use."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(cores, questions // (2 * CHUNK)))


def _forked(librarian: Librarian, questions: Sequence[Asked], processes: int) -> Iterator[Outcome]:
    # A forked worker shares the parent's memory: the archive, which may be large, is neither copied nor read again.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, fork, initializer=_inherited.append, initargs=(librarian,)) as pool:
        yield from pool.map(_judge, questions, chunksize=CHUNK)


def _judge(asked: Asked) -> Outcome:
    return judge(_inherited[0], asked)
