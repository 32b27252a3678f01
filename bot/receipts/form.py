"""The form of a receipt, as it is kept. Keeps secret nothing: older receipts are read by it, so that it only grows."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Line(BaseModel):
    """What a receipt is made of, none of which changes."""

    model_config = ConfigDict(frozen=True)


class WordLine(_Line):
    """A content word of the question; see ``models.Word``."""

    typed: str
    term: str
    weight: float
    is_name: bool


class FormLine(_Line):
    """A form in which words of the question were searched, ``words`` being their positions; see ``models.Form``."""

    shown: str
    terms: tuple[str, ...]
    words: tuple[int, ...]
    weight: float
    origin: str


class FiltersLine(_Line):
    """What the question's operators asked for; see ``models.Filters`` and ``models.Scope``."""

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None
    unread: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


class TermLine(_Line):
    """What a term in a field gave to a passage's score; see ``retrieval.TermScore``."""

    field: str
    term: str
    score: float


class PartLine(_Line):
    """What a part of the ranking gave to a passage's place."""

    part: str
    score: float


class QuoteLine(_Line):
    """A quote that was shown, and why it was.

    ``start`` and ``end`` are offsets into the article's canonical text, whose digest is ``sha256``. ``found`` is the
    score by which its passage was found, the sum of ``terms``; ``ranked`` that by which it came to its ``rank`` (from
    1) among the passages, the sum of ``parts``.
    """

    article: str
    sha256: str
    start: int
    end: int
    paragraph: int
    paragraphs: int
    rank: int
    found: float
    terms: tuple[TermLine, ...]
    ranked: float
    parts: tuple[PartLine, ...]


class Receipt(_Line):
    """How a reply came about.

    ``archive`` is the archive's fingerprint; ``said`` is the answer's caution, if any, or why there is none. It is an
    answer where ``confidence`` reached ``threshold``. ``quotes`` are in the order in which they were shown: of an
    abstention, the nearest misses.
    """

    form: Literal[1] = 1
    question: str
    words: tuple[WordLine, ...]
    forms: tuple[FormLine, ...]
    filters: FiltersLine
    archive: str
    outcome: Literal["answer", "abstention"]
    said: str | None
    confidence: float
    threshold: float
    quotes: tuple[QuoteLine, ...]
