"""An index together with what it was built from and by: whether it is still current."""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import regex
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.index import Index
from bot.index.arrays import Array, LazyArrays
from bot.ingest.files import MTIME_GRANULARITY_NS, Listing, SkippedFile
from bot.ingest.reader import FileRecord

_LIBRARIES = (
    "rank-bm25 numpy regex PyStemmer rapidfuzz sentencex lxml markdown-it-py PyYAML "
    "charset-normalizer babel mammoth pypdfium2 symspellpy python-dateutil feedparser"
).split()
"""The libraries that influence how an article is read and indexed."""

StageProgress = Callable[[str, int, int], None]
"""Called with the name of the current stage, how much of it is done, and its total."""


_ROOT = Path(__file__).parent.parent


def _source_files(*folders: str) -> list[Path]:
    """Return the files of Pullquote in these folders, sorted."""
    files = [path for name in folders for path in (_ROOT / name).rglob("*.*")]
    return sorted(path for path in files if path.suffix in {".py", ".c", ".h"})


def _index_files() -> list[Path]:
    """Return the files of Pullquote that influence an index."""
    return sorted([*_ROOT.glob("*.py"), *_source_files("index", "ingest", "text")])


@cache
def software_digest() -> str:
    """Return the hexadecimal SHA-256 of what decides which index some articles give."""
    return _digest(_index_files())


@cache
def reader_digest() -> str:
    """Return the hexadecimal SHA-256 of what decides which text a file gives: the readers and the libraries."""
    return _digest([*sorted(_ROOT.glob("*.py")), *_source_files("ingest")])


def _digest(sources: Iterable[Path]) -> str:
    """Return the hexadecimal SHA-256 of Python, the libraries and the ``sources``."""
    from importlib.metadata import version  # imported here for start-up time: mostly, the other digest suffices

    digest = hashlib.sha256(f"{sys.version_info[:2]} {unicodedata.unidata_version}".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def _stat_digest() -> str:
    # Installing a library changes its parent folder's modification time.
    folders = {Path(library.__file__ or "").parent.parent for library in (np, regex)}
    stats = [sys.version, *((str(path), path.stat().st_mtime_ns) for path in sorted(folders))]
    stats += [(str(path), stat.st_size, stat.st_mtime_ns) for path in _index_files() if (stat := path.stat())]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


class Manifest(BaseModel):
    """What an index was built from and by.

    ``content_digest`` is of the software: the contents and versions of Pullquote, Python and the libraries.
    ``stat_digest`` is of file sizes and modification times, which is faster to compute; while it is unchanged, the
    other is too. ``listing_digest`` and ``latest_mtime_ns`` are those of the ``Listing``. ``built_at_ns`` is when
    reading the files began, in nanoseconds since 1970; it identifies the index.
    """

    model_config = ConfigDict(frozen=True)

    content_digest: str
    stat_digest: str
    listing_digest: str
    latest_mtime_ns: int
    built_at_ns: int

    @classmethod
    def of(cls, listing: Listing, built_at_ns: int) -> Manifest:
        """Describe the listed files and the running software."""
        return cls(
            content_digest=software_digest(),
            stat_digest=_stat_digest(),
            listing_digest=listing.digest,
            latest_mtime_ns=listing.latest_mtime_ns,
            built_at_ns=built_at_ns,
        )

    def is_of_this_software(self) -> bool:
        """Return whether the running software would build the same index."""
        return self.stat_digest == _stat_digest() or self.content_digest == software_digest()


@dataclass(frozen=True)
class ReadNotes:
    """What was noticed while the archive was read: skipped files, and warnings of one sentence each.

    ``is_pending`` if some files are still to be read.
    """

    skipped: tuple[SkippedFile, ...]
    warnings: tuple[str, ...]
    is_pending: bool = False


class IndexVersion:
    """The ``index`` of an archive at one time, with its ``manifest`` and the ``notes`` from reading the articles.

    ``is_saved`` tells whether the arrays are on disk.
    """

    def __init__(self, manifest: Manifest, arrays: LazyArrays, *, is_saved: bool) -> None:
        """``arrays`` are those of ``build.build_arrays`` and of ``encode_inputs``.

        Raises ``DamagedSnapshotError`` if an array that is read at once is damaged.
        """
        self.manifest, self.arrays, self.is_saved = manifest, arrays, is_saved
        self.index = Index.from_arrays(arrays)
        skipped, warnings, is_pending = json.loads(arrays["inputs.notes"].all().tobytes())
        self.notes = ReadNotes(tuple(SkippedFile(*one) for one in skipped), tuple(warnings), is_pending)

    @property
    def built_at(self) -> datetime:
        """When reading the articles began."""
        return datetime.fromtimestamp(self.manifest.built_at_ns / 1e9, UTC)

    def is_current(self, listing: Listing) -> bool:
        """Return whether it was built from all of the listed files as they are now."""
        if self.notes.is_pending:
            return False
        is_mtime_reliable = self.manifest.latest_mtime_ns + MTIME_GRANULARITY_NS < self.manifest.built_at_ns
        return is_mtime_reliable and self.manifest.listing_digest == listing.digest

    def file_records(self) -> dict[str, FileRecord]:
        """Return the records of the files that were read, by path: what a refresh needs to reuse the index."""
        records = _file_records_adapter().validate_json(self.arrays["inputs.files"].all().tobytes())
        return {record.path: record for record in records}

    def find_file(self, article_id: str) -> FileRecord | None:
        """Return the record of the file that an article was read from; None if it is not in the archive."""
        files = self.file_records().values()
        return next((one for one in files if any(record.article_id == article_id for record in one.records)), None)


def encode_inputs(files: tuple[FileRecord, ...], notes: ReadNotes) -> dict[str, Array]:
    """Encode what an index was built from as named arrays."""
    skipped = [(one.name, one.reason) for one in notes.skipped]
    encoded_notes = json.dumps((skipped, notes.warnings, notes.is_pending)).encode()
    return {
        "inputs.files": np.frombuffer(_file_records_adapter().dump_json(files), np.uint8),
        "inputs.notes": np.frombuffer(encoded_notes, np.uint8),
    }


@cache
def _file_records_adapter() -> TypeAdapter[tuple[FileRecord, ...]]:
    return TypeAdapter(tuple[FileRecord, ...])
