"""What is asked: a question as a person put it, and as the index understands it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

Origin = Literal["typed", "acronym", "spelling", "thread"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked, and how many quotes they would have at most.

    ``follows`` are the questions before it in its conversation, the latest first: where it lacks a subject, it goes on
    with theirs.
    """

    text: str
    limit: int = 3
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term as the index holds it, how much it counts, and why it is searched."""

    text: str
    weight: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of the question: as typed, and as the index would hold it.

    ``weight`` is less than 1 for a word that asks rather than names ("what percentage", "which kind"); ``is_name``
    where the archive, or the person who asks, writes it with a capital.
    """

    typed: str
    term: str
    weight: float = 1.0
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which the archive may hold some words of the question.

    ``terms`` stand one after the other in a text that holds this form; ``words`` are the positions in ``Query.words``
    that it then covers; ``shown`` is the form as a person would write it; ``weight`` is each term's.
    """

    terms: tuple[str, ...]
    words: tuple[int, ...]
    weight: float
    origin: Origin
    shown: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles a question asks of: any at all, unless it says otherwise.

    Of one of ``sources`` where some are named; published on ``since`` or later, and before ``before``.
    """

    sources: tuple[str, ...] = ()
    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question's operators ask for, as typed; ``unread`` are those that were not understood.

    A hit has a paragraph that holds all of ``phrases``, and holds nothing that is ``excluded``. ``quoted`` are phrases
    said in passing, which no hit need hold.
    """

    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    scope: Scope = Scope()
    unread: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the index understands it.

    ``required`` is what a hit must hold: of each member at least one alternative, whole (all of its terms, anywhere);
    ``excluded`` are terms of which it holds none. ``filters`` is what is asked of it besides.
    """

    question: Question
    words: tuple[Word, ...]
    forms: tuple[Form, ...]
    required: tuple[tuple[tuple[str, ...], ...], ...] = ()
    excluded: tuple[str, ...] = ()
    filters: Filters = Filters()

    @property
    def terms(self) -> tuple[Term, ...]:
        """The weighted terms, each once, with the greatest weight that any form gives it."""
        best: dict[str, Term] = {}
        for form in self.forms:
            for text in form.terms:
                if text not in best or best[text].weight < form.weight:
                    best[text] = Term(text, form.weight, form.origin)
        return tuple(best.values())

    @property
    def taken(self) -> frozenset[int]:
        """The positions of the words that nobody typed: they are of the question that this one follows."""
        return frozenset(word for form in self.forms if form.origin == "thread" for word in form.words)

    def holding(self, words: Sequence[int]) -> Query:
        """The same, of hits that hold each of the words at these positions, in one of its forms."""
        needed = tuple(tuple(form.terms for form in self.forms if word in form.words) for word in words)
        return replace(self, required=(*self.required, *needed))

    def throughout_scope(self) -> Query:
        """The same, whatever a hit holds or lacks, in the articles that are asked of."""
        return replace(self, required=(), excluded=(), filters=Filters(scope=self.filters.scope))
