"""Find an archive's files, and detect whether they have changed since they were last read."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bot.errors import ArchiveError, ReadOutcome

CATALOG = "archive.toml"
"""Metadata of the articles in the same folder; see ``bot.ingest.catalog``."""
VOCABULARY = "vocabulary.toml"
"""Other words for those that people ask with; see ``bot.ingest.vocabulary``."""
MTIME_GRANULARITY_NS = 2_000_000_000
"""The coarsest mtime of any file system: two changes within this time may leave the same mtime."""
# The module of bot.ingest.formats that reads each suffix. Imported on first use, because some are slow to import.
READERS = {
    ".txt": "plain",
    ".text": "plain",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".epub": "epub",
    ".pdf": "pdf",
    ".eml": "email",
    ".mbox": "email",
    ".rss": "feed",
    ".atom": "feed",
    ".rdf": "feed",
    ".xml": "feed",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
}
# Files that often lie beside articles: images, parts of a saved web page, configuration. Not worth a note.
IGNORED_SUFFIXES = frozenset(
    ".png .jpg .jpeg .gif .webp .svg .ico .bmp .avif .css .js .mjs .map .woff .woff2 .ttf .otf .mp3 .mp4 .webm "
    ".py .pyc .toml .yaml .yml .ini .cfg .lock .log .tmp .bak .swp".split()
)
# What to convert other files to.
_CONVERSIONS = (
    (frozenset({".doc", ".dot", ".docm", ".odt", ".ott", ".rtf", ".pages", ".wpd", ".wps"}), ".docx or PDF"),
    (frozenset({".ppt", ".pptx", ".odp", ".key", ".xps", ".ps", ".djvu", ".tif", ".tiff"}), "PDF with text"),
    (frozenset({".json"}), ".jsonl (one article a line)"),
    (frozenset({".xls", ".xlsx", ".ods", ".csv", ".tsv", ".numbers"}), ".jsonl (one article a line) or a table in .md"),
    (frozenset({".mobi", ".azw", ".azw3", ".kfx", ".fb2", ".lit"}), ".epub"),
    (frozenset({".msg", ".pst", ".ost", ".oft"}), ".eml or .mbox"),
    (frozenset({".mht", ".mhtml", ".webarchive", ".xhtml"}), ".html"),
    (frozenset({".rst", ".tex", ".org", ".adoc", ".asciidoc", ".wiki", ".textile"}), ".md or .html"),
    (frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".bz2", ".xz"}), "a folder of its files"),
)
_README_REASON = "at the top of an archive it describes the archive; to have it quoted, give it another name"
_LEADS_OUTSIDE = "it is a link to a place outside the archive"
# Folders of programs, not of articles; like hidden ones, not worth a note.
_IGNORED_FOLDERS = frozenset({"node_modules", "bower_components", "__pycache__", "__MACOSX"})


class FileStamp(NamedTuple):
    """What changes when a file is changed or replaced; times are in nanoseconds.

    Size and mtime alone do not tell: a file may be replaced by another one of the same size, and its mtime set back.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStamp:
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


NO_STAMP = FileStamp(0, 0, 0, 0)
"""Of a file that cannot be opened."""


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file that holds articles, or one that cannot be read.

    ``root`` is the path of the archive that it was found under; ``name`` is its path below ``root``, with forward
    slashes; ``basename`` is the last part of it as the file system has it. ``reader`` is the module of
    ``bot.ingest.formats`` that reads it; if empty, ``reason`` says why the file is not read. ``is_noted``: whether that
    is worth a note with every answer.
    """

    root: Path
    folder: Path
    basename: str
    name: str
    reader: str = ""
    stamp: FileStamp = NO_STAMP
    reason: str = ""
    outcome: ReadOutcome = "broken"
    is_noted: bool = True

    @property
    def path(self) -> Path:
        return self.folder / self.basename


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or line that gave no article: its name (``news.jsonl line 17``), and the reason as a half sentence."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The files below ``paths``, and the catalogs and vocabularies, each with its path and stamp."""

    paths: tuple[Path, ...]
    files: tuple[ArticleFile, ...]
    catalogs: tuple[tuple[str, FileStamp], ...]

    @cached_property
    def digest(self) -> str:
        """A hexadecimal SHA-256 that changes when a file is added, changed or removed."""
        files = [
            (str(file.root), str(file.folder), file.basename, file.name, file.stamp, file.reason) for file in self.files
        ]
        return hashlib.sha256(json.dumps((files, self.catalogs)).encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def catalog_paths(self) -> frozenset[str]:
        return frozenset(path for path, _ in self.catalogs)

    @cached_property
    def latest_mtime_ns(self) -> int:
        """The latest mtime of all files and catalogs, in nanoseconds; 0 if there are none."""
        stamps = (*(file.stamp for file in self.files), *(stamp for _, stamp in self.catalogs))
        return max((stamp.mtime_ns for stamp in stamps), default=0)


def list_files(paths: Sequence[Path]) -> Listing:
    """List the files below the paths, in order. Raises ArchiveError when a path does not exist.

    A path may be a link; a link below it is followed only to a place below one of the paths, since anything else on the
    machine, such as a secret, is not for quoting.
    """
    for path in paths:
        if not path.exists():
            raise ArchiveError(
                f"There is no {path}. Pass a folder of articles or a .jsonl file with --corpus or PULLQUOTE_CORPUS."
            )
    roots = [os.path.realpath(path) for path in paths]
    files = [file for path in paths for file in _find_files(path, roots)]
    catalogs = []
    folders = dict.fromkeys(file.folder for file in files)
    for path in (*(folder / CATALOG for folder in folders), *vocabulary_paths(paths)):
        with suppress(OSError):
            stamp = FileStamp.of(path.stat())
            if path.is_symlink() and not _is_inside(path, [*roots, os.path.realpath(path.parent)]):
                files.append(ArticleFile(path.parent, path.parent, path.name, path.name, reason=_LEADS_OUTSIDE))
            else:
                catalogs.append((str(path), stamp))
    return Listing(tuple(paths), tuple(files), tuple(catalogs))


def vocabulary_paths(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return where a vocabulary of the archive at ``paths`` would be."""
    return tuple(dict.fromkeys((path if path.is_dir() else path.parent) / VOCABULARY for path in paths))


def _find_files(path: Path, roots: Sequence[str]) -> Iterator[ArticleFile]:
    """Find the articles' files below ``path``, folder by folder, sorted by name; unreadable files and folders too.

    Links are followed to places below ``roots``, the archive's paths without links.
    """
    if not path.is_dir():
        yield _inspect(path, path.parent, path.name, display_name(path.name), _suffix(path.name), roots)
        return
    errors: list[OSError] = []
    seen: set[tuple[int, int]] = set()
    for folder_name, subfolders, basenames in os.walk(path, followlinks=True, onerror=errors.append):
        folder = Path(folder_name)
        try:
            status = folder.stat()
        except OSError as error:  # deleted since it was listed
            errors.append(error)
            subfolders.clear()
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link to a parent, or a second link to the same folder
            subfolders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        prefix = "" if folder == path else f"{folder.relative_to(path).as_posix()}/"
        subfolders[:] = sorted(name for name in subfolders if name[0] != "." and name not in _IGNORED_FOLDERS)
        for name in [name for name in subfolders if (folder / name).is_symlink()]:
            if not _is_inside(folder / name, roots):
                subfolders.remove(name)
                yield ArticleFile(path, folder, name, display_name(prefix + name), reason=_LEADS_OUTSIDE)
        for basename in sorted(basenames):
            if basename.startswith(".") or basename == CATALOG:
                continue
            if basename == "README.md" and folder == path:
                yield ArticleFile(
                    path, folder, basename, basename, reason=_README_REASON, outcome="unsupported", is_noted=False
                )
            elif (suffix := _suffix(basename)) not in IGNORED_SUFFIXES:
                yield _inspect(path, folder, basename, display_name(prefix + basename), suffix, roots)
    for failure in errors:
        failed = Path(str(failure.filename))
        name, reason = display_name(failed.relative_to(path).as_posix()), f"it cannot be opened ({failure.strerror})"
        yield ArticleFile(path, failed.parent, failed.name, name, reason=reason)


def _suffix(basename: str) -> str:
    lower = basename.lower()
    # os.path rather than pathlib, here and below: a Path for each of thousands of files is slow.
    return ".jsonl.gz" if lower.endswith(".jsonl.gz") else os.path.splitext(lower)[1]  # noqa: PTH122


def _is_inside(path: Path, roots: Sequence[str]) -> bool:
    """Whether the path, with all links followed, is below one of the ``roots`` or one of them."""
    real = os.path.realpath(path)
    return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _inspect(root: Path, folder: Path, basename: str, name: str, suffix: str, roots: Sequence[str]) -> ArticleFile:
    if suffix not in READERS:
        reason = describe_unsupported(suffix)
        return ArticleFile(root, folder, basename, name, reason=reason, outcome="unsupported")
    try:
        status = os.lstat(os.path.join(folder, basename))  # noqa: PTH118
        if stat.S_ISLNK(status.st_mode):
            if not _is_inside(folder / basename, roots):
                return ArticleFile(root, folder, basename, name, reason=_LEADS_OUTSIDE)
            status = (folder / basename).stat()
    except OSError as error:
        return ArticleFile(root, folder, basename, name, reason=f"it cannot be opened ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return ArticleFile(root, folder, basename, name, reason="it is not a regular file")
    return ArticleFile(root, folder, basename, name, READERS[suffix], FileStamp.of(status))


def describe_unsupported(suffix: str) -> str:
    """Why a file of this suffix is not read, and what to convert it to, as a half sentence."""
    what = f"the file type {suffix} is not supported" if suffix else "it has no suffix that tells its file type"
    target = next((target for suffixes, target in _CONVERSIONS if suffix in suffixes), ".txt, .md or .html")
    return f"{what}; convert it to {target}"


def display_name(name: str) -> str:
    """Replace the bytes of a file name that are not UTF-8, so that it can be printed and stored."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")
