"""Replies composed beside the rest of the bot: the same in another process, and always one, whatever becomes of it."""

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
from bot.slack import worker as composer_module
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.render import AnswererProtocol, RenderedReply
from bot.slack.worker import RenderWorker
from bot.wiring import open_corpus

T = TypeVar("T")

ASKED = "when did the ferry to Tarn sail"
FERRY = "The ferry to Tarn sailed at seven in the morning."
LATER = "The ferry to Tarn sails at nine, and no longer at seven."
PATIENCE = 30.0  # seconds in which a process starts, on a machine that is busy


def asking(text: str = ASKED) -> IncomingQuestion:
    event = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": f"<@U0BOT> {text}"}
    return cast(IncomingQuestion, parse_event({"event_id": "Ev1", "team_id": "T1", "event": event}, bot_user="U0BOT"))


class Slow:
    """An answerer that waits before each answer until it is let ``go``."""

    def __init__(self, answerer: AnswererProtocol, arrived: Event, go: Event) -> None:
        self._answerer, self._arrived, self._go = answerer, arrived, go

    def __getattr__(self, name: str) -> object:
        return getattr(self._answerer, name)

    def answer(self, question: Question) -> Reply:
        self._arrived.set()
        assert self._go.wait(PATIENCE)
        return self._answerer.answer(question)


class Nobody:
    """Whoever asks this one has not asked the other process."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"asked here for {name}")


class Turn:
    """A composer's lock, which tells when somebody has found it taken."""

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
class Shelf:
    """A library's, with somebody else in its answerer's place where there is a ``stand_in``."""

    library: Corpus
    stand_in: Callable[[AnswererProtocol], object] | None = None
    has_address: bool = True

    @property
    def read_at(self) -> datetime:
        return self.library.read_at

    @property
    def address(self) -> CorpusAddress | None:
        return self.library.address if self.has_address else None

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = 0.0) -> T:
        stand_in = self.stand_in
        return self.library.with_current(lambda one: work(cast(AnswererProtocol, stand_in(one)) if stand_in else one))


@pytest.fixture
def composer() -> Iterator[RenderWorker]:
    one = RenderWorker()
    yield one
    one.end()
    assert processes() == []


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    return Shelf(open_corpus([folder], tmp_path / "state"))


def processes() -> list[int]:
    """Those that compose beside this one."""
    return [one.pid or 0 for one in multiprocessing.active_children() if one.name == "composer"]


def compose(composer: RenderWorker, shelf: Shelf, text: str = ASKED) -> RenderedReply:
    return composer.compose(asking(text), shelf, None)


def crowd(composer: RenderWorker, shelf: Shelf) -> list[RenderedReply]:
    """What is said to two questions of which one has to wait for the other."""
    arrived, go, found = Event(), Event(), list[RenderedReply]()
    slow = replace(shelf, stand_in=lambda answerer: Slow(answerer, arrived, go))
    first = Thread(target=lambda: found.append(compose(composer, slow)))
    first.start()
    assert arrived.wait(PATIENCE)
    turn = Turn(composer._turn)
    composer._turn = turn  # type: ignore[assignment]
    second = Thread(target=lambda: found.append(compose(composer, slow)))
    second.start()
    assert turn.was_taken.wait(PATIENCE)
    go.set()
    first.join()
    second.join()
    composer._turn = turn._lock
    return found


def elsewhere(composer: RenderWorker, shelf: Shelf, text: str = ASKED) -> RenderedReply:
    """What the other process says, once it has started."""
    until = time.monotonic() + PATIENCE
    nobody = replace(shelf, stand_in=lambda _: Nobody())
    while (said := compose(composer, nobody, text)).outcome == "apology":
        assert time.monotonic() < until
        time.sleep(0.05)
    return said


def apart_from_time(said: RenderedReply) -> RenderedReply:
    return replace(said, took_ms=0.0)


def test_questions_that_come_one_at_a_time_are_composed_here(composer: RenderWorker, shelf: Shelf) -> None:
    """A team that asks now and then pays for no second process."""
    assert [compose(composer, shelf).outcome for _ in range(3)] == ["answer"] * 3
    assert processes() == []


def test_another_process_says_the_same(composer: RenderWorker, shelf: Shelf) -> None:
    """Where one question waits for another, a process is begun; what it says is what is said here, receipt and all."""
    here = compose(composer, shelf)
    found = crowd(composer, shelf)
    assert len(processes()) == 1
    there = elsewhere(composer, shelf)
    assert [apart_from_time(said) for said in (*found, there)] == [apart_from_time(here)] * 3
    assert there.receipt
    assert there.quotes == 1


def test_an_archive_that_is_kept_nowhere_is_asked_here(composer: RenderWorker, shelf: Shelf) -> None:
    """Another process could not open it: none is begun, and all is composed here."""
    found = crowd(composer, replace(shelf, has_address=False))
    assert [said.outcome for said in found] == ["answer", "answer"]
    assert processes() == []


def test_a_changed_archive_is_what_is_asked(composer: RenderWorker, shelf: Shelf, tmp_path: Path) -> None:
    """The other process opens the archive as it is now, whatever it had opened before."""
    crowd(composer, shelf)
    assert "at seven in the morning" in str(elsewhere(composer, shelf).message.blocks)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    assert shelf.library.refresh()
    assert "at nine" in str(elsewhere(composer, shelf).message.blocks)


def test_an_archive_that_is_not_there_any_more_is_asked_here(
    composer: RenderWorker, shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the place of a snapshot lies one of changed files, which was not noticed yet: what is known is answered."""
    crowd(composer, shelf)
    elsewhere(composer, shelf)
    (tmp_path / "articles" / "ferry.txt").write_text(LATER)
    address = shelf.address
    open_corpus([tmp_path / "articles"], tmp_path / "state")  # as another process would
    assert shelf.address == address
    assert address is not None
    assert address.librarian() is None
    assert "at seven in the morning" in str(compose(composer, shelf).message.blocks)
    assert "composed in this process" not in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such signals")
@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP"])
def test_no_question_is_lost_with_the_process(
    composer: RenderWorker,
    shelf: Shelf,
    sent: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Killed, or standing still: the reply is composed here, the log says so once, and no other is begun at once."""
    crowd(composer, shelf)
    elsewhere(composer, shelf)
    monkeypatch.setattr(composer_module, "PATIENCE", 0.3)
    (pid,) = processes()
    os.kill(pid, getattr(signal, sent))
    with caplog.at_level(logging.WARNING):
        assert [compose(composer, shelf).outcome for _ in range(3)] == ["answer"] * 3
        assert [said.outcome for said in crowd(composer, shelf)] == ["answer"] * 2
    assert caplog.text.count("composed in this process") == 1
    assert processes() == []


def test_after_a_rest_another_process_is_begun(
    composer: RenderWorker, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed is replaced when questions wait again, after a minute."""
    monkeypatch.setattr(composer_module, "REST", 0.0)
    crowd(composer, shelf)
    elsewhere(composer, shelf)
    (before,) = processes()
    os.kill(before, signal.SIGTERM)
    assert compose(composer, shelf).outcome == "answer"
    crowd(composer, shelf)
    assert elsewhere(composer, shelf).outcome == "answer"
    assert processes() != [before]


@pytest.mark.parametrize("error", [OSError("no more processes"), AssertionError("no more processes for daemons")])
def test_where_no_process_can_be_begun(
    composer: RenderWorker,
    shelf: Shelf,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A system that has no room for another process: all is composed here, and the log says so once."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(composer_module.get_context("spawn").Process, "start", refuse)
    assert [said.outcome for said in (*crowd(composer, shelf), *crowd(composer, shelf))] == ["answer"] * 4
    assert caplog.text.count("no more processes") == 1


def test_what_the_end_finds_in_hand_is_composed_here(composer: RenderWorker, shelf: Shelf) -> None:
    """After the end no process is begun, and what still comes is said all the same."""
    crowd(composer, shelf)
    elsewhere(composer, shelf)
    composer.end()
    assert [said.outcome for said in (compose(composer, shelf), *crowd(composer, shelf))] == ["answer"] * 3
    assert processes() == []


def test_a_snapshot_that_proves_damaged_there_is_mended_here(
    composer: RenderWorker, shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other process finds a damaged block: the archive is read again, and the question answered from it."""
    for name in ("before", "the lighthouse"):  # so that nothing which is read anyway shares a block with the ferry
        paragraphs = [f"In the year {year} the lighthouse of Orre burnt oil." for year in range(BLOCK // 20)]
        (tmp_path / "articles" / f"{name}.txt").write_text("\n\n".join(paragraphs))
    shelf.library.refresh()
    compose(composer, shelf)
    (file,) = (tmp_path / "state").rglob("*.snapshot")
    whole = file.read_bytes()
    at = whole.index(FERRY.encode())
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"x" * len(FERRY))
    until = time.monotonic() + PATIENCE
    crowd(composer, shelf)
    while "The archive is read again" not in caplog.text:
        assert "at seven in the morning" in str(compose(composer, shelf).message.blocks)
        assert time.monotonic() < until
    assert "has a damaged array" in caplog.text
