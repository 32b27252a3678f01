"""What was read of a file, so that it need not be read again while it is what it was. Keeps nothing secret.

A whole archive: every path's files read, named and put together.

Secret: how articles get ids that are theirs alone, and that one bad file never costs another.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Protocol

from bot.errors import ArchiveError, UnreadableArticleError
from bot.ingest.catalog import Catalogs
from bot.ingest.draft import Draft, build_article
from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.files import SETTLED, ArticleFile, Listing, SkippedFile, display_name, list_files
from bot.ingest.formats import jsonl
from bot.ingest.metadata import Metadata
from bot.models import Article, Progress


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What a line of a file gave, or a file that is one article (number 0).

    ``wanted`` is the id that it would have, ``article`` that of the article it became: None where ``reason`` says why
    it is none.
    """

    number: int
    wanted: str
    article: str | None
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that was read; ``digest`` is its hexadecimal SHA-256, ``catalogue`` that of the catalogue beside it.

    ``path`` is as the system has it, each byte a character.
    """

    path: str
    name: str
    size: int
    changed: int
    digest: str
    catalogue: str
    taken: tuple[ArticleRecord, ...]


class PreviousRead(Protocol):
    """An archive that was read before, whose articles need not be read again where their file is what it was."""

    def read(self, path: str) -> FileRecord | None:
        """What was read at this path."""
        ...

    def place(self, article: str) -> int:
        """The place of the article with this id, from 0."""
        ...

    def article(self, at: int) -> Article:
        """The article at this place."""
        ...


UNSETTLED = -1
"""When a file was changed, as long as it may be changed again without looking so."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What was read, what was not, and, one sentence each, what a keeper of the archive should know.

    ``items`` are the articles in order, those that are what they were ``Before`` by their places there. ``files`` are
    those that need not be read again while they stay what they are.
    """

    items: tuple[Article | int, ...]
    skipped: tuple[SkippedFile, ...]
    warnings: tuple[str, ...]
    files: tuple[FileRecord, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that were read, in order."""
        return tuple(item for item in self.items if isinstance(item, Article))


def read_articles(paths: Sequence[Path], *, progress: Progress | None = None) -> ReadResult:
    """The articles that the paths stand for, in order: folders (with all below), archives, single files.

    A file that several paths lead to is read once. ``progress`` is told how many bytes were read, and of how many.
    Raises ArchiveError when a path does not exist or no article is found.
    """
    return read_files(list_files(paths), progress)


def read_files(files: Listing, progress: Progress | None = None, before: PreviousRead | None = None) -> ReadResult:
    """As ``read``, of the files that are listed; what is what it was ``before`` is not read again."""
    reading = _ArchiveReader(total=sum(file.size for _, file in files.found), progress=progress, before=before)
    for path, file in files.found:
        reading.take(path, file)
    reading.conclude()
    if not reading.articles:
        raise ArchiveError(_nothing(files.paths, reading.skipped))
    return ReadResult(
        tuple(reading.articles.values()), tuple(reading.skipped), tuple(reading.warnings), tuple(reading.files)
    )


def _nothing(paths: Sequence[Path], skipped: Sequence[SkippedFile]) -> str:
    where = ", ".join(map(str, paths)) or "the archive"
    named = "; ".join(f"{skip.name}: {skip.reason}" for skip in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    why = f" (skipped {named}{more})" if named else ""
    return f"There is no article in {where}{why}: put .txt, .md, .html or .jsonl files there."


@dataclass
class _ArchiveReader:
    """The archive so far."""

    total: int
    progress: Progress | None
    before: PreviousRead | None
    articles: dict[str, Article | int] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    _done: int = 0
    _seen: set[str] = field(default_factory=set)
    _folders: dict[Path, str] = field(default_factory=dict)
    _owner: dict[str, Path] = field(default_factory=dict)
    _renamed: dict[Path, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._catalogues = Catalogs(self.warnings)

    def take(self, path: Path, file: ArticleFile) -> None:
        """Read one file that ``path`` led to, or take over what was read of it before."""
        if file.reason:
            self.skipped.append(SkippedFile(file.name, file.reason))
            return
        real = self._real(file)
        if real not in self._seen:
            self._seen.add(real)
            try:
                self._read(path, file, os.fsencode(real).decode("latin-1"))
            except OSError as error:
                self.skipped.append(SkippedFile(file.name, f"it cannot be opened ({error.strerror or error})"))
        self._done += file.size
        self._tell(0)

    def _real(self, file: ArticleFile) -> str:
        """Where the file lies when all links are followed."""
        if file.folder not in self._folders:
            self._folders[file.folder] = os.path.realpath(file.folder)
        path = os.path.join(self._folders[file.folder], file.file)  # noqa: PTH118 - of thousands
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114

    def _read(self, path: Path, file: ArticleFile, real: str) -> None:
        beside = self._catalogues.of(file.folder).digest
        known = None if self.before is None else self.before.read(real)
        is_alike = known is not None and (known.name, known.size, known.catalogue) == (file.name, file.size, beside)
        is_same = known is not None and is_alike and known.changed == file.changed
        digest = known.digest if known and is_same else _digest(file.path)
        if known and is_alike and known.digest == digest:
            taken = [self._retake(path, file, one) for one in known.taken]
        else:
            taken = list(self._take(path, file))
        # What was changed this moment may be changed again without looking so.
        is_settled = time.time_ns() - file.changed > SETTLED
        changed = file.changed if is_settled else UNSETTLED
        self.files.append(FileRecord(real, file.name, file.size, changed, digest, beside, tuple(taken)))

    def _take(self, path: Path, file: ArticleFile) -> Iterator[ArticleRecord]:
        try:
            for line in self._lines(file):
                yield self._add(path, file, line)
        except UnreadableArticleError as error:
            yield self._skip(file.name, ArticleRecord(0, file.name, None, str(error)))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a parser's own flaw costs one file, not the archive
            why = f"its reader failed on it ({type(error).__name__})"
            yield self._skip(file.name, ArticleRecord(0, file.name, None, why))

    def conclude(self) -> None:
        """Warn of what only the whole reading shows: keys that name nothing, ids that were taken."""
        self._catalogues.warn_of_idle()
        for path, changes in self._renamed.items():
            more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
            self.warnings.append(
                f"{display_name(str(path))} holds ids that were taken already, and got others: {changes[0]}{more}."
            )

    def _lines(self, file: ArticleFile) -> Iterator[jsonl.JsonLine]:
        if file.reader == "jsonl":
            yield from jsonl.read(file.path, at=self._tell)
            return
        if file.size > ARTICLE_LIMIT:
            raise UnreadableArticleError(f"it is larger than {ARTICLE_LIMIT // 1_000_000} MB")
        reader: Callable[[bytes], Draft] = import_module(f"bot.ingest.formats.{file.reader}").read
        yield jsonl.JsonLine(0, file.name, reader(file.path.read_bytes()))

    def _add(self, path: Path, file: ArticleFile, line: jsonl.JsonLine) -> ArticleRecord:
        name = _name(file, line.number)
        wanted = line.id or f"{file.name}#{line.number}"
        known = self._known(file, wanted if line.number else None)
        if line.draft is None:
            return self._skip(name, ArticleRecord(line.number, wanted, None, line.reason))
        try:
            article = build_article(
                line.draft, id=self._own_id(path, wanted, line.number), file=display_name(file.file), known=known
            )
        except UnreadableArticleError as error:
            return self._skip(name, ArticleRecord(line.number, wanted, None, str(error)))
        warnings = [f"{name}: {warning}." for warning in line.draft.warnings]
        if "\ufffd" in article.text:
            warnings.append(f"{name}: some of its bytes are no text, and are shown as \ufffd.")
        taken = ArticleRecord(line.number, wanted, article.id, "", tuple(warnings))
        self._keep(path, taken, article)
        return taken

    def _retake(self, path: Path, file: ArticleFile, taken: ArticleRecord) -> ArticleRecord:
        """Take over what a line gave before."""
        assert self.before is not None
        self._known(file, taken.wanted if taken.number else None)
        if taken.article is None:
            return self._skip(_name(file, taken.number), taken)
        own = self._own_id(path, taken.wanted, taken.number)
        at = self.before.place(taken.article)
        if own == taken.article:
            self._keep(path, taken, at)
            return taken
        again = replace(taken, article=own)
        self._keep(path, again, replace(self.before.article(at), id=own))
        return again

    def _keep(self, path: Path, taken: ArticleRecord, item: Article | int) -> None:
        assert taken.article is not None
        self.articles[taken.article] = item
        self._owner[taken.article] = path
        if taken.article != taken.wanted:
            self._renamed.setdefault(path, []).append(f'"{taken.wanted}" is now "{taken.article}"')
        self.warnings += taken.warnings

    def _skip(self, name: str, taken: ArticleRecord) -> ArticleRecord:
        self.skipped.append(SkippedFile(name, taken.reason))
        return taken

    def _known(self, file: ArticleFile, line_id: str | None) -> Metadata:
        """What the catalogue in the file's folder says: of the article by its id, else of the whole file."""
        return self._catalogues.facts(file.folder, *filter(None, (line_id, file.file)))

    def _own_id(self, path: Path, wanted: str, number: int) -> str:
        """``wanted`` if it is free; else with the PATH's name in front or, inside one PATH, with the line's number."""
        if wanted not in self.articles:
            return wanted
        inside = number and self._owner[wanted] == path
        own = free = f"{wanted}#{number}" if inside else f"{display_name(path.resolve().name)}/{wanted}"
        count = 2
        while own in self.articles:
            own, count = f"{free} ({count})", count + 1
        return own

    def _tell(self, read: int) -> None:
        if self.progress:
            self.progress(self._done + read, self.total)


def _name(file: ArticleFile, number: int) -> str:
    return f"{file.name} line {number}" if number else file.name


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
