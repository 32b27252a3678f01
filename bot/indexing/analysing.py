"""Articles, each analysed by itself, as rows. Keeps secret that large archives are analysed in several processes."""

from __future__ import annotations

import logging
import os
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from bot import analysis
from bot.archive.rows import facts
from bot.columns import below
from bot.errors import PullquoteError
from bot.indexing.rows import WORD, Pick, Rows, Table, join, table
from bot.lexicon.learning import learnt
from bot.models import Article, Paragraph
from bot.paragraphs import passages, split
from bot.sentences import sentences
from bot.snapshot import load, save
from bot.vocabulary import Vocabulary

log = logging.getLogger(__name__)
Progress = Callable[[int, int], None]
BATCH = 2_000_000
"""Characters that one process analyses at once: a second or two; of less than two such, starting others costs more."""


def analyse(articles: Sequence[Article], progress: Progress | None = None) -> Rows:
    """The rows of the articles. ``progress`` is told how many characters were analysed, and of how many."""
    batches = list(_batches(articles))
    total, done = sum(len(article.text) for article in articles), 0
    parts: list[Rows] = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Windows keeps what is mapped for the moment
        for part, batch in zip(_each(batches, Path(folder)), batches, strict=True):
            parts.append(part)
            done += sum(len(article.text) for article in batch)
            if progress:
                progress(done, total)
        return join([Pick(part, 0, len(part)) for part in parts])


def _batches(articles: Sequence[Article]) -> Iterator[list[Article]]:
    batch: list[Article] = []
    size = 0
    for article in articles:
        batch.append(article)
        size += len(article.text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch or not articles:
        yield batch


def _each(batches: Sequence[Sequence[Article]], folder: Path) -> Iterator[Rows]:
    """The rows of each batch, which other processes leave in ``folder``."""
    processes = min(os.cpu_count() or 1, len(batches) - 1)
    done = 0
    if processes > 1:
        # Not by forking: whoever serves has threads.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            try:
                for name in pool.map(partial(_left, folder), batches):
                    yield _found(folder, name)
                    done += 1
            except (BrokenProcessPool, OSError, PullquoteError) as error:  # killed, or not started, or no room on disk
                log.warning("The rest of the articles is analysed in one process, which takes longer: %s", error)
    yield from map(_analysed, batches[done:])


def _left(folder: Path, articles: Iterable[Article]) -> str:
    """Leave the rows of the articles in ``folder``, by this name.

    To send them would take a lock for long: whoever is killed with it stops all others for good.
    """
    name = uuid4().hex
    save(folder, name, _analysed(articles).arrays(), "")
    return name


def _found(folder: Path, name: str) -> Rows:
    snapshot = load(folder, name)
    if snapshot is None:
        raise OSError(f"nothing was left in {folder}")
    return Rows.opened(snapshot.columns, Vocabulary.opened(below("vocabulary", snapshot.columns)))


def _analysed(articles: Iterable[Article]) -> Rows:
    notebook = _Notebook()
    for article in articles:
        notebook.take(article)
    return notebook.rows()


class _Notebook:
    """Rows so far. Words are numbered as they come, and anew at the end."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._is_searched: list[bool] = []
        self._sizes: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self._columns = {
            **{(name, "bytes"): array("B") for name in ("text", "facts", "digest", "learnt")},
            **{(name, WORD): array("i") for name in ("word", "title", "heading", "token")},
            **{(name, key): array("i") for name in ("token", "sentence") for key in ("start", "end")},
            ("sentence", "first"): array("i"),
            **{("passage", key): array("i") for key in ("paragraphs", "headings")},
            ("article", "published"): array("i"),
            **{
                ("paragraph", key): array("i")
                for key in ("start", "end", "heading_start", "heading_end", "words", "tokens", "sentences")
            },
        }

    def take(self, article: Article) -> None:
        """Analyse one more."""
        before = {name: len(values) for (name, _), values in self._columns.items()}
        paragraphs = split(article)
        self._bytes("text", article.text.encode())
        self._bytes("facts", facts(article))
        self._bytes("digest", bytes.fromhex(article.sha256))
        self._bytes("learnt", learnt(paragraph.text for paragraph in paragraphs))
        self._columns["article", "published"].append(article.published.toordinal() if article.published else 0)
        self._columns["title", WORD].extend(map(self._number, analysis.words(article.title)))
        for paragraph in paragraphs:
            self._paragraph(paragraph)
        for passage in passages(paragraphs):
            span = passage.paragraphs[0].heading
            words = analysis.words(span.of(article.text)) if span else []
            self._columns["heading", WORD].extend(map(self._number, words))
            self._row("passage", paragraphs=len(passage.paragraphs), headings=len(words))
        for name, size in before.items():
            after = next(len(values) for (table_name, _), values in self._columns.items() if table_name == name)
            self._sizes[name].append(after - size)

    def _paragraph(self, paragraph: Paragraph) -> None:
        text, base = paragraph.text, paragraph.span.start
        words, tokens = self._columns["word", WORD], self._columns["token", WORD]
        starts, ends = self._columns["token", "start"], self._columns["token", "end"]
        words_before, tokens_before = len(words), len(starts)
        for word, start, end in analysis.placed(text):
            number = self._number(word)
            words.append(number)
            if self._is_searched[number]:
                tokens.append(number)
                starts.append(base + start)
                ends.append(base + end)
        found = sentences(text)
        for span in found:
            first = bisect_left(starts, base + span.start, tokens_before) - tokens_before
            self._row("sentence", start=base + span.start, end=base + span.end, first=first)
        heading = paragraph.heading
        self._row(
            "paragraph",
            start=base,
            end=paragraph.span.end,
            heading_start=heading.start if heading else -1,
            heading_end=heading.end if heading else -1,
            words=len(words) - words_before,
            tokens=len(starts) - tokens_before,
            sentences=len(found),
        )

    def _number(self, word: str) -> int:
        number = self._numbers.setdefault(word, len(self._numbers))
        if number == len(self._is_searched):
            self._is_searched.append(bool(analysis.searched(word)))
        return number

    def _row(self, name: str, **values: int) -> None:
        for key, value in values.items():
            self._columns[name, key].append(value)

    def _bytes(self, name: str, held: bytes) -> None:
        self._columns[name, "bytes"].frombytes(held)

    def rows(self) -> Rows:
        """All that was taken."""
        vocabulary = Vocabulary.of(self._numbers)
        renumbered = np.empty(len(vocabulary.words), np.int32)
        for at, word in enumerate(vocabulary.words):
            renumbered[self._numbers[word]] = at
        tables: dict[str, Table] = {}
        for name in dict.fromkeys(name for name, _ in self._columns):
            columns = {
                key: np.frombuffer(values, np.uint8 if values.typecode == "B" else np.int32)
                for (table_name, key), values in self._columns.items()
                if table_name == name
            }
            if WORD in columns:
                columns[WORD] = renumbered[columns[WORD]]
            tables[name] = table(np.frombuffer(self._sizes[name], np.int64), columns)
        return Rows(vocabulary, tables)
