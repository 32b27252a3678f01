"""JSON output of ``pullquote ask``: a stable contract, to which keys may only be added."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from bot.models import Answer, ArchiveFacts, Quote, Reply
from bot.search.messages import describe_archive, misread_line, searched_line
from bot.text.fragments import link_to

Rounded = Annotated[float, AfterValidator(lambda number: round(number, 6))]


class _FromAttributes(BaseModel):
    """Created from an object with the attributes of the same names, or those of the aliases."""

    model_config = ConfigDict(from_attributes=True)


class QuoteOut(BaseModel):
    """A quote or a nearest miss; ``start`` and ``end`` are offsets into the canonical text."""

    text: str
    article_id: str
    title: str
    author: str | None
    source: str
    published: date | None
    url: str | None
    heading: str | None
    page: int | None
    """Physical page on which the quote begins, from 1; None for a format without pages."""
    page_end: int | None
    """Page on which the quote ends, if that is another."""
    page_label: str | None
    """Printed label of ``page``, if it is not its number."""
    paragraph: int
    paragraphs: int
    start: int
    end: int
    sha256: str
    highlights: list[tuple[int, int]]
    """Offsets into ``text``."""
    missing: list[str]
    also_in: list[str]
    score: Rounded
    link: str | None
    """``url`` with a fragment that makes a browser scroll to the quote."""

    @classmethod
    def of(cls, quote: Quote) -> QuoteOut:
        article = quote.article
        first, last = quote.pages or (None, None)
        return cls(
            text=quote.text,
            article_id=article.id,
            title=article.title,
            author=article.author,
            source=article.source,
            published=article.published,
            url=article.url,
            heading=quote.heading,
            page=first,
            page_end=last if last != first else None,
            page_label=quote.page_label,
            paragraph=quote.paragraph.number,
            paragraphs=quote.paragraph.total,
            start=quote.span.start,
            end=quote.span.end,
            sha256=article.sha256,
            highlights=[(s.start - quote.span.start, s.end - quote.span.start) for s in quote.highlights],
            missing=list(quote.unmatched_terms),
            also_in=[paragraph.article.id for paragraph in quote.also_in],
            score=quote.score,
            link=link_to(quote),
        )


class ArticleOut(_FromAttributes):
    """An article that is named but not quoted."""

    article_id: str = Field(validation_alias="id")
    title: str
    author: str | None
    source: str
    published: date | None
    url: str | None


class TermOut(_FromAttributes):
    """A search term."""

    text: str
    weight: float
    origin: str


class HitOut(_FromAttributes):
    """A passage that was found."""

    article_id: str = Field(validation_alias=AliasPath("passage", "article", "id"))
    paragraphs: Annotated[list[int], BeforeValidator(lambda paragraphs: [one.number for one in paragraphs])] = Field(
        validation_alias=AliasPath("passage", "paragraphs")
    )
    score: Rounded


class TraceOut(_FromAttributes):
    """Search terms and hits, best first."""

    terms: list[TermOut] = Field(validation_alias=AliasPath("query", "terms"))
    hits: list[HitOut]
    articles: int = Field(validation_alias=AliasPath("searched", "articles"))
    paragraphs: int = Field(validation_alias=AliasPath("searched", "paragraphs"))


class DifferenceOut(_FromAttributes):
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
    earliest: date | None
    latest: date | None
    listed: list[ArticleOut]
    text: str

    @classmethod
    def of(cls, facts: ArchiveFacts) -> ArchiveOut:
        return cls(
            kind=facts.kind,
            articles=facts.summary.articles,
            total=facts.total,
            paragraphs=facts.summary.paragraphs,
            earliest=facts.earliest,
            latest=facts.summary.latest,
            listed=[ArticleOut.model_validate(article) for article in facts.listed],
            text="\n".join(describe_archive(facts)),
        )


class AskOut(BaseModel):
    """Output of ``pullquote ask --json``."""

    question: str
    outcome: Literal["answer", "abstention"]
    confidence: Rounded
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
    def of(cls, question: str, reply: Reply) -> Self:
        answer = reply if isinstance(reply, Answer) else None
        quotes = [QuoteOut.of(quote) for quote in reply.shown_quotes]
        fields = {
            "question": question,
            "outcome": "answer" if answer else "abstention",
            "confidence": reply.confidence,
            "caution": answer.warning if answer else None,
            "reason": None if isinstance(reply, Answer) else reply.reason,
            "quotes": quotes if answer else [],
            "nearest": [] if answer else quotes,
            "took_ms": round(reply.trace.took_ms, 3),
            "searched": searched_line(reply.trace),
            "misread": misread_line(reply.trace.query.filters),
            "differences": answer.differences if answer else [],
            "later": answer.newer_article if answer else None,
            "archive": ArchiveOut.of(answer.archive) if answer and answer.archive else None,
            "trace": reply.trace,
        }
        return cls.model_validate({name: fields[name] for name in cls.model_fields})


class AskWhyOut(AskOut):
    """Output of ``pullquote ask --json --why``."""

    trace: TraceOut
