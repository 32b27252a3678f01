"""A reply's receipt, and whether what it names is still so. Keeps secret how a quote is found again."""

from __future__ import annotations

from collections.abc import Callable

from bot.archive import Archive
from bot.errors import VerificationError
from bot.models import Answer, Filters, Form, Passage, Query, Quote, Reply, Span, Trace, Word
from bot.quoting.confidence import THRESHOLD
from bot.receipts.form import FiltersLine, FormLine, PartLine, QuoteLine, Receipt, TermLine, WordLine
from bot.retrieval import TermScore

Explain = Callable[[Query, Passage], tuple[TermScore, ...]]
"""What a passage's score for a query is made of: ``Librarian.explain``."""


def receipt_of(reply: Reply, archive: Archive, explain: Explain) -> Receipt:
    """How ``reply`` came about in ``archive``: the same reply, the same receipt."""
    query = reply.trace.query
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    return Receipt(
        question=query.question.text,
        words=tuple(map(_word, query.words)),
        forms=tuple(map(_form, query.forms)),
        filters=_filters(query.filters),
        archive=archive.fingerprint,
        outcome="answer" if isinstance(reply, Answer) else "abstention",
        said=reply.caution if isinstance(reply, Answer) else reply.reason,
        confidence=reply.confidence,
        threshold=THRESHOLD,
        quotes=tuple(_quote(quote, reply.trace, explain) for quote in quotes),
    )


def check(receipt: Receipt, archive: Archive) -> tuple[Quote | None, ...]:
    """Each quote of ``receipt``, verified in ``archive`` now; None where its source has changed since."""
    return tuple(_found(line, archive) for line in receipt.quotes)


def _found(line: QuoteLine, archive: Archive) -> Quote | None:
    named = line.article
    if named not in archive.articles:
        named = next((one for one in archive.articles if _written(one) == line.article), named)
    try:
        return archive.find(named, Span(line.start, line.end), line.sha256)
    except VerificationError:
        return None


def _quote(quote: Quote, trace: Trace, explain: Explain) -> QuoteLine:
    rank, hit = next((rank, hit) for rank, hit in enumerate(trace.hits, 1) if quote.paragraph in hit.passage.paragraphs)
    terms = explain(trace.query, hit.passage)
    return QuoteLine(
        article=_written(quote.article.id),
        sha256=quote.article.sha256,
        start=quote.span.start,
        end=quote.span.end,
        paragraph=quote.paragraph.number,
        paragraphs=quote.paragraph.of,
        rank=rank,
        found=sum(one.score for one in terms),
        terms=tuple(TermLine(field=one.field, term=one.term, score=one.score) for one in terms),
        ranked=hit.score,
        parts=tuple(PartLine(part=name, score=score) for name, score in hit.parts),
    )


def _word(word: Word) -> WordLine:
    return WordLine(typed=word.typed, term=word.term, weight=word.weight, is_name=word.is_name)


def _form(form: Form) -> FormLine:
    return FormLine(shown=form.shown, terms=form.terms, words=form.words, weight=form.weight, origin=form.origin)


def _filters(filters: Filters) -> FiltersLine:
    scope = filters.scope
    return FiltersLine(
        phrases=filters.phrases,
        excluded=filters.excluded,
        sources=scope.sources,
        since=scope.since,
        before=scope.before,
        unread=filters.unread,
        quoted=filters.quoted,
    )


def _written(name: str) -> str:
    """An article's id as JSON can hold it: the name of a file may be no text."""
    return name.encode(errors="backslashreplace").decode()
