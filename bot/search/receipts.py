"""Receipts: why a reply was given, in a form that can be stored, checked again later, and put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.errors import VerificationError
from bot.index.archive import Archive
from bot.index.retrieval import TermScore
from bot.index.versions import reader_digest
from bot.models import Answer, Filters, Passage, Query, Quote, Reply, Scope, Span, Trace, pluralize
from bot.search.confidence import THRESHOLD
from bot.search.messages import describe_filters, describe_scope

_OTHER_READER = "read by another reader now"
DIGEST_DIGITS = 16
"""Hexadecimal digits of a digest that are shown."""


class _Part(BaseModel):
    """Stored receipts are read by these models, so fields may be added, never renamed or removed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class WordLine(_Part):
    """A content word of the question; see ``models.Word``."""

    typed: str
    term: str
    weight: float
    is_name: bool


class ExpansionLine(_Part):
    """An expansion that was searched, ``words`` being the positions that it covers; see ``models.Expansion``."""

    shown: str
    terms: tuple[str, ...]
    words: tuple[int, ...]
    weight: float
    origin: str


class FiltersLine(_Part):
    """The operators of the question; see ``models.Filters`` and ``models.Scope``."""

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None
    unread: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


class TermLine(_Part):
    """A term's part of a search score; see ``retrieval.TermScore``."""

    field: str
    term: str
    score: float


class FeatureLine(_Part):
    """A ranking feature's part of a score."""

    part: str
    score: float


class QuoteLine(_Part):
    """A quote that was shown, and why.

    ``start`` and ``end`` are offsets into the article's canonical text, whose digest is ``sha256``. ``found`` is the
    search score of its passage, the sum of ``terms``; ``ranked`` the score that gave it its ``rank`` (from 1) among the
    passages, the sum of ``parts``.
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
    parts: tuple[FeatureLine, ...]


class Receipt(_Part):
    """Why a reply was given.

    ``archive`` is the archive's fingerprint; ``said`` the answer's warning, if any, or the reason of an abstention. The
    outcome is an answer if ``confidence`` reached ``threshold``. ``quotes`` are in the order shown; of an abstention,
    the nearest misses. ``reader`` is the ``versions.reader_digest`` of the time, empty in older receipts.
    """

    form: Literal[1] = 1
    question: str
    words: tuple[WordLine, ...]
    forms: tuple[ExpansionLine, ...]
    filters: FiltersLine
    archive: str
    outcome: Literal["answer", "abstention"]
    said: str | None
    confidence: float
    threshold: float
    quotes: tuple[QuoteLine, ...]
    reader: str = ""


ExplainHit = Callable[[Query, Passage], tuple[TermScore, ...]]
"""Splits the search score of a passage into terms: ``Answerer.explain``."""


def make_receipt(reply: Reply, archive: Archive, explain: ExplainHit) -> Receipt:
    """Make the receipt of ``reply`` from ``archive``; the same reply gives the same receipt."""
    query = reply.trace.query
    filters, scope = query.filters, query.filters.scope
    return Receipt(
        question=query.question.text,
        words=tuple(map(WordLine.model_validate, query.words)),
        forms=tuple(
            ExpansionLine(shown=one.text, terms=one.terms, words=one.positions, weight=one.weight, origin=one.origin)
            for one in query.expansions
        ),
        filters=FiltersLine(
            phrases=filters.phrases,
            excluded=filters.excluded,
            sources=scope.sources,
            since=scope.since,
            before=scope.before,
            unread=(*filters.unrecognized, *filters.invalid_dates),
            quoted=filters.optional_phrases,
        ),
        archive=archive.fingerprint,
        outcome="answer" if isinstance(reply, Answer) else "abstention",
        said=reply.warning if isinstance(reply, Answer) else reply.reason,
        confidence=reply.confidence,
        threshold=THRESHOLD,
        quotes=tuple(_quote_line(quote, reply.trace, explain) for quote in reply.shown_quotes),
        reader=reader_digest(),
    )


def _quote_line(quote: Quote, trace: Trace, explain: ExplainHit) -> QuoteLine:
    rank, hit = next((rank, hit) for rank, hit in enumerate(trace.hits, 1) if quote.paragraph in hit.passage.paragraphs)
    terms = explain(trace.query, hit.passage)
    return QuoteLine(
        article=_printable(quote.article.id),
        sha256=quote.article.sha256,
        start=quote.span.start,
        end=quote.span.end,
        paragraph=quote.paragraph.number,
        paragraphs=quote.paragraph.total,
        rank=rank,
        found=sum(one.score for one in terms),
        terms=tuple(map(TermLine.model_validate, terms)),
        ranked=hit.score,
        parts=tuple(FeatureLine(part=name, score=score) for name, score in hit.features),
    )


def _printable(article_id: str) -> str:
    """An article's id as JSON can hold it: the name of a file may be no text."""
    return article_id.encode(errors="backslashreplace").decode()


def check_quotes(receipt: Receipt, archive: Archive) -> tuple[Quote | None, ...]:
    """Verify each quote of ``receipt`` in ``archive``; None for one whose source has changed."""
    return tuple(_find_quote(line, archive) for line in receipt.quotes)


def _find_quote(line: QuoteLine, archive: Archive) -> Quote | None:
    article_id = line.article
    if article_id not in archive.articles:
        article_id = next((one for one in archive.articles if _printable(one) == line.article), article_id)
    try:
        return archive.find_quote(article_id, Span(line.start, line.end), line.sha256)
    except VerificationError:
        return None


def describe_outcome(receipt: Receipt) -> str:
    """Whether it was answered, and why."""
    outcome = "Answered" if receipt.outcome == "answer" else "Not answered"
    return f"{outcome}: the confidence is {receipt.confidence:.3f}, and {receipt.threshold:.3f} is needed to answer."


def covered_words(expansion: ExpansionLine, receipt: Receipt) -> str:
    """The words of the question, as typed, that ``expansion`` covers."""
    return " ".join(receipt.words[at].typed for at in expansion.words)


def describe_narrowing(filters: FiltersLine) -> str | None:
    """What the operators left to be searched; None if they left everything."""
    passages = describe_filters(Filters(filters.phrases, filters.excluded))
    articles = describe_scope(Scope(filters.sources, filters.since, filters.before))
    if not passages and not articles:
        return None
    return f"Searched only passages{passages}{' in articles' if articles else ''}{articles}."


def words_by_term(receipt: Receipt) -> dict[str, str]:
    """Each searched term with the word that a person would write for it."""
    words = {word.term: word.typed for word in receipt.words}
    for expansion in receipt.forms:
        shown = expansion.shown.split()
        if len(shown) == len(expansion.terms):
            words = {**dict(zip(expansion.terms, shown, strict=True)), **words}
    return words


def describe_search_score(line: QuoteLine, receipt: Receipt, limit: int) -> str:
    """The search score of the quote's passage, and the ``limit`` terms with the greatest part in it."""
    words = words_by_term(receipt)
    scores: dict[str, float] = {}
    for one in line.terms:
        word = words.get(one.term, one.term)
        scores[word] = scores.get(word, 0.0) + one.score
    return f"Found by its words: {_format_sum(line.found, scores.items(), limit, 'term')}"


def describe_rank(line: QuoteLine, limit: int) -> str:
    """The rank of the quote's passage, and the ``limit`` features with the greatest part in its score."""
    scores = [(one.part, one.score) for one in line.parts]
    return f"Place {line.rank} by the ranking: {_format_sum(line.ranked, scores, limit, 'part')}"


def quote_location(line: QuoteLine) -> str:
    """Where the quote is, for a program that slices it."""
    return f"Characters {line.start}–{line.end} of the article whose SHA-256 begins with {line.sha256[:DIGEST_DIGITS]}"


def quote_status(quote: Quote | None, receipt: Receipt) -> str:
    """What came of ``check_quotes``."""
    if quote is not None:
        return "verified now"
    changed = "the source has changed since"
    return f"{changed}, or is {_OTHER_READER}" if _is_other_reader(receipt) else changed


def describe_archive(receipt: Receipt, archive: Archive) -> str:
    """Which archive was asked, and whether ``archive`` is the same."""
    asked = receipt.archive[:DIGEST_DIGITS]
    if receipt.archive == archive.fingerprint:
        return f"Archive {asked}, unchanged since"
    reader = f"; it is {_OTHER_READER}" if _is_other_reader(receipt) else ""
    return f"Archive {asked}; it has changed since, to {archive.fingerprint[:DIGEST_DIGITS]}{reader}"


def _is_other_reader(receipt: Receipt) -> bool:
    """Whether files were read by other software at the time, so that their text may differ although they do not."""
    return receipt.reader not in ("", reader_digest())


def _format_sum(total: float, scores: Iterable[tuple[str, float]], limit: int, noun: str) -> str:
    ordered = sorted(((name, score) for name, score in scores if score), key=lambda one: (-one[1], one[0]))
    parts = [f"{name} {score:.2f}" for name, score in ordered[:limit]]
    if rest := ordered[limit:]:
        parts.append(f"{pluralize(len(rest), f'more {noun}')} {sum(score for _, score in rest):.2f}")
    return f"{total:.2f}" + (f" = {' + '.join(parts)}" if parts else "")
