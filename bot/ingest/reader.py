"""Read a whole archive: find its files, parse them, and give each article a unique id.

A damaged file is skipped with a note and never affects the others. Files that have not changed since a previous read
are not parsed again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain, count
from pathlib import Path

from bot.errors import ArchiveError, ReadLimitError, ReadOutcome
from bot.ingest.catalog import Catalogs
from bot.ingest.draft import Entry, build_article
from bot.ingest.files import MTIME_GRANULARITY_NS, ArticleFile, FileStamp, Listing, SkippedFile, display_name
from bot.ingest.formats import jsonl
from bot.ingest.metadata import Metadata
from bot.ingest.parse import MAX_NAMED_PARTS, MAX_SKIPPED_PARTS, PARTS, parse_file
from bot.ingest.processes import ReaderProcess
from bot.models import Article, Progress, list_first

LARGE_FILE = 2_000_000
"""Bytes from which on a file is not tried with a short limit first."""
FAST_SECONDS, HURRIED_SECONDS = 1.0, 0.2
"""How long a file may take at the first try in a live archive; the second once several files have taken longer."""
_HURRY_AFTER, _PASS_SECONDS = 2.0, 4.0  # seconds lost to such files; seconds until no further file is begun
_PENDING = "it is still to be read"
_BLOCK = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """The outcome of one part of a file, such as a line (``line``, from 1), or of a file that is one article (0).

    ``requested_id`` is the id before duplicates are resolved. ``article_id`` is the final one; it is None when the part
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
    recently for its mtime to be trusted. ``is_pending`` if it is still to be read; its records are those of what it
    said before, if anything, and its digest is empty if it has not been tried.
    """

    path: str
    name: str
    stamp: FileStamp | None
    digest: str
    catalog_digest: str
    records: tuple[ArticleRecord, ...]
    is_pending: bool = False


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
    the records that a later read needs in order to reuse unchanged files. ``is_pending`` if some files are still to be
    read, which a later read does.
    """

    items: tuple[Article | int, ...]
    skipped: tuple[SkippedFile, ...]
    warnings: tuple[str, ...]
    files: tuple[FileRecord, ...] = ()

    @property
    def is_pending(self) -> bool:
        return any(file.is_pending for file in self.files)

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that were read, in order, without the unchanged ones."""
        return tuple(item for item in self.items if isinstance(item, Article))


def read_files(
    listing: Listing,
    process: ReaderProcess,
    progress: Progress | None = None,
    previous: PreviousRead | None = None,
    *,
    is_live: bool = False,
) -> ReadResult:
    """Read the listed files in order; reuse what is unchanged since ``previous``.

    A file that several paths lead to is read once. ``progress`` is called with the bytes read and their total. If the
    archive ``is_live``, that is, questions are answered from the previous read meanwhile, files that take long are left
    pending for the next read, so that no other article waits for them.

    Raises ArchiveError when no article is found.
    """
    reader = _ArchiveReader(listing, process, progress, previous)
    reader.read(is_live=is_live)
    if not reader.articles:
        if is_live and any(file.is_pending for file in reader.files):
            return read_files(listing, process, progress, previous)
        where = ", ".join(map(str, listing.paths)) or "the archive"
        examples = list_first([f"{skip.name}: {skip.reason}" for skip in reader.skipped], 3)
        skipped = f" (skipped {examples})" if examples else ""
        raise ArchiveError(
            f"There is no article in {where}{skipped}. Add .txt, .md, .html, .pdf, .docx or .jsonl files."
        )
    return ReadResult(
        tuple(reader.articles.values()), tuple(reader.skipped), tuple(reader.warnings), tuple(reader.files)
    )


def read_each(listing: Listing, process: ReaderProcess) -> Iterator[tuple[ArticleFile, ArticleRecord, Article | None]]:
    """Read the listed files one by one: for each article, its file, record, and itself, or None if it was skipped.

    Unlike ``read_files``, this keeps no article in memory, names every part that is skipped, and does not raise
    ArchiveError when there is no article. Ids are not made unique.
    """
    reader = _ArchiveReader(listing, process, None, None)
    for file in listing.files:
        if file.reason:
            yield file, ArticleRecord(0, file.name, None, file.reason, outcome=file.outcome), None
            continue
        try:
            for entry in _parse(process, file, named_parts=MAX_SKIPPED_PARTS):
                yield file, *reader.build_article(file, entry)
        except (OSError, ReadLimitError) as error:
            reason = _describe(error) if isinstance(error, OSError) else str(error)
            outcome: ReadOutcome = "broken" if isinstance(error, OSError) else "too_large"
            yield file, ArticleRecord(0, file.name, None, reason, outcome=outcome), None


def _parse(
    process: ReaderProcess, file: ArticleFile, seconds: float | None = None, named_parts: int = MAX_NAMED_PARTS
) -> Iterator[Entry]:
    """Parse the file in the reader process. Raises OSError and ReadLimitError."""
    module = f"bot.ingest.formats.{file.reader}"
    return process.run(parse_file, file.path, file.reader, named_parts, module=module, seconds=seconds)


_Outcome = tuple[ArticleRecord, Article | int | None]


@dataclass(slots=True)
class _Source:
    """A listed file: its digest, the record of it, if any, from the previous read, and the entries it was parsed to.

    ``reason`` says why it cannot be read; ``is_slow`` if it took too long at the first try.
    """

    file: ArticleFile
    reason: str = ""
    path: str = ""
    digest: str = ""
    catalog_digest: str = ""
    known: FileRecord | None = None
    entries: list[Entry] | None = None
    is_slow: bool = False

    @property
    def is_as_known(self) -> bool:
        return self.known is not None and self.known.digest == self.digest

    @property
    def is_unread(self) -> bool:
        return not self.reason and (not self.is_as_known or (self.known is not None and self.known.is_pending))


@dataclass
class _ArchiveReader:
    """What has been read of the archive so far."""

    listing: Listing
    process: ReaderProcess
    progress: Progress | None
    previous: PreviousRead | None
    articles: dict[str, Article | int] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    _root_by_id: dict[str, Path] = field(default_factory=dict)
    _renamed_ids: dict[Path, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._catalogs = Catalogs(self.listing.catalog_paths, self.warnings)
        self._real_folder: Callable[[Path], str] = cache(os.path.realpath)

    def read(self, *, is_live: bool) -> None:
        """Read all files; add the warnings that need the whole archive: unused catalog keys and renamed ids."""
        sources = list(self._open_files())
        unread = [source for source in sources if source.is_unread]
        if is_live:
            self._parse_for_seconds(unread)
        else:
            self._parse_all(unread)
        for source in sources:
            self._add_source(source)
        self._catalogs.warn_of_unused_keys()
        for root, changes in self._renamed_ids.items():
            more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
            name = display_name(str(root))
            self.warnings.append(f"{name}: article ids that were already in use were changed: {changes[0]}{more}.")

    def _open_files(self) -> Iterator[_Source]:
        seen: set[str] = set()
        for file in self.listing.files:
            source = _Source(file, file.reason)
            if not source.reason:
                real = self._resolve_path(file)
                if real in seen:
                    continue
                seen.add(real)
                source.path = os.fsencode(real).decode("latin-1")
                source.catalog_digest = self._catalogs.get(file.folder).digest
                known = None if self.previous is None else self.previous.files.get(source.path)
                if known and (known.name, known.catalog_digest) == (file.name, source.catalog_digest):
                    source.known = known
                try:
                    is_same = source.known is not None and source.known.stamp == file.stamp
                    source.digest = source.known.digest if source.known and is_same else _digest(file.path)
                except OSError as error:
                    source.reason = _describe(error)
            yield source

    def _resolve_path(self, file: ArticleFile) -> str:
        """The file's path with all links followed; each folder is resolved once."""
        path = os.path.join(self._real_folder(file.folder), file.basename)  # noqa: PTH118 - a Path for each is slow
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114

    def _parse_all(self, sources: Sequence[_Source]) -> None:
        done, total = 0, sum(source.file.stamp.size for source in sources)
        for source in sources:
            self._parse_source(source, None, partial(self._report_progress, total, done))
            done += source.file.stamp.size
            self._report_progress(total, done, 0)

    def _parse_for_seconds(self, sources: Sequence[_Source]) -> None:
        """Parse for a few seconds: first what has not been tried, the smallest files first; then what took long."""
        began, lost = time.monotonic(), 0.0
        slow = []
        for source in sorted(sources, key=lambda one: one.file.stamp.size):
            if source.is_as_known or source.file.stamp.size > LARGE_FILE:
                slow.append(source)
            elif time.monotonic() - began < _PASS_SECONDS:
                seconds = FAST_SECONDS if lost < _HURRY_AFTER else HURRIED_SECONDS
                self._parse_source(source, seconds)
                lost += seconds if source.entries is None else 0.0
        for source in slow:
            if time.monotonic() - began < _PASS_SECONDS:
                self._parse_source(source, None)

    def _parse_source(
        self, source: _Source, seconds: float | None, report: Callable[[int], None] | None = None
    ) -> None:
        """Parse the file; if it takes longer than ``seconds``, which may be less than the limit, only note that."""
        entries = []
        try:
            for entry in _parse(self.process, source.file, seconds):
                entries.append(entry)
                if report and entry.bytes_read:
                    report(entry.bytes_read)
        except OSError as error:
            source.reason = _describe(error)
        except ReadLimitError as error:
            if seconds is not None:
                source.is_slow = True
                return
            entries.append(Entry(0, reason=str(error), outcome=error.outcome))
        source.entries = entries

    def _add_source(self, source: _Source) -> None:
        """Add what was parsed, or else what is known of the file."""
        file = source.file
        if source.reason:
            if file.is_noted:
                self.skipped.append(SkippedFile(file.name, source.reason))
            return
        is_pending = source.is_unread and source.entries is None
        outcomes: Iterable[_Outcome]
        if source.entries is not None:
            outcomes = (self.build_article(file, entry) for entry in source.entries)
        elif source.known:
            outcomes = (self._reuse_article(file, record) for record in source.known.records)
        else:
            outcomes = [(ArticleRecord(0, file.name, None, _PENDING, outcome="too_large"), None)]
        records = []
        for record, item in outcomes:  # one by one: the id of each depends on those before it
            records.append(record)
            self._add_outcome(file, record, item)
        is_trusted = time.time_ns() - file.stamp.mtime_ns > MTIME_GRANULARITY_NS
        stamp = file.stamp if is_trusted and not is_pending else None
        is_tried = not is_pending or source.is_slow or source.is_as_known
        digest = source.digest if is_tried else ""
        catalog_digest = source.catalog_digest
        self.files.append(FileRecord(source.path, file.name, stamp, digest, catalog_digest, tuple(records), is_pending))

    def build_article(self, file: ArticleFile, entry: Entry) -> tuple[ArticleRecord, Article | None]:
        """Build the article of an entry; its record only, if it has none."""
        requested_id = entry.id or (f"{file.name}#{entry.number}" if entry.number else file.name)
        if entry.draft is None:
            return ArticleRecord(entry.number, requested_id, None, entry.reason, outcome=entry.outcome), None
        overrides = self._get_catalog_metadata(file, entry.number, requested_id)
        article_id = self._make_unique(file.root, requested_id, entry.number)
        article = build_article(entry.draft, id=article_id, file=display_name(file.basename), overrides=overrides)
        warnings = list(entry.draft.warnings)
        if "\ufffd" in article.text:
            warnings.append("it contains \ufffd, which stands for characters that could not be decoded")
        sentences = tuple(f"{_part_name(file, entry.number)}: {warning}." for warning in warnings)
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
            self.skipped.append(SkippedFile(_part_name(file, record.line), record.reason))
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

    def _report_progress(self, total: int, done: int, of_file: int) -> None:
        if self.progress:
            self.progress(done + of_file, total)


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


def _part_name(file: ArticleFile, line: int) -> str:
    return f"{file.name} {PARTS[file.reader][0]} {line}" if line else file.name
