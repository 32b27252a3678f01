"""Read a whole archive: find its files, parse them, and give each article a unique id.

A damaged file is skipped with a note and never affects the others. Files that have not changed since a previous read
are not parsed again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, count
from pathlib import Path

from bot.errors import ArchiveError, ReadOutcome, UnreadableArticleError
from bot.ingest.catalog import Catalogs
from bot.ingest.draft import Entry, build_article
from bot.ingest.files import MTIME_GRANULARITY_NS, ArticleFile, FileStamp, Listing, SkippedFile, display_name
from bot.ingest.formats import jsonl
from bot.ingest.metadata import Metadata
from bot.ingest.parse import parse_file
from bot.models import Article, Progress, list_first

MAX_NAMED_LINES = 3
"""Lines of one file that are skipped with a note each; the others are counted."""
MAX_SKIPPED_LINES = 100_000
"""Lines of one file that give no article, until the rest of it is not read."""
_BLOCK = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """The outcome of one line of a file, or of a file that is a single article (``line`` 0).

    ``requested_id`` is the id before duplicates are resolved. ``article_id`` is the final one; it is None when the line
    was skipped for ``reason``. Each warning is a sentence that names the file.
    """

    line: int
    requested_id: str
    article_id: str | None
    reason: str = ""
    warnings: tuple[str, ...] = ()
    outcome: ReadOutcome = "read"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that was read; ``digest`` is its hexadecimal SHA-256, ``catalog_digest`` that of the catalog beside it.

    ``path`` is the resolved path, its bytes decoded as Latin-1. ``stamp`` is None when the file was modified too
    recently for its mtime to be trusted.
    """

    path: str
    name: str
    stamp: FileStamp | None
    digest: str
    catalog_digest: str
    records: tuple[ArticleRecord, ...]


@dataclass(frozen=True, slots=True)
class PreviousRead:
    """An earlier read of the archive, whose articles are reused where their file has not changed.

    ``files`` are the records by path, ``positions`` those of the articles by id, from 0; ``article`` gives the article
    at a position.
    """

    files: Mapping[str, FileRecord]
    positions: Mapping[str, int]
    article: Callable[[int], Article]


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The articles that were read, the files that were skipped, and warnings of one sentence each.

    ``items`` are the articles in order; an unchanged one is given by its position in the previous read. ``files`` are
    the records that a later read needs in order to reuse unchanged files.
    """

    items: tuple[Article | int, ...]
    skipped: tuple[SkippedFile, ...]
    warnings: tuple[str, ...]
    files: tuple[FileRecord, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that were read, in order, without the unchanged ones."""
        return tuple(item for item in self.items if isinstance(item, Article))


def read_files(listing: Listing, progress: Progress | None = None, previous: PreviousRead | None = None) -> ReadResult:
    """Read the listed files in order; reuse what is unchanged since ``previous``.

    A file that several paths lead to is read once. ``progress`` is called with the bytes read and their total.
    Raises ArchiveError when no article is found.
    """
    reader = _ArchiveReader(listing, progress, previous)
    for file in listing.files:
        reader.add_file(file)
    reader.finish()
    if not reader.articles:
        where = ", ".join(map(str, listing.paths)) or "the archive"
        examples = list_first([f"{skip.name}: {skip.reason}" for skip in reader.skipped], 3)
        skipped = f" (skipped {examples})" if examples else ""
        raise ArchiveError(f"There is no article in {where}{skipped}. Add .txt, .md, .html or .jsonl files.")
    return ReadResult(
        tuple(reader.articles.values()), tuple(reader.skipped), tuple(reader.warnings), tuple(reader.files)
    )


def read_each(listing: Listing) -> Iterator[tuple[ArticleFile, ArticleRecord, Article | None]]:
    """Read the listed files one by one: for each article, its file, record, and itself, or None if it was skipped.

    Unlike ``read_files``, this keeps no article in memory, names every line that is skipped, and does not raise
    ArchiveError when there is no article. Ids are not made unique.
    """
    reader = _ArchiveReader(listing, None, None)
    for file in listing.files:
        if file.reason:
            yield file, ArticleRecord(0, file.name, None, file.reason, outcome=file.outcome), None
            continue
        try:
            for record, article in reader.parse(file):
                assert not isinstance(article, int), "nothing was read before"
                yield file, record, article
        except OSError as error:
            yield file, ArticleRecord(0, file.name, None, _describe(error), outcome="broken"), None


_Outcome = tuple[ArticleRecord, Article | int | None]


@dataclass
class _ArchiveReader:
    """What has been read of the archive so far."""

    listing: Listing
    progress: Progress | None
    previous: PreviousRead | None
    articles: dict[str, Article | int] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    _bytes_done: int = 0
    _read_paths: set[str] = field(default_factory=set)
    _root_by_id: dict[str, Path] = field(default_factory=dict)
    _renamed_ids: dict[Path, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._catalogs = Catalogs(self.listing.catalog_paths, self.warnings)
        self._total = sum(file.stamp.size for file in self.listing.files)
        self._real_folder: Callable[[Path], str] = cache(os.path.realpath)

    def add_file(self, file: ArticleFile) -> None:
        """Read one file, or reuse its previous record."""
        if file.reason:
            self.skipped.append(SkippedFile(file.name, file.reason))
            return
        real = self._resolve_path(file)
        if real not in self._read_paths:
            self._read_paths.add(real)
            try:
                self._read_file(file, os.fsencode(real).decode("latin-1"))
            except OSError as error:
                self.skipped.append(SkippedFile(file.name, _describe(error)))
        self._bytes_done += file.stamp.size
        self._report_progress(0)

    def finish(self) -> None:
        """Add the warnings that need the whole archive: unused catalog keys and renamed ids."""
        self._catalogs.warn_of_unused_keys()
        for root, changes in self._renamed_ids.items():
            more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
            name = display_name(str(root))
            self.warnings.append(f"{name}: article ids that were already in use were changed: {changes[0]}{more}.")

    def _resolve_path(self, file: ArticleFile) -> str:
        """The file's path with all links followed; each folder is resolved once."""
        path = os.path.join(self._real_folder(file.folder), file.basename)  # noqa: PTH118 - a Path for each is slow
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114

    def _read_file(self, file: ArticleFile, real_path: str) -> None:
        catalog_digest = self._catalogs.get(file.folder).digest
        known = None if self.previous is None else self.previous.files.get(real_path)
        if known and (known.name, known.catalog_digest) != (file.name, catalog_digest):
            known = None
        digest = known.digest if known and known.stamp == file.stamp else _digest(file.path)
        outcomes: Iterable[_Outcome]
        if known and known.digest == digest:
            outcomes = (self._reuse_article(file, record) for record in known.records)
        else:
            outcomes = self.parse(file)
        records = []
        skipped_lines = 0
        for record, item in outcomes:  # one by one: the id of each depends on those before it
            skipped_lines += bool(record.line and item is None)
            if item is None and skipped_lines > MAX_SKIPPED_LINES:
                break
            if item is not None or record.line == 0 or skipped_lines <= MAX_NAMED_LINES:
                records.append(record)
                self._add_outcome(file, record, item)
        if skipped_lines > MAX_NAMED_LINES:
            reason = f"{skipped_lines - MAX_NAMED_LINES:,} more lines give no article"
            if skipped_lines > MAX_SKIPPED_LINES:
                reason += ", which is too many; the rest was not read"
            records.append(ArticleRecord(0, file.name, None, reason))
            self._add_outcome(file, records[-1], None)
        is_trusted = time.time_ns() - file.stamp.mtime_ns > MTIME_GRANULARITY_NS
        stamp = file.stamp if is_trusted else None
        self.files.append(FileRecord(real_path, file.name, stamp, digest, catalog_digest, tuple(records)))

    def parse(self, file: ArticleFile) -> Iterator[_Outcome]:
        """Parse the file. Raises OSError when it cannot be read."""
        for entry in parse_file(file.path, file.reader, self._report_progress):
            yield self._build_article(file, entry)

    def _build_article(self, file: ArticleFile, entry: Entry) -> _Outcome:
        requested_id = entry.id or (f"{file.name}#{entry.number}" if entry.number else file.name)
        overrides = self._get_catalog_metadata(file, entry.number, requested_id)
        article_id = self._make_unique(file.root, requested_id, entry.number)
        try:
            if entry.draft is None:
                raise UnreadableArticleError(entry.reason, entry.outcome)
            article = build_article(entry.draft, id=article_id, file=display_name(file.basename), overrides=overrides)
        except UnreadableArticleError as error:
            return ArticleRecord(entry.number, requested_id, None, str(error), outcome=error.outcome), None
        warnings = list(entry.draft.warnings)
        if "\ufffd" in article.text:
            warnings.append("some bytes could not be decoded and are shown as \ufffd")
        sentences = tuple(f"{_line_name(file, entry.number)}: {warning}." for warning in warnings)
        return ArticleRecord(entry.number, requested_id, article_id, "", sentences, entry.draft.outcome), article

    def _reuse_article(self, file: ArticleFile, record: ArticleRecord) -> _Outcome:
        assert self.previous is not None
        if record.article_id is None:
            return record, None
        position = self.previous.positions[record.article_id]
        article_id = self._make_unique(file.root, record.requested_id, record.line)
        if article_id == record.article_id:
            return record, position
        return replace(record, article_id=article_id), replace(self.previous.article(position), id=article_id)

    def _add_outcome(self, file: ArticleFile, record: ArticleRecord, item: Article | int | None) -> None:
        if item is None or record.article_id is None:
            self.skipped.append(SkippedFile(_line_name(file, record.line), record.reason))
            return
        self.articles[record.article_id] = item
        self._root_by_id[record.article_id] = file.root
        if record.article_id != record.requested_id:
            change = f'"{record.requested_id}" is now "{record.article_id}"'
            self._renamed_ids.setdefault(file.root, []).append(change)
        self._catalogs.mark_used(file.folder, *_catalog_keys(file, record.line, record.requested_id))
        self.warnings += record.warnings

    def _get_catalog_metadata(self, file: ArticleFile, line: int, article_id: str) -> Metadata:
        """The catalog's metadata of the article, completed with that of its whole file."""
        return self._catalogs.get_metadata(file.folder, *_catalog_keys(file, line, article_id))

    def _make_unique(self, root: Path, article_id: str, line: int) -> str:
        """The id if it is free; else with the root's name in front or, within one root, with the line's number."""
        if article_id not in self.articles:
            return article_id
        is_same_root = line and self._root_by_id[article_id] == root
        base = f"{article_id}#{line}" if is_same_root else f"{display_name(root.resolve().name)}/{article_id}"
        numbered = (f"{base} ({number})" for number in count(2))
        return next(one for one in chain([base], numbered) if one not in self.articles)

    def _report_progress(self, bytes_read: int) -> None:
        if self.progress:
            self.progress(self._bytes_done + bytes_read, self._total)


def _catalog_keys(file: ArticleFile, line: int, article_id: str) -> tuple[str, ...]:
    return (article_id, file.basename) if line else (file.basename,)


def _digest(path: Path) -> str:
    """The hexadecimal SHA-256 of all of the file that may be read."""
    digest, left = hashlib.sha256(), 4 * jsonl.ARCHIVE_LIMIT
    with path.open("rb") as stream:
        while block := stream.read(min(_BLOCK, left)):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _describe(error: OSError) -> str:
    return f"it cannot be opened ({error.strerror or error})"


def _line_name(file: ArticleFile, line: int) -> str:
    return f"{file.name} line {line}" if line else file.name
