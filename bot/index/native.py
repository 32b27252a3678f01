"""Load the compiled library, ``_kernel.so``.

It is compiled when Pullquote is installed (``deploy/hatch_build.py``). If that failed, or the sources have changed,
``NumpyScorer`` gives the same results, more slowly.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SOURCES = tuple(Path(__file__).with_name(name) for name in ("export.h", "postings.h", "kernel.c"))
LIBRARY = Path(__file__).with_name("_kernel.so")
"""Named alike on every system: a library that is opened by path may have any suffix."""


def native_library() -> ctypes.CDLL | None:
    """Return the library; None if it is missing, outdated, or not for this machine."""
    return load_library(LIBRARY, SOURCES)


@cache
def load_library(path: Path, sources: Sequence[Path]) -> ctypes.CDLL | None:
    """Load the library at ``path``; None if it is missing, not for this machine, or not compiled from ``sources``."""
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
    pointer, int32, int64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
    library.pullquote_scratch_size.restype = int64
    library.pullquote_search.argtypes = (*(pointer,) * 4, int32, int64, pointer, int32, *(pointer,) * 2)
    return library
