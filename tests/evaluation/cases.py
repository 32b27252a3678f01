"""Questions and judged replies for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.questions import EvaluationQuestion, Evidence, JudgedReply
from bot.models import Article
from tests.factories import article


def make_question(
    question: str = "?",
    *,
    answerable: bool = True,
    evidence: Sequence[tuple[str, str]] = (),
    answers: Sequence[str] = (),
) -> EvaluationQuestion:
    """A question, with ``evidence`` as pairs of article id and text."""
    found = [Evidence(article_id=id, quote=quote) for id, quote in evidence]
    return EvaluationQuestion(
        id=question, question=question, answerable=answerable, evidence=found, answers=list(answers)
    )


@dataclass(frozen=True)
class Case:
    """A judged reply, given by what matters in a test; the other values are defaults."""

    answerable: bool = True
    rank: int | None = 1
    confidence: float = 0.5
    answered: bool = True
    quote_correct: bool = False
    answer_correct: bool = False
    warned: bool = False
    verbatim: tuple[bool, ...] = ()
    took_ms: float = 1.0
    name: str = "?"


def judged_replies(*cases: Case) -> list[JudgedReply]:
    return [
        JudgedReply(
            make_question(case.name, answerable=case.answerable),
            is_answered=case.answered,
            confidence=case.confidence,
            rank=case.rank,
            is_quote_correct=case.quote_correct,
            is_answer_correct=case.answer_correct,
            is_warned=case.warned,
            verbatim=case.verbatim,
            took_ms=case.took_ms,
        )
        for case in cases
    ]


LAMP = "The lamp at Skarvik was lit in 1871 by the keeper's daughter."
FERRY = "The ferry to Orre sails twice a day, except in winter."
GULLS = "Gulls nest under the roof of the boathouse each spring."


def archive() -> list[Article]:
    """Three articles of a paragraph each, on three subjects."""
    return [article(LAMP, id="lamp.txt"), article(FERRY, id="ferry.txt"), article(GULLS, id="gulls.txt")]
