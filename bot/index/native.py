"""The compiled library, found beside its sources.

Keeps secret how it is known to be the right one. It is compiled while Pullquote is installed
(``deploy/hatch_build.py``). Where that could not be done, or the sources are no longer those that were compiled, others
do the same, slower: ``scan`` searches, and a dict numbers words.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SOURCES = tuple(Path(__file__).with_name(name) for name in ("export.h", "postings.h", "kernel.c", "numbering.c"))
LIBRARY = Path(__file__).with_name("_kernel.so")
"""By this name on every system: none minds the suffix of a library that is opened by its path."""


def native_library() -> ctypes.CDLL | None:
    """The library; None where it is not there, or not for this machine."""
    return load_library(LIBRARY, SOURCES)


@cache
def load_library(path: Path, sources: Sequence[Path]) -> ctypes.CDLL | None:
    """The library at ``path``; None where there is none, or none for this machine, or it is not of these sources."""
    if not path.exists() or sys.byteorder != "little":
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    library.pullquote_sources.restype = ctypes.c_uint64
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    if library.pullquote_sources() != int(digest[:16], 16):
        return None
    pointer, whole = ctypes.c_void_p, ctypes.c_int32
    library.pullquote_room.restype = ctypes.c_int64
    library.pullquote_search.argtypes = (*(pointer,) * 4, whole, ctypes.c_int64, pointer, whole, *(pointer,) * 2)
    library.pullquote_number.argtypes = (pointer, ctypes.c_char_p, ctypes.c_int64, pointer, ctypes.c_int64)
    return library
