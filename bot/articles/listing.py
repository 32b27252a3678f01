"""Which files an archive is made of, and whether they are still what they were.

Keeps secret by what a file is known to be unchanged: where it lies, its size, and when it was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.articles.finding import CATALOGUE, Found, find
from bot.errors import ArchiveError

SETTLED = 2_000_000_000
"""Nanoseconds: the clocks of file systems are no finer than this, so a file may change twice and look as if once."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or line that gave no article: its name (``news.jsonl line 17``), and the reason as a half sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The files that some paths lead to, each with its path, and the catalogues beside them."""

    paths: tuple[Path, ...]
    found: tuple[tuple[Path, Found], ...]
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


def listing(paths: Sequence[Path]) -> Listing:
    """The files that the paths lead to, in order. Raises ArchiveError when a path does not exist."""
    for path in paths:
        if not path.exists():
            raise ArchiveError(
                f"There is no {path}: name a folder of articles or a .jsonl archive with --corpus or PULLQUOTE_CORPUS."
            )
    found = tuple((path, file) for path in paths for file in find(path))
    folders = dict.fromkeys(file.folder for _, file in found)
    return Listing(tuple(paths), found, tuple(known for folder in folders if (known := _catalogue(folder))))


def _catalogue(folder: Path) -> tuple[str, int, int] | None:
    path = folder / CATALOGUE
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_size, status.st_mtime_ns
