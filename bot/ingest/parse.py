"""Parse one file: choose the reader of its format, and turn every failure into a reason."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, Entry, find_first_words
from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.formats import jsonl

FILE_LIMIT = 50_000_000
"""Bytes of a file whose text is compressed or only a part of it, and characters of all articles in such a file."""
PARTS = {
    "jsonl": ("line", "lines"),
    "feed": ("entry", "entries"),
    "email": ("part", "parts"),
    "plain": ("part", "parts"),
}
"""What the articles of one file are called, one and several, by its reader."""
MAX_NAMED_PARTS = 3
"""Parts of one file that are skipped with a reason each; the others are counted."""
MAX_SKIPPED_PARTS = 100_000
"""Parts of one file that give no article, until the rest of it is not read."""
REPETITION_CHARS, MAX_REPETITION = 20_000, 70
"""A text of so many characters says nothing if zlib shortens it so many times: prose 2 to 7 times, tables up to 50."""
_CONTAINERS = frozenset({"pdf", "docx", "epub", "email", "feed"})

FormatReader = Callable[[bytes], Draft | Sequence[Entry]]
"""``read`` of a module of ``bot.ingest.formats``: one draft, or an entry for each of several articles in the file."""


def parse_file(path: Path, reader: str, named_parts: int = MAX_NAMED_PARTS) -> Iterator[Entry]:
    """Parse the file at ``path`` with the ``reader`` of that name, a module of ``bot.ingest.formats``.

    Each draft has a paragraph to quote. The first ``named_parts`` without an article are given; then one entry counts
    the others. Raises OSError when the file cannot be read.
    """
    skipped = characters = 0
    for entry in _parse_entries(path, reader):
        checked = _check(entry)
        if checked.draft:
            characters += len(checked.draft.text)
            if reader != "jsonl" and characters > FILE_LIMIT:
                yield Entry(0, reason=f"its text is longer than {FILE_LIMIT:,} characters; the rest was not read")
                break
        elif checked.number:
            skipped += 1
            if skipped > MAX_SKIPPED_PARTS:
                break
            if skipped > named_parts:
                continue
        yield checked
    if skipped > named_parts:
        reason = f"{skipped - named_parts:,} more {PARTS[reader][1]} give no article"
        if skipped > MAX_SKIPPED_PARTS:
            reason += ", which is too many; the rest was not read"
        yield Entry(0, reason=reason)


def _parse_entries(path: Path, reader: str) -> Iterator[Entry]:
    try:
        if reader == "jsonl":
            yield from jsonl.read(path)
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
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - the edge: a bug in a parser costs one file, not the archive
        yield Entry(0, reason=f"it cannot be parsed ({type(error).__name__})")


def _check(entry: Entry) -> Entry:
    """The entry, without a draft that is too long, repeats itself or has nothing to quote but a title or headings."""
    if entry.draft is None:
        return entry
    if len(entry.draft.text) > ARTICLE_LIMIT:
        reason = f"its text is longer than {ARTICLE_LIMIT:,} characters, the limit for an article"
        return Entry(entry.number, entry.id, reason=reason, outcome="too_large", bytes_read=entry.bytes_read)
    if not find_first_words(entry.draft.text, entry.draft.marks):
        reason = "it has no paragraph to quote"
        return Entry(entry.number, entry.id, reason=reason, outcome="empty", bytes_read=entry.bytes_read)
    if _repeats_itself(entry.draft.text):
        reason = "it repeats the same few words or signs throughout"
        return Entry(entry.number, entry.id, reason=reason, outcome="empty", bytes_read=entry.bytes_read)
    return entry


def _repeats_itself(text: str) -> bool:
    if len(text) < REPETITION_CHARS:
        return False
    data = text.encode("utf-8", "surrogatepass")
    return len(data) > MAX_REPETITION * len(zlib.compress(data, 1))
