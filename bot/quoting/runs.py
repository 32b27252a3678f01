"""The run of sentences of one paragraph that is shown. Keeps secret how runs are weighed.

A run is one to three whole sentences in a row, at most eighty words. A sentence longer than that is cut between words
around the first of its matched words; what was left out is for the one who shows the quote to mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from bot.models import Paragraph, Passage, Span
from bot.ranking.coverage import Coverage, Match, within
from bot.ranking.kinds import kind_asked, names_one

MOST_SENTENCES = 3
MOST_WORDS = 80
LONG_WORD = 12
"""Characters that count as a word at least, in scripts without blanks and in long addresses."""
BEST_SENTENCE, KIND, NEAR, FIRST_PARAGRAPH, LENGTH = 0.19, 0.8, 0.15, 0.57, 0.03
"""What each signal counts beside the share of the question that a run holds. Fitted by listwise logistic
regression on the runs of the first passage for the answerable development questions of three archives, each
counting the same; LENGTH was set by hand to the least that tells two runs apart that are otherwise equal."""
KNOWN = 0.5
"""What a word that the title holds counts in a sentence."""
WHOLE = 0.9
"""A sentence that holds this share of the question needs no other. Tried on the same questions: 0.8 cost three
points of first quotes that answer where answers are long, 0.9 none."""


_WORDS = regex.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Run:
    """A candidate for a quote: where it stands, the question's forms in it, and how strong it is."""

    paragraph: Paragraph
    span: Span
    matches: tuple[Match, ...]
    strength: float


def best_run(coverage: Coverage, passage: Passage) -> Run | None:
    """The strongest run of the passage's paragraphs that holds a form of the question; the first of equals."""
    asked = kind_asked(coverage.query.question.text)
    title = coverage.held_in_title(passage.article)
    runs = [
        run
        for place, paragraph in enumerate(passage.paragraphs)
        for span in _spans(coverage, paragraph, passage.span)
        if (run := _weigh(coverage, paragraph, span, place, asked, title)).matches
    ]
    return max(runs, key=lambda run: run.strength, default=None)


def _weigh(
    coverage: Coverage, paragraph: Paragraph, span: Span, place: int, asked: str | None, title: frozenset[int]
) -> Run:
    """``place`` counts the passage's paragraphs before this one; ``asked`` is the kind of thing that is asked for.

    ``title`` are the words that the article's title holds: what a sentence adds to them says more.
    """

    def worth(words: frozenset[int]) -> float:
        return coverage.share(words) - (1 - KNOWN) * coverage.share(words & title)

    matches = within(coverage.matches(paragraph), span)
    whole = [sentence for sentence in coverage.sentences(paragraph) if span.holds(sentence.span)]
    strength = worth(coverage.held(matches))
    best = max((worth(sentence.held) for sentence in whole), default=0.0)
    strength += BEST_SENTENCE * best
    strength += NEAR * coverage.near([matches])
    strength += FIRST_PARAGRAPH / (1 + place)
    if asked:
        text = paragraph.article.text
        named = (worth(found.held) for found in whole if names_one(asked, found.span.of(text)))
        strength += KIND * max(named, default=0.0)
    # A sentence that holds the question stands alone; beside one that does not, another may say who "he" is.
    length = len(span.of(paragraph.article.text).split()) / MOST_WORDS
    strength += -LENGTH * length if best >= WHOLE else LENGTH * length
    return Run(paragraph, span, matches, strength)


def _spans(coverage: Coverage, paragraph: Paragraph, part: Span) -> Iterator[Span]:
    """Every run of whole sentences of ``paragraph`` inside ``part`` whose first holds a form, shorter ones first.

    A reader in a hurry, or a lock screen, meets what was asked for in the first sentence; what follows is its context.
    """
    text = paragraph.article.text
    if not coverage.matches(paragraph):
        return
    found = [sentence for sentence in coverage.sentences(paragraph) if part.holds(sentence.span)]
    lengths = [max(len(one.span.of(text).split()), len(one.span) // LONG_WORD) for one in found]
    for i, sentence in enumerate(found):
        if not sentence.held:
            continue
        if lengths[i] > MOST_WORDS:
            yield _cut(text, sentence.span, within(coverage.matches(paragraph), sentence.span))
        for j in range(i, min(i + MOST_SENTENCES, len(found))):
            if sum(lengths[i : j + 1]) > MOST_WORDS:
                break
            yield Span(sentence.span.start, found[j].span.end)


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
