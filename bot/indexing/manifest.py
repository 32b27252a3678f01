"""What a snapshot was made of and by what: whether it may still be trusted.

Keeps secret what an analysis depends on besides the articles.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from functools import cache
from pathlib import Path

import numpy
import regex
from pydantic import BaseModel, ConfigDict

_LIBRARIES = (
    "rank-bm25 numpy regex PyStemmer rapidfuzz sentencex trafilatura lxml lxml_html_clean markdown-it-py PyYAML "
    "charset-normalizer babel"
).split()
"""Those that an article passes through on its way into the index."""
_ROOMS = ("archive", "articles", "indexing", "lexicon", "models", "retrieval")


class Maker(BaseModel):
    """What makes snapshots: the program itself, Python, and the libraries, as a hexadecimal digest.

    ``seen`` is how they look from outside: while that is the same, so are they.
    """

    model_config = ConfigDict(frozen=True)

    digest: str
    seen: str

    @classmethod
    def here(cls) -> Maker:
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

    maker: Maker
    listing: str
    latest: int
    made: int


def _sources() -> list[Path]:
    """The program's files on which an index depends."""
    root = Path(__file__).parent.parent
    every = [*root.glob("*.py"), *(path for room in _ROOMS for path in (root / room).glob("*.*"))]
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
