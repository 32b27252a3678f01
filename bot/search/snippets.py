"""The run of sentences of one paragraph that is shown. Keeps secret how runs are weighed.

A run is one to three whole sentences in a row, at most eighty words. A sentence longer than that is cut around the
first of its matched words, between words where it has blanks; what was left out is for the one who shows the quote to
mark.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from bot.index.filters import contains_phrase
from bot.models import Paragraph, Passage, Span
from bot.search.coverage import Coverage, Match, Sentence, matched_terms
from bot.search.occurrences import TermMask, union
from bot.search.ranking import expected_kind, has_kind
from bot.text.boilerplate import is_pointer, is_question

MOST_SENTENCES = 3
MOST_WORDS = 80
LONG_WORD = 12
"""Characters that count as a word at least, in scripts without blanks and in long addresses."""
BEST_SENTENCE, KIND, NEAR, FIRST_PARAGRAPH, LENGTH = 0.19, 0.8, 0.15, 0.57, 0.03
"""What each signal counts beside the share of the question that a run holds. Fitted by listwise logistic
regression on the runs of the first passage for the answerable development questions of three archives, each
counting the same; LENGTH was set by hand to the least that tells two runs apart that are otherwise equal."""
TELLS = 0.4
"""What a run counts more that neither asks alone nor stands in a line that only leads to another article. Tried on the
same questions: 0.2 to 0.6 are alike; without it, a point fewer first quotes answer where archives hold quizzes."""
KNOWN = 0.5
"""What a word that the title holds counts in a sentence."""
LEAD = 0.25
"""The least that a run's first sentence holds, as a share of what the fullest of those after it does: else a reader in
a hurry meets filling first. Tried on the same questions: 0.5 costs first quotes half a point, and at times a name."""
WHOLE = 0.9
"""A sentence that holds this share of the question needs no other. Tried on the same questions: 0.8 cost three
points of first quotes that answer where answers are long, 0.9 none."""

# More than the order of a sum makes of it.
_ROUNDING = 1e-9
_WORDS = regex.compile(r"\S+")


class Snippet(NamedTuple):
    """A candidate for a quote: where it stands, the question's forms in it, and how strong it is.

    Unless it ``tells`` something, it asks alone, or only leads to another article.
    """

    paragraph: Paragraph
    span: Span
    matches: tuple[Match, ...]
    strength: float
    tells: bool


def best_snippet(coverage: Coverage, passage: Passage) -> Snippet | None:
    """The strongest run of the passage's paragraphs that holds a form of the question; the first of equals.

    Where phrases are asked for, it is one of a paragraph that holds them all, and itself holds as many as any.
    """
    phrases = coverage.query.filters.phrases
    title = coverage.held_in_title(passage.article)
    best: tuple[int, float, Snippet] | None = None
    for paragraph, words, near in coverage.touched(passage):
        start = FIRST_PARAGRAPH / (1 + paragraph.number - passage.paragraphs[0].number)
        if phrases:
            may_win = all(contains_phrase(paragraph.text, phrase) for phrase in phrases)
        else:
            may_win = best is None or start + _most(coverage, words, near, title) >= best[1]
        if may_win:
            for run in _runs(coverage, paragraph, start):
                held_phrases = _count(phrases, run) if phrases else 0
                if best is None or (held_phrases, run.strength) > best[:2]:
                    best = held_phrases, run.strength, run
    return best[2] if best else None


def _count(phrases: Sequence[str], run: Snippet) -> int:
    text = run.span.slice(run.paragraph.article.text)
    return sum(contains_phrase(text, phrase) for phrase in phrases)


def _most(coverage: Coverage, words: TermMask, near: TermMask, title: TermMask) -> float:
    """What no run of a paragraph with these words, of which these are near, exceeds in strength, beside its start."""
    kind = KIND if expected_kind(coverage.query.question.text) else 0.0
    worth = (1 + BEST_SENTENCE + kind) * _worth(coverage, words, title)
    return worth + NEAR * coverage.share_of_pairs(near) + LENGTH + TELLS + _ROUNDING


def _worth(coverage: Coverage, words: TermMask, title: TermMask) -> float:
    # What a sentence adds to what the title says already tells more than what repeats it.
    return coverage.share(words) - (1 - KNOWN) * coverage.share(words & title)


def _runs(coverage: Coverage, paragraph: Paragraph, start: float) -> Iterator[Snippet]:
    """Every run of whole sentences of ``paragraph`` whose first holds a form, shorter ones first.

    A reader in a hurry, or a lock screen, meets what was asked for in the first sentence; what follows is its context.
    ``start`` is added to the strength of each.
    """
    text = paragraph.article.text
    found = coverage.sentences(paragraph)
    words = [len(one.span.slice(text).split()) for one in found]
    lengths = [max(count, len(one.span) // LONG_WORD) for count, one in zip(words, found, strict=True)]
    shares = [coverage.share(one.held) for one in found]
    weigh = _Scales(coverage, paragraph, found)
    for i, sentence in enumerate(found):
        if not sentence.held:
            continue
        if lengths[i] > MOST_WORDS:
            span = _cut(text, sentence.span, weigh.first_match(sentence.span))
            yield weigh.run(span, range(0), len(span.slice(text).split()), start)
        for j in range(i, min(i + MOST_SENTENCES, len(found))):
            if sum(lengths[i : j + 1]) > MOST_WORDS:
                break
            if shares[i] >= LEAD * max(shares[i : j + 1]):
                span = Span(sentence.span.start, found[j].span.end)
                yield weigh.run(span, range(i, j + 1), sum(words[i : j + 1]), start)


class _Scales:
    """Weighs runs of one paragraph; each of its sentences is looked at once."""

    def __init__(self, coverage: Coverage, paragraph: Paragraph, found: Sequence[Sentence]) -> None:
        self._coverage, self._paragraph = coverage, paragraph
        self._title = coverage.held_in_title(paragraph.article)
        self._matches = coverage.matches(paragraph)
        self._neighbours = list(coverage.neighbours(paragraph))
        self._starts = [match.span.start for match in self._matches]
        self._ends = [match.span.end for match in self._matches]
        self._worths = [_worth(coverage, sentence.held, self._title) for sentence in found]
        asked, text = expected_kind(coverage.query.question.text), paragraph.article.text
        self._named = [
            worth if asked and worth and has_kind(asked, sentence.span.slice(text)) else 0.0
            for worth, sentence in zip(self._worths, found, strict=True)
        ]
        self._leads_on = is_pointer(paragraph.text)
        self._tells = [not is_question(text, sentence.span) for sentence in found]

    def first_match(self, span: Span) -> Match | None:
        """The first match that lies wholly in ``span``."""
        return next((self._matches[i] for i in self._inside(span)), None)

    def _inside(self, span: Span) -> Sequence[int]:
        first, last = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        if max(self._ends[first:last], default=0) <= span.end:
            return range(first, last)
        return [i for i in range(first, last) if self._ends[i] <= span.end]

    def run(self, span: Span, sentences: range, words: int, start: float) -> Snippet:
        """The run at ``span`` of so many ``words``, which holds these whole sentences."""
        inside = self._inside(span)
        matches = tuple([self._matches[i] for i in inside])
        near = union([pairs for i, j, pairs in self._neighbours if i in inside and j in inside])
        own = slice(sentences.start, sentences.stop)
        best = max(self._worths[own], default=0.0)
        strength = start + _worth(self._coverage, matched_terms(matches), self._title) + BEST_SENTENCE * best
        strength += NEAR * self._coverage.share_of_pairs(near)
        strength += KIND * max(self._named[own], default=0.0)
        # A sentence that holds the question stands alone; beside one that does not, another may say who "he" is.
        length = words / MOST_WORDS
        strength += -LENGTH * length if best >= WHOLE else LENGTH * length
        tells = not self._leads_on and (not sentences or any(self._tells[own]))
        return Snippet(self._paragraph, span, matches, strength + TELLS * tells, tells)


def _cut(text: str, sentence: Span, match: Match | None) -> Span:
    """At most ``MOST_WORDS`` words of ``sentence``, from a few before its first ``match`` on."""
    words = [Span(m.start() + sentence.start, m.end() + sentence.start) for m in _WORDS.finditer(sentence.slice(text))]
    first = match.span.start if match else sentence.start
    at = next((i for i, word in enumerate(words) if word.end > first), 0)
    start = max(0, min(at - 10, len(words) - MOST_WORDS))
    span = Span(words[start].start, words[start : start + MOST_WORDS][-1].end)
    if len(span) <= MOST_WORDS * LONG_WORD:
        return span
    # Hardly a blank in it: as many characters as such words have, from the first match on.
    start = max(span.start, min(first, span.end - MOST_WORDS * LONG_WORD))
    return Span(start, start + MOST_WORDS * LONG_WORD)
