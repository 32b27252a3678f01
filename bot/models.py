"""How dates and lists stand in a sentence: the same words wherever one is said. Keeps secret how months are named.

What is searched: articles, and the parts of them that are shown or found.

All offsets are character offsets into ``Article.text``, half-open, unless a docstring says otherwise.

What is asked: a question as a person put it, and as the index understands it.

What is replied: hits, quotes of them, and an answer or an abstention with what led to it.

A quote is a span, not a string: no class here has a field in which a word could stand that is not the article's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

import regex

Json = dict[str, Any]
Progress = Callable[[int, int], None]
"""Called with how many items are done, and of how many."""

# strftime's %B follows the process's locale; an archive is shown in one language wherever it runs.
_MONTHS = "January February March April May June July August September October November December".split()


def format_date(when: date | None) -> str:
    """A date as people write it: "7 May 2025"; "undated" where there is none."""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}" if when else "undated"


def join_words(words: Sequence[str], joint: str = "and") -> str:
    """``words`` as a list in a sentence: "a", "a and b", "a, b and c"; empty where there are none."""
    return f" {joint} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


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


ExpansionOrigin = Literal["typed", "acronym", "spelling", "thread"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked, and how many quotes they would have at most.

    ``follows`` are the questions before it in its conversation, the latest first: where it lacks a subject, it goes on
    with theirs.
    """

    text: str
    limit: int = 3
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term as the index holds it, how much it counts, and why it is searched."""

    text: str
    weight: float
    origin: ExpansionOrigin


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of the question: as typed, and as the index would hold it.

    ``weight`` is less than 1 for a word that asks rather than names ("what percentage", "which kind"); ``is_name``
    where the archive, or the person who asks, writes it with a capital.
    """

    typed: str
    term: str
    weight: float = 1.0
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Expansion:
    """One way in which the archive may hold some words of the question.

    ``terms`` stand one after the other in a text that holds this form; ``words`` are the positions in ``Query.words``
    that it then covers; ``shown`` is the form as a person would write it; ``weight`` is each term's.
    """

    terms: tuple[str, ...]
    words: tuple[int, ...]
    weight: float
    origin: ExpansionOrigin
    shown: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles a question asks of: any at all, unless it says otherwise.

    Of one of ``sources`` where some are named; published on ``since`` or later, and before ``before``.
    """

    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question's operators ask for, as typed; ``unread`` are those that were not understood.

    A hit has a paragraph that holds all of ``phrases``, and holds nothing that is ``excluded``. ``quoted`` are phrases
    said in passing, which no hit need hold.
    """

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    scope: Scope = Scope()
    unread: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the index understands it.

    ``required`` is what a hit must hold: of each member at least one alternative, whole (all of its terms, anywhere);
    ``excluded`` are terms of which it holds none. ``filters`` is what is asked of it besides.
    """

    question: Question
    words: tuple[Word, ...]
    forms: tuple[Expansion, ...]
    required: tuple[tuple[tuple[str, ...], ...], ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Filters = Filters()

    @property
    def terms(self) -> tuple[Term, ...]:
        """The weighted terms, each once, with the greatest weight that any form gives it."""
        best: dict[str, Term] = {}
        for form in self.forms:
            for text in form.terms:
                if text not in best or best[text].weight < form.weight:
                    best[text] = Term(text, form.weight, form.origin)
        return tuple(best.values())

    @property
    def taken(self) -> frozenset[int]:
        """The positions of the words that nobody typed: they are of the question that this one follows."""
        return frozenset(word for form in self.forms if form.origin == "thread" for word in form.words)

    def holding(self, words: Sequence[int]) -> Query:
        """The same, of hits that hold each of the words at these positions, in one of its forms."""
        needed = tuple(tuple(form.terms for form in self.forms if word in form.words) for word in words)
        return replace(self, required=(*self.required, *needed))

    def throughout_scope(self) -> Query:
        """The same, whatever a hit holds or lacks, in the articles that are asked of."""
        return replace(self, required=(), excluded=(), filters=Filters(scope=self.filters.scope))


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
class ArchiveSummary:
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
