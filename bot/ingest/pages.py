"""Draw the page of a PDF that a quote stands on, as a picture with the quote boxed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from bot.errors import ArchiveError, UnreadableArticleError, VerificationError
from bot.ingest.parse import FILE_LIMIT
from bot.ingest.processes import ReaderProcess
from bot.ingest.reader import FileRecord
from bot.models import Span


def draw_page(file: FileRecord, span: Span, process: ReaderProcess) -> bytes:
    """Return a PNG of the page on which ``span``, offsets in the text of the article in ``file``, begins.

    It is drawn in ``process``. Raises VerificationError if the file is no longer the one that was read, and
    ArchiveError if it is no PDF, or its page cannot be drawn.
    """
    if not file.name.lower().endswith(".pdf"):
        raise ArchiveError(f"{file.name} is not a PDF, so there is no page to show.")
    path = Path(os.fsdecode(file.path.encode("latin-1")))
    try:
        (picture,) = process.run(_draw, path, file.digest, span, module="bot.ingest.formats.pdf")
    except (OSError, UnreadableArticleError) as error:
        reason = f"it cannot be opened ({error.strerror})" if isinstance(error, OSError) else error
        raise ArchiveError(f"The page of {file.name} cannot be shown: {reason}.") from error
    return picture


def _draw(path: Path, digest: str, span: Span) -> Iterator[bytes]:
    """Yield the picture, in the reader process; what is drawn are the very bytes that are compared."""
    from bot.ingest.formats.pdf import draw_quote

    with path.open("rb") as stream:
        data = stream.read(FILE_LIMIT + 1)
    if hashlib.sha256(data).hexdigest() != digest:
        raise VerificationError("The file has changed since this answer was given; ask again.")
    try:
        yield draw_quote(data, span)
    except (UnreadableArticleError, MemoryError):
        raise
    except Exception as error:  # a bug in the reader costs one picture
        raise UnreadableArticleError(f"it cannot be drawn ({type(error).__name__})") from error
