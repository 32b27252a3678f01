"""The nouns, frozen: what the rooms of the house hand to one another."""

from __future__ import annotations

from bot.models.articles import Article, Mark, MarkKind, Paragraph, Passage, Span
from bot.models.questions import Filters, Form, Origin, Query, Question, Scope, Term, Word
from bot.models.replies import Abstention, Answer, Citation, Hit, Holdings, Quote, Reply, Trace
from bot.models.wording import day, joined

__all__ = [
    "Abstention",
    "Answer",
    "Article",
    "Citation",
    "Filters",
    "Form",
    "Hit",
    "Holdings",
    "Mark",
    "MarkKind",
    "Origin",
    "Paragraph",
    "Passage",
    "Query",
    "Question",
    "Quote",
    "Reply",
    "Scope",
    "Span",
    "Term",
    "Trace",
    "Word",
    "day",
    "joined",
]
