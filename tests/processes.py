"""Child processes for tests that talk to them and kill them."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

SPAWN = multiprocessing.get_context("spawn")
"""Its processes share nothing with this one but the disk."""

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the system has neither users nor limits of this kind")


@contextmanager
def process(work: Callable[..., None], *arguments: object) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run ``work`` in a child process; gives the process and our end of a pipe. Killed with SIGKILL at the end."""
    ours, theirs = SPAWN.Pipe()
    child = SPAWN.Process(target=work, args=(*arguments, theirs))
    child.start()
    theirs.close()
    try:
        yield child, ours
    finally:
        child.kill()
        child.join()
        ours.close()
