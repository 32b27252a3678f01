"""Render replies one at a time, with a second process to help under load.

Answering is pure computation and holds the interpreter lock: while this process answers, its claims, acknowledgements
and calls have to wait.
"""

from __future__ import annotations

import logging
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Lock
from time import monotonic
from typing import NamedTuple

from bot.errors import DamagedSnapshotError
from bot.search.corpus import CorpusAddress
from bot.slack.events import IncomingQuestion
from bot.slack.render import AnswererProtocol, CorpusProtocol, RenderedReply, render_or_raise, render_reply

log = logging.getLogger(__name__)

# Seconds that a reply may take in the worker process. Usual are milliseconds, or a second in an archive of gigabytes.
TIMEOUT = 10.0
# Seconds after a failure of the worker process until another is started.
RESTART_AFTER = 60.0


class _Task(NamedTuple):
    address: CorpusAddress
    question: IncomingQuestion
    scopes: frozenset[str] | None
    previous: tuple[str, ...]


_Result = RenderedReply | DamagedSnapshotError | None


class RenderWorker:
    """Renders replies; thread-safe.

    The worker process is started when a question first has to wait for another. If it fails, replies are rendered in
    this process.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: _WorkerProcess | None = None
        self._start_after = 0.0
        self._is_stopped = False

    def render(
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
                reply = self._run_in_process(_Task(address, question, scopes, previous))
                return reply or render_reply(question, answerer, scopes, previous)

        return corpus.with_current(work)

    def stop(self) -> None:
        """Kill the worker process; a reply it was rendering is rendered here."""
        self._is_stopped = True
        if (process := self._process) is not None:
            process.kill()

    def _start_process(self) -> None:
        if self._process is None and not self._is_stopped and monotonic() >= self._start_after:
            try:
                self._process = _WorkerProcess()
            except Exception as error:  # noqa: BLE001 -- the reply is rendered here
                self._abandon_process(error)

    def _run_in_process(self, task: _Task) -> RenderedReply | None:
        if self._process is None:
            return None
        try:
            reply = self._process.run(task) if self._process.is_ready() else None
        except Exception as error:  # noqa: BLE001 -- the reply is rendered here
            self._abandon_process(error)
            return None
        if isinstance(reply, DamagedSnapshotError):
            raise reply
        return reply

    def _abandon_process(self, error: Exception) -> None:
        if not self._is_stopped:
            log.warning("the worker process failed; replies are rendered in this process for a minute: %r", error)
        self._start_after = monotonic() + RESTART_AFTER
        if self._process is not None:
            self._process.kill()
            self._process = None


class _WorkerProcess:
    """A process that runs one task at a time.

    OSError or EOFError if it has ended or does not answer; AssertionError if this process may not start another.
    """

    def __init__(self) -> None:
        # Forking is unsafe here, because there are threads.
        spawn = get_context("spawn")
        self._pipe, child_pipe = spawn.Pipe()
        self._process = spawn.Process(target=_serve_tasks, args=(child_pipe,), name="render-worker", daemon=True)
        self._process.start()
        child_pipe.close()
        self._is_ready = False

    def is_ready(self) -> bool:
        """Whether it has started, which takes about a second; does not wait."""
        if not self._is_ready and self._pipe.poll():
            self._is_ready = True
            self._pipe.recv()
        return self._is_ready

    def run(self, task: _Task) -> _Result:
        """Run ``task`` and return its result."""
        self._pipe.send(task)
        if not self._pipe.poll(TIMEOUT):
            raise TimeoutError(f"no answer within {TIMEOUT:.0f} s")
        result: _Result = self._pipe.recv()
        return result

    def kill(self) -> None:
        """End it at once; a running task fails."""
        self._process.kill()
        self._process.join()


def _serve_tasks(pipe: Connection) -> None:
    """Run the tasks from ``pipe`` until its other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too; the parent decides when it ends
    logging.disable()  # what fails here is repeated and logged in the parent
    cache: dict[CorpusAddress, AnswererProtocol | None] = {}
    pipe.send("ready")
    try:
        while True:
            pipe.send(_run_task(pipe.recv(), cache))
    except (EOFError, OSError):
        return


def _run_task(task: _Task, cache: dict[CorpusAddress, AnswererProtocol | None]) -> _Result:
    """Render a reply; None if this process cannot. ``cache`` holds the answerer of the latest address, None if none."""
    try:
        if task.address not in cache:
            cache.clear()
            cache[task.address] = task.address.open_answerer()
        answerer = cache[task.address]
        return None if answerer is None else render_or_raise(task.question, answerer, task.scopes, task.previous)
    except DamagedSnapshotError as error:
        return error
    except Exception:  # noqa: BLE001 -- the parent renders the reply again, where the error is handled
        return None
