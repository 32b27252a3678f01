"""The renderer: the same reply from its second process, and a reply if that process fails."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TypeVar, cast

import pytest

from bot.index.snapshot import BLOCK
from bot.models import Question, Reply
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus, CorpusAddress
from bot.slack import render as render_module
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.render import RenderedReply, Renderer
from bot.wiring import open_corpus

from .loop import run_async

T = TypeVar("T")

ASKED = "when did the ferry to Tarn sail"
FERRY = "The ferry to Tarn sailed at seven in the morning."
LATER = "The ferry to Tarn sails at nine, and no longer at seven."
START_TIMEOUT = 30.0  # seconds for a process to start on a busy machine


def make_question(text: str = ASKED) -> IncomingQuestion:
    event = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": f"<@U0BOT> {text}"}
    return cast(IncomingQuestion, parse_event({"event_id": "Ev1", "team_id": "T1", "event": event}, bot_user="U0BOT"))


class SlowAnswerer:
    """An answerer that waits for ``go`` before each answer."""

    def __init__(self, answerer: Answerer, arrived: Event, go: Event) -> None:
        self._answerer, self._arrived, self._go = answerer, arrived, go

    def __getattr__(self, name: str) -> object:
        return getattr(self._answerer, name)

    def answer(self, question: Question) -> Reply:
        self._arrived.set()
        assert self._go.wait(START_TIMEOUT)
        return self._answerer.answer(question)


class FailingAnswerer:
    """An answerer that fails, so that only the second process can answer."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was used in this process")


class ObservedLock:
    """A lock that records when somebody found it taken."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self.was_taken = Event()

    def locked(self) -> bool:
        is_taken = self._lock.locked()
        if is_taken:
            self.was_taken.set()
        return is_taken

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass
class WrappedCorpus:
    """A corpus whose answerer is replaced by ``wrap``, if given."""

    corpus: Corpus
    wrap: Callable[[Answerer], object] | None = None
    has_address: bool = True
    waits_for_network: bool = False
    on_address: Callable[[], None] = lambda: None

    @property
    def read_at(self) -> datetime:
        return self.corpus.read_at

    @property
    def address(self) -> CorpusAddress | None:
        self.on_address()
        return self.corpus.address if self.has_address else None

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = 0.0) -> T:
        wrap = self.wrap
        return self.corpus.with_current(lambda one: work(cast(Answerer, wrap(one)) if wrap else one))


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    renderer = Renderer()
    yield renderer
    renderer.stop()
    wait_until_ended()


@pytest.fixture
def corpus(tmp_path: Path) -> WrappedCorpus:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    return WrappedCorpus(open_corpus([folder], tmp_path / "state"))


def second_processes() -> list[BaseProcess]:
    """The second processes that run; the process that reads articles is another one."""
    return [one for one in multiprocessing.active_children() if one.name != "reader"]


def process_ids() -> list[int]:
    """Their ids."""
    return [one.pid or 0 for one in second_processes()]


def wait_until_ended() -> None:
    """Wait until no second process runs.

    ``join`` is not enough: it returns early if the pool's own thread has waited for the same process just before.
    """
    until = time.monotonic() + START_TIMEOUT
    while process_ids():
        assert time.monotonic() < until
        time.sleep(0.01)


def render(renderer: Renderer, corpus: WrappedCorpus, text: str = ASKED) -> RenderedReply:
    return run_async(renderer.render(make_question(text), corpus, None))


def render_two(renderer: Renderer, corpus: WrappedCorpus) -> list[RenderedReply]:
    """Render replies to two questions, of which one has to wait for the other."""
    arrived, go, replies = Event(), Event(), list[RenderedReply]()
    slow = replace(corpus, wrap=lambda answerer: SlowAnswerer(answerer, arrived, go))
    first = Thread(target=lambda: replies.append(render(renderer, slow)))
    first.start()
    assert arrived.wait(START_TIMEOUT)
    lock = ObservedLock(renderer._lock)
    renderer._lock = lock  # type: ignore[assignment]
    second = Thread(target=lambda: replies.append(render(renderer, slow)))
    second.start()
    assert lock.was_taken.wait(START_TIMEOUT)
    go.set()
    first.join()
    second.join()
    renderer._lock = lock._lock
    return replies


def render_in_process(renderer: Renderer, corpus: WrappedCorpus, text: str = ASKED) -> RenderedReply:
    """Render a reply in the second process, once it has started."""
    until = time.monotonic() + START_TIMEOUT
    failing = replace(corpus, wrap=lambda _: FailingAnswerer())
    while (reply := render(renderer, failing, text)).outcome == "apology":
        assert time.monotonic() < until
        time.sleep(0.05)
    return reply


def without_time(reply: RenderedReply) -> RenderedReply:
    return replace(reply, took_ms=0.0)


def test_single_questions_start_no_process(renderer: Renderer, corpus: WrappedCorpus) -> None:
    """Without questions that wait for one another, there is no second process."""
    assert [render(renderer, corpus).outcome for _ in range(3)] == ["answer"] * 3
    assert process_ids() == []


def test_the_second_process_renders_the_same_reply(renderer: Renderer, corpus: WrappedCorpus) -> None:
    """If a question waits for another, a process is started; its replies are the same, with their receipt."""
    here = render(renderer, corpus)
    found = render_two(renderer, corpus)
    assert len(process_ids()) == 1
    there = render_in_process(renderer, corpus)
    assert [without_time(reply) for reply in (*found, there)] == [without_time(here)] * 3
    assert there.receipt
    assert there.quotes == 1


def test_an_archive_in_memory_is_answered_in_this_process(renderer: Renderer, corpus: WrappedCorpus) -> None:
    """Another process could not open it, so none is started."""
    found = render_two(renderer, replace(corpus, has_address=False))
    assert [reply.outcome for reply in found] == ["answer", "answer"]
    assert process_ids() == []


def test_the_second_process_uses_the_current_archive(renderer: Renderer, corpus: WrappedCorpus, tmp_path: Path) -> None:
    """After a refresh, the second process opens the new snapshot."""
    render_two(renderer, corpus)
    assert "at seven in the morning" in str(render_in_process(renderer, corpus).message.blocks)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    assert corpus.corpus.refresh()
    assert "at nine" in str(render_in_process(renderer, corpus).message.blocks)


def test_a_replaced_snapshot_is_answered_in_this_process(
    renderer: Renderer, corpus: WrappedCorpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the snapshot was replaced and this process has not noticed, the archive it has loaded is answered from."""
    render_two(renderer, corpus)
    render_in_process(renderer, corpus)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    address = corpus.address
    open_corpus([tmp_path / "articles"], tmp_path / "state")  # as another process would
    assert corpus.address == address
    assert address is not None
    assert address.open_answerer() is None
    assert "at seven in the morning" in str(render(renderer, corpus).message.blocks)
    assert "rendered in this process" not in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such signals")
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP"])
def test_a_lost_process_loses_no_question(
    renderer: Renderer,
    corpus: WrappedCorpus,
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If the process is killed or stopped, replies are rendered here; one log line, and no new process at once."""
    render_two(renderer, corpus)
    render_in_process(renderer, corpus)
    monkeypatch.setattr(render_module, "TIMEOUT", 0.3)
    (pid,) = process_ids()
    os.kill(pid, getattr(signal, sent))
    with caplog.at_level(logging.WARNING):
        assert [render(renderer, corpus).outcome for _ in range(3)] == ["answer"] * 3
        assert [reply.outcome for reply in render_two(renderer, corpus)] == ["answer"] * 2
    assert caplog.text.count("rendered in this process") == 1
    wait_until_ended()


def test_a_killed_process_is_replaced_after_a_minute(
    renderer: Renderer, corpus: WrappedCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new process is started when questions wait again after ``RESTART_AFTER``."""
    monkeypatch.setattr(render_module, "RESTART_AFTER", 0.0)
    render_two(renderer, corpus)
    render_in_process(renderer, corpus)
    (before,) = process_ids()
    os.kill(before, signal.SIGTERM)
    assert render(renderer, corpus).outcome == "answer"
    render_two(renderer, corpus)
    assert render_in_process(renderer, corpus).outcome == "answer"
    assert process_ids() != [before]


@pytest.mark.parametrize("error", [OSError("no more processes"), AssertionError("no more processes for daemons")])
def test_a_process_that_cannot_be_started(
    renderer: Renderer,
    corpus: WrappedCorpus,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If no process can be started, replies are rendered here; the log says so once."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    assert [reply.outcome for reply in (*render_two(renderer, corpus), *render_two(renderer, corpus))] == ["answer"] * 4
    assert caplog.text.count("no more processes") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such signals")
def test_stopping_loses_no_reply(renderer: Renderer, corpus: WrappedCorpus, caplog: pytest.LogCaptureFixture) -> None:
    """``stop`` kills a process that does not answer; the reply that it was rendering is rendered here."""
    render_two(renderer, corpus)
    render_in_process(renderer, corpus)
    (pid,) = process_ids()
    os.kill(pid, signal.SIGSTOP)
    arrived, replies = Event(), list[RenderedReply]()
    watched = replace(corpus, on_address=arrived.set)
    rendering = Thread(target=lambda: replies.append(render(renderer, watched)))
    rendering.start()
    assert arrived.wait(START_TIMEOUT)
    renderer.stop()
    rendering.join(START_TIMEOUT)
    assert [reply.outcome for reply in replies] == ["answer"]
    assert "second process failed" not in caplog.text
    wait_until_ended()


def test_a_process_that_is_still_starting_is_killed(renderer: Renderer, corpus: WrappedCorpus) -> None:
    """``stop`` does not wait until it has started."""
    render_two(renderer, corpus)
    (starting,) = second_processes()
    renderer.stop()
    wait_until_ended()
    assert starting.exitcode


def render_and_wait(folder: str) -> None:
    """Render a reply in a second process, say so, and wait."""
    renderer, opened = Renderer(), WrappedCorpus(open_corpus([Path(folder) / "articles"], Path(folder) / "state"))
    render_two(renderer, opened)
    render_in_process(renderer, opened)
    print("rendered", flush=True)  # noqa: T201
    sys.stdin.read()


def test_the_second_process_ends_with_its_parent(corpus: WrappedCorpus, tmp_path: Path, root: Path) -> None:
    """If the first process is killed, the second one ends by itself."""
    program = f"from tests.slack.test_render import render_and_wait; render_and_wait({str(tmp_path)!r})"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "rendered\n"
        process.kill()
        process.communicate(timeout=START_TIMEOUT)  # the second process has inherited the output, and closes it last


def test_a_damaged_snapshot_is_rebuilt(
    renderer: Renderer, corpus: WrappedCorpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the second process finds a damaged block, the archive is read again and the question answered."""
    for name in ("before", "the lighthouse"):  # so that nothing which is read anyway shares a block with the ferry
        paragraphs = [f"In the year {year} the lighthouse of Orre burnt oil." for year in range(BLOCK // 20)]
        (tmp_path / "articles" / f"{name}.txt").write_text("\n\n".join(paragraphs))
    corpus.corpus.refresh()
    render(renderer, corpus)
    (file,) = (tmp_path / "state").rglob("*.snapshot")
    whole = file.read_bytes()
    offset = whole.index(FERRY.encode())
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(b"x" * len(FERRY))
    until = time.monotonic() + START_TIMEOUT
    render_two(renderer, corpus)
    while "The archive is read again" not in caplog.text:
        assert "at seven in the morning" in str(render(renderer, corpus).message.blocks)
        assert time.monotonic() < until
    assert "has a damaged array" in caplog.text
