"""Questions and outcomes made up for a test. Keeps secret what a test that speaks of one thing says of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.questions import EvaluationQuestion, Evidence, JudgedReply
from bot.models import Article
from tests.factories import article


def asked(
    question: str = "?",
    *,
    answerable: bool = True,
    evidence: Sequence[tuple[str, str]] = (),
    answers: Sequence[str] = (),
) -> EvaluationQuestion:
    """A question whose ``evidence`` is pairs of an article's id and words of it."""
    found = [Evidence(article_id=id, quote=quote) for id, quote in evidence]
    return EvaluationQuestion(
        id=question, question=question, answerable=answerable, evidence=found, answers=list(answers)
    )


@dataclass(frozen=True)
class Case:
    """An outcome told by what matters of it; the rest is as unremarkable as can be."""

    answerable: bool = True
    rank: int | None = 1
    confidence: float = 0.5
    answered: bool = True
    quote_hit: bool = False
    right: bool = False
    verbatim: tuple[bool, ...] = ()
    took_ms: float = 1.0
    name: str = "?"

    def outcome(self) -> JudgedReply:
        return JudgedReply(
            asked(self.name, answerable=self.answerable),
            answered=self.answered,
            confidence=self.confidence,
            rank=self.rank,
            quote_hit=self.quote_hit,
            right=self.right,
            verbatim=self.verbatim,
            took_ms=self.took_ms,
        )


def outcomes_of(*cases: Case) -> list[JudgedReply]:
    return [case.outcome() for case in cases]


LAMP = "The lamp at Skarvik was lit in 1871 by the keeper's daughter."
FERRY = "The ferry to Orre sails twice a day, except in winter."
GULLS = "Gulls nest under the roof of the boathouse each spring."


def archive() -> list[Article]:
    """Three articles of a paragraph each, on three subjects."""
    return [article(LAMP, id="lamp.txt"), article(FERRY, id="ferry.txt"), article(GULLS, id="gulls.txt")]
