"""A reply held against what is known to be right. Keeps secret what counts as found."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.evaluate.questions import Asked, Evidence
from bot.librarian import Librarian
from bot.models import Answer, Passage, Question, Quote


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question, without the words of any article, so that it travels light between processes.

    ``rank`` counts from 1, is that of the first hit that holds evidence, and None when none of the hits does;
    ``quote_hit`` tells whether the first quote holds an answer or a whole evidence quote, be it shown as an answer or
    as a nearest miss; ``right`` whether it answered and any quote shown does; ``verbatim`` whether each quote shown is
    an exact slice of the article it cites. ``took_ms`` is wall time in milliseconds.
    """

    asked: Asked
    answered: bool
    confidence: float
    rank: int | None
    quote_hit: bool
    right: bool
    verbatim: tuple[bool, ...]
    took_ms: float = field(compare=False)


def judge(librarian: Librarian, asked: Asked) -> Outcome:
    """Ask, and judge the reply."""
    reply = librarian.answer(Question(asked.question))
    answered = isinstance(reply, Answer)
    shown = reply.quotes if isinstance(reply, Answer) else reply.nearest
    ranks = (rank for rank, hit in enumerate(reply.trace.hits, 1) if evidence_in(hit.passage, asked.evidence))
    return Outcome(
        asked,
        answered=answered,
        confidence=reply.confidence,
        rank=next(ranks, None),
        quote_hit=bool(shown) and _answers(asked, shown[0]),
        right=answered and any(_answers(asked, quote) for quote in shown),
        verbatim=tuple(_is_verbatim(librarian, quote) for quote in shown),
        took_ms=reply.trace.took_ms,
    )


def evidence_in(passage: Passage, evidence: list[Evidence]) -> Evidence | None:
    """The first of ``evidence`` that ``passage`` holds whole, blanks ignored; None when it holds none."""
    return _held(evidence, passage.article.id, passage.span.of(passage.article.text))


def _held(evidence: list[Evidence], article: str, text: str) -> Evidence | None:
    own = [one for one in evidence if one.article_id == article]
    squeezed = _squeezed(text) if own else ""
    return next((one for one in own if _squeezed(one.quote) in squeezed), None)


def _answers(asked: Asked, quote: Quote) -> bool:
    text = quote.text.casefold()
    return any(answer.strip() and answer.casefold() in text for answer in asked.answers) or bool(
        _held(asked.evidence, quote.article.id, quote.text)
    )


def _is_verbatim(librarian: Librarian, quote: Quote) -> bool:
    stored = librarian.archive.articles[quote.article.id].text
    return bool(quote.text) and stored[quote.span.start : quote.span.end].encode() == quote.text.encode()


def _squeezed(text: str) -> str:
    return "".join(text.split())
