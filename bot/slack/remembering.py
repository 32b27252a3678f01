"""The latest replies, which are asked for again. Keeps secret which they are.

What one person of a team asks, the next one asks too; and whoever shares a reply, or looks at why or at what else there
is, has its question answered once more. The same question of the same archive has the same reply.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from bot.archive import Archive
from bot.models import Passage, Query, Question, Reply
from bot.retrieval import TermScore
from bot.slack.composing import Answers

# Some 50 kB each, 25 MB in all: what is found for a question, and what each part of the ranking gave.
MOST = 500


class Remembering:
    """``answers``, none of whose latest replies is found twice. Safe to share between threads if they are."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._answer = lru_cache(MOST)(answers.answer)

    @property
    def archive(self) -> Archive:
        return self._answers.archive

    @cached_property
    def examples(self) -> tuple[str, ...]:
        return self._answers.examples

    def answer(self, question: Question) -> Reply:
        """As ``answers``; ``took_ms`` is what the reply took when it was found."""
        return self._answer(question)

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """As ``answers``."""
        return self._answers.explain(query, passage)
