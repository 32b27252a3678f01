"""What is said to a question: the archive's reply, the how-to, or one sentence where neither could be had.

This is the edge at which every failure of the question's path becomes a sentence that shows nothing of the exception.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from bot.errors import VerificationError
from bot.models import Answer, Question, Quote, Reply
from bot.records import Outcome
from bot.slack import phrases
from bot.slack.blocks import Message, how_to, plain, render
from bot.slack.questions import Asked

log = logging.getLogger(__name__)


class Answers(Protocol):
    """Who answers questions: the librarian, as far as Slack needs it."""

    def answer(self, question: Question) -> Reply: ...

    @property
    def examples(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Composed:
    """What is to be posted, and what can be told of it; ``confidence`` is None where nothing was searched."""

    outcome: Outcome
    message: Message
    confidence: float | None = None
    quotes: int = 0
    took_ms: float = 0.0


def say(outcome: Outcome, sentence: str) -> Composed:
    """One sentence of the bot's own."""
    return Composed(outcome, plain(sentence))


def apologise(why: str) -> Composed:
    """An apology whose reference leads to ``why`` in the log."""
    mark = phrases.reference()
    log.error("%s: %s", mark, why)
    return say("apology", phrases.APOLOGY.format(reference=mark))


def compose(asked: Asked, answers: Answers, verify: Callable[[Quote], None]) -> Composed:
    """What is said to ``asked``. ``verify`` raises VerificationError for a quote that is not its article's."""
    try:
        return _compose(asked, answers, verify)
    except VerificationError:
        sentence = phrases.UNVERIFIED
    except Exception:  # noqa: BLE001 -- the one edge: whatever failed, the person who asked gets a sentence
        sentence = phrases.APOLOGY
    mark = phrases.reference()
    log.exception("%s: no answer to %s", mark, asked.place)
    return say("apology", sentence.format(reference=mark))


def _compose(asked: Asked, answers: Answers, verify: Callable[[Quote], None]) -> Composed:
    if asked.text is None:
        return Composed("how-to", how_to(answers.examples, asked.notes))
    began = perf_counter()
    reply = answers.answer(Question(asked.text))
    took_ms = (perf_counter() - began) * 1000
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    for quote in quotes:
        verify(quote)
    outcome: Outcome = "answer" if isinstance(reply, Answer) else "abstention"
    return Composed(outcome, render(reply, asked.notes), reply.confidence, len(quotes), took_ms)
