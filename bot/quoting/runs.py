"""The run of sentences of one paragraph that is shown. Keeps secret how runs are weighed.

A run is one to three whole sentences in a row, at most eighty words. A sentence longer than that is cut between words
around the first of its matched words; what was left out is for the one who shows the quote to mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from bot.models import Paragraph, Span
from bot.ranking.coverage import Coverage, Match, within

MOST_SENTENCES = 3
MOST_WORDS = 80
LONG_WORD = 12
"""Characters that count as a word at least, in scripts without blanks and in long addresses."""
LENGTH_COST = 0.03
"""What a sentence more must bring, as a share of the question, to be worth reading."""

_WORDS = regex.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Run:
    """A candidate for a quote: where it stands, the question's forms in it, and how strong it is."""

    paragraph: Paragraph
    span: Span
    matches: tuple[Match, ...]
    strength: float


def best_run(coverage: Coverage, paragraph: Paragraph, part: Span) -> Run | None:
    """The strongest run of ``paragraph`` inside ``part`` that holds a form of the question; the earliest of equals."""
    matches = within(coverage.matches(paragraph), part)
    if not matches:
        return None
    runs = [
        _weigh(coverage, paragraph, span, count, matches) for span, count in _spans(coverage, paragraph, part, matches)
    ]
    return max((run for run in runs if run.matches), key=lambda run: run.strength, default=None)


def _weigh(coverage: Coverage, paragraph: Paragraph, span: Span, count: int, matches: tuple[Match, ...]) -> Run:
    inside = within(matches, span)
    strength = coverage.share(coverage.held(inside)) - LENGTH_COST * (count - 1)
    return Run(paragraph, span, inside, strength)


def _spans(
    coverage: Coverage, paragraph: Paragraph, part: Span, matches: tuple[Match, ...]
) -> Iterator[tuple[Span, int]]:
    """Every run of whole sentences inside ``part``, with its count of sentences."""
    text = paragraph.article.text
    found = [sentence.span for sentence in coverage.sentences(paragraph) if part.holds(sentence.span)]
    lengths = [max(len(span.of(text).split()), len(span) // LONG_WORD) for span in found]
    for i, sentence in enumerate(found):
        if lengths[i] > MOST_WORDS:
            yield _cut(text, sentence, within(matches, sentence)), 1
        for j in range(i, min(i + MOST_SENTENCES, len(found))):
            if sum(lengths[i : j + 1]) > MOST_WORDS:
                break
            yield Span(sentence.start, found[j].end), j - i + 1


def _cut(text: str, sentence: Span, matches: tuple[Match, ...]) -> Span:
    """At most ``MOST_WORDS`` words of ``sentence``, from a few before its first match on."""
    words = [Span(m.start() + sentence.start, m.end() + sentence.start) for m in _WORDS.finditer(sentence.of(text))]
    first = matches[0].span.start if matches else sentence.start
    at = next((i for i, word in enumerate(words) if word.end > first), 0)
    start = max(0, min(at - 10, len(words) - MOST_WORDS))
    span = Span(words[start].start, words[start : start + MOST_WORDS][-1].end)
    if len(span) <= MOST_WORDS * LONG_WORD:
        return span
    # Hardly a blank in it: as many characters as such words have, from the first match on.
    start = max(span.start, min(first, span.end - MOST_WORDS * LONG_WORD))
    return Span(start, start + MOST_WORDS * LONG_WORD)
