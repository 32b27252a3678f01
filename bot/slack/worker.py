"""Blocking work off the event loop: the store on one thread, replies on threads and, under load, in a second process.

Answering is pure computation and holds the interpreter lock: while this process answers, its claims, acknowledgements
and calls have to wait.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from threading import Lock, Thread
from time import monotonic
from typing import NamedTuple, ParamSpec, TypeVar

from bot.errors import DamagedSnapshotError
from bot.search.corpus import CorpusAddress
from bot.slack.events import IncomingQuestion
from bot.slack.render import AnswererProtocol, CorpusProtocol, RenderedReply, render_or_raise, render_reply

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# Replies that may wait at the same time for a changed archive to be read; they are computed one after the other.
THREADS = 16
# Seconds that a reply may take in the second process. Usual are milliseconds, or a second in an archive of gigabytes.
TIMEOUT = 10.0
# Seconds after a failure of the second process until another is started.
RESTART_AFTER = 60.0


class StoreThread:
    """The thread on which the methods of a store run, one after the other."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def run(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``method`` on the thread; if the caller is cancelled, it is finished all the same."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(method, *args, **kwargs))

    def stop(self) -> None:
        """Finish what was started."""
        self._executor.shutdown()


class _Task(NamedTuple):
    address: CorpusAddress
    question: IncomingQuestion
    scopes: frozenset[str] | None
    previous: tuple[str, ...]


class Renderer:
    """Renders replies.

    The second process is started when a question first has to wait for another. If it fails, replies are rendered in
    this process.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="render")
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._is_ready: Future[int] | None = None
        self._start_after = 0.0
        self._is_stopped = False

    async def render(
        self,
        question: IncomingQuestion,
        corpus: CorpusProtocol,
        scopes: frozenset[str] | None,
        previous: tuple[str, ...] = (),
    ) -> RenderedReply:
        """Render the reply to ``question`` from ``corpus``; see ``render.render_reply`` and ``with_current``."""

        def work(answerer: AnswererProtocol) -> RenderedReply:
            has_to_wait = self._lock.locked()
            with self._lock:
                address = corpus.address
                if address is None:
                    return render_reply(question, answerer, scopes, previous)
                if has_to_wait:
                    self._start_process()
                reply = self._render_in_process(_Task(address, question, scopes, previous))
                return reply or render_reply(question, answerer, scopes, previous)

        return await asyncio.get_running_loop().run_in_executor(self._threads, corpus.with_current, work)

    def stop(self) -> None:
        """Kill the second process; a reply it was rendering is rendered here."""
        self._is_stopped = True
        self._kill_process()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start_process(self) -> None:
        if self._pool is None and not self._is_stopped and monotonic() >= self._start_after:
            # Forking is unsafe here, because there are threads.
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare_process)
            try:
                self._is_ready = self._pool.submit(os.getpid)  # done when it has started, which takes a second
            except Exception as error:  # noqa: BLE001 -- the reply is rendered here
                self._abandon_process(error)

    def _render_in_process(self, task: _Task) -> RenderedReply | None:
        pool, is_ready = self._pool, self._is_ready
        if pool is None or is_ready is None or not is_ready.done():
            return None
        try:
            return pool.submit(_render_task, task).result(TIMEOUT)
        except DamagedSnapshotError:
            raise
        except Exception as error:  # noqa: BLE001 -- the reply is rendered here
            self._abandon_process(error)
            return None

    def _abandon_process(self, error: Exception) -> None:
        if not self._is_stopped:
            log.warning("the second process failed; replies are rendered in this process for a minute: %r", error)
        self._start_after = monotonic() + RESTART_AFTER
        self._kill_process()

    def _kill_process(self) -> None:
        pool, self._pool, self._is_ready = self._pool, None, None
        if pool is not None:
            for process in tuple((pool._processes or {}).values()):  # as ``kill_workers``, which Python 3.14 added
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too; the parent decides when it ends
    logging.disable()  # what fails here is repeated and logged in the parent
    # A pool's process does not notice that its parent was killed.
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


_answerers: dict[CorpusAddress, AnswererProtocol | None] = {}
"""In the second process: the answerer of the latest address, None if it cannot be opened there."""


def _render_task(task: _Task) -> RenderedReply | None:
    """Render a reply in the second process; None if that cannot. DamagedSnapshotError as in ``render_reply``."""
    try:
        if task.address not in _answerers:
            _answerers.clear()
            _answerers[task.address] = task.address.open_answerer()
        answerer = _answerers[task.address]
        return None if answerer is None else render_or_raise(task.question, answerer, task.scopes, task.previous)
    except DamagedSnapshotError:
        raise
    except Exception:  # noqa: BLE001 -- the parent renders the reply again, where the error is handled
        return None
