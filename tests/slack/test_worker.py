"""The render worker: the same reply from its process, and a reply if that process fails."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TypeVar, cast

import pytest

from bot.index.snapshot import BLOCK
from bot.models import Question, Reply
from bot.search.corpus import Corpus, CorpusAddress
from bot.slack import worker as worker_module
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.render import AnswererProtocol, RenderedReply
from bot.slack.worker import RenderWorker
from bot.wiring import open_corpus

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

    def __init__(self, answerer: AnswererProtocol, arrived: Event, go: Event) -> None:
        self._answerer, self._arrived, self._go = answerer, arrived, go

    def __getattr__(self, name: str) -> object:
        return getattr(self._answerer, name)

    def answer(self, question: Question) -> Reply:
        self._arrived.set()
        assert self._go.wait(START_TIMEOUT)
        return self._answerer.answer(question)


class FailingAnswerer:
    """An answerer that fails, so that only the worker process can answer."""

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
    wrap: Callable[[AnswererProtocol], object] | None = None
    has_address: bool = True

    @property
    def read_at(self) -> datetime:
        return self.corpus.read_at

    @property
    def address(self) -> CorpusAddress | None:
        return self.corpus.address if self.has_address else None

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 0.0) -> T:
        wrap = self.wrap
        return self.corpus.with_current(lambda one: work(cast(AnswererProtocol, wrap(one)) if wrap else one))


@pytest.fixture
def worker() -> Iterator[RenderWorker]:
    worker = RenderWorker()
    yield worker
    worker.stop()
    assert processes() == []


@pytest.fixture
def corpus(tmp_path: Path) -> WrappedCorpus:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    return WrappedCorpus(open_corpus([folder], tmp_path / "state"))


def processes() -> list[int]:
    """Ids of the worker processes."""
    return [one.pid or 0 for one in multiprocessing.active_children() if one.name == "render-worker"]


def render(worker: RenderWorker, corpus: WrappedCorpus, text: str = ASKED) -> RenderedReply:
    return worker.render(make_question(text), corpus, None)


def render_two(worker: RenderWorker, corpus: WrappedCorpus) -> list[RenderedReply]:
    """Render replies to two questions, of which one has to wait for the other."""
    arrived, go, replies = Event(), Event(), list[RenderedReply]()
    slow = replace(corpus, wrap=lambda answerer: SlowAnswerer(answerer, arrived, go))
    first = Thread(target=lambda: replies.append(render(worker, slow)))
    first.start()
    assert arrived.wait(START_TIMEOUT)
    lock = ObservedLock(worker._lock)
    worker._lock = lock  # type: ignore[assignment]
    second = Thread(target=lambda: replies.append(render(worker, slow)))
    second.start()
    assert lock.was_taken.wait(START_TIMEOUT)
    go.set()
    first.join()
    second.join()
    worker._lock = lock._lock
    return replies


def render_in_process(worker: RenderWorker, corpus: WrappedCorpus, text: str = ASKED) -> RenderedReply:
    """Render a reply in the worker process, once it has started."""
    until = time.monotonic() + START_TIMEOUT
    failing = replace(corpus, wrap=lambda _: FailingAnswerer())
    while (reply := render(worker, failing, text)).outcome == "apology":
        assert time.monotonic() < until
        time.sleep(0.05)
    return reply


def without_time(reply: RenderedReply) -> RenderedReply:
    return replace(reply, took_ms=0.0)


def test_single_questions_start_no_process(worker: RenderWorker, corpus: WrappedCorpus) -> None:
    """Without questions that wait for one another, there is no second process."""
    assert [render(worker, corpus).outcome for _ in range(3)] == ["answer"] * 3
    assert processes() == []


def test_the_worker_process_renders_the_same_reply(worker: RenderWorker, corpus: WrappedCorpus) -> None:
    """If a question waits for another, a process is started; its replies are the same, with their receipt."""
    here = render(worker, corpus)
    found = render_two(worker, corpus)
    assert len(processes()) == 1
    there = render_in_process(worker, corpus)
    assert [without_time(reply) for reply in (*found, there)] == [without_time(here)] * 3
    assert there.receipt
    assert there.quotes == 1


def test_an_archive_in_memory_is_answered_in_this_process(worker: RenderWorker, corpus: WrappedCorpus) -> None:
    """Another process could not open it, so none is started."""
    found = render_two(worker, replace(corpus, has_address=False))
    assert [reply.outcome for reply in found] == ["answer", "answer"]
    assert processes() == []


def test_the_worker_process_uses_the_current_archive(
    worker: RenderWorker, corpus: WrappedCorpus, tmp_path: Path
) -> None:
    """After a refresh, the worker process opens the new snapshot."""
    render_two(worker, corpus)
    assert "at seven in the morning" in str(render_in_process(worker, corpus).message.blocks)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    assert corpus.corpus.refresh()
    assert "at nine" in str(render_in_process(worker, corpus).message.blocks)


def test_a_replaced_snapshot_is_answered_in_this_process(
    worker: RenderWorker, corpus: WrappedCorpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the snapshot was replaced and this process has not noticed, the archive it has loaded is answered from."""
    render_two(worker, corpus)
    render_in_process(worker, corpus)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    address = corpus.address
    open_corpus([tmp_path / "articles"], tmp_path / "state")  # as another process would
    assert corpus.address == address
    assert address is not None
    assert address.open_answerer() is None
    assert "at seven in the morning" in str(render(worker, corpus).message.blocks)
    assert "rendered in this process" not in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such signals")
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP"])
def test_a_lost_process_loses_no_question(
    worker: RenderWorker,
    corpus: WrappedCorpus,
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If the process is killed or stopped, replies are rendered here; one log line, and no new process at once."""
    render_two(worker, corpus)
    render_in_process(worker, corpus)
    monkeypatch.setattr(worker_module, "TIMEOUT", 0.3)
    (pid,) = processes()
    os.kill(pid, getattr(signal, sent))
    with caplog.at_level(logging.WARNING):
        assert [render(worker, corpus).outcome for _ in range(3)] == ["answer"] * 3
        assert [reply.outcome for reply in render_two(worker, corpus)] == ["answer"] * 2
    assert caplog.text.count("rendered in this process") == 1
    assert processes() == []


def test_a_killed_process_is_replaced_after_a_minute(
    worker: RenderWorker, corpus: WrappedCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new process is started when questions wait again after ``RESTART_AFTER``."""
    monkeypatch.setattr(worker_module, "RESTART_AFTER", 0.0)
    render_two(worker, corpus)
    render_in_process(worker, corpus)
    (before,) = processes()
    os.kill(before, signal.SIGTERM)
    assert render(worker, corpus).outcome == "answer"
    render_two(worker, corpus)
    assert render_in_process(worker, corpus).outcome == "answer"
    assert processes() != [before]


@pytest.mark.parametrize("error", [OSError("no more processes"), AssertionError("no more processes for daemons")])
def test_a_process_that_cannot_be_started(
    worker: RenderWorker,
    corpus: WrappedCorpus,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If no process can be started, replies are rendered here; the log says so once."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(worker_module.get_context("spawn").Process, "start", refuse)
    assert [reply.outcome for reply in (*render_two(worker, corpus), *render_two(worker, corpus))] == ["answer"] * 4
    assert caplog.text.count("no more processes") == 1


def test_after_stop_replies_are_rendered_here(worker: RenderWorker, corpus: WrappedCorpus) -> None:
    """After ``stop`` no process is started, and questions are still answered."""
    render_two(worker, corpus)
    render_in_process(worker, corpus)
    worker.stop()
    assert [reply.outcome for reply in (render(worker, corpus), *render_two(worker, corpus))] == ["answer"] * 3
    assert processes() == []


def test_a_damaged_snapshot_is_rebuilt(
    worker: RenderWorker, corpus: WrappedCorpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the worker process finds a damaged block, the archive is read again and the question answered."""
    for name in ("before", "the lighthouse"):  # so that nothing which is read anyway shares a block with the ferry
        paragraphs = [f"In the year {year} the lighthouse of Orre burnt oil." for year in range(BLOCK // 20)]
        (tmp_path / "articles" / f"{name}.txt").write_text("\n\n".join(paragraphs))
    corpus.corpus.refresh()
    render(worker, corpus)
    (file,) = (tmp_path / "state").rglob("*.snapshot")
    whole = file.read_bytes()
    offset = whole.index(FERRY.encode())
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(b"x" * len(FERRY))
    until = time.monotonic() + START_TIMEOUT
    render_two(worker, corpus)
    while "The archive is read again" not in caplog.text:
        assert "at seven in the morning" in str(render(worker, corpus).message.blocks)
        assert time.monotonic() < until
    assert "has a damaged array" in caplog.text
