"""What a snapshot was made of and by what: whether it may still be trusted.

Keeps secret what an analysis depends on besides the articles.

An index together with what it was made of, saved or not yet.
"""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy
import numpy as np
import regex
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.index import Index
from bot.index.arrays import Array, Arrays, LazyArrays, StringArray, prefix, unprefix
from bot.index.tokens import Vocabulary
from bot.ingest.files import MTIME_GRANULARITY_NS, Listing, SkippedFile
from bot.ingest.reader import FileRecord

_LIBRARIES = (
    "rank-bm25 numpy regex PyStemmer rapidfuzz sentencex trafilatura lxml lxml_html_clean markdown-it-py PyYAML "
    "charset-normalizer babel"
).split()
"""Those that an article passes through on its way into the index."""
_PACKAGES = ("index", "ingest", "text")


class BuildInfo(BaseModel):
    """What makes snapshots: the program itself, Python, and the libraries, as a hexadecimal digest.

    ``seen`` is how they look from outside: while that is the same, so are they.
    """

    model_config = ConfigDict(frozen=True)

    digest: str
    seen: str

    @classmethod
    def here(cls) -> BuildInfo:
        """What makes them here and now."""
        return cls(digest=_digest(), seen=_seen())

    def is_here(self) -> bool:
        """Whether it is what makes them here and now."""
        return self.seen == _seen() or self.digest == _digest()


class Manifest(BaseModel):
    """The head of a snapshot.

    ``listing`` is the digest of the files it was made of (``bot.articles.listing``), ``latest`` when one of them was
    changed last, ``made`` when reading them began, in nanoseconds.
    """

    model_config = ConfigDict(frozen=True)

    maker: BuildInfo
    listing: str
    latest: int
    made: int


def _sources() -> list[Path]:
    """The program's files on which an index depends."""
    root = Path(__file__).parent.parent
    every = [*root.glob("*.py"), *(path for package in _PACKAGES for path in (root / package).rglob("*.*"))]
    return sorted(path for path in every if path.suffix in {".py", ".c", ".h"})


@cache
def _digest() -> str:
    from importlib.metadata import version

    digest = hashlib.sha256(f"{sys.version_info[:2]} {unicodedata.unidata_version}".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    for source in _sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def _seen() -> str:
    """Wherever a library is exchanged, its folder changes; wherever a source is, its size or its time does."""
    folders = {Path(library.__file__ or "").parent.parent for library in (numpy, regex)}
    known = [sys.version, *((str(path), path.stat().st_mtime_ns) for path in sorted(folders))]
    known += [(str(path), status.st_size, status.st_mtime_ns) for path in _sources() if (status := path.stat())]
    return hashlib.sha256(repr(known).encode()).hexdigest()


StageProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class ReadNotes:
    """What a keeper of the archive should know of how it was read."""

    skipped: tuple[SkippedFile, ...]
    warnings: tuple[str, ...]


class IndexVersion:
    """All that is known of an archive: its ``index``, and the ``notes`` that were made while its articles were read."""

    def __init__(self, manifest: Manifest, columns: LazyArrays, known: IndexInputs | None = None) -> None:
        """``known`` is what need not be read from the columns. Where they do not hold it, they are not yet saved.

        Raises ``DamagedSnapshotError`` where what opening reads is damaged.
        """
        self.manifest, self.columns, self.known = manifest, columns, known
        self.index = Index.from_arrays(columns)
        self.notes = _noted(columns) if known is None else known.notes

    @property
    def built_at(self) -> datetime:
        """When they were read."""
        return datetime.fromtimestamp(self.manifest.made / 1e9, UTC)

    @property
    def is_saved(self) -> bool:
        """Whether it is on disk."""
        return "read.notes" in self.columns

    def is_current(self, now: Listing) -> bool:
        """Whether it was made of the files as they are now."""
        is_settled = self.manifest.latest + MTIME_GRANULARITY_NS < self.manifest.made
        return is_settled and self.manifest.listing == now.digest

    def arrays(self) -> Arrays:
        """All that is to be saved."""
        return {name: column.all() for name, column in self.columns.items()} | (
            self.known.arrays() if self.known else {}
        )


def _noted(columns: LazyArrays) -> ReadNotes:
    skipped, warnings = json.loads(columns["read.notes"].all().tobytes())
    return ReadNotes(tuple(SkippedFile(*one) for one in skipped), tuple(warnings))


@dataclass(frozen=True, slots=True)
class IndexInputs:
    """What an archive is taken over by: its files by their paths, what was noted of them, and the words of its rows."""

    files: Mapping[str, FileRecord]
    notes: ReadNotes
    vocabulary: Vocabulary

    @classmethod
    def of(cls, kept: IndexVersion) -> IndexInputs:
        """What is known of what was kept."""
        if kept.known is not None:
            return kept.known
        read = [_file_records().validate_json(one) for one in StringArray(unprefix("read.files", kept.columns))]
        words = Vocabulary.from_arrays(unprefix("rows.vocabulary", kept.columns))
        return cls({one.path: one for one in read}, kept.notes, words)

    def arrays(self) -> dict[str, Array]:
        """What it is made of, but for the words."""
        notes = ([(one.name, one.reason) for one in self.notes.skipped], self.notes.warnings)
        return {
            **prefix(
                "read.files", StringArray.arrays(_file_records().dump_json(one).decode() for one in self.files.values())
            ),
            "read.notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
        }


@cache
def _file_records() -> TypeAdapter[FileRecord]:
    return TypeAdapter(FileRecord)
