"""What a snapshot was made of and by what: whether it may still be trusted.

Keeps secret what an analysis depends on besides the articles.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_LIBRARIES = (
    "rank-bm25 numpy regex PyStemmer rapidfuzz sentencex trafilatura lxml lxml_html_clean markdown-it-py PyYAML "
    "charset-normalizer"
).split()
"""Those that an article passes through on its way into the index."""


class Manifest(BaseModel):
    """The head of a snapshot.

    ``maker`` is what it was made by; ``listing`` the digest of the files it was made of (``bot.articles.listing``), and
    ``latest`` when one of them was changed last, ``made`` when they were listed, in nanoseconds.
    """

    model_config = ConfigDict(frozen=True)

    maker: str
    listing: str
    latest: int
    made: int


@cache
def maker() -> str:
    """What makes snapshots here: the program itself, Python, and the libraries, as a hexadecimal digest."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {unicodedata.unidata_version}".encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\n".encode())
    root = Path(__file__).parent.parent
    for source in sorted(root.glob("*.py")) + sorted(
        path for room in ("articles", "indexing", "lexicon", "models", "retrieval") for path in (root / room).glob("*")
    ):
        if source.suffix in {".py", ".c", ".h"}:
            digest.update(source.read_bytes())
    return digest.hexdigest()
