"""Gaps in the archive, from people's questions: those without an answer, and those with an unhelpful one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from bot.search import operators
from bot.store.models import AnswerRecord
from bot.store.store import Store
from bot.text import analysis


@dataclass(frozen=True, slots=True)
class Gap:
    """A question in its latest wording, how many ``times`` it was asked, and when last, in Unix seconds.

    ``notes`` are what people said was wrong with the answer, without duplicates.
    """

    question: str
    times: int
    asked_at: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaps:
    """Questions without an answer, and those with an answer that somebody rated unhelpful.

    In both, the most frequent come first, ties newest first.
    """

    unanswered: tuple[Gap, ...]
    unhelpful: tuple[Gap, ...]


def find_gaps(store: Store, since: float, *, private: bool) -> Gaps:
    """Gaps since a Unix time, from public channels; with ``private``, from everywhere.

    Raises ``StoreError`` if the store cannot be read. Who asked is not known here.
    """
    unanswered = [(record, "") for record in store.find_unanswered(since, private=private)]
    unhelpful = [(record, feedback.note) for record, feedback in store.find_unhelpful(since, private=private)]
    return Gaps(group_gaps(unanswered), group_gaps(unhelpful))


def group_gaps(records: Iterable[tuple[AnswerRecord, str]]) -> tuple[Gap, ...]:
    """Records with a note each, newest first, grouped by what they search for."""
    groups: dict[Hashable, list[tuple[AnswerRecord, str]]] = {}
    for record, note in records:
        # The same terms and filters find the same, whatever the order, case or stop words.
        text, filters = operators.parse_operators(record.question)
        terms = frozenset(analysis.extract_terms(text)) or " ".join(record.question.casefold().split())
        groups.setdefault((terms, filters), []).append((record, note))
    gaps = [
        Gap(
            group[0][0].question,
            len(group),
            group[0][0].asked_at,
            tuple(dict.fromkeys(note for _, note in group if note)),
        )
        for group in groups.values()
    ]
    return tuple(sorted(gaps, key=lambda gap: (-gap.times, -gap.asked_at)))
