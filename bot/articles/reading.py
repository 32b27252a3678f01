"""A whole archive: every path's files read, named and put together.

Secret: how articles get ids that are theirs alone, and that one bad file never costs another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from bot.articles import catalogue, jsonl
from bot.articles.decoding import ARTICLE_LIMIT
from bot.articles.draft import Draft, finish
from bot.articles.facts import Facts
from bot.articles.finding import Found, find
from bot.errors import ArchiveError, UnreadableArticleError
from bot.models import Article

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or line that gave no article: its name (``news.jsonl line 17``), and the reason as a half sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, what was not, and, one sentence each, what a keeper of the archive should know."""

    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def read(paths: Sequence[Path], *, progress: Progress | None = None) -> Reading:
    """The articles that the paths stand for, in order: folders (with all below), archives, single files.

    A file that several paths lead to is read once. ``progress`` is told how many bytes were read, and of how many.
    Raises ArchiveError when a path does not exist or no article is found.
    """
    for path in paths:
        if not path.exists():
            raise ArchiveError(
                f"There is no {path}: name a folder of articles or a .jsonl archive with --corpus or PULLQUOTE_CORPUS."
            )
    found = [(path, file) for path in paths for file in find(path)]
    reading = _Archive(total=sum(file.size for _, file in found), progress=progress)
    for path, file in found:
        reading.take(path, file)
    reading.conclude()
    if not reading.articles:
        raise ArchiveError(_nothing(paths, reading.skipped))
    return Reading(tuple(reading.articles.values()), tuple(reading.skipped), tuple(reading.warnings))


def _nothing(paths: Sequence[Path], skipped: Sequence[Skipped]) -> str:
    where = ", ".join(map(str, paths)) or "the archive"
    named = "; ".join(f"{skip.name}: {skip.reason}" for skip in skipped[:3])
    more = f"; and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    why = f" (skipped {named}{more})" if named else ""
    return f"There is no article in {where}{why}: put .txt, .md, .html or .jsonl files there."


@dataclass
class _Archive:
    """The archive so far."""

    total: int
    progress: Progress | None
    articles: dict[str, Article] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _done: int = 0
    _seen: set[Path] = field(default_factory=set)
    _owner: dict[str, Path] = field(default_factory=dict)
    _renamed: dict[Path, list[str]] = field(default_factory=dict)
    _catalogues: dict[Path, catalogue.Catalogue] = field(default_factory=dict)
    _used: set[tuple[Path, str]] = field(default_factory=set)

    def take(self, path: Path, file: Found) -> None:
        """Read one file that ``path`` led to."""
        if file.reason:
            self.skipped.append(Skipped(file.name, file.reason))
            return
        real = file.path.resolve()
        if real not in self._seen:
            self._seen.add(real)
            try:
                for line in self._lines(file):
                    self._add(path, file, line)
            except UnreadableArticleError as error:
                self.skipped.append(Skipped(file.name, str(error)))
            except OSError as error:
                self.skipped.append(Skipped(file.name, f"it cannot be opened ({error.strerror or error})"))
            except Exception as error:  # noqa: BLE001 - the edge: a parser's own flaw costs one file, not the archive
                self.skipped.append(Skipped(file.name, f"its reader failed on it ({type(error).__name__})"))
        self._done += file.size
        self._tell(0)

    def conclude(self) -> None:
        """Warn of what only the whole reading shows: keys that name nothing, ids that were taken."""
        for folder, known in self._catalogues.items():
            idle = [key for key in known.entries if (folder, key) not in self._used and not (folder / key).exists()]
            self.warnings += (f'{folder / catalogue.FILE}: "{key}" names no file or article there.' for key in idle)
        for path, changes in self._renamed.items():
            more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
            self.warnings.append(f"{path} holds ids that were taken already, and got others: {changes[0]}{more}.")

    def _lines(self, file: Found) -> Iterator[jsonl.Line]:
        if file.reader == "jsonl":
            yield from jsonl.read(file.path, at=self._tell)
            return
        if file.size > ARTICLE_LIMIT:
            raise UnreadableArticleError(f"it is larger than {ARTICLE_LIMIT // 1_000_000} MB")
        reader: Callable[[bytes], Draft] = import_module(f"bot.articles.{file.reader}").read
        yield jsonl.Line(0, file.name, reader(file.path.read_bytes()))

    def _add(self, path: Path, file: Found, line: jsonl.Line) -> None:
        name = f"{file.name} line {line.number}" if line.number else file.name
        if line.draft is None:
            self.skipped.append(Skipped(name, line.reason))
            return
        wanted = line.id or f"{file.name}#{line.number}"
        known = self._known(file.path, wanted if line.number else None)
        try:
            article = finish(line.draft, id=self._own_id(path, wanted, line), file=file.path.name, known=known)
        except UnreadableArticleError as error:
            self.skipped.append(Skipped(name, str(error)))
            return
        self.articles[article.id] = article
        self._owner[article.id] = path
        if article.id != wanted:
            self._renamed.setdefault(path, []).append(f'"{wanted}" is now "{article.id}"')
        self.warnings += (f"{name}: {warning}." for warning in line.draft.warnings)
        if "\ufffd" in article.text:
            self.warnings.append(f"{name}: some of its bytes are no text, and are shown as \ufffd.")

    def _known(self, path: Path, line_id: str | None) -> Facts:
        """What the catalogue in the file's folder says: of the article by its id, else of the whole file."""
        folder = path.parent
        if folder not in self._catalogues:
            self._catalogues[folder] = catalogue.load(folder)
            self.warnings += self._catalogues[folder].warnings
        facts = Facts()
        for key in filter(None, (line_id, path.name)):
            if key in self._catalogues[folder].entries:
                self._used.add((folder, key))
                facts = facts.over(self._catalogues[folder].entries[key])
        return facts

    def _own_id(self, path: Path, wanted: str, line: jsonl.Line) -> str:
        """``wanted`` if it is free; else with the PATH's name in front or, inside one PATH, with the line's number."""
        if wanted not in self.articles:
            return wanted
        inside = line.number and self._owner[wanted] == path
        own = free = f"{wanted}#{line.number}" if inside else f"{path.resolve().name}/{wanted}"
        count = 2
        while own in self.articles:
            own, count = f"{free} ({count})", count + 1
        return own

    def _tell(self, read: int) -> None:
        if self.progress:
            self.progress(self._done + read, self.total)
