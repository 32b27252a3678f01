"""Which files a path stands for, and which of them hold articles.

Secret: suffixes, hidden files, links that lead in circles, and the order of files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = "archive.toml"
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
class Found:
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


def find(path: Path) -> Iterator[Found]:
    """The files that ``path`` stands for, each once, sorted by name folder by folder, and those that cannot be read."""
    if not path.is_dir():
        yield _look(path.parent, path.name, shown(path.name), always=True)
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
            if name.startswith(".") or name == CATALOGUE or (name == "README.md" and at == path):
                continue
            found = _look(at, name, shown(above + name))
            if found.reader or found.reason:
                yield found
    for trouble in troubles:
        closed = Path(str(trouble.filename))
        name = shown(closed.relative_to(path).as_posix())
        yield Found(closed.parent, closed.name, name, reason=f"it may not be opened ({trouble.strerror})")


def _look(folder: Path, file: str, name: str, *, always: bool = False) -> Found:
    lower = file.lower()
    suffix = ".jsonl.gz" if lower.endswith(".jsonl.gz") else os.path.splitext(lower)[1]  # noqa: PTH122 - of thousands
    if suffix not in READERS:
        if suffix in _COMPANIONS and not always:
            return Found(folder, file, name)
        return Found(folder, file, name, reason=f"not a kind of file this reads: {suffix or 'it has no suffix'}")
    try:
        status = os.stat(os.path.join(folder, file))  # noqa: PTH116, PTH118 - of thousands, a path each would be slow
    except OSError as error:
        return Found(folder, file, name, reason=f"it cannot be reached ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return Found(folder, file, name, reason="it is not a regular file")
    return Found(folder, file, name, READERS[suffix], status.st_size, status.st_mtime_ns)


def shown(name: str) -> str:
    """A name that can be printed and stored, also if the disk's is not in any encoding."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")
