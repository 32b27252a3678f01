"""What is searched: articles, and the parts of them that are shown or found.

All offsets are character offsets into ``Article.text``, half-open, unless a docstring says otherwise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

MarkKind = Literal["title", "heading"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters, ``0 <= start <= end``."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The slice of ``text`` that this span covers."""
        return text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of an article's text that is its title or a section heading: shown with a citation, never quoted."""

    kind: MarkKind
    span: Span


@dataclass(frozen=True)
class Article:
    """One article: its canonical text and what is known about it.

    ``text`` is the canonical text (see ``bot.articles``); ``marks`` are in order and do not overlap; ``source`` is the
    publisher, or the file's name where none is known; a ``title`` that no one gave is the article's own first words,
    ended by an ellipsis.
    """

    id: str
    title: str
    source: str
    text: str
    author: str | None = None
    published: date | None = None
    url: str | None = None
    marks: tuple[Mark, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of ``text`` in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as its author parted it: number ``number`` (from 1) of ``of`` in ``article``."""

    article: Article
    number: int
    of: int
    span: Span
    heading: Span | None = None

    @property
    def text(self) -> str:
        return self.span.of(self.article.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is searched: adjacent paragraphs of one article.

    ``span`` runs from the first word searched to the last.
    """

    paragraphs: tuple[Paragraph, ...]
    span: Span

    @property
    def article(self) -> Article:
        return self.paragraphs[0].article
