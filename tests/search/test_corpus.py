"""The corpus: every question gets one consistent, current archive, whatever happens to its files and its index."""

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

from bot.errors import ArchiveError, ArchiveGoneError
from bot.index import watch as watching_module
from bot.index.store import IndexStore
from bot.index.versions import IndexVersion
from bot.models import Answer, Question
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.wiring import open_corpus

PATIENCE = 30.0  # seconds in which a change is noticed, on a machine that is busy
FERRY = "The ferry to Tarn sailed at seven in the morning."


def quotes(answerer: Answerer, question: str) -> list[str]:
    """The texts of the answer's quotes."""
    reply = answerer.answer(Question(question))
    return [quote.text for quote in reply.quotes] if isinstance(reply, Answer) else []


@dataclass
class Watched:
    """A watched corpus, its folder, and the numbers of articles that its callback got."""

    folder: Path
    corpus: Corpus
    changes: queue.Queue[int] = field(default_factory=queue.Queue)

    def ask(self, question: str) -> list[str]:
        return self.corpus.with_current(lambda answerer: quotes(answerer, question))

    def wait_for_answer(self, question: str, answer: list[str]) -> None:
        """Wait, from one change to the next, until this is the answer."""
        while self.ask(question) != answer:
            self.changes.get(timeout=PATIENCE)


@contextmanager
def watching(folder: Path, state: Path | None = None) -> Iterator[Watched]:
    """A watched corpus of one article."""
    folder.mkdir()
    (folder / "ferry.txt").write_text(FERRY)
    watched = Watched(folder, open_corpus([folder], state))
    with watched.corpus.watch(watched.changes.put):
        yield watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with watching(tmp_path / "archive", tmp_path / "state") as watched:
        yield watched


def test_changed_files_are_answered_from(watched: Watched) -> None:
    """New, changed, appended and deleted files are in the next answer."""
    folder = watched.folder
    news = folder / "news.jsonl"
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    (folder / "bridge.txt").write_text("The bridge at Orrin was opened by Kobayashi.")
    watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was opened by Kobayashi."])
    news.write_text('{"text": "The museum in Varda was sold."}\n')
    watched.wait_for_answer("museum in Varda", ["The museum in Varda was sold."])
    with news.open("a") as lines:
        lines.write('{"text": "The observatory on Mount Kest was built."}\n')
    watched.wait_for_answer("observatory on Mount Kest", ["The observatory on Mount Kest was built."])
    assert watched.ask("museum in Varda") == ["The museum in Varda was sold."]
    (folder / "bridge.txt").unlink()
    watched.wait_for_answer("bridge at Orrin", [])
    assert watched.ask("ferry to Tarn") == [FERRY]


def test_a_moved_folder_is_noticed(watched: Watched, tmp_path: Path) -> None:
    """A folder that is moved in is read, with the folders in it; moved out again it is gone."""
    filled = tmp_path / "filled"
    (filled / "deep").mkdir(parents=True)
    (filled / "castle.txt").write_text("The castle of Ulm burned down.")
    (filled / "deep" / "mill.txt").write_text("The mill of Ostra was flooded.")
    filled.rename(watched.folder / "filled")
    watched.wait_for_answer("mill of Ostra", ["The mill of Ostra was flooded."])
    assert watched.ask("castle of Ulm") == ["The castle of Ulm burned down."]
    (watched.folder / "filled" / "deep" / "barn.txt").write_text("The barn of Tell was painted red.")
    watched.wait_for_answer("barn of Tell", ["The barn of Tell was painted red."])
    (watched.folder / "filled").rename(filled)
    watched.wait_for_answer("mill of Ostra", [])


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_deleted_archive_is_not_quoted(
    watched: Watched, caplog: pytest.LogCaptureFixture, *, is_folder: bool
) -> None:
    """If all files or their folder are deleted, there is soon a sentence instead of quotes; new files are noticed."""
    with caplog.at_level(logging.WARNING):
        if is_folder:
            shutil.rmtree(watched.folder)
        else:
            (watched.folder / "ferry.txt").unlink()
        wait_for(lambda: _is_gone(watched))
    assert watched.corpus.problem is not None
    assert "Nothing is quoted until there are articles again. There is no " in caplog.text
    watched.folder.mkdir(exist_ok=True)
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    wait_for(lambda: not _is_gone(watched))
    watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    assert watched.ask("ferry to Tarn") == []


def _is_gone(watched: Watched) -> bool:
    try:
        watched.ask("ferry to Tarn")
    except ArchiveGoneError:
        return True
    return False


def test_a_folder_made_again_is_watched(watched: Watched) -> None:
    """A folder that is removed and made again is still watched, from its first article."""
    shutil.rmtree(watched.folder)
    watched.folder.mkdir()
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    (watched.folder / "bridge.txt").write_text("The bridge at Orrin was opened by Kobayashi.")
    watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was opened by Kobayashi."])


def test_a_folder_that_cannot_be_watched_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If the system refuses to watch, with a warning in the log, changes are noticed, and watching is tried again."""
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
        watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was closed for repairs."])
    assert "no more watches" in caplog.text


def wait_for(condition: Callable[[], bool]) -> None:
    """Poll until the condition is true."""
    never = threading.Event()
    for _ in range(int(PATIENCE * 50)):
        if condition():
            return
        never.wait(0.02)
    raise AssertionError("the condition never became true")


def test_leaving_the_context_ends_the_watching_thread(tmp_path: Path) -> None:
    """The thread runs only inside ``Corpus.watch``."""

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


@pytest.mark.parametrize("is_saved", [False, True])
def test_a_question_in_flight_keeps_its_archive(tmp_path: Path, is_saved: bool) -> None:
    """If the archive changes during a question, the question is answered and verified from the one it began with."""
    folder = folder_of(tmp_path, ferry=FERRY, bridge="The bridge at Orrin was closed for repairs.")
    corpus = open_corpus([folder], tmp_path / "state" if is_saved else None)
    begun, changed = threading.Event(), threading.Event()
    found: queue.Queue[list[str]] = queue.Queue()

    def work(answerer: Answerer) -> None:
        begun.set()
        assert changed.wait(PATIENCE)
        found.put(quotes(answerer, "ferry to Tarn"))

    asking = threading.Thread(target=corpus.with_current, args=(work,))
    asking.start()
    assert begun.wait(PATIENCE)
    (folder / "ferry.txt").write_text("Nothing is known of any boat.")
    for number in range(3):  # the snapshot that it was read from is gone meanwhile
        (folder / "more.txt").write_text(f"There is something new, number {number}.")
        assert corpus.refresh()
    changed.set()
    assert found.get(timeout=PATIENCE) == [FERRY]
    asking.join()
    assert corpus.with_current(lambda answerer: quotes(answerer, "ferry to Tarn")) == []


def test_questions_do_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a changed archive is being saved, a question is answered from it."""
    is_saving, is_answered = threading.Event(), threading.Event()
    waited: queue.Queue[bool] = queue.Queue()

    def save_slowly(store: IndexStore, version: IndexVersion) -> IndexVersion:
        if len(version.index.archive) == 2:  # it may look once more at what it began with
            is_saving.set()
            waited.put(is_answered.wait(PATIENCE))
        return version

    with watching(tmp_path / "archive", tmp_path / "state") as watched:
        monkeypatch.setattr(IndexStore, "save", save_slowly)
        (watched.folder / "harbour.txt").write_text("The harbour burnt.")
        assert is_saving.wait(PATIENCE)
        harbour = watched.corpus.with_current(lambda answerer: quotes(answerer, "harbour burnt"), patience=2 * PATIENCE)
        is_answered.set()
        assert (harbour, waited.get(timeout=PATIENCE)) == (["The harbour burnt."], True)


def test_refresh_returns_whether_anything_changed(tmp_path: Path) -> None:
    """Without any articles left, ``refresh`` raises, and the old archive still answers."""
    folder = folder_of(tmp_path, ferry=FERRY)
    os.utime(folder / "ferry.txt", (1, 1))
    corpus = open_corpus([folder], tmp_path / "state")
    read_at = corpus.read_at
    assert not corpus.refresh()
    assert corpus.read_at == read_at
    os.utime(folder / "ferry.txt", (2, 2))
    assert not corpus.refresh()
    (folder / "bridge.txt").write_text("The bridge at Orrin was closed for repairs.")
    assert corpus.refresh()
    assert corpus.read_at > read_at
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(ArchiveError, match="There is no article in"):
        corpus.refresh()
    assert corpus.with_current(lambda answerer: len(answerer.archive)) == 2


def test_notes_are_of_the_current_archive(tmp_path: Path) -> None:
    """Skipped files and warnings are of the current archive, also if it was loaded from disk."""
    folder = folder_of(tmp_path, ferry=FERRY, empty="")
    (folder / "archive.toml").write_text('["nowhere.txt"]\ntitle = "Nowhere"\n')
    for _ in range(2):
        notes = open_corpus([folder], tmp_path / "state").notes
        assert [one.name for one in notes.skipped] == ["empty.txt"]
        assert len(notes.warnings) == 1
        assert "nowhere.txt" in notes.warnings[0]
    corpus = open_corpus([folder], tmp_path / "state")
    (folder / "empty.txt").unlink()
    assert corpus.refresh()
    assert corpus.notes.skipped == ()


def test_a_single_file_is_watched(tmp_path: Path) -> None:
    """Writes to an archive of one file are noticed, and each replacement of it."""
    path, other = tmp_path / "news.jsonl", tmp_path / "other"
    path.write_text('{"text": "The museum in Varda was sold."}\n')
    watched = Watched(path, open_corpus([path]))
    with watched.corpus.watch(watched.changes.put):
        for place in ("Orrin", "Ulm", "Tell"):
            other.write_text(f'{{"text": "The museum in {place} was opened."}}\n')
            other.replace(path)
            watched.wait_for_answer(f"museum in {place}", [f"The museum in {place} was opened."])
        with path.open("a") as lines:
            lines.write('{"text": "The ferry to Kest was late."}\n')
        watched.wait_for_answer("ferry to Kest", ["The ferry to Kest was late."])


def test_a_folder_that_is_gone_is_not_quoted_and_the_others_are(tmp_path: Path) -> None:
    """If one of several paths is deleted, the rest is answered from, and the problem is named until it is back."""
    for name, sentence in (("one", FERRY), ("two", "The bridge at Orrin was closed for repairs.")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(sentence)
    changes = queue.Queue[int]()
    corpus = open_corpus([tmp_path / "one", tmp_path / "two"])
    watched = Watched(tmp_path, corpus, changes)
    with corpus.watch(changes.put):
        shutil.rmtree(tmp_path / "two")
        watched.wait_for_answer("bridge at Orrin", [])
        assert watched.ask("ferry to Tarn") == [FERRY]
        assert corpus.problem == f"There is no {tmp_path / 'two'}; its articles are not searched."
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / "b.txt").write_text("The bridge at Orrin was opened.")
        watched.wait_for_answer("bridge at Orrin", ["The bridge at Orrin was opened."])
        assert corpus.problem is None
