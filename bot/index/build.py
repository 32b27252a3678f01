"""Build an index: ``analyze`` turns articles into rows, ``build_arrays`` computes all else from the rows."""

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
from bot.index.archive import archive_arrays, encode_metadata
from bot.index.arrays import Array, IntArray, LazyArrays, StringArray, in_memory, offsets, prefix, unprefix
from bot.index.postings import Documents, build_postings
from bot.index.rows import WORD_ID, ArticleRows, RowRange, RowTable, join_rows, make_table
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.tokens import Vocabulary
from bot.models import Article, Paragraph, Progress
from bot.text import analysis
from bot.text.paragraphs import build_passages, split_paragraphs
from bot.text.sentences import split_sentences

log = logging.getLogger(__name__)

BATCH = 2_000_000
"""Characters per batch, which take a second or two; starting processes for less than two batches does not pay."""


def analyze(articles: Sequence[Article], progress: Progress | None = None) -> ArticleRows:
    """Analyze articles. ``progress`` is called with the number of characters analyzed, and their total."""
    batches = list(_split_into_batches(articles))
    total, done = sum(len(article.text) for article in articles), 0
    parts: list[ArticleRows] = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Windows cannot delete a file while it is mapped
        for part, batch in zip(_analyze_batches(batches, Path(folder)), batches, strict=True):
            parts.append(part)
            done += sum(len(article.text) for article in batch)
            if progress:
                progress(done, total)
        return join_rows([RowRange(part, 0, len(part)) for part in parts])


def _split_into_batches(articles: Sequence[Article]) -> Iterator[list[Article]]:
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


def _analyze_batches(batches: Sequence[Sequence[Article]], folder: Path) -> Iterator[ArticleRows]:
    """Yield the rows of each batch, which worker processes write to ``folder``."""
    processes = min(os.cpu_count() or 1, len(batches) - 1)
    done = 0
    if processes > 1:
        # Spawned, since forking a process that has threads, as a server does, is unsafe.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            try:
                for name in pool.map(partial(_write_rows, folder), batches):
                    yield _read_rows(folder, name)
                    done += 1
            except (BrokenProcessPool, OSError, PullquoteError) as error:  # killed, not started, or the disk is full
                log.warning("A worker process failed; indexing continues in one process, more slowly: %s", error)
    yield from map(_analyze_batch, batches[done:])


def _write_rows(folder: Path, articles: Iterable[Article]) -> str:
    """Write the rows of a batch to ``folder`` and return the name of the snapshot.

    Sending the rows through the pool's pipe would hold its lock for long, and a worker that is killed while it holds
    the lock blocks all others forever.
    """
    name = uuid4().hex
    save_snapshot(folder, name, _analyze_batch(articles).to_arrays(), "")
    return name


def _read_rows(folder: Path, name: str) -> ArticleRows:
    snapshot = load_snapshot(folder, name)
    if snapshot is None:
        raise OSError(f"a worker process left no rows in {folder}")
    return ArticleRows.from_arrays(snapshot.arrays, Vocabulary.from_arrays(unprefix("vocabulary", snapshot.arrays)))


def _analyze_batch(articles: Iterable[Article]) -> ArticleRows:
    builder = _RowBuilder()
    for article in articles:
        builder.add(article)
    return builder.build()


class _RowBuilder:
    """Collects rows. Words get provisional ids in order of occurrence; ``build`` renumbers them alphabetically."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._is_searched: list[bool] = []
        self._sizes: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self._arrays = {
            **{(table, "bytes"): array("B") for table in ("text", "metadata", "digest", "learned")},
            **{(table, WORD_ID): array("i") for table in ("word", "title", "heading", "token")},
            **{(table, key): array("i") for table in ("token", "sentence") for key in ("start", "end")},
            ("sentence", "first"): array("i"),
            **{("passage", key): array("i") for key in ("paragraphs", "headings")},
            ("article", "published"): array("i"),
            **{
                ("paragraph", key): array("i")
                for key in ("start", "end", "heading_start", "heading_end", "words", "tokens", "sentences")
            },
        }

    def add(self, article: Article) -> None:
        """Analyze one more article."""
        before = {table: len(values) for (table, _), values in self._arrays.items()}
        paragraphs = split_paragraphs(article)
        headings = [article.title, *(mark.span.slice(article.text) for mark in article.marks)]
        for table, encoded in (
            ("text", article.text.encode()),
            ("metadata", encode_metadata(article)),
            ("digest", bytes.fromhex(article.sha256)),
            ("learned", learning.learn_from_article((one.text for one in paragraphs), headings)),
        ):
            self._arrays[table, "bytes"].frombytes(encoded)
        self._arrays["article", "published"].append(article.published.toordinal() if article.published else 0)
        self._arrays["title", WORD_ID].extend(map(self._word_id, analysis.split_words(article.title)))
        for paragraph in paragraphs:
            self._add_paragraph(paragraph)
        for passage in build_passages(paragraphs):
            span = passage.paragraphs[0].heading
            words = analysis.split_words(span.slice(article.text)) if span else []
            self._arrays["heading", WORD_ID].extend(map(self._word_id, words))
            self._add_row("passage", paragraphs=len(passage.paragraphs), headings=len(words))
        after = {table: len(values) for (table, _), values in self._arrays.items()}
        for table, size in before.items():
            self._sizes[table].append(after[table] - size)

    def _add_paragraph(self, paragraph: Paragraph) -> None:
        text, base = paragraph.text, paragraph.span.start
        words, tokens = self._arrays["word", WORD_ID], self._arrays["token", WORD_ID]
        starts, ends = self._arrays["token", "start"], self._arrays["token", "end"]
        words_before, tokens_before = len(words), len(starts)
        for word, start, end in analysis.locate_words(text):
            word_id = self._word_id(word)
            words.append(word_id)
            if self._is_searched[word_id]:
                tokens.append(word_id)
                starts.append(base + start)
                ends.append(base + end)
        sentences = split_sentences(text)
        for span in sentences:
            first = bisect_left(starts, base + span.start, tokens_before) - tokens_before
            self._add_row("sentence", start=base + span.start, end=base + span.end, first=first)
        heading = paragraph.heading
        self._add_row(
            "paragraph",
            start=base,
            end=paragraph.span.end,
            heading_start=heading.start if heading else -1,
            heading_end=heading.end if heading else -1,
            words=len(words) - words_before,
            tokens=len(starts) - tokens_before,
            sentences=len(sentences),
        )

    def _word_id(self, word: str) -> int:
        word_id = self._ids.setdefault(word, len(self._ids))
        if word_id == len(self._is_searched):
            self._is_searched.append(bool(analysis.to_search_term(word)))
        return word_id

    def _add_row(self, table: str, **values: int) -> None:
        for key, value in values.items():
            self._arrays[table, key].append(value)

    def build(self) -> ArticleRows:
        """Return the rows of all added articles."""
        vocabulary = Vocabulary.analyze(self._ids)
        new_ids = np.empty(len(vocabulary.words), np.int32)
        for new_id, word in enumerate(vocabulary.words):
            new_ids[self._ids[word]] = new_id
        arrays: defaultdict[str, dict[str, Array]] = defaultdict(dict)
        for (table, key), values in self._arrays.items():
            own = np.frombuffer(values, np.uint8 if values.typecode == "B" else np.int32)
            arrays[table][key] = new_ids[own] if key == WORD_ID else own
        tables: dict[str, RowTable] = {
            table: make_table(np.frombuffer(self._sizes[table], np.int64), own) for table, own in arrays.items()
        }
        return ArticleRows(vocabulary, tables)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Disable garbage collection: most objects created meanwhile survive, and each collection would scan them again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_garbage_collection()
def build_arrays(rows: ArticleRows) -> dict[str, Array]:
    """Compute all arrays of an index (see ``Index.from_arrays``) from the rows, and return them with the rows' own."""
    arrays = prefix("rows", rows.to_arrays())
    row_arrays = unprefix("rows", in_memory(arrays))
    fields = FieldDocuments(row_arrays, rows.vocabulary)
    words = learning.WordSequence(
        rows.vocabulary,
        row_arrays[f"word.{WORD_ID}"].all(),
        row_arrays["paragraph.words"].all(),
        row_arrays[f"token.{WORD_ID}"].all(),
        row_arrays["paragraph.tokens"].all(),
        fields.term_of,
        len(fields.terms),
    )
    learned = StringArray(unprefix("learned", row_arrays))
    body, titles = fields.body, fields.titles
    builders: list[tuple[str, Callable[[], dict[str, Array]]]] = [
        ("lexicon", lambda: learning.expansion_arrays(words, learned)),
        ("lexicon", lambda: learning.count_arrays(words)),
        *((f"passages.{name}", partial(build_postings, own)) for name, own in fields.of_passages().items()),
        ("archive", lambda: archive_arrays(row_arrays)),
        ("tokens", lambda: tokens.token_arrays(row_arrays, body.terms, titles.terms, titles.borders)),
    ]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy releases the GIL while it sorts and counts
        for name, own in threads.map(lambda builder: (builder[0], builder[1]()), builders):
            arrays |= prefix(name, own)
    return arrays | prefix("terms", fields.encoded_terms)


@dataclass(frozen=True, slots=True)
class TermLists:
    """Consecutive lists of term ids: list ``i`` is ``borders[i]`` to ``borders[i + 1]`` (exclusive)."""

    terms: Array
    borders: IntArray

    def join(self, borders: Array) -> TermLists:
        """Join neighboring lists: those from ``borders[i]`` to ``borders[i + 1]`` (exclusive) become list ``i``."""
        return TermLists(self.terms, self.borders[borders])

    def select(self, positions: Array) -> TermLists:
        """Return the lists at these positions, in this order."""
        sizes = np.diff(self.borders)[positions]
        new_borders = offsets(sizes)
        moves = np.repeat(self.borders[positions] - new_borders[:-1], sizes)
        return TermLists(self.terms[moves + np.arange(len(moves))], new_borders)


class FieldDocuments:
    """The terms of the archive's passages, by field: what ``retrieval.FIELDS`` returns."""

    def __init__(self, rows: LazyArrays, vocabulary: Vocabulary) -> None:
        terms = sorted({term for term in vocabulary.terms if term})
        self.encoded_terms = StringArray.encode(terms)
        """Every term of the archive, sorted, as the arrays of ``terms``."""
        self.terms = StringArray(in_memory(self.encoded_terms))
        term_id = {term: at for at, term in enumerate(terms)} | {"": -1}
        self.term_of = np.array([term_id[term] for term in vocabulary.terms], np.int32)
        """The term id by word id; -1 for a stop word."""
        self._rows = rows
        self._paragraphs = rows["paragraph.borders"].all()
        self._passages = offsets(rows["passage.paragraphs"].all())
        self.body = TermLists(self.term_of[rows[f"token.{WORD_ID}"].all()], offsets(rows["paragraph.tokens"].all()))
        """By paragraph."""
        self.titles = self._without_stop_words("title", rows["title.borders"].all())
        """By article."""
        self._headings = self._without_stop_words("heading", offsets(rows["passage.headings"].all()))

    def of_passages(self) -> Mapping[str, Documents]:
        """Return, by field, one document per passage."""
        articles = np.repeat(np.arange(len(self._paragraphs) - 1), np.diff(self._rows["passage.borders"].all()))
        body, titles = self.body.join(self._passages), self.titles.select(articles)
        return {
            name: Documents(lists.terms, np.diff(lists.borders).astype(np.int32), self.terms)
            for name, lists in (("body", body), ("heading", self._headings), ("title", titles))
        }

    def _without_stop_words(self, table: str, borders: IntArray) -> TermLists:
        """Return the terms of the words of ``table``, whose lists of words have these ``borders``."""
        terms = self.term_of[self._rows[f"{table}.{WORD_ID}"].all()]
        is_searched = terms >= 0
        return TermLists(terms[is_searched], offsets(is_searched)[borders])
