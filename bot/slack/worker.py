"""Replies composed one at a time, beside everything else that the bot does.

Keeps secret that another process composes them once there are many: to find an answer is computing alone, of which the
interpreter does one at a time, and while it does, every claim, acknowledgement and call waits for its turn.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
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

# Seconds that a reply may take in another process. Here it takes milliseconds, in an archive of gigabytes a second.
PATIENCE = 10.0
# Seconds from the end of a process that was not to end until another is begun.
REST = 60.0


class _Task(NamedTuple):
    address: CorpusAddress
    asked: IncomingQuestion
    scopes: frozenset[str] | None
    previous_questions: tuple[str, ...]


_Reply = RenderedReply | DamagedSnapshotError | None


class RenderWorker:
    """Composes what is said to questions; every method may be called from any thread.

    The process beside this one is begun when a question has to wait for another for the first time. Whatever it cannot
    do is done here, and what fails is told here.
    """

    def __init__(self) -> None:
        self._turn = Lock()
        self._helper: _WorkerProcess | None = None
        self._begin_after = 0.0
        self._has_ended = False

    def compose(
        self,
        asked: IncomingQuestion,
        shelf: CorpusProtocol,
        scopes: frozenset[str] | None,
        previous_questions: tuple[str, ...] = (),
    ) -> RenderedReply:
        """See ``composing.compose``, with the librarian whom ``shelf`` gives, and whatever ``consult`` raises."""

        def composed(answers: AnswererProtocol) -> RenderedReply:
            has_to_wait = self._turn.locked()
            with self._turn:
                address = shelf.address
                if address is not None and has_to_wait:
                    self._begin()
                elsewhere = (
                    self._helped(_Task(address, asked, scopes, previous_questions)) if address is not None else None
                )
                return elsewhere or render_reply(asked, answers, scopes, previous_questions)

        return shelf.with_current(composed)

    def end(self) -> None:
        """End the other process at once; what it was composing is composed here."""
        self._has_ended = True
        if (helper := self._helper) is not None:
            helper.end()

    def _begin(self) -> None:
        if self._helper is None and not self._has_ended and monotonic() >= self._begin_after:
            try:
                self._helper = _WorkerProcess()
            except Exception as error:  # noqa: BLE001 -- whatever it was, the reply is composed here
                self._give_up(error)

    def _helped(self, task: _Task) -> RenderedReply | None:
        if self._helper is None:
            return None
        try:
            reply = self._helper.ask(task) if self._helper.is_ready() else None
        except Exception as error:  # noqa: BLE001 -- whatever it was, the reply is composed here
            self._give_up(error)
            return None
        if isinstance(reply, DamagedSnapshotError):
            raise reply
        return reply

    def _give_up(self, why: Exception) -> None:
        if not self._has_ended:
            log.warning("for a minute all replies are composed in this process, the other one has ended: %r", why)
        self._begin_after = monotonic() + REST
        if self._helper is not None:
            self._helper.end()
            self._helper = None


class _WorkerProcess:
    """A process that does one task after the other. OSError or EOFError where it has ended, or does not answer.

    AssertionError where the system lets this process have none.
    """

    def __init__(self) -> None:
        # Not by forking: there are threads.
        spawn = get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_help, args=(theirs,), name="composer", daemon=True)
        self._process.start()
        theirs.close()
        self._is_ready = False

    def is_ready(self) -> bool:
        """Whether it has started, which takes a second; nobody waits for that."""
        if not self._is_ready and self._pipe.poll():
            self._is_ready = True
            self._pipe.recv()
        return self._is_ready

    def ask(self, task: _Task) -> _Reply:
        """What it makes of the task."""
        self._pipe.send(task)
        if not self._pipe.poll(PATIENCE):
            raise TimeoutError(f"it has not answered within {PATIENCE:.0f} s")
        reply: _Reply = self._pipe.recv()
        return reply

    def end(self) -> None:
        """End it now; whoever waits for what it makes of a task hears that."""
        self._process.kill()
        self._process.join()


def _help(pipe: Connection) -> None:
    """Compose what comes through the pipe, until nobody is at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too, whose end is the other's to decide
    logging.disable()  # what fails here is done again there, and told there
    find = _librarians()
    pipe.send("ready")
    try:
        while True:
            pipe.send(_done(pipe.recv(), find))
    except (EOFError, OSError):
        return


def _librarians() -> Callable[[CorpusAddress], AnswererProtocol | None]:
    """Finds librarians by their addresses; what was found at the last one, and that nobody was, is remembered."""
    known: dict[CorpusAddress, AnswererProtocol | None] = {}

    def find(address: CorpusAddress) -> AnswererProtocol | None:
        if address not in known:
            known.clear()
            known[address] = address.librarian()
        return known[address]

    return find


def _done(task: _Task, find: Callable[[CorpusAddress], AnswererProtocol | None]) -> _Reply:
    try:
        answers = find(task.address)
        return None if answers is None else render_or_raise(task.asked, answers, task.scopes, task.previous_questions)
    except DamagedSnapshotError as error:
        return error
    except Exception:  # noqa: BLE001 -- not swallowed: the other process does the same, where it fails, and is told
        return None
