"""JSON output of ``pullquote ask``: a stable contract, to which keys may only be added."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from bot.models import Answer, ArchiveFacts, Article, Quote, Reply, Trace
from bot.search.messages import describe_archive, misread_line, searched_line
from bot.text.fragments import link_to


class QuoteOut(BaseModel):
    """A quote or a nearest miss; ``start`` and ``end`` are offsets into the canonical text."""

    text: str
    article_id: str
    title: str
    author: str | None
    source: str
    published: str | None
    url: str | None
    heading: str | None
    page: int | None
    """Physical page of a paged format, from 1; currently always None."""
    paragraph: int
    paragraphs: int
    start: int
    end: int
    sha256: str
    highlights: list[tuple[int, int]]
    """Offsets into ``text``."""
    missing: list[str]
    also_in: list[str]
    score: float
    link: str | None
    """``url`` with a fragment that makes a browser scroll to the quote."""

    @classmethod
    def of(cls, quote: Quote) -> QuoteOut:
        article = quote.article
        return cls(
            text=quote.text,
            article_id=article.id,
            title=article.title,
            author=article.author,
            source=article.source,
            published=article.published.isoformat() if article.published else None,
            url=article.url,
            heading=quote.heading,
            page=None,
            paragraph=quote.paragraph.number,
            paragraphs=quote.paragraph.total,
            start=quote.span.start,
            end=quote.span.end,
            sha256=article.sha256,
            highlights=[(s.start - quote.span.start, s.end - quote.span.start) for s in quote.highlights],
            missing=list(quote.unmatched_terms),
            also_in=[paragraph.article.id for paragraph in quote.also_in],
            score=round(quote.score, 6),
            link=link_to(quote),
        )


class ArticleOut(BaseModel):
    """An article that is named but not quoted."""

    article_id: str
    title: str
    author: str | None
    source: str
    published: str | None
    url: str | None

    @classmethod
    def of(cls, article: Article) -> ArticleOut:
        published = article.published.isoformat() if article.published else None
        return cls(
            article_id=article.id,
            title=article.title,
            author=article.author,
            source=article.source,
            published=published,
            url=article.url,
        )


class TermOut(BaseModel):
    """A search term."""

    text: str
    weight: float
    origin: str


class HitOut(BaseModel):
    """A passage that was found."""

    article_id: str
    paragraphs: list[int]
    score: float


class TraceOut(BaseModel):
    """Search terms and hits, best first."""

    terms: list[TermOut]
    hits: list[HitOut]
    articles: int
    paragraphs: int

    @classmethod
    def of(cls, trace: Trace) -> TraceOut:
        return cls(
            terms=[TermOut(text=term.text, weight=term.weight, origin=term.origin) for term in trace.query.terms],
            hits=[
                HitOut(
                    article_id=hit.passage.article.id,
                    paragraphs=[paragraph.number for paragraph in hit.passage.paragraphs],
                    score=round(hit.score, 6),
                )
                for hit in trace.hits
            ],
            articles=trace.searched.articles,
            paragraphs=trace.searched.paragraphs,
        )


class DifferenceOut(BaseModel):
    """Words in which two similar quotes differ; ``quotes`` are positions in ``AskOut.quotes``."""

    quotes: tuple[int, int]
    words: tuple[list[str], list[str]]


class ArchiveOut(BaseModel):
    """Facts about the archive itself, where the question asks for them."""

    kind: str
    articles: int
    """Of the period that was asked for, of ``total``."""
    total: int
    paragraphs: int
    earliest: str | None
    latest: str | None
    listed: list[ArticleOut]
    text: str

    @classmethod
    def of(cls, facts: ArchiveFacts) -> ArchiveOut:
        latest = facts.summary.latest
        return cls(
            kind=facts.kind,
            articles=facts.summary.articles,
            total=facts.total,
            paragraphs=facts.summary.paragraphs,
            earliest=facts.earliest.isoformat() if facts.earliest else None,
            latest=latest.isoformat() if latest else None,
            listed=[*map(ArticleOut.of, facts.listed)],
            text="\n".join(describe_archive(facts)),
        )


class AskOut(BaseModel):
    """Output of ``pullquote ask --json``."""

    question: str
    outcome: Literal["answer", "abstention"]
    confidence: float
    caution: str | None
    reason: str | None
    quotes: list[QuoteOut]
    nearest: list[QuoteOut]
    took_ms: float
    searched: str | None = None
    """Explanation of the question's operators; None if it has none."""
    misread: str | None = None
    """Words that look like operators but are not."""
    differences: list[DifferenceOut] = []
    """Where similar quotes differ."""
    later: ArticleOut | None = None
    """An article newer than all quoted ones that matches the same terms as the first quote."""

    archive: ArchiveOut | None = None
    """Set for a question about the archive itself, which has no quotes."""

    @classmethod
    def of(cls, question: str, reply: Reply) -> AskOut:
        answered = isinstance(reply, Answer)
        quotes = [QuoteOut.of(quote) for quote in reply.shown_quotes]
        return cls(
            question=question,
            outcome="answer" if answered else "abstention",
            confidence=round(reply.confidence, 6),
            caution=reply.warning if isinstance(reply, Answer) else None,
            reason=None if isinstance(reply, Answer) else reply.reason,
            quotes=quotes if answered else [],
            nearest=[] if answered else quotes,
            took_ms=round(reply.trace.took_ms, 3),
            searched=searched_line(reply.trace),
            misread=misread_line(reply.trace.query.filters),
            differences=[
                DifferenceOut(quotes=one.quotes, words=([*one.words[0]], [*one.words[1]]))
                for one in (reply.differences if isinstance(reply, Answer) else ())
            ],
            archive=ArchiveOut.of(reply.archive) if isinstance(reply, Answer) and reply.archive else None,
            later=ArticleOut.of(reply.newer_article) if isinstance(reply, Answer) and reply.newer_article else None,
        )


class AskWhyOut(AskOut):
    """Output of ``pullquote ask --json --why``."""

    trace: TraceOut
