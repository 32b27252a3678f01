"""What a reader of one format hands over, and how it becomes an Article.

Secret: where an article's title comes from, and how blocks of words become one text with marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.errors import UnreadableArticleError
from bot.ingest.encoding import clean
from bot.ingest.metadata import Metadata
from bot.models import Article, Mark, MarkKind, Span

_TITLE_CHARS = 70  # of an article's own first words; fits a line of a citation

TextBlock = tuple[MarkKind | None, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its reader found it: ``warnings`` are half sentences on what was wrong and could be left out."""

    text: str
    marks: tuple[Mark, ...] = ()
    facts: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()


def join_blocks(blocks: Iterable[TextBlock]) -> tuple[str, tuple[Mark, ...]]:
    """One canonical text with a blank line between blocks, and the marks of those that are titles or headings.

    The first title stays one; a later one is a heading, for an article has one title.
    """
    parts: list[str] = []
    marks: list[Mark] = []
    at = 0
    titled = False
    for kind, raw in blocks:
        words = clean(raw).strip() if kind is None else " ".join(clean(raw).split())
        if not words:
            continue
        if kind is not None:
            marks.append(Mark("heading" if titled else kind, Span(at, at + len(words))))
            titled = titled or kind == "title"
        parts.append(words)
        at += len(words) + 2
    return "\n\n".join(parts), tuple(marks)


def build_article(draft: Draft, *, id: str, file: str, known: Metadata) -> Article:
    """The article; what is ``known`` beats what the draft says, and ``file`` is its source when no publisher is known.

    Raises UnreadableArticleError when nothing but a title or headings is left to quote.
    """
    facts = known.over(draft.facts)
    marks = _with_title(draft, facts.title)
    title = facts.title or next((mark.span.slice(draft.text) for mark in marks if mark.kind == "title"), None)
    words = _first_words(draft.text, marks)
    if not words:
        raise UnreadableArticleError("it holds no paragraph")
    return Article(
        id=id,
        title=title or words,
        source=facts.source or file,
        text=draft.text,
        author=facts.author,
        published=facts.published,
        url=facts.url,
        marks=marks,
    )


def _with_title(draft: Draft, title: str | None) -> tuple[Mark, ...]:
    """The draft's marks, with one for the first line if it repeats the known title and something else is left."""
    start = len(draft.text) - len(draft.text.lstrip())
    line = draft.text[start:].split("\n", 1)[0].rstrip()
    if title is None or " ".join(line.split()).casefold() != " ".join(title.split()).casefold():
        return draft.marks
    span = Span(start, start + len(line))
    marks = (Mark("title", span), *(mark for mark in draft.marks if mark.span.start >= span.end))
    return marks if _first_words(draft.text, marks) else draft.marks


def _first_words(text: str, marks: tuple[Mark, ...]) -> str:
    """The first words that are no title or heading, whole, with an ellipsis; empty if no letter or digit is there."""
    for stretch in _unmarked(text, marks):
        if any(map(str.isalnum, stretch)):
            held = ""
            for word in stretch.split():
                if held and len(held) + 1 + len(word) > _TITLE_CHARS:
                    break
                held = f"{held} {word}".strip()
            return held[:_TITLE_CHARS].rstrip(" .,;:!?…–—-") + "…"
    return ""


def _unmarked(text: str, marks: tuple[Mark, ...]) -> Iterator[str]:
    at = 0
    for mark in marks:
        yield text[at : mark.span.start]
        at = mark.span.end
    yield text[at:]
