"""Other processes, of which the tests see what they say and which they kill."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

SPAWN = multiprocessing.get_context("spawn")
"""Its processes share nothing with this one but what they find on disk."""

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the system has neither users nor limits of this kind")


@contextmanager
def process(work: Callable[..., None], *arguments: object) -> Iterator[tuple[BaseProcess, Connection]]:
    """Another process that does ``work``, and what it says; killed in the end, as by ``kill -9``."""
    hears, says = SPAWN.Pipe()
    child = SPAWN.Process(target=work, args=(*arguments, says))
    child.start()
    says.close()
    try:
        yield child, hears
    finally:
        child.kill()
        child.join()
        hears.close()
