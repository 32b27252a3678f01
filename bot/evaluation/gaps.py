"""What the archive lacks, as its readers' questions tell: those that found no answer, and answers that did not help.

Keeps secret when two questions are the same one. Whoever asked is not known here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from bot.search import operators
from bot.store.models import AnswerRecord
from bot.store.store import Store
from bot.text import analysis


@dataclass(frozen=True, slots=True)
class Gap:
    """A question as it was asked last, how many ``times`` it was, and ``asked_at``, when last: seconds since 1970.

    ``notes`` are what people said was wrong with the answer, each once.
    """

    question: str
    times: int
    asked_at: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gaps:
    """Questions without an answer, and those of which somebody said that the reply was not helpful.

    In each the most frequent come first, and of equally frequent ones the newest.
    """

    unanswered: tuple[Gap, ...]
    unhelpful: tuple[Gap, ...]


def find_gaps(store: Store, since: float, *, private: bool) -> Gaps:
    """What was asked since a time, in seconds since 1970, in public channels; where ``private``, anywhere.

    RecordsError where nothing is known.
    """
    unanswered = [(kept, "") for kept in store.find_unanswered(since, private=private)]
    unhelpful = [(kept, rated.note) for kept, rated in store.find_unhelpful(since, private=private)]
    return Gaps(group_gaps(unanswered), group_gaps(unhelpful))


def group_gaps(asked: Iterable[tuple[AnswerRecord, str]]) -> tuple[Gap, ...]:
    """Questions with what was noted to each, the same question once; they come newest first."""
    same: dict[Hashable, list[tuple[AnswerRecord, str]]] = {}
    for kept, note in asked:
        same.setdefault(_matter(kept.question), []).append((kept, note))
    return tuple(sorted(map(_gap, same.values()), key=lambda gap: (-gap.times, -gap.asked_at)))


def _gap(asked: list[tuple[AnswerRecord, str]]) -> Gap:
    newest, _ = asked[0]
    return Gap(newest.question, len(asked), newest.asked_at, tuple(dict.fromkeys(note for _, note in asked if note)))


def _matter(words: str) -> Hashable:
    """The same for questions that search for the same: whatever order, case or small words they are asked in."""
    text, filters = operators.parse_operators(words)
    return frozenset(analysis.extract_terms(text)) or " ".join(words.casefold().split()), filters
