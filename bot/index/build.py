"""What an engine counts: the terms of each passage, field by field, from the rows of its article.

Keeps secret that words are told apart from terms only here. A field's terms are what ``bot.retrieval.FIELDS`` gives,
which the tests hold this equal to.

Everything that is kept of some articles, counted from their rows.

Keeps secret that it is counted on all cores, and that the interpreter then looks for no garbage.

Articles, each analysed by itself, as rows. Keeps secret that large archives are analysed in several processes.
"""

from __future__ import annotations

import gc
import logging
import os
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from bot.errors import PullquoteError
from bot.index import learning, tokens
from bot.index.archive import archive_arrays, encode_facts
from bot.index.arrays import Array, IntArray, LazyArrays, StringArray, in_memory, offsets, prefix, unprefix
from bot.index.learning import learn_from_article
from bot.index.postings import Postings
from bot.index.rows import WORD, ArticleRows, RowRange, RowTable, join_rows, make_table
from bot.index.scoring import K1, B
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.term_ids import Documents
from bot.index.tokens import Vocabulary
from bot.models import Article, Paragraph, Progress
from bot.text import analysis
from bot.text.paragraphs import build_passages, split_paragraphs
from bot.text.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class TermLists:
    """Lists of terms' numbers, one behind the other: list ``i`` is from ``borders[i]`` up to ``borders[i + 1]``."""

    terms: Array
    borders: IntArray

    def within(self, borders: Array) -> TermLists:
        """Neighbouring lists joined: those from ``borders[i]`` up to ``borders[i + 1]`` become list ``i``."""
        return TermLists(self.terms, self.borders[borders])

    def at(self, places: Array) -> TermLists:
        """The lists at these places, in this order."""
        sizes = np.diff(self.borders)[places]
        moved_to = offsets(sizes)
        moved = np.repeat(self.borders[places] - moved_to[:-1], sizes)
        return TermLists(self.terms[moved + np.arange(len(moved))], moved_to)


class FieldDocuments:
    """The terms of the archive's passages, and of its whole articles, by field."""

    def __init__(self, rows: LazyArrays, vocabulary: Vocabulary) -> None:
        known = sorted({term for term in vocabulary.terms if term})
        place = {term: at for at, term in enumerate(known)} | {"": -1}
        self.known = StringArray.arrays(known)
        """What ``terms`` are made of: every term of the archive, sorted."""
        self.terms = StringArray(in_memory(self.known))
        self.term_of = np.array([place[term] for term in vocabulary.terms], np.int32)
        """By word of the vocabulary, its term's number; -1 where it is not searched."""
        self._rows = rows
        self._paragraphs = rows["paragraph.borders"].all()
        self._passages = offsets(rows["passage.paragraphs"].all())
        self.body = TermLists(self.term_of[rows[f"token.{WORD}"].all()], offsets(rows["paragraph.tokens"].all()))
        """Of paragraphs."""
        self.titles = self._searched("title", rows["title.borders"].all())
        """Of articles."""
        self._headings = self._searched("heading", offsets(rows["passage.headings"].all()))

    def of_passages(self) -> Mapping[str, Documents]:
        """By field, those of each passage."""
        articles = np.repeat(np.arange(len(self._paragraphs) - 1), np.diff(self._rows["passage.borders"].all()))
        return self._documents(self.body.within(self._passages), self._headings, self.titles.at(articles))

    def of_articles(self) -> Mapping[str, Documents]:
        """By field, those of each article that has paragraphs."""
        told = np.flatnonzero(np.diff(self._paragraphs))
        headings = self._headings.at(self._rows["passage.borders"].all()[told])
        return self._documents(self.body.within(np.unique(self._paragraphs)), headings, self.titles.at(told))

    def _documents(self, body: TermLists, heading: TermLists, title: TermLists) -> dict[str, Documents]:
        return {
            name: Documents(lists.terms, np.diff(lists.borders).astype(np.int32), self.terms)
            for name, lists in (("body", body), ("heading", heading), ("title", title))
        }

    def _searched(self, table: str, borders: IntArray) -> TermLists:
        """The terms of those words of ``table`` that are searched; its lists of words have these ``borders``."""
        terms = self.term_of[self._rows[f"{table}.{WORD}"].all()]
        is_searched = terms >= 0
        return TermLists(terms[is_searched], offsets(is_searched)[borders])


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Within it no garbage is looked for: of what is made, much stays, and all of it would be looked through again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_collecting()
def build_arrays(rows: ArticleRows) -> dict[str, Array]:
    """Everything that is kept of the articles of ``rows``, the rows themselves among it."""
    found = prefix("rows", rows.arrays())
    columns = unprefix("rows", in_memory(found))
    fields = FieldDocuments(columns, rows.vocabulary)
    words = _words(columns, rows, fields)
    makers: list[tuple[str, Callable[[], dict[str, Array]]]] = [
        ("lexicon", lambda: learning.expansion_arrays(words, StringArray(unprefix("learnt", columns)))),
        ("lexicon", lambda: learning.count_arrays(words)),
        ("passages", lambda: _postings(fields.of_passages())),
        ("articles", lambda: _postings(fields.of_articles())),
        ("archive", lambda: archive_arrays(columns)),
        (
            "tokens",
            lambda: tokens.token_arrays(
                columns, rows.vocabulary, fields.body.terms, fields.titles.terms, fields.titles.borders
            ),
        ),
    ]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy sorts and counts beside other threads
        for name, made in threads.map(lambda maker: (maker[0], maker[1]()), makers):
            found |= prefix(name, made)
    return found | prefix("terms", fields.known)


def _postings(documents: Mapping[str, Documents]) -> dict[str, Array]:
    return {
        name: array
        for field, counted in documents.items()
        for name, array in prefix(field, Postings(counted, k1=K1, b=B).arrays()).items()
    }


def _words(columns: LazyArrays, rows: ArticleRows, fields: FieldDocuments) -> learning.WordCounts:
    return learning.WordCounts(
        rows.vocabulary,
        columns[f"word.{WORD}"].all(),
        columns["paragraph.words"].all(),
        columns[f"token.{WORD}"].all(),
        columns["paragraph.tokens"].all(),
        fields.term_of,
        len(fields.terms),
    )


log = logging.getLogger(__name__)
BATCH = 2_000_000
"""Characters that one process analyses at once: a second or two; of less than two such, starting others costs more."""


def analyze(articles: Sequence[Article], progress: Progress | None = None) -> ArticleRows:
    """The rows of the articles. ``progress`` is told how many characters were analysed, and of how many."""
    batches = list(_batches(articles))
    total, done = sum(len(article.text) for article in articles), 0
    parts: list[ArticleRows] = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Windows keeps what is mapped for the moment
        for part, batch in zip(_each(batches, Path(folder)), batches, strict=True):
            parts.append(part)
            done += sum(len(article.text) for article in batch)
            if progress:
                progress(done, total)
        return join_rows([RowRange(part, 0, len(part)) for part in parts])


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


def _each(batches: Sequence[Sequence[Article]], folder: Path) -> Iterator[ArticleRows]:
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
    save_snapshot(folder, name, _analysed(articles).arrays(), "")
    return name


def _found(folder: Path, name: str) -> ArticleRows:
    snapshot = load_snapshot(folder, name)
    if snapshot is None:
        raise OSError(f"nothing was left in {folder}")
    return ArticleRows.from_arrays(snapshot.arrays, Vocabulary.from_arrays(unprefix("vocabulary", snapshot.arrays)))


def _analysed(articles: Iterable[Article]) -> ArticleRows:
    notebook = _RowBuilder()
    for article in articles:
        notebook.take(article)
    return notebook.rows()


class _RowBuilder:
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
        paragraphs = split_paragraphs(article)
        self._bytes("text", article.text.encode())
        self._bytes("facts", encode_facts(article))
        self._bytes("digest", bytes.fromhex(article.sha256))
        self._bytes("learnt", learn_from_article(paragraph.text for paragraph in paragraphs))
        self._columns["article", "published"].append(article.published.toordinal() if article.published else 0)
        self._columns["title", WORD].extend(map(self._number, analysis.split_words(article.title)))
        for paragraph in paragraphs:
            self._paragraph(paragraph)
        for passage in build_passages(paragraphs):
            span = passage.paragraphs[0].heading
            words = analysis.split_words(span.slice(article.text)) if span else []
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
        for word, start, end in analysis.locate_words(text):
            number = self._number(word)
            words.append(number)
            if self._is_searched[number]:
                tokens.append(number)
                starts.append(base + start)
                ends.append(base + end)
        found = split_sentences(text)
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
            self._is_searched.append(bool(analysis.to_search_term(word)))
        return number

    def _row(self, name: str, **values: int) -> None:
        for key, value in values.items():
            self._columns[name, key].append(value)

    def _bytes(self, name: str, held: bytes) -> None:
        self._columns[name, "bytes"].frombytes(held)

    def rows(self) -> ArticleRows:
        """All that was taken."""
        vocabulary = Vocabulary.of(self._numbers)
        renumbered = np.empty(len(vocabulary.words), np.int32)
        for at, word in enumerate(vocabulary.words):
            renumbered[self._numbers[word]] = at
        tables: dict[str, RowTable] = {}
        for name in dict.fromkeys(name for name, _ in self._columns):
            columns = {
                key: np.frombuffer(values, np.uint8 if values.typecode == "B" else np.int32)
                for (table_name, key), values in self._columns.items()
                if table_name == name
            }
            if WORD in columns:
                columns[WORD] = renumbered[columns[WORD]]
            tables[name] = make_table(np.frombuffer(self._sizes[name], np.int64), columns)
        return ArticleRows(vocabulary, tables)
