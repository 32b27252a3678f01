"""Run a reader in a child process, with limits on time and memory, so that a hostile file harms nothing else."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from bot.errors import ReadLimitError
from bot.models import READ_LIMITS, ReadLimits

T = TypeVar("T")

START_SECONDS = 60.0
"""How long a child process may take to start, and to import a module."""
IDLE_SECONDS = 60.0
"""After this time without a request, a child process ends, so that it takes no memory."""
_BATCH_SECONDS, _BATCH_ITEMS = 0.1, 256
_ORPHAN_SECONDS = 600
"""After this time without a result, a child process ends itself, because its parent has been killed."""
# A server process that has no threads forks each child in milliseconds, and has imported what every child needs.
_context: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


class ReaderProcess:
    """A child process that runs one function at a time. It starts when it is needed, and again after a failure.

    Safe to share between threads, which take turns.
    """

    def __init__(self, limits: ReadLimits = READ_LIMITS) -> None:
        self.limits = limits
        self._process: BaseProcess | None = None
        self._connection: Any = None
        self._lock = Lock()

    def run(
        self, function: Callable[..., Iterator[T]], *arguments: object, module: str, seconds: float | None = None
    ) -> Iterator[T]:
        """Yield what ``function`` yields, after importing ``module`` in the child process.

        Function, arguments and results are pickled. Raises ReadLimitError when no result comes for ``seconds`` (by
        default, those of the limits), or when the process fails, mostly for lack of memory; and whatever the function
        raises.
        """
        with self._lock:
            try:
                yield from self._run((module, function, arguments), seconds or self.limits.seconds)
            except BaseException:
                self._stop()
                raise

    def stop(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._stop()

    def _run(self, request: object, seconds: float) -> Iterator[Any]:
        self._begin(request)
        while True:
            if not self._connection.poll(seconds):
                raise ReadLimitError(f"it takes longer than {seconds:g} s to read")
            batch = self._receive()
            if batch is None:
                return
            yield from batch

    def _begin(self, request: object) -> None:
        """Send the request to the running process, or to a new one if that has ended while it was idle."""
        if self._process is not None and self._process.is_alive():
            with suppress(ConnectionError, ReadLimitError):
                self._send(request)
                return
        self._stop()
        self._connection, theirs = _context.Pipe()
        process = _context.Process(target=_serve, args=(theirs, self.limits.memory), name="reader", daemon=True)
        try:
            process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            theirs.close()
        self._process = process
        self._send(request)

    def _send(self, request: object) -> None:
        """Send the request, and wait until the child process is about to call the function."""
        self._connection.send(request)
        if not self._connection.poll(START_SECONDS):
            raise ReadLimitError(f"its reader did not start within {START_SECONDS:g} s")
        self._receive()

    def _receive(self) -> list[Any] | None:
        """The next results; None after the last. Raises what the function raised."""
        try:
            batch: list[Any] | BaseException | None = self._connection.recv()
        except (EOFError, ConnectionError) as error:
            raise ReadLimitError("its reader failed, probably for lack of memory") from error
        if isinstance(batch, BaseException):
            raise batch
        return batch

    def _stop(self) -> None:
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._process = None


@cache
def shared_process(limits: ReadLimits) -> ReaderProcess:
    """The process of this program that reads archives with these limits."""
    return ReaderProcess(limits)


def _serve(connection: Connection, memory: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent process, which then ends this one
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries write about files there; failures are sent as exceptions
    _limit_memory(memory)
    while connection.poll(IDLE_SECONDS):
        try:
            module, function, arguments = connection.recv()
            import_module(module)
            connection.send([])  # that the time begins
            for batch in _batches(function(*arguments)):
                connection.send(batch)
            connection.send(None)
        except (EOFError, ConnectionError):
            return
        except MemoryError:
            connection.send(ReadLimitError(f"it needs more than {memory // 1_000_000} MB of memory to read"))
            return
        except Exception as error:  # noqa: BLE001 - raised again in the parent process
            connection.send(error)


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    sent = time.monotonic()
    _postpone_alarm()
    for item in items:
        batch.append(item)
        if len(batch) >= _BATCH_ITEMS or time.monotonic() - sent > _BATCH_SECONDS:
            yield batch
            batch, sent = [], time.monotonic()
            _postpone_alarm()
    yield batch


def _postpone_alarm() -> None:
    if sys.platform != "win32":
        signal.alarm(_ORPHAN_SECONDS)


def _limit_memory(memory: int) -> None:
    """Limit the address space, where the system tells how much of it is used; and write no core dump."""
    if sys.platform != "win32":
        import resource

        # A service may not be allowed to set limits; then those of the service hold.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            limit = pages * resource.getpagesize() + memory
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
