"""Questions that were answered badly: grouped by kind, worst first, with an explanation of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.evaluation.metrics import is_found
from bot.evaluation.questions import Evidence, JudgedReply, find_evidence
from bot.models import Hit, Passage, Question, Quote, Term
from bot.search.answerer import Answerer
from bot.text import analysis

Kind = Literal["passage", "quote", "abstained", "answered"]


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All failures of one kind, worst first; ``total`` counts the questions that could fail in this way.

    * ``passage``: answerable, but the first hit has no evidence; worst where no hit has, then by rank.
    * ``quote``: the first hit has evidence, but the first quote has neither evidence nor an answer; most confident
      first.
    * ``abstained``: answerable, but abstained; least confident first.
    * ``answered``: unanswerable, but answered; most confident first.

    Ties keep the order of the questions. A question can be in several groups.
    """

    kind: Kind
    total: int
    replies: tuple[JudgedReply, ...]


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its rank among the hits (from 1) and its score, both None if it was not found.

    ``matched_terms`` are the query's terms in the passage's own text.
    """

    passage: Passage
    rank: int | None
    score: float | None
    matched_terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed reply, explained.

    ``evidence`` is what was expected, None for an unanswerable question; ``expected`` the passage that contains it,
    None if no passage of the archive does; ``first_hit`` None without hits; ``quote`` the first quote, shown as an
    answer or as a nearest miss; ``terms`` the query's.
    """

    reply: JudgedReply
    evidence: Evidence | None
    expected: RankedPassage | None
    first_hit: RankedPassage | None
    quote: Quote | None
    terms: tuple[Term, ...]


def group_failures(replies: Sequence[JudgedReply]) -> tuple[FailureGroup, ...]:
    """Failures among ``replies``, one group for each kind."""
    answerable = [reply for reply in replies if reply.question.answerable]
    unanswerable = [reply for reply in replies if not reply.question.answerable]
    found_first = [reply for reply in answerable if is_found(reply, 1)]
    return (
        _group("passage", answerable, lambda one: not is_found(one, 1), lambda one: -(one.rank or float("inf"))),
        _group("quote", found_first, lambda one: not one.is_quote_correct, lambda one: -one.confidence),
        _group("abstained", answerable, lambda one: not one.is_answered, lambda one: one.confidence),
        _group("answered", unanswerable, lambda one: one.is_answered, lambda one: -one.confidence),
    )


def _group(
    kind: Kind,
    replies: Sequence[JudgedReply],
    is_failure: Callable[[JudgedReply], bool],
    order: Callable[[JudgedReply], float],
) -> FailureGroup:
    return FailureGroup(kind, len(replies), tuple(sorted(filter(is_failure, replies), key=order)))


def explain_failure(answerer: Answerer, judged: JudgedReply) -> Failure:
    """Ask the question again, and compare the first hit with the expected passage."""
    evidence = judged.question.evidence
    reply = answerer.answer(Question(judged.question.question, today=judged.question.asked))
    quotes = reply.shown_quotes
    hits, terms = reply.trace.hits, reply.trace.query.terms
    if judged.rank:
        passage: Passage | None = hits[judged.rank - 1].passage
    else:
        passage = next((one for one in answerer.archive.passages if find_evidence(one, evidence)), None)
    contained = find_evidence(passage, evidence) if passage else None
    return Failure(
        judged,
        evidence=contained or next(iter(evidence), None),
        expected=_rank(passage, hits, terms) if passage else None,
        first_hit=_rank(hits[0].passage, hits, terms) if hits else None,
        quote=next(iter(quotes), None),
        terms=terms,
    )


def _rank(passage: Passage, hits: Sequence[Hit], terms: Sequence[Term]) -> RankedPassage:
    rank = next((rank for rank, hit in enumerate(hits, 1) if hit.passage == passage), None)
    own = set(analysis.extract_terms(passage.span.slice(passage.article.text)))
    score = hits[rank - 1].score if rank else None
    return RankedPassage(passage, rank, score, frozenset(term.text for term in terms if term.text in own))
