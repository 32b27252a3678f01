"""What is replied: hits, quotes of them, and an answer or an abstention with what led to it.

A quote is a span, not a string: no class here has a field in which a word could stand that is not the article's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import regex

from bot.models.articles import Article, Paragraph, Passage, Span
from bot.models.questions import Query

_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and its score; a higher score is better, and is comparable within one search only.

    ``parts`` are what each part of the ranking gave to the score, by its name; none where it was not ranked.
    """

    passage: Passage
    score: float
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands: enough to find it in the source."""

    title: str
    author: str | None
    source: str
    published: date | None
    url: str | None
    heading: str | None
    paragraph: int
    paragraphs: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of one paragraph, offered as (part of) an answer.

    ``span`` and ``highlights`` are offsets into the article's text; ``missing`` are the question's content words, as
    typed, that the slice does not hold; ``found_as`` pairs a form that stands in it with the words it stands for;
    ``also_in`` are paragraphs of other articles that say nearly the same.
    """

    paragraph: Paragraph
    span: Span
    highlights: tuple[Span, ...] = ()
    missing: tuple[str, ...] = ()
    found_as: tuple[tuple[str, str], ...] = ()
    also_in: tuple[Paragraph, ...] = ()
    score: float = 0.0

    @property
    def lacking(self) -> tuple[str, ...]:
        """Those of the ``missing`` words that are not said beside it either, as the year of its article's date is.

        That is no answer to a year where the slice names one itself: it may speak of that.
        """
        published = self.article.published
        if published is None or _YEAR.search(self.text):
            return self.missing
        return tuple(word for word in self.missing if word != str(published.year))

    @property
    def article(self) -> Article:
        return self.paragraph.article

    @property
    def text(self) -> str:
        return self.span.of(self.article.text)

    @property
    def is_cut(self) -> tuple[bool, bool]:
        """Whether words of the paragraph were left out before the quote, and after it."""
        return self.span.start > self.paragraph.span.start, self.span.end < self.paragraph.span.end

    @property
    def citation(self) -> Citation:
        article, paragraph = self.article, self.paragraph
        heading = paragraph.heading.of(article.text) if paragraph.heading else None
        return Citation(
            article.title,
            article.author,
            article.source,
            article.published,
            article.url,
            heading,
            paragraph.number,
            paragraph.of,
        )

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The quote's text in order, parted into (piece, whether it is highlighted); joined they are ``text``."""
        at = self.span.start
        for span in self.highlights:
            if at < span.start:
                yield self.article.text[at : span.start], False
            yield span.of(self.article.text), True
            at = span.end
        if at < self.span.end:
            yield self.article.text[at : self.span.end], False


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much there is to search, and the latest day of publication; ``undated`` were left out for want of a date."""

    articles: int
    paragraphs: int
    latest: date | None
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """How a reply came about; ``took_ms`` is wall time and takes no part in comparisons.

    ``articles``, ``paragraphs`` and ``latest`` are of what was searched, without the articles that were not asked of;
    ``undated`` are those of them that could not be, as nobody knows when they were published.
    """

    query: Query
    hits: tuple[Hit, ...]
    articles: int
    paragraphs: int
    latest: date | None
    took_ms: float = field(compare=False)
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Verified quotes, strongest first; ``caution`` is one provable sentence, or None when nothing need be said.

    ``later`` is an article that holds what the first quote holds of the question, published after every article that is
    shown. ``has_more``: a greater limit brings further quotes.
    """

    quotes: tuple[Quote, ...]
    confidence: float
    caution: str | None
    trace: Trace
    later: Article | None = None
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Abstention:
    """The archive does not answer: why, and up to two nearest misses, which are not answers."""

    reason: str
    nearest: tuple[Quote, ...]
    confidence: float
    trace: Trace


Reply = Answer | Abstention
