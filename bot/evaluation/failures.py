"""Why a question went wrong. Keeps secret what makes one miss worse than another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.evaluation.metrics import found_by
from bot.evaluation.questions import Evidence, JudgedReply, evidence_in
from bot.models import Hit, Passage, Question, Quote, Term
from bot.search.answerer import Answerer
from bot.text import analysis

Kind = Literal["passage", "quote", "silence", "answer"]


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All misses of one kind, worst first, and how many questions could have been one.

    * ``passage``: answerable, but the first hit holds no evidence; worst where none does, then where one does late.
    * ``quote``: the first hit holds evidence, but the first quote neither it nor an answer; worst where it was surest.
    * ``silence``: answerable, but it abstained; worst where it was least sure.
    * ``answer``: unanswerable, but it answered; worst where it was surest.

    Equals stay in the order of the questions. A question can be in more than one group.
    """

    kind: Kind
    of: int
    outcomes: tuple[JudgedReply, ...]


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """How a passage stands to a question: its place among the hits (from 1) and its score, None where it is no hit.

    ``holds`` are those of the query's terms that stand in the passage's own words.
    """

    passage: Passage
    rank: int | None
    score: float | None
    holds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """One outcome, explained.

    ``evidence`` is what was expected, None where nothing was; ``expected`` the passage that holds it, None where no
    passage of the archive does; ``first`` the first hit, None without hits; ``quote`` the first quote, be it shown as
    an answer or as a nearest miss; ``terms`` what was searched.
    """

    outcome: JudgedReply
    evidence: Evidence | None
    expected: RankedPassage | None
    first: RankedPassage | None
    quote: Quote | None
    terms: tuple[Term, ...]


def group_failures(found: Sequence[JudgedReply]) -> tuple[FailureGroup, ...]:
    """The misses among ``found``, by kind."""
    yes = [outcome for outcome in found if outcome.asked.answerable]
    no = [outcome for outcome in found if not outcome.asked.answerable]
    first = [outcome for outcome in yes if found_by(outcome, 1)]
    return (
        _group("passage", yes, lambda one: not found_by(one, 1), lambda one: -(one.rank or float("inf"))),
        _group("quote", first, lambda one: not one.quote_hit, lambda one: -one.confidence),
        _group("silence", yes, lambda one: not one.answered, lambda one: one.confidence),
        _group("answer", no, lambda one: one.answered, lambda one: -one.confidence),
    )


def _group(
    kind: Kind, of: Sequence[JudgedReply], is_miss: Callable[[JudgedReply], bool], order: Callable[[JudgedReply], float]
) -> FailureGroup:
    return FailureGroup(kind, len(of), tuple(sorted(filter(is_miss, of), key=order)))


def explain_failure(librarian: Answerer, outcome: JudgedReply) -> Failure:
    """Ask again, and hold the first hit and the passage that was expected against the query."""
    evidence = outcome.asked.evidence
    reply = librarian.answer(Question(outcome.asked.question))
    shown = reply.shown_quotes
    trace, terms = reply.trace, reply.trace.query.terms
    expected: RankedPassage | None = None
    if outcome.rank:
        expected = _standing(trace.hits[outcome.rank - 1].passage, trace.hits, terms)
    elif passage := next((one for one in librarian.archive.passages if evidence_in(one, evidence)), None):
        expected = _standing(passage, trace.hits, terms)
    held = evidence_in(expected.passage, evidence) if expected else None
    first = _standing(trace.hits[0].passage, trace.hits, terms) if trace.hits else None
    return Failure(outcome, held or next(iter(evidence), None), expected, first, next(iter(shown), None), terms)


def _standing(passage: Passage, hits: Sequence[Hit], terms: Sequence[Term]) -> RankedPassage:
    rank = next((rank for rank, hit in enumerate(hits, 1) if hit.passage == passage), None)
    own = set(analysis.extract_terms(passage.span.slice(passage.article.text)))
    return RankedPassage(
        passage,
        rank,
        hits[rank - 1].score if rank else None,
        frozenset(term.text for term in terms if term.text in own),
    )
