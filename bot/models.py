"""The types that all packages share: articles, questions and replies; and wording of dates, counts and lists.

Offsets are character offsets into ``Article.text``, half-open, unless a docstring says otherwise.
"""

from __future__ import annotations

import hashlib
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import regex

Json = dict[str, Any]
Progress = Callable[[int, int], None]
"""Called with the number of items done, and of items in all."""

MONTHS = "January February March April May June July August September October November December".split()
"""In English whatever the process's locale, which ``strftime`` would follow."""


def format_date(when: date | None) -> str:
    """Format a date as "7 May 2025"; None as "undated"."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}" if when else "undated"


def join_words(words: Sequence[str], conjunction: str = "and") -> str:
    """List ``words`` as in a sentence: "a", "a and b", "a, b and c"; "" for none."""
    return f" {conjunction} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def pluralize(count: int, noun: str) -> str:
    """Format a count with its noun: "1 article", "2,000 articles"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def list_first(items: Sequence[str], limit: int) -> str:
    """Join the first items, and count the others: "a; b; c; and 21 more"."""
    more = [f"and {len(items) - limit:,} more"] if len(items) > limit else []
    return "; ".join([*items[:limit], *more])


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters, ``0 <= start <= end``."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def slice(self, text: str) -> str:
        """The part of ``text`` that this span covers."""
        return text[self.start : self.end]

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Where a cluster is, who we are there, and the name under which the archive is stored.

    ``hosts`` are URLs, ``user`` and ``password`` or ``api_key`` are empty if there are none, ``certificates`` is a file
    with the certificates of the authorities to trust, in place of the system's.
    """

    hosts: tuple[str, ...]
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    certificates: Path | None = None


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of reading one file: seconds until the next result, and bytes of memory besides those at the start."""

    seconds: float = 10.0
    memory: int = 256_000_000


READ_LIMITS = ReadLimits()

MarkKind = Literal["title", "heading"]


@dataclass(frozen=True, slots=True)
class Mark:
    """The title or a section heading in an article's text: shown with a citation, never quoted."""

    kind: MarkKind
    span: Span


class PageStart(NamedTuple):
    """An offset from which on the text stands on ``page``, which is the physical page, counted from 1."""

    offset: int
    page: int


@dataclass(frozen=True)
class Article:
    """One article: its canonical text, without markup and metadata, and what is known about it.

    ``marks`` are in order and do not overlap; ``source`` is the publisher, or the file's name if none is known; an
    article without a title gets its own first words as ``title``, with an ellipsis. ``pages`` are in the order of their
    offsets, and empty for a format without pages. Each page occurs, also one without text, and may occur more than
    once: a footnote stands after the paragraph that goes on overleaf. ``page_labels`` are the printed labels of all
    pages if any differs from its number.
    """

    id: str
    title: str
    source: str
    text: str
    author: str | None = None
    published: date | None = None
    url: str | None = None
    marks: tuple[Mark, ...] = ()
    pages: tuple[PageStart, ...] = ()
    page_labels: tuple[str, ...] = ()

    def pages_of(self, span: Span) -> tuple[int, int] | None:
        """The first and the last page that ``span``, which is not empty, stands on; None for a format without pages."""
        if not self.pages:
            return None
        first = max(bisect_right(self.pages, (span.start, sys.maxsize)) - 1, 0)
        pages = [one.page for one in self.pages[first:] if one.offset < span.end or one is self.pages[first]]
        return min(pages), max(pages)

    @cached_property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of ``text`` in UTF-8."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph as the author separated it: number ``number`` (from 1) of ``total`` in ``article``."""

    article: Article
    number: int
    total: int
    span: Span
    heading: Span | None = None

    @property
    def text(self) -> str:
        return self.span.slice(self.article.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is searched: adjacent paragraphs of one article, from the first searched word to the last."""

    paragraphs: tuple[Paragraph, ...]
    span: Span

    @property
    def article(self) -> Article:
        return self.paragraphs[0].article


@dataclass(frozen=True, slots=True)
class Question:
    """A question as typed, the most quotes to show, the earlier questions of the conversation, and the day of asking.

    ``previous_questions`` come latest first; without ``today``, no date is preferred, and none is too late.
    """

    text: str
    limit: int = 3
    previous_questions: tuple[str, ...] = ()
    today: date | None = None


ExpansionOrigin = Literal["typed", "form", "acronym", "spelling", "vocabulary", "role", "thread"]
"""Why a term is searched: it was typed; it is another way to write that; an acronym or its long form; another spelling;
listed in the archive's vocabulary; an office; or inherited."""


@dataclass(frozen=True, slots=True)
class Term:
    """An index term, its weight, and why it is searched."""

    text: str
    weight: float
    origin: ExpansionOrigin


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of the question: as typed, and as an index term.

    ``weight`` is less than 1 for a word that asks rather than names ("which kind"), and for one that is inherited;
    ``is_name`` if the archive, or the question, writes it with a capital.
    """

    typed: str
    term: str
    weight: float = 1.0
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Expansion:
    """A way to write some words of the question, as ``text`` shows it.

    It occurs where a text has ``terms`` one after the other, and covers the words at ``positions`` in ``Query.words``.
    """

    terms: tuple[str, ...]
    positions: tuple[int, ...]
    weight: float
    origin: ExpansionOrigin
    text: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles are searched: from any of ``sources``, published on ``since`` or later, and before ``before``.

    Either of these dates leaves out undated articles; ``until``, the last day that counts, does not.
    """

    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None
    until: date | None = None

    def narrow(self, since: date | None, before: date | None) -> Scope:
        """The part of this scope from ``since`` on and before ``before``; None is no limit."""
        latest, earliest = ([one for one in dates if one] for dates in ((self.since, since), (self.before, before)))
        return replace(self, since=max(latest, default=None), before=min(earliest, default=None))


@dataclass(frozen=True, slots=True)
class Filters:
    """The operators of a question, as typed; ``unrecognized`` ones looked like operators and are none.

    ``invalid_dates`` are operators whose date does not exist; they are not searched.

    A hit has a paragraph with all of ``phrases``, and nothing that is ``excluded``. ``optional_phrases`` were quoted in
    passing; a hit need not have them.
    """

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    scope: Scope = Scope()
    unrecognized: tuple[str, ...] = ()
    optional_phrases: tuple[str, ...] = ()
    invalid_dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the index understands it.

    ``required``: for each member a hit has all terms of at least one alternative, anywhere. ``excluded``: terms that no
    hit has. ``filters`` are the operators from which these come. ``prefers_newest``: the newest is asked for;
    ``preferred_days``: the first and last day of the publications to prefer. ``has_named_dates``: the scope has dates
    that are words of the question.
    """

    question: Question
    words: tuple[Word, ...]
    expansions: tuple[Expansion, ...]
    required: tuple[tuple[tuple[str, ...], ...], ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Filters = Filters()
    prefers_newest: bool = False
    preferred_days: tuple[date, date] | None = None
    has_named_dates: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        """The weighted terms, each once, with the greatest weight that any expansion gives it."""
        best: dict[str, Term] = {}
        for expansion in self.expansions:
            for text in expansion.terms:
                if text not in best or best[text].weight < expansion.weight:
                    best[text] = Term(text, expansion.weight, expansion.origin)
        return tuple(best.values())

    @property
    def inherited_positions(self) -> frozenset[int]:
        """The positions of the words that come from a previous question."""
        return frozenset(at for one in self.expansions if one.origin == "thread" for at in one.positions)

    def requiring_words(self, positions: Sequence[int]) -> Query:
        """Require each of the words at ``positions``, in any of its expansions."""
        needed = tuple(tuple(one.terms for one in self.expansions if at in one.positions) for at in positions)
        return replace(self, required=(*self.required, *needed))

    def without_requirements(self) -> Query:
        """Drop all requirements but the scope."""
        return replace(self, required=(), excluded=(), filters=Filters(scope=self.filters.scope))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage and its score, comparable within one search only; ``features`` are the score's parts once ranked."""

    passage: Passage
    score: float
    features: tuple[tuple[str, float], ...] = ()


_YEAR = regex.compile(r"\b(?:1[5-9]|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of one paragraph, shown as (part of) an answer.

    ``unmatched_terms`` are the question's content words, as typed, that neither the slice nor its heading or title has;
    ``absent_terms`` those of them that its whole paragraph does not have either; ``matched_expansions`` are pairs of
    (words of the slice, words of the question that they match); ``also_in`` are paragraphs of other articles that have
    the very words of the slice.
    """

    paragraph: Paragraph
    span: Span
    highlights: tuple[Span, ...] = ()
    unmatched_terms: tuple[str, ...] = ()
    matched_expansions: tuple[tuple[str, str], ...] = ()
    also_in: tuple[Paragraph, ...] = ()
    score: float = 0.0
    absent_terms: tuple[str, ...] = ()

    def without_year(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """``terms`` without the year of publication, which is shown beside the quote.

        A quote that names any year itself may be about that one, so there the year of publication is reported too.
        """
        published = self.article.published
        if published is None or _YEAR.search(self.text):
            return terms
        return tuple(word for word in terms if word != str(published.year))

    @property
    def article(self) -> Article:
        return self.paragraph.article

    @property
    def text(self) -> str:
        return self.span.slice(self.article.text)

    @property
    def omissions(self) -> tuple[bool, bool]:
        """Whether words of the paragraph are left out before the quote, and after it."""
        return self.span.start > self.paragraph.span.start, self.span.end < self.paragraph.span.end

    @property
    def heading(self) -> str | None:
        heading = self.paragraph.heading
        return heading.slice(self.article.text) if heading else None

    @property
    def citation(self) -> tuple[str, ...]:
        """What is shown after the title: author and source (no name twice), date, heading, page, paragraph."""
        article, paragraph = self.article, self.paragraph
        names = dict.fromkeys(name for name in (article.author, article.source) if name and name != article.title)
        heading = (self.heading,) if self.heading else ()
        number = f"¶ {paragraph.number} of {paragraph.total}"
        return *names, format_date(article.published), *heading, *self._cite_pages(), number

    @property
    def pages(self) -> tuple[int, int] | None:
        """The first and the last page of the quote; None for a format without pages."""
        return self.article.pages_of(self.span)

    @property
    def page_label(self) -> str | None:
        """The printed label of the first page; None if it is the page's number."""
        label = self.article.page_labels[self.pages[0] - 1] if self.pages and self.article.page_labels else None
        return label if self.pages and label != str(self.pages[0]) else None

    def _cite_pages(self) -> Iterator[str]:
        if self.pages:
            first, last = self.pages
            cited = f"p. {first}" if first == last else f"pp. {first}–{last}"
            yield f"{cited} (printed as {self.page_label})" if self.page_label else cited

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """Split the text into (piece, whether it is highlighted); joined, the pieces are ``text``."""
        at = self.span.start
        for span in self.highlights:
            if at < span.start:
                yield self.article.text[at : span.start], False
            yield span.slice(self.article.text), True
            at = span.end
        if at < self.span.end:
            yield self.article.text[at : self.span.end], False


class Difference(NamedTuple):
    """Where two similar quotes differ: their positions among the quotes, and for each its words, in the same order."""

    quotes: tuple[int, int]
    words: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """The size of what is searched, its latest date, and how many undated articles a scope with dates leaves out."""

    articles: int
    paragraphs: int
    latest: date | None
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """How a reply came about; ``took_ms`` is wall-clock time, and ignored in comparisons."""

    query: Query
    hits: tuple[Hit, ...]
    searched: ArchiveSummary
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What is asked about the archive itself: its size and dates, and the ``listed`` articles if any were asked for.

    ``kind`` says what was asked; ``summary`` is of the articles in question, of ``total`` in all.
    """

    kind: Literal["abilities", "size", "newest", "oldest", "dated"]
    summary: ArchiveSummary
    earliest: date | None
    total: int
    listed: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Verified quotes, best first; none where ``archive`` answers, which are facts about the archive itself.

    ``warning`` is one provable sentence about what the quotes lack, or None. ``newer_article`` matches the question as
    far as the first quote does, and was published after every article shown. ``has_more`` if a greater limit gives more
    quotes. ``differences`` tell in which words nearly equal quotes differ.
    """

    quotes: tuple[Quote, ...]
    confidence: float
    warning: str | None
    trace: Trace
    newer_article: Article | None = None
    has_more: bool = False
    differences: tuple[Difference, ...] = ()
    archive: ArchiveFacts | None = None

    @property
    def shown_quotes(self) -> tuple[Quote, ...]:
        """The quotes, as in an abstention the nearest misses."""
        return self.quotes


@dataclass(frozen=True, slots=True)
class Abstention:
    """The archive does not answer: why, and up to two nearest misses, which are not answers."""

    reason: str
    nearest: tuple[Quote, ...]
    confidence: float
    trace: Trace

    @property
    def shown_quotes(self) -> tuple[Quote, ...]:
        """The nearest misses, as in an answer the quotes."""
        return self.nearest


Reply = Answer | Abstention
