"""The library: every question sees one archive, the one that is there, whatever happens to its files and its index."""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import watchfiles

from bot.errors import ArchiveError
from bot.index import watch as watching_module
from bot.index.store import IndexStore
from bot.index.versions import IndexVersion
from bot.models import Answer, Question
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.wiring import open_corpus

PATIENCE = 30.0  # seconds in which a change is noticed, on a machine that is busy
FERRY = "The ferry to Tarn sailed at seven in the morning."


def quotes(librarian: Answerer, question: str) -> list[str]:
    """What is quoted in answer."""
    reply = librarian.answer(Question(question))
    return [quote.text for quote in reply.quotes] if isinstance(reply, Answer) else []


@dataclass
class Watched:
    """A library that is watched, its folder, and the numbers of articles that were told."""

    folder: Path
    library: Corpus
    told: queue.Queue[int] = field(default_factory=queue.Queue)

    def asked(self, question: str) -> list[str]:
        return self.library.with_current(lambda librarian: quotes(librarian, question))

    def until(self, question: str, answer: list[str]) -> None:
        """Wait, from one change to the next, until the question is answered so."""
        while self.asked(question) != answer:
            self.told.get(timeout=PATIENCE)


@contextmanager
def watching(folder: Path, state: Path | None = None) -> Iterator[Watched]:
    """A library of one article, which is watched."""
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    watched = Watched(folder, open_corpus([folder], state))
    with watched.library.watch(watched.told.put):
        yield watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with watching(tmp_path / "archive", tmp_path / "state") as watched:
        yield watched


def test_whatever_changes_is_seen(watched: Watched) -> None:
    """(What happens to the files, what the next question is answered with.)"""
    folder = watched.folder
    news = folder / "news.jsonl"
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    watched.until("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    (folder / "bridge.txt").write_text("The bridge at Orrin was opened by Kobayashi.")
    watched.until("bridge at Orrin", ["The bridge at Orrin was opened by Kobayashi."])
    news.write_text('{"text": "The museum in Varda was sold."}\n')
    watched.until("museum in Varda", ["The museum in Varda was sold."])
    with news.open("a") as lines:
        lines.write('{"text": "The observatory on Mount Kest was built."}\n')
    watched.until("observatory on Mount Kest", ["The observatory on Mount Kest was built."])
    assert watched.asked("museum in Varda") == ["The museum in Varda was sold."]
    (folder / "bridge.txt").unlink()
    watched.until("bridge at Orrin", [])
    assert watched.asked("ferry to Tarn") == [FERRY]


def test_a_folder_dropped_in_is_seen(watched: Watched, tmp_path: Path) -> None:
    """A folder that was filled elsewhere and moved in is read, with the folders in it; moved out again it is gone."""
    filled = tmp_path / "filled"
    (filled / "deep").mkdir(parents=True)
    (filled / "castle.txt").write_text("The castle of Ulm burned down.")
    (filled / "deep" / "mill.txt").write_text("The mill of Ostra was flooded.")
    filled.rename(watched.folder / "filled")
    watched.until("mill of Ostra", ["The mill of Ostra was flooded."])
    assert watched.asked("castle of Ulm") == ["The castle of Ulm burned down."]
    (watched.folder / "filled" / "deep" / "barn.txt").write_text("The barn of Tell was painted red.")
    watched.until("barn of Tell", ["The barn of Tell was painted red."])
    (watched.folder / "filled").rename(filled)
    watched.until("mill of Ostra", [])


def test_nothing_left_leaves_the_old_archive(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Where the archive becomes empty the old one answers on, which the log says; what comes then is seen."""
    with caplog.at_level(logging.WARNING):
        (watched.folder / "ferry.txt").rename(watched.folder / "ferry.gone")
        wait_for(lambda: "The archive is left as it was: There is no article in" in caplog.text)
    assert watched.asked("ferry to Tarn") == [FERRY]
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    watched.until("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    assert watched.asked("ferry to Tarn") == []


def test_another_folder_in_its_place_is_watched(watched: Watched) -> None:
    """A folder that is removed and made again is watched on, from its first article."""
    shutil.rmtree(watched.folder)
    watched.folder.mkdir()
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    watched.until("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was opened by Kobayashi.")
    watched.until("bridge at Orrin", ["The bridge at Orrin was opened by Kobayashi."])


def test_what_cannot_be_watched_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the system refuses to watch, which the log says, changes are seen all the same, and watching is tried."""
    refusals = iter([OSError("no more watches"), RuntimeError("no more descriptors")])
    watch = watchfiles.watch

    def refused(*folders: Path, **settings: object) -> object:
        for refusal in refusals:
            raise refusal
        return watch(*folders, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(watching_module.watchfiles, "watch", refused)
    monkeypatch.setattr(watching_module, "RETRY_SECONDS", 0.1)
    with caplog.at_level(logging.WARNING), watching(tmp_path / "archive") as watched:
        (watched.folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
        watched.until("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    assert "no more watches" in caplog.text


def wait_for(is_so: Callable[[], bool]) -> None:
    """Look until it is so."""
    looks = threading.Event()
    for _ in range(int(PATIENCE * 50)):
        if is_so():
            return
        looks.wait(0.02)
    raise AssertionError("it never was so")


def test_the_end_of_the_watch_ends_its_thread(tmp_path: Path) -> None:
    """When the watch is over nobody watches any more."""

    def watchers() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "watch"]

    with watching(tmp_path / "archive"):
        assert len(watchers()) == 1
    assert watchers() == []


def folder_of(tmp_path: Path, **articles: str) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    for name, text in articles.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_question_in_flight_keeps_its_archive(tmp_path: Path, is_kept: bool) -> None:
    """While a question waits the archive becomes another; it is answered, and verified, from the one it began with."""
    folder = folder_of(tmp_path, ferry=FERRY, bridge="The bridge at Orrin was closed for repairs.")
    library = open_corpus([folder], tmp_path / "state" if is_kept else None)
    begun, changed = threading.Event(), threading.Event()
    found: queue.Queue[list[str]] = queue.Queue()

    def work(librarian: Answerer) -> None:
        begun.set()
        assert changed.wait(PATIENCE)
        found.put(quotes(librarian, "ferry to Tarn"))

    asking = threading.Thread(target=library.with_current, args=(work,))
    asking.start()
    assert begun.wait(PATIENCE)
    (folder / "ferry.txt").write_text("Nothing is known of any boat.")
    for number in range(3):  # the snapshot that it was read from is gone meanwhile
        (folder / "more.txt").write_text(f"There is something new, number {number}.")
        assert library.refresh()
    changed.set()
    assert found.get(timeout=PATIENCE) == [FERRY]
    asking.join()
    assert library.with_current(lambda librarian: quotes(librarian, "ferry to Tarn")) == []


def test_no_question_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an archive that has changed is being saved, a question is answered from it."""
    is_saving, is_answered = threading.Event(), threading.Event()
    waited: queue.Queue[bool] = queue.Queue()

    def slowly(keeper: IndexStore, kept: IndexVersion) -> IndexVersion:
        if len(kept.index.archive) == 2:  # it may look once more at what it began with
            is_saving.set()
            waited.put(is_answered.wait(PATIENCE))
        return kept

    with watching(tmp_path / "archive", tmp_path / "state") as watched:
        monkeypatch.setattr(IndexStore, "save", slowly)
        (watched.folder / "harbour.txt").write_text("The harbour burnt.")
        assert is_saving.wait(PATIENCE)
        harbour = watched.library.with_current(
            lambda librarian: quotes(librarian, "harbour burnt"), patience=2 * PATIENCE
        )
        is_answered.set()
        assert (harbour, waited.get(timeout=PATIENCE)) == (["The harbour burnt."], True)


def test_looking_again_finds_what_has_changed(tmp_path: Path) -> None:
    """Whether anything has changed is told; where nothing is left to read that is an error, and the old one stays."""
    folder = folder_of(tmp_path, ferry=FERRY)
    os.utime(folder / "ferry.txt", (1, 1))
    library = open_corpus([folder], tmp_path / "state")
    read_at = library.read_at
    assert not library.refresh()
    assert library.read_at == read_at
    os.utime(folder / "ferry.txt", (2, 2))
    assert not library.refresh()
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    assert library.refresh()
    assert library.read_at > read_at
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(ArchiveError, match="There is no article in"):
        library.refresh()
    assert library.with_current(lambda librarian: len(librarian.archive)) == 2


def test_what_was_met_is_noted(tmp_path: Path) -> None:
    """Skipped files and warnings are those of the archive as it is now, also from what was kept of it."""
    folder = folder_of(tmp_path, ferry=FERRY, empty="")
    (folder / "archive.toml").write_text('["nowhere.txt"]\ntitle = "Nowhere"\n')
    for _ in range(2):
        notes = open_corpus([folder], tmp_path / "state").notes
        assert [one.name for one in notes.skipped] == ["empty.txt"]
        assert len(notes.warnings) == 1
        assert "nowhere.txt" in notes.warnings[0]
    library = open_corpus([folder], tmp_path / "state")
    (folder / "empty.txt").unlink()
    assert library.refresh()
    assert library.notes.skipped == ()


def test_a_file_that_is_replaced_is_seen(tmp_path: Path) -> None:
    """An archive that is one file is seen to change when it is written to, and each time another takes its place."""
    path, other = tmp_path / "news.jsonl", tmp_path / "other"
    path.write_text('{"text": "The museum in Varda was sold."}\n')
    watched = Watched(path, open_corpus([path]))
    with watched.library.watch(watched.told.put):
        for place in ("Orrin", "Ulm", "Tell"):
            other.write_text(f'{{"text": "The museum in {place} was opened."}}\n')
            other.replace(path)
            watched.until(f"museum in {place}", [f"The museum in {place} was opened."])
        with path.open("a") as lines:
            lines.write('{"text": "The ferry to Kest was late."}\n')
        watched.until("ferry to Kest", ["The ferry to Kest was late."])
