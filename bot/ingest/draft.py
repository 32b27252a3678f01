"""Turn what a format reader found in a file into an ``Article``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.errors import ReadOutcome
from bot.ingest.encoding import clean
from bot.ingest.metadata import Metadata
from bot.models import Article, Mark, MarkKind, PageStart, Span

_TITLE_CHARS = 70  # of a title made of the article's first words; fits a line of a citation

TextBlock = tuple[MarkKind | None, str]
"""A block of text, and whether it is a title or heading."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A parsed file: canonical text, marks, metadata and pages. Each warning is a half sentence about what is ignored.

    ``pages`` and ``page_labels`` are those of ``Article``. ``outcome`` is "read" or "partly"; of a file that was read
    partly, a warning says what is missing.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()
    pages: tuple[PageStart, ...] = ()
    page_labels: tuple[str, ...] = ()
    outcome: ReadOutcome = "read"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several articles in a file: its draft, or the ``reason`` (a half sentence) and ``outcome`` without one.

    ``number`` counts from 1 (lines, messages, entries of a feed); 0 stands for the whole file. ``id`` is None where the
    file gives none. ``bytes_read`` of the file had been read by then, where it is read in pieces.
    """

    number: int
    id: str | None = None
    draft: Draft | None = None
    reason: str = ""
    outcome: ReadOutcome = "broken"
    bytes_read: int = 0


def join_blocks(blocks: Iterable[TextBlock]) -> tuple[str, tuple[Mark, ...]]:
    """Join the blocks to one canonical text, with a blank line between them, and mark the title and headings.

    An article has one title: the first. Later ones become headings.
    """
    parts: list[str] = []
    marks: list[Mark] = []
    at = 0
    has_title = False
    for kind, raw in blocks:
        words = clean(raw).strip() if kind is None else " ".join(clean(raw).split())
        if not words:
            continue
        if kind is not None:
            marks.append(Mark("heading" if has_title else kind, Span(at, at + len(words))))
            has_title = has_title or kind == "title"
        parts.append(words)
        at += len(words) + 2
    return "\n\n".join(parts), tuple(marks)


def build_article(draft: Draft, *, id: str, file: str, overrides: Metadata) -> Article:
    """Build the article; ``overrides`` take precedence over the draft's metadata.

    The source is the file's name where no publisher is known; the title is the marked one, or else the first words.
    The draft has a paragraph to quote.
    """
    metadata = overrides.with_fallback(draft.metadata)
    marks = _mark_title(draft, metadata.title)
    title = metadata.title or next((mark.span.slice(draft.text) for mark in marks if mark.kind == "title"), None)
    return Article(
        id=id,
        title=title or find_first_words(draft.text, marks),
        source=metadata.source or file,
        text=draft.text,
        author=metadata.author,
        published=metadata.published,
        url=metadata.url,
        marks=marks,
        pages=draft.pages,
        page_labels=draft.page_labels,
    )


def _mark_title(draft: Draft, title: str | None) -> tuple[Mark, ...]:
    """The draft's marks, and one for the first line if that repeats the known title and is not the whole text."""
    start = len(draft.text) - len(draft.text.lstrip())
    line = draft.text[start:].split("\n", 1)[0].rstrip()
    if title is None or " ".join(line.split()).casefold() != " ".join(title.split()).casefold():
        return draft.marks
    span = Span(start, start + len(line))
    marks = (Mark("title", span), *(mark for mark in draft.marks if mark.span.start >= span.end))
    return marks if find_first_words(draft.text, marks) else draft.marks


def find_first_words(text: str, marks: tuple[Mark, ...]) -> str:
    """The first words outside the marks, with an ellipsis; empty if there is no letter or digit outside them."""
    starts, ends = [mark.span.start for mark in marks], [mark.span.end for mark in marks]
    for start, end in zip([0, *ends], [*starts, len(text)], strict=True):
        unmarked = text[start:end]
        if any(map(str.isalnum, unmarked)):
            title = ""
            for word in unmarked.split():
                if title and len(title) + 1 + len(word) > _TITLE_CHARS:
                    break
                title = f"{title} {word}".strip()
            return title[:_TITLE_CHARS].rstrip(" .,;:!?…–—-") + "…"
    return ""
