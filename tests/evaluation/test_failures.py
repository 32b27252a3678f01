"""Failures: their order, and how each is explained."""

from __future__ import annotations

from bot.evaluation.failures import Failure, explain_failure, group_failures
from bot.evaluation.questions import EvaluationQuestion, judge_reply
from tests.factories import answerer, article

from .cases import LAMP, Case, archive, judged_replies, make_question

CASES = judged_replies(
    Case(name="all is well", quote_correct=True),
    Case(name="late", rank=2, quote_correct=True),
    Case(name="later", rank=20, quote_correct=True),
    Case(name="never", rank=None, confidence=0.7),
    Case(name="wrong quote", confidence=0.6),
    Case(name="wrong quote, surer", confidence=0.8),
    Case(name="silent", quote_correct=True, answered=False, confidence=0.3),
    Case(name="more silent", quote_correct=True, answered=False, confidence=0.2),
    Case(name="rightly silent", answerable=False, answered=False, confidence=0.1),
    Case(name="false", answerable=False, rank=None, confidence=0.6),
    Case(name="falser", answerable=False, rank=None, confidence=0.9),
    Case(name="as false", answerable=False, rank=None, confidence=0.6),
)


def test_failures_are_grouped_worst_first() -> None:
    """Each kind has its own order and total; ties keep the order of the questions."""
    groups = group_failures(CASES)
    assert {group.kind: (group.total, [one.question.id for one in group.replies]) for group in groups} == {
        "passage": (8, ["never", "later", "late"]),
        "quote": (5, ["wrong quote, surer", "wrong quote"]),
        "abstained": (8, ["more silent", "silent"]),
        "answered": (4, ["falser", "false", "as false"]),
    }


def test_no_failures() -> None:
    """Without questions, there are no failures."""
    assert [(group.total, group.replies) for group in group_failures([])] == [(0, ())] * 4


def explain(question: EvaluationQuestion, *more: str) -> Failure:
    """Ask ``question`` of the archive with ``more`` articles, and explain the reply."""
    some = answerer(*archive(), *(article(text, id=f"{number}.txt") for number, text in enumerate(more)))
    return explain_failure(some, judge_reply(some, question))


def test_evidence_below_the_first_hit() -> None:
    """Both passages are given with rank, score and matched terms."""
    question = make_question("Skarvik lamp oil", evidence=[("nowhere.txt", "not here"), ("lamp.txt", "lit in 1871")])
    failure = explain(question, "Lamp oil is sold by the jug.")
    assert failure.first_hit and failure.expected and failure.evidence
    assert (failure.first_hit.passage.article.id, failure.first_hit.rank) == ("0.txt", 1)
    assert (failure.expected.passage.article.id, failure.expected.rank) == ("lamp.txt", 2)
    assert failure.evidence.article_id == "lamp.txt"
    assert failure.first_hit.score and failure.expected.score and failure.first_hit.score > failure.expected.score
    assert [(term.text, term.weight) for term in failure.terms] == [("skarvik", 1.0), ("lamp", 1.0), ("oil", 1.0)]
    assert (failure.first_hit.matched_terms, failure.expected.matched_terms) == (
        frozenset({"lamp", "oil"}),
        frozenset({"skarvik", "lamp"}),
    )


def test_evidence_that_is_not_among_the_hits() -> None:
    """The expected passage is given even if the search did not find it."""
    failure = explain(make_question("lamp", evidence=[("gulls.txt", "under the roof")]))
    assert failure.first_hit and failure.expected
    assert failure.first_hit.passage.article.id == "lamp.txt"
    assert (failure.expected.passage.article.id, failure.expected.rank, failure.expected.score) == (
        "gulls.txt",
        None,
        None,
    )
    assert failure.expected.matched_terms == set()


def test_evidence_that_is_in_no_passage() -> None:
    """Evidence that the archive does not contain has no expected passage."""
    failure = explain(make_question("lamp", evidence=[("lamp.txt", "lit in 1999")]))
    assert failure.evidence and failure.evidence.quote == "lit in 1999"
    assert failure.expected is None


def test_nothing_expected_and_nothing_found() -> None:
    """An unanswerable question without hits has neither passage."""
    failure = explain(make_question("saxophone", answerable=False))
    assert (failure.evidence, failure.expected, failure.first_hit, failure.quote) == (None, None, None, None)


def test_the_first_hit_of_an_unanswerable_question() -> None:
    """The first hit is what it answered with."""
    failure = explain(make_question("Skarvik lamp", answerable=False))
    assert failure.quote and failure.quote.text == LAMP
    assert failure.first_hit and failure.first_hit.passage.span.slice(failure.first_hit.passage.article.text) == LAMP
