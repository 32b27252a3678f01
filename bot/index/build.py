"""Build an index: ``analyze`` turns articles into rows, ``build_arrays`` computes all else from the rows."""

from __future__ import annotations

import logging
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np

from bot.errors import PullquoteError
from bot.index import learning, tokens
from bot.index.archive import archive_arrays, encode_metadata
from bot.index.arrays import Array, Int32Array, IntArray, LazyArrays, StringArray, in_memory, offsets, prefix
from bot.index.postings import TermLists, build_postings
from bot.index.rows import WORD_ID, ArticleRows, RowRange, join_rows
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
                    snapshot = load_snapshot(folder, name)
                    assert snapshot, "the worker process has saved it"
                    yield ArticleRows.from_arrays(snapshot.arrays)
                    done += 1
            except (BrokenProcessPool, OSError, PullquoteError) as error:  # killed, not started, or the disk is full
                log.warning("A worker process failed; indexing continues in one process, more slowly: %s", error)
    yield from (_RowBuilder().build(batch) for batch in batches[done:])


def _write_rows(folder: Path, articles: Iterable[Article]) -> str:
    """Write the rows of a batch to ``folder`` and return the name of the snapshot.

    Sending the rows through the pool's pipe would hold its lock for long, and a worker that is killed while it holds
    the lock blocks all others forever.
    """
    name = uuid4().hex
    save_snapshot(folder, name, _RowBuilder().build(articles).to_arrays(), "")
    return name


_COLUMNS = {
    **dict.fromkeys(("word", "title", "heading"), (WORD_ID,)),
    "token": (WORD_ID, "start", "end"),
    "sentence": ("start", "end", "first"),
    "passage": ("paragraphs", "headings"),
    "article": ("published",),
    "paragraph": ("start", "end", "heading_start", "heading_end", "words", "tokens", "sentences"),
}
"""The integers of ``ArticleRows``, by table."""


class _RowBuilder:
    """Collects rows. Words get provisional ids in order of occurrence; ``build`` renumbers them alphabetically."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._terms: list[str] = []
        self._tables = {table: {"bytes": array("B")} for table in ("text", "metadata", "digest", "learned")}
        self._tables |= {table: {column: array("i") for column in columns} for table, columns in _COLUMNS.items()}
        self._borders = {table: array("q", [0]) for table in self._tables}

    def _add_article(self, article: Article) -> None:
        paragraphs = split_paragraphs(article)
        headings = [article.title, *(mark.span.slice(article.text) for mark in article.marks)]
        for table, encoded in (
            ("text", article.text.encode()),
            ("metadata", encode_metadata(article)),
            ("digest", bytes.fromhex(article.sha256)),
            ("learned", learning.learn_from_article((one.text for one in paragraphs), headings)),
        ):
            self._tables[table]["bytes"].frombytes(encoded)
        self._add_row("article", published=article.published.toordinal() if article.published else 0)
        self._tables["title"][WORD_ID].extend(map(self._word_id, analysis.split_words(article.title)))
        for paragraph in paragraphs:
            self._add_paragraph(paragraph)
        for passage in build_passages(paragraphs):
            span = passage.paragraphs[0].heading
            words = analysis.split_words(span.slice(article.text)) if span else []
            self._tables["heading"][WORD_ID].extend(map(self._word_id, words))
            self._add_row("passage", paragraphs=len(passage.paragraphs), headings=len(words))
        for table, columns in self._tables.items():
            self._borders[table].append(len(next(iter(columns.values()))))

    def _add_paragraph(self, paragraph: Paragraph) -> None:
        text, base = paragraph.text, paragraph.span.start
        words, tokens = self._tables["word"][WORD_ID], self._tables["token"][WORD_ID]
        starts, ends = self._tables["token"]["start"], self._tables["token"]["end"]
        words_before, tokens_before = len(words), len(starts)
        for word, start, end in analysis.locate_words(text):
            word_id = self._word_id(word)
            words.append(word_id)
            if self._terms[word_id]:
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
        if word_id == len(self._terms):
            self._terms.append(analysis.to_search_term(word) or "")
        return word_id

    def _add_row(self, table: str, **values: int) -> None:
        for key, value in values.items():
            self._tables[table][key].append(value)

    def build(self, articles: Iterable[Article]) -> ArticleRows:
        """Analyze the articles and return their rows."""
        for article in articles:
            self._add_article(article)
        words = sorted(self._ids)
        ids = [self._ids[word] for word in words]
        terms = tuple(self._terms[word_id] for word_id in ids)
        vocabulary = Vocabulary(tuple(words), tuple(map(analysis.fold, words)), terms)
        new_ids = np.empty(len(words), np.int32)
        new_ids[ids] = np.arange(len(words))
        arrays: dict[str, Array] = {}
        for table, columns in self._tables.items():
            arrays[f"{table}.borders"] = np.frombuffer(self._borders[table], np.int64)
            for key, values in columns.items():
                own = np.frombuffer(values, np.uint8 if values.typecode == "B" else np.int32)
                arrays[f"{table}.{key}"] = new_ids[own] if key == WORD_ID else own
        return ArticleRows(vocabulary, in_memory(arrays))


def build_arrays(rows: ArticleRows) -> dict[str, Array]:
    """Compute all arrays of an index (see ``Index.from_arrays``) from the rows, and return them with the rows' own."""
    terms, term_of = number_terms(rows)
    fields = find_terms(rows.arrays, term_of)
    body, titles = fields["body"], fields["title"]
    builders: list[tuple[str, Callable[[], dict[str, Array]]]] = [
        ("lexicon", lambda: learning.expansion_arrays(rows.arrays, rows.vocabulary)),
        ("lexicon", lambda: learning.count_arrays(rows.arrays, rows.vocabulary, body, len(terms))),
        *(
            (f"passages.{name}", partial(build_postings, own, len(terms)))
            for name, own in join_passages(rows.arrays, fields).items()
        ),
        ("archive", lambda: archive_arrays(rows.arrays)),
        ("tokens", lambda: tokens.token_arrays(rows.arrays, body.terms, titles.terms, titles.borders)),
    ]
    arrays = prefix("rows", rows.to_arrays()) | prefix("terms", StringArray.encode(terms))
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy releases the GIL while it sorts and counts
        for name, own in threads.map(lambda builder: (builder[0], builder[1]()), builders):
            arrays |= prefix(name, own)
    return arrays


def number_terms(rows: ArticleRows) -> tuple[list[str], Int32Array]:
    """Return the terms, sorted, and the term id by word id, -1 for a stop word."""
    terms = sorted({*rows.vocabulary.terms} - {""})
    term_id = {term: at for at, term in enumerate(terms)} | {"": -1}
    return terms, np.array([*map(term_id.__getitem__, rows.vocabulary.terms)], np.int32)


def find_terms(rows: LazyArrays, term_of: Int32Array) -> dict[str, TermLists]:
    """Return the terms of each paragraph ("body"), of each passage's heading and of each article's title.

    ``term_of`` is the term id by word id, -1 for a stop word.
    """

    def without_stop_words(table: str, borders: IntArray) -> TermLists:
        terms = term_of[rows[f"{table}.{WORD_ID}"].all()]
        is_searched = terms >= 0
        return TermLists(terms[is_searched], offsets(is_searched)[borders])

    return {
        "body": TermLists(term_of[rows[f"token.{WORD_ID}"].all()], offsets(rows["paragraph.tokens"].all())),
        "heading": without_stop_words("heading", offsets(rows["passage.headings"].all())),
        "title": without_stop_words("title", rows["title.borders"].all()),
    }


def join_passages(rows: LazyArrays, fields: Mapping[str, TermLists]) -> dict[str, TermLists]:
    """Return, from what ``find_terms`` returned, the terms of each passage by field, as ``retrieval.FIELDS`` does."""
    passages_per_article = np.diff(rows["passage.borders"].all())
    return {
        "body": fields["body"].join(offsets(rows["passage.paragraphs"].all())),
        "heading": fields["heading"],
        "title": fields["title"].select(np.repeat(np.arange(len(passages_per_article)), passages_per_article)),
    }
