"""Which misses are listed, in what order, and what is told of each."""

from __future__ import annotations

from bot.evaluation.failures import Failure, explain_failure, group_failures
from bot.evaluation.questions import EvaluationQuestion, judge_reply
from tests.factories import answerer, article

from .cases import LAMP, Case, archive, asked, outcomes_of

CASES = outcomes_of(
    Case(name="all is well", quote_hit=True),
    Case(name="late", rank=2, quote_hit=True),
    Case(name="later", rank=20, quote_hit=True),
    Case(name="never", rank=None, confidence=0.7),
    Case(name="wrong quote", confidence=0.6),
    Case(name="wrong quote, surer", confidence=0.8),
    Case(name="silent", quote_hit=True, answered=False, confidence=0.3),
    Case(name="more silent", quote_hit=True, answered=False, confidence=0.2),
    Case(name="rightly silent", answerable=False, answered=False, confidence=0.1),
    Case(name="false", answerable=False, rank=None, confidence=0.6),
    Case(name="falser", answerable=False, rank=None, confidence=0.9),
    Case(name="as false", answerable=False, rank=None, confidence=0.6),
)


def test_misses_are_grouped_worst_first() -> None:
    """Each kind has its own order, and tells of how many questions it speaks; equals keep the questions' order."""
    assert {group.kind: (group.of, [one.asked.id for one in group.outcomes]) for group in group_failures(CASES)} == {
        "passage": (8, ["never", "later", "late"]),
        "quote": (5, ["wrong quote, surer", "wrong quote"]),
        "silence": (8, ["more silent", "silent"]),
        "answer": (4, ["falser", "false", "as false"]),
    }


def test_no_miss() -> None:
    """Without questions there are no misses."""
    assert [(group.of, group.outcomes) for group in group_failures([])] == [(0, ())] * 4


def explained(question: EvaluationQuestion, *more: str) -> Failure:
    """What is told of ``question`` where the archive also holds paragraphs of ``more``."""
    some = answerer(*archive(), *(article(text, id=f"{number}.txt") for number, text in enumerate(more)))
    return explain_failure(some, judge_reply(some, question))


def test_the_evidence_came_late() -> None:
    """Both passages are shown with rank, score and the terms that each holds."""
    question = asked("Skarvik lamp oil", evidence=[("nowhere.txt", "not here"), ("lamp.txt", "lit in 1871")])
    miss = explained(question, "Lamp oil is sold by the jug.")
    assert miss.first and miss.expected and miss.evidence
    assert (miss.first.passage.article.id, miss.first.rank) == ("0.txt", 1)
    assert (miss.expected.passage.article.id, miss.expected.rank) == ("lamp.txt", 2)
    assert miss.evidence.article_id == "lamp.txt"
    assert miss.first.score and miss.expected.score and miss.first.score > miss.expected.score
    assert [(term.text, term.weight) for term in miss.terms] == [("skarvik", 1.0), ("lamp", 1.0), ("oil", 1.0)]
    assert (miss.first.holds, miss.expected.holds) == (frozenset({"lamp", "oil"}), frozenset({"skarvik", "lamp"}))


def test_the_evidence_is_not_among_the_hits() -> None:
    """The passage that was expected is shown also when the search did not find it."""
    miss = explained(asked("lamp", evidence=[("gulls.txt", "under the roof")]))
    assert miss.first and miss.expected
    assert miss.first.passage.article.id == "lamp.txt"
    assert (miss.expected.passage.article.id, miss.expected.rank, miss.expected.score) == ("gulls.txt", None, None)
    assert miss.expected.holds == set()


def test_the_evidence_is_in_no_passage() -> None:
    """Evidence that the archive does not hold is shown, with no place."""
    miss = explained(asked("lamp", evidence=[("lamp.txt", "lit in 1999")]))
    assert miss.evidence and miss.evidence.quote == "lit in 1999"
    assert miss.expected is None


def test_nothing_was_expected_and_nothing_found() -> None:
    """An unanswerable question without a hit has neither passage."""
    miss = explained(asked("saxophone", answerable=False))
    assert (miss.evidence, miss.expected, miss.first, miss.quote) == (None, None, None, None)


def test_the_first_hit_of_an_unanswerable_question() -> None:
    """What it answered with is the first hit."""
    miss = explained(asked("Skarvik lamp", answerable=False))
    assert miss.quote and miss.quote.text == LAMP
    assert miss.first and miss.first.passage.span.slice(miss.first.passage.article.text) == LAMP
