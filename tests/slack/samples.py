"""Sample articles, quotes and replies, and an answerer that gives scripted replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from bot.errors import ArchiveGoneError, VerificationError
from bot.index.archive import Archive
from bot.index.retrieval import TermScore
from bot.models import (
    Abstention,
    Answer,
    ArchiveSummary,
    Article,
    Hit,
    Paragraph,
    Passage,
    Query,
    Question,
    Quote,
    Reply,
    Span,
    Trace,
)
from bot.search.answerer import Answerer
from bot.search.corpus import CorpusAddress
from tests.factories import archive_of

T = TypeVar("T")

TARN = Article(
    id="bridge.txt",
    title="A bridge for Tarn",
    source="Valley Courier",
    author="M. Ode",
    published=date(2025, 5, 7),
    url="https://example.org/bridge?a=1&b=2",
    text="Funding\n\nThe council approved the Tarn bridge on Monday. Work begins in June.\n\nNobody spoke against it.",
)


def trace(question: str = "", *quotes: Quote) -> Trace:
    """A trace with one hit for each of ``quotes``: its paragraph."""
    hits = tuple(Hit(Passage((one.paragraph,), one.paragraph.span), one.score) for one in quotes)
    return Trace(Query(Question(question), (), ()), hits, ArchiveSummary(1, 2, date(2025, 5, 7)), 1.0)


def paragraph(article: Article, words: str, *, number: int = 1, of: int = 1, heading: str | None = None) -> Paragraph:
    """The paragraph of ``article`` whose text is ``words``."""
    return Paragraph(article, number, of, find(article, words), find(article, heading) if heading else None)


def find(article: Article, words: str) -> Span:
    start = article.text.index(words)
    return Span(start, start + len(words))


def quote(words: str, *, bold: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> Quote:
    """A quote from ``TARN``."""
    whole = "The council approved the Tarn bridge on Monday. Work begins in June."
    return Quote(
        paragraph(TARN, whole, of=2, heading="Funding"),
        find(TARN, words),
        tuple(find(TARN, word) for word in bold),
        missing,
        absent_terms=missing,
    )


def quote_all(article: Article, *, missing: tuple[str, ...] = ()) -> Quote:
    """A quote of the whole text of an article with one paragraph."""
    span = Span(0, len(article.text))
    return Quote(Paragraph(article, 1, 1, span), span, unmatched_terms=missing, absent_terms=missing)


APPROVED = quote("The council approved the Tarn bridge on Monday.", bold=("approved", "bridge"))
WHOLE = quote("The council approved the Tarn bridge on Monday. Work begins in June.", missing=("cost",))


def answer(*quotes: Quote, caution: str | None = None) -> Answer:
    return Answer(quotes, 0.9, caution, trace("", *quotes))


def abstention(reason: str, *nearest: Quote) -> Abstention:
    return Abstention(reason, nearest, 0.1, trace("", *nearest))


BRIDGE = "who approved the bridge"
QUOTED = "The council approved the Tarn bridge on Monday."


def scripted_replies() -> dict[str, Reply | Exception]:
    """One question for each kind of reply."""
    return {
        BRIDGE: answer(APPROVED),
        "what does it cost": answer(WHOLE, caution='No passage holds "cost".'),
        "why submarines": abstention('Not in the archive: "submarines".', WHOLE),
    }


@dataclass
class ScriptedAnswerer:
    """An answerer with fixed replies; it abstains from any other question and repeats it in the reason."""

    replies: dict[str, Reply | Exception] = field(default_factory=scripted_replies)
    examples: tuple[str, ...] = ("when does work on the Tarn bridge begin", "who approved the bridge")
    before: Callable[[], object] = lambda: None
    archive: Archive = field(default_factory=lambda: archive_of([TARN]))

    def answer(self, question: Question) -> Reply:
        self.before()
        reply = self.replies.get(question.text) or abstention(f'Not in the archive: "{question.text}".')
        if isinstance(reply, Exception):
            raise reply
        return reply

    def verify(self, quote: Quote) -> None:
        """Accept every quote but those of the article "changed"."""
        if quote.article.id == "changed":
            raise VerificationError("The article has changed; read the archive again.")

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """One point for each word of the title."""
        return tuple(TermScore("title", word, 1.0) for word in passage.article.title.split())


@dataclass(frozen=True)
class FixedCorpus:
    """A corpus whose answerer never changes, or whose articles are gone."""

    answerer: Answerer
    read_at: datetime = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    address: CorpusAddress | None = None
    waits_for_network = False
    problem: str | None = None
    is_gone: bool = False
    picture: bytes = b"\x89PNG of a page"

    def draw_page(self, quote: Quote) -> bytes:
        """Return the same picture for every quote."""
        return self.picture

    def with_current(self, work: Callable[[Answerer], T], *, patience: float = 0.0) -> T:
        """Run ``work`` with the answerer."""
        if self.is_gone:
            raise ArchiveGoneError
        return work(self.answerer)
