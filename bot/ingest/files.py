"""Which files a path stands for, and which of them hold articles.

Secret: suffixes, hidden files, links that lead in circles, and the order of files.

Which files an archive is made of, and whether they are still what they were.

Keeps secret by what a file is known to be unchanged: where it lies, its size, and when it was changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.errors import ArchiveError

CATALOG = "archive.toml"
"""What an archive's keeper says about the articles in the same folder."""
# The module of this folder that reads each kind of file; they are imported when one is met, for some are slow to.
READERS = {
    ".txt": "plain",
    ".text": "plain",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
}
# What lies beside articles and was never meant to be one: pictures, and the parts of a saved web page.
_BESIDE = (
    ".png .jpg .jpeg .gif .webp .svg .ico .bmp .avif .css .js .mjs .map .woff .woff2 .ttf .otf .mp3 .mp4 .webm "
    ".py .pyc .toml .yaml .yml .ini .cfg .lock .log .tmp .bak .swp"
)
_COMPANIONS = frozenset(_BESIDE.split())


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file that was met.

    ``folder`` is the one that it lies in; ``name`` its path below the folder that was searched, with forward slashes;
    ``file`` the last part of both; ``reader`` the module that reads it;
    ``reason`` why it cannot be read. One with neither is nothing that anyone would miss. ``changed`` is when it was
    changed last, in nanoseconds of the system's clock.
    """

    folder: Path
    file: str
    name: str
    reader: str = ""
    size: int = 0
    changed: int = 0
    reason: str = ""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.file


def find_files(path: Path) -> Iterator[ArticleFile]:
    """The files that ``path`` stands for, each once, sorted by name folder by folder, and those that cannot be read."""
    if not path.is_dir():
        yield _look(path.parent, path.name, display_name(path.name), always=True)
        return
    troubles: list[OSError] = []
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(path, followlinks=True, onerror=troubles.append):
        at = Path(folder)
        try:
            status = at.stat()
        except OSError as error:  # gone since it was listed
            troubles.append(error)
            folders.clear()
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link back up, or a second way to the same folder
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        above = "" if at == path else f"{at.relative_to(path).as_posix()}/"
        for name in sorted(files):
            if name.startswith(".") or name == CATALOG or (name == "README.md" and at == path):
                continue
            found = _look(at, name, display_name(above + name))
            if found.reader or found.reason:
                yield found
    for trouble in troubles:
        closed = Path(str(trouble.filename))
        name = display_name(closed.relative_to(path).as_posix())
        yield ArticleFile(closed.parent, closed.name, name, reason=f"it may not be opened ({trouble.strerror})")


def _look(folder: Path, file: str, name: str, *, always: bool = False) -> ArticleFile:
    lower = file.lower()
    suffix = ".jsonl.gz" if lower.endswith(".jsonl.gz") else os.path.splitext(lower)[1]  # noqa: PTH122 - of thousands
    if suffix not in READERS:
        if suffix in _COMPANIONS and not always:
            return ArticleFile(folder, file, name)
        return ArticleFile(folder, file, name, reason=f"not a kind of file this reads: {suffix or 'it has no suffix'}")
    try:
        status = os.stat(os.path.join(folder, file))  # noqa: PTH116, PTH118 - of thousands, a path each would be slow
    except OSError as error:
        return ArticleFile(folder, file, name, reason=f"it cannot be reached ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return ArticleFile(folder, file, name, reason="it is not a regular file")
    return ArticleFile(folder, file, name, READERS[suffix], status.st_size, status.st_mtime_ns)


def display_name(name: str) -> str:
    """A name that can be printed and stored, also if the disk's is not in any encoding."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


SETTLED = 2_000_000_000
"""Nanoseconds: the clocks of file systems are no finer than this, so a file may change twice and look as if once."""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or line that gave no article: its name (``news.jsonl line 17``), and the reason as a half sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The files that some paths lead to, each with its path, and the catalogues beside them."""

    paths: tuple[Path, ...]
    found: tuple[tuple[Path, ArticleFile], ...]
    catalogues: tuple[tuple[str, int, int], ...]

    @cached_property
    def digest(self) -> str:
        """A hexadecimal digest of all that tells whether a file was added, changed or removed."""
        files = [
            (str(path), str(file.folder), file.file, file.name, file.size, file.changed, file.reason)
            for path, file in self.found
        ]
        return hashlib.sha256(json.dumps((files, self.catalogues)).encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def latest(self) -> int:
        """When any of the files was changed last, in nanoseconds."""
        changes = [file.changed for _, file in self.found]
        return max([*changes, *(changed for _, _, changed in self.catalogues)], default=0)


def list_files(paths: Sequence[Path]) -> Listing:
    """The files that the paths lead to, in order. Raises ArchiveError when a path does not exist."""
    for path in paths:
        if not path.exists():
            raise ArchiveError(
                f"There is no {path}: name a folder of articles or a .jsonl archive with --corpus or PULLQUOTE_CORPUS."
            )
    found = tuple((path, file) for path in paths for file in find_files(path))
    folders = dict.fromkeys(file.folder for _, file in found)
    return Listing(tuple(paths), found, tuple(known for folder in folders if (known := _catalogue(folder))))


def _catalogue(folder: Path) -> tuple[str, int, int] | None:
    path = folder / CATALOG
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_size, status.st_mtime_ns
