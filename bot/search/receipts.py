"""The form of a receipt, as it is kept. Keeps secret nothing: older receipts are read by it, so that it only grows.

A reply's receipt, and whether what it names is still so. Keeps secret how a quote is found again.

A receipt in words: the same wherever it is shown. Keeps secret how scores are put together for a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.errors import VerificationError
from bot.index.archive import Archive
from bot.index.scoring import TermScore
from bot.models import Answer, Expansion, Filters, Passage, Query, Quote, Reply, Scope, Span, Trace, Word, pluralize
from bot.search.confidence import THRESHOLD
from bot.search.messages import describe_filters, describe_scope


class _ReceiptPart(BaseModel):
    """What a receipt is made of, none of which changes."""

    model_config = ConfigDict(frozen=True)


class WordLine(_ReceiptPart):
    """A content word of the question; see ``models.Word``."""

    typed: str
    term: str
    weight: float
    is_name: bool


class FormLine(_ReceiptPart):
    """A form in which words of the question were searched, ``words`` being their positions; see ``models.Form``."""

    shown: str
    terms: tuple[str, ...]
    words: tuple[int, ...]
    weight: float
    origin: str


class FiltersLine(_ReceiptPart):
    """What the question's operators asked for; see ``models.Filters`` and ``models.Scope``."""

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None
    unread: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


class TermLine(_ReceiptPart):
    """What a term in a field gave to a passage's score; see ``retrieval.TermScore``."""

    field: str
    term: str
    score: float


class PartLine(_ReceiptPart):
    """What a part of the ranking gave to a passage's place."""

    part: str
    score: float


class QuoteLine(_ReceiptPart):
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


class Receipt(_ReceiptPart):
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


ExplainHit = Callable[[Query, Passage], tuple[TermScore, ...]]
"""What a passage's score for a query is made of: ``Librarian.explain``."""


def make_receipt(reply: Reply, archive: Archive, explain: ExplainHit) -> Receipt:
    """How ``reply`` came about in ``archive``: the same reply, the same receipt."""
    query = reply.trace.query
    quotes = reply.shown_quotes
    return Receipt(
        question=query.question.text,
        words=tuple(map(_word, query.words)),
        forms=tuple(map(_form, query.expansions)),
        filters=_filters(query.filters),
        archive=archive.fingerprint,
        outcome="answer" if isinstance(reply, Answer) else "abstention",
        said=reply.warning if isinstance(reply, Answer) else reply.reason,
        confidence=reply.confidence,
        threshold=THRESHOLD,
        quotes=tuple(_quote(quote, reply.trace, explain) for quote in quotes),
    )


def check_quotes(receipt: Receipt, archive: Archive) -> tuple[Quote | None, ...]:
    """Each quote of ``receipt``, verified in ``archive`` now; None where its source has changed since."""
    return tuple(_found(line, archive) for line in receipt.quotes)


def _found(line: QuoteLine, archive: Archive) -> Quote | None:
    named = line.article
    if named not in archive.articles:
        named = next((one for one in archive.articles if _written(one) == line.article), named)
    try:
        return archive.find_quote(named, Span(line.start, line.end), line.sha256)
    except VerificationError:
        return None


def _quote(quote: Quote, trace: Trace, explain: ExplainHit) -> QuoteLine:
    rank, hit = next((rank, hit) for rank, hit in enumerate(trace.hits, 1) if quote.paragraph in hit.passage.paragraphs)
    terms = explain(trace.query, hit.passage)
    return QuoteLine(
        article=_written(quote.article.id),
        sha256=quote.article.sha256,
        start=quote.span.start,
        end=quote.span.end,
        paragraph=quote.paragraph.number,
        paragraphs=quote.paragraph.total,
        rank=rank,
        found=sum(one.score for one in terms),
        terms=tuple(TermLine(field=one.field, term=one.term, score=one.score) for one in terms),
        ranked=hit.score,
        parts=tuple(PartLine(part=name, score=score) for name, score in hit.features),
    )


def _word(word: Word) -> WordLine:
    return WordLine(typed=word.typed, term=word.term, weight=word.weight, is_name=word.is_name)


def _form(form: Expansion) -> FormLine:
    return FormLine(shown=form.text, terms=form.terms, words=form.positions, weight=form.weight, origin=form.origin)


def _filters(filters: Filters) -> FiltersLine:
    scope = filters.scope
    return FiltersLine(
        phrases=filters.phrases,
        excluded=filters.excluded,
        sources=scope.sources,
        since=scope.since,
        before=scope.before,
        unread=filters.unrecognized,
        quoted=filters.optional_phrases,
    )


def _written(name: str) -> str:
    """An article's id as JSON can hold it: the name of a file may be no text."""
    return name.encode(errors="backslashreplace").decode()


DIGITS = 16
"""Hexadecimal digits of a digest that a person is shown."""
CHANGED = "the source has changed since"


def verdict(receipt: Receipt) -> str:
    """Whether it was answered, and why."""
    asked = "Answered" if receipt.outcome == "answer" else "Not answered"
    return f"{asked}: the confidence is {receipt.confidence:.3f}, and {receipt.threshold:.3f} is needed to answer."


def stands_for(form: FormLine, receipt: Receipt) -> str:
    """The words of the question, as typed, that ``form`` stands for."""
    return " ".join(receipt.words[at].typed for at in form.words)


def narrowed(filters: FiltersLine) -> str | None:
    """What the question's operators left to be searched; None where they left everything."""
    scope = Scope(filters.sources, filters.since, filters.before)
    held, asked = describe_filters(Filters(filters.phrases, filters.excluded)), describe_scope(scope)
    if not held and not asked:
        return None
    return f"Searched only passages{held}{' in articles' if asked else ''}{asked}."


def words_of(receipt: Receipt) -> dict[str, str]:
    """Each term that was searched, and the word that a person would write for it."""
    said = {word.term: word.typed for word in receipt.words}
    for form in receipt.forms:
        words = form.shown.split()
        if len(words) == len(form.terms):
            said = {**dict(zip(form.terms, words, strict=True)), **said}
    return said


def strongest(line: QuoteLine, receipt: Receipt, most: int) -> str:
    """The score by which the quote's passage was found, and the ``most`` terms that gave the most to it."""
    said = words_of(receipt)
    given: dict[str, float] = {}
    for one in line.terms:
        word = said.get(one.term, one.term)
        given[word] = given.get(word, 0.0) + one.score
    return f"Found by its words: {_sum(line.found, given.items(), most, 'term')}"


def placed(line: QuoteLine, most: int) -> str:
    """The place of the quote's passage among those found, and the ``most`` parts of the ranking that gave it most."""
    scores = [(one.part, one.score) for one in line.parts]
    return f"Place {line.rank} by the ranking: {_sum(line.ranked, scores, most, 'part')}"


def quote_location(line: QuoteLine) -> str:
    """Where the quote stands, for a program that would slice it."""
    return f"Characters {line.start}–{line.end} of the article whose SHA-256 begins with {line.sha256[:DIGITS]}"


def quote_status(quote: Quote | None) -> str:
    """Whether a quote was verified now."""
    return CHANGED if quote is None else "verified now"


def archive_now(receipt: Receipt, archive: Archive) -> str:
    """Which archive was asked, and whether ``archive`` is the same."""
    asked = receipt.archive[:DIGITS]
    if receipt.archive == archive.fingerprint:
        return f"Archive {asked}, unchanged since"
    return f"Archive {asked}; it has changed since, to {archive.fingerprint[:DIGITS]}"


def _sum(total: float, scores: Iterable[tuple[str, float]], most: int, thing: str) -> str:
    ordered = sorted(((name, score) for name, score in scores if score), key=lambda one: (-one[1], one[0]))
    parts = [f"{name} {score:.2f}" for name, score in ordered[:most]]
    rest = ordered[most:]
    if rest:
        others = pluralize(len(rest), f"more {thing}")
        parts.append(f"{others} {sum(score for _, score in rest):.2f}")
    return f"{total:.2f}" + (f" = {' + '.join(parts)}" if parts else "")
