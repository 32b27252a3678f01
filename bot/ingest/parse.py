"""Parse one file: choose the reader of its format, and turn every failure into a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, Entry
from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.formats import jsonl

FILE_LIMIT = 50_000_000
"""Bytes of a file whose text is compressed or only a part of it."""
_CONTAINERS = frozenset({"pdf", "docx", "epub", "email"})
FormatReader = Callable[[bytes], Draft | Sequence[Entry]]
"""``read`` of a module of ``bot.ingest.formats``: one draft, or an entry for each of several articles in the file."""


def parse_file(path: Path, reader: str, progress: Callable[[int], None] | None = None) -> Iterator[Entry]:
    """Parse the file at ``path`` with the ``reader`` of that name, a module of ``bot.ingest.formats``.

    ``progress`` is called with the number of bytes read so far. Raises OSError when the file cannot be read.
    """
    try:
        if reader == "jsonl":
            yield from jsonl.read(path, progress=progress)
            return
        read: FormatReader = import_module(f"bot.ingest.formats.{reader}").read
        limit = FILE_LIMIT if reader in _CONTAINERS else ARTICLE_LIMIT
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            reason = f"it is larger than {limit // 1_000_000} MB, the limit for an article"
            raise UnreadableArticleError(reason, "too_large")
        found = read(data)
        yield from [Entry(0, None, found)] if isinstance(found, Draft) else found
    except UnreadableArticleError as error:
        yield Entry(0, reason=str(error), outcome=error.outcome)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a bug in a parser costs one file, not the archive
        yield Entry(0, reason=f"it cannot be parsed ({type(error).__name__})")
