"""The nouns of what a question finds in an article. Keeps secret how a set of the question's words is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple, Protocol

from bot.models import Form, Paragraph, Span

Words = int
"""Some of the question's words: bit i is set for the one at position i. Sets of a few small numbers are joined and met
thousands of times a question."""


def words_at(positions: Iterable[int]) -> Words:
    """The words at these positions."""
    return reduce(or_, (1 << position for position in positions), 0)


def positions_of(words: Words) -> Iterator[int]:
    """The positions of ``words``, ascending."""
    return (position for position in range(words.bit_length()) if words >> position & 1)


class Placed(Protocol):
    """Something that covers words of the question; ``at`` counts the paragraph's searched terms before it."""

    @property
    def words(self) -> Words: ...

    @property
    def at(self) -> int: ...


class Sighting(NamedTuple):
    """A form of the question where it stands in a paragraph; ``sentence`` is None where no single one holds it."""

    form: Form
    words: Words
    at: int
    sentence: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """A sighting, with its span in the article."""

    form: Form
    words: Words
    at: int
    span: Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paragraph, and the words that it holds."""

    span: Span
    held: Words


@dataclass(frozen=True, slots=True)
class Look:
    """What of the question stands in a passage.

    ``paragraphs`` are those in which any form of it stands, in order; for each there is one of ``sightings`` and of
    ``sentences``: by its place in the paragraph, what a sentence holds that holds anything. ``words`` are what all
    paragraphs hold, ``title`` what the article's title does.
    """

    paragraphs: tuple[Paragraph, ...]
    sightings: tuple[tuple[Sighting, ...], ...]
    sentences: tuple[Mapping[int, Words], ...]
    words: Words
    title: Words


def held(placed: Iterable[Placed]) -> Words:
    """The words that ``placed`` cover."""
    words = 0
    for one in placed:
        words |= one.words
    return words


def within(matches: Iterable[Match], span: Span) -> tuple[Match, ...]:
    """Those of ``matches`` that lie wholly in ``span``."""
    return tuple(match for match in matches if span.holds(match.span))
