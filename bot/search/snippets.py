"""The part of a passage that is quoted: one to three whole sentences of one paragraph, at most eighty words.

Where they begin with a pronoun, the sentence before them is quoted too, if it fits. A longer sentence is cut around its
first match, between words if it has blanks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from bot.index.retrieval import contains_phrase
from bot.models import Paragraph, Passage, Span
from bot.search.coverage import Coverage, Match, ParagraphView
from bot.search.occurrences import TermBitmask, sum_weights
from bot.search.ranking import contains_kind, expected_kind
from bot.text.analysis import extract_terms, is_pointer, is_question

MAX_SENTENCES = 3
MAX_WORDS = 80
LONG_WORD = 12
"""Characters that count as a word at least, in scripts without blanks and in long addresses."""
BEST_SENTENCE, KIND, NEAR, FIRST_PARAGRAPH, LENGTH = 0.19, 0.8, 0.15, 0.57, 0.03
"""The weights of the signals beside the share of the question that a snippet matches. Fitted by listwise logistic
regression on the snippets of the first passage for the answerable development questions of three archives, each
counting the same; LENGTH was set by hand to the least that separates two snippets that are otherwise equal."""
STATEMENT = 0.4
"""The weight of being a statement (``Snippet.is_statement``). Tried on the same questions: 0.2 to 0.6 are alike;
without it, a point fewer first quotes answer where archives contain quizzes."""
TITLE_TERM = 0.5
"""What a term that the title has already counts in a sentence: a sentence that adds to the title says more."""
LEAD = 0.1
"""The least that a snippet's first sentence matches, as a share of the best sentence after it, so that a reader in a
hurry does not begin with filler. Tried on the same questions: 0.25 costs first quotes a quarter of a point, 0.5 half a
point, and at times a name."""
WHOLE = 0.9
"""A sentence that matches this share of the question needs no other. Tried on the same questions: 0.8 cost three points
of first quotes that answer where answers are long, 0.9 none."""
CONTEXT_WORDS = 10
"""Words that are left before the first match where a sentence is cut."""

_POINTS_BACK = regex.compile(
    r"(?:(?:Its?|He|His|She|Her|They|Their|These|Those|Such|Neither|Both(?! \p{Lu})|The (?:latter|former))\b"
    r"|Th(?:is|at)\b(?! (?:said|week|weekend|month|year|spring|summer|autumn|fall|winter|morning|afternoon|evening)\b))"
)
"""How a sentence begins that says of what it speaks by a pronoun: the sentence before it is quoted too, if both fit."""
_ROUNDING = 1e-9
"""More than what the order of a sum changes."""
_WORDS = regex.compile(r"\S+")


class Snippet(NamedTuple):
    """A candidate for a quote: its matches, the terms of these, and its strength.

    ``is_statement`` unless it is only a question, or in a line that only leads to another article.
    """

    paragraph: Paragraph
    span: Span
    matches: tuple[Match, ...]
    terms: TermBitmask
    strength: float
    is_statement: bool


def best_snippet(coverage: Coverage, passage: Passage) -> Snippet | None:
    """The strongest snippet of the passage that matches anything; the first of equals.

    Where only the heading or the title matches, it is how the text below begins. If the query has phrases, it comes
    from a paragraph that contains them all, and has as many itself as any.
    """
    phrases = coverage.query.filters.phrases
    best: tuple[int, float, Snippet, _SnippetScorer] | None = None
    for paragraph, view in coverage.matching_paragraphs(passage):
        first_bonus = FIRST_PARAGRAPH / (1 + paragraph.number - passage.paragraphs[0].number)
        if phrases:
            may_win = all(contains_phrase(paragraph.text, phrase) for phrase in phrases)
        else:
            may_win = best is None or first_bonus + _max_strength(coverage, paragraph, view) >= best[1]
        if may_win:
            scorer = _SnippetScorer(coverage, paragraph, first_bonus)
            for snippet in scorer.snippets():
                phrase_count = 0
                if phrases:
                    text = snippet.span.slice(paragraph.article.text)
                    phrase_count = sum(contains_phrase(text, phrase) for phrase in phrases)
                if best is None or (phrase_count, snippet.strength) > best[:2]:
                    best = phrase_count, snippet.strength, snippet, scorer
    if best is None and not phrases and coverage.context(passage.paragraphs[0]):
        return _beginning(coverage, passage.paragraphs[0])
    if best is None:
        return None
    snippet, scorer = best[2:]
    if not phrases and _is_defined_by(coverage, snippet.paragraph):
        return scorer.move_to_start(snippet)
    return scorer.add_antecedent(snippet)


def _is_defined_by(coverage: Coverage, paragraph: Paragraph) -> bool:
    """Whether the paragraph stands right below a heading that is what is asked for, as in a glossary."""
    heading, text = paragraph.heading, paragraph.article.text
    if heading is None or coverage.heading(paragraph).terms != coverage.every:
        return False
    asked = {word.term for word in coverage.query.words}
    return asked.issuperset(extract_terms(heading.slice(text))) and not text[heading.end : paragraph.span.start].strip()


def _beginning(coverage: Coverage, paragraph: Paragraph) -> Snippet | None:
    """The first sentences of a paragraph that matches only by its heading or title; None if they are too long."""
    text = paragraph.article.text
    sentences = _first_sentences(text, coverage.tokens.sentences(paragraph))
    if not sentences:
        return None
    span = Span(sentences[0].start, sentences[-1].end)
    is_statement = not is_pointer(paragraph.text) and not all(is_question(text, one) for one in sentences)
    return Snippet(paragraph, span, (), 0, 0.0, is_statement)


def _first_sentences(text: str, sentences: Sequence[Span]) -> Sequence[Span]:
    """As many of the first sentences as fit in a snippet; none if the first one alone is too long."""
    words = 0
    for at, sentence in enumerate(sentences[:MAX_SENTENCES]):
        words += max(len(sentence.slice(text).split()), len(sentence) // LONG_WORD)
        if words > MAX_WORDS:
            return sentences[:at]
    return sentences[:MAX_SENTENCES]


def _max_strength(coverage: Coverage, paragraph: Paragraph, view: ParagraphView) -> float:
    """An upper bound for the strength of the paragraph's snippets, without the bonus of the first paragraph."""
    kind = KIND if expected_kind(coverage.query.question.text) else 0.0
    value = _value(coverage, view.terms, coverage.title(paragraph.article).terms)
    near = NEAR * sum_weights(view.near, coverage.pair_shares)
    return (1 + BEST_SENTENCE + kind) * value + near + LENGTH + STATEMENT + _ROUNDING


def _value(coverage: Coverage, terms: TermBitmask, title: TermBitmask) -> float:
    """The share of the question that ``terms`` make up, those of the title counting less."""
    return coverage.share(terms) - (1 - TITLE_TERM) * coverage.share(terms & title)


class _SnippetScorer:
    """Makes and scores the snippets of one paragraph, looking at each sentence once."""

    def __init__(self, coverage: Coverage, paragraph: Paragraph, first_bonus: float) -> None:
        self._coverage, self._paragraph, self._first_bonus = coverage, paragraph, first_bonus
        self._text = text = paragraph.article.text
        self._title = coverage.title(paragraph.article).terms
        self._matches = coverage.matches(paragraph)
        self._near_pairs = coverage.near_pairs(paragraph)
        self._starts = [match.span.start for match in self._matches]
        self._ends = [match.span.end for match in self._matches]
        self._is_pointer = is_pointer(paragraph.text)
        self._sentences = coverage.sentences(paragraph)
        self._question = coverage.query.question.text
        self._kind = expected_kind(self._question)
        self._values: list[float] = []
        self._kind_values: list[float] = []
        self._is_statement: list[bool] = []
        for sentence in self._sentences:
            value = _value(coverage, sentence.terms, self._title)
            self._values.append(value)
            self._kind_values.append(self._kind_value(sentence.span, value))
            self._is_statement.append(not is_question(text, sentence.span))

    def _kind_value(self, span: Span, value: float) -> float:
        """``value`` if ``span``, a sentence or a part of one, has what could be of the kind that is asked for."""
        if not (self._kind and value and contains_kind(self._kind, span.slice(self._text), self._question)):
            return 0.0
        return value

    def snippets(self) -> Iterator[Snippet]:
        """Every run of whole sentences whose first one matches anything, shorter ones first.

        A reader in a hurry, or a lock screen, gets what was asked for in the first sentence; the rest is its context.
        """
        words: list[int] = []
        lengths: list[int] = []
        shares: list[float] = []
        for sentence in self._sentences:
            words.append(len(sentence.span.slice(self._text).split()))
            lengths.append(max(words[-1], len(sentence.span) // LONG_WORD))
            shares.append(self._coverage.share(sentence.terms))
        for i, sentence in enumerate(self._sentences):
            if not sentence.terms:
                continue
            if lengths[i] > MAX_WORDS:
                span = self._cut(sentence.span)
                yield self._score(span, range(0), len(span.slice(self._text).split()))
            for j in range(i, min(i + MAX_SENTENCES, len(self._sentences))):
                if sum(lengths[i : j + 1]) > MAX_WORDS:
                    break
                if shares[i] >= LEAD * max(shares[i : j + 1]):
                    span = Span(sentence.span.start, self._sentences[j].span.end)
                    yield self._score(span, range(i, j + 1), sum(words[i : j + 1]))

    def move_to_start(self, snippet: Snippet) -> Snippet:
        """Quote the first sentences of the paragraph in place of ``snippet``, if at least one fits."""
        sentences = _first_sentences(self._text, [sentence.span for sentence in self._sentences])
        if not sentences or snippet.span.start == sentences[0].start:
            return snippet
        span = Span(sentences[0].start, sentences[-1].end)
        words = len(span.slice(self._text).split())
        return self._score(span, range(len(sentences)), words)._replace(strength=snippet.strength)

    def add_antecedent(self, snippet: Snippet) -> Snippet:
        """Begin with the sentence before ``snippet`` if that begins with a pronoun, and both fit."""
        if not _POINTS_BACK.match(self._text, snippet.span.start, snippet.span.end):
            return snippet
        starts = [sentence.span.start for sentence in self._sentences]
        if snippet.span.start not in starts[1:]:
            return snippet
        at = starts.index(snippet.span.start) - 1
        span = Span(starts[at], snippet.span.end)
        words = len(span.slice(self._text).split())
        if max(words, len(span) // LONG_WORD) > MAX_WORDS:
            return snippet
        return self._score(span, range(at, bisect_left(starts, span.end)), words)

    def _matches_in(self, span: Span) -> Sequence[int]:
        """The indices of the matches wholly inside ``span``."""
        first, last = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        if max(self._ends[first:last], default=0) <= span.end:
            return range(first, last)
        return [i for i in range(first, last) if self._ends[i] <= span.end]

    def _score(self, span: Span, sentences: range, words: int) -> Snippet:
        """The snippet at ``span``, which has so many ``words`` and consists of these whole ``sentences``, or is cut."""
        inside = self._matches_in(span)
        matches = tuple([self._matches[i] for i in inside])
        terms = near = 0
        for match in matches:
            terms |= match.terms
        for i, j, pair in self._near_pairs:
            if i in inside and j in inside:
                near |= pair
        own = slice(sentences.start, sentences.stop)
        value = _value(self._coverage, terms, self._title)
        best = max(self._values[own], default=value)
        strength = self._first_bonus + value + BEST_SENTENCE * best
        strength += NEAR * sum_weights(near, self._coverage.pair_shares)
        kind_value = max(self._kind_values[own]) if sentences else self._kind_value(span, value)
        # "Its director is …": the sentence before it says whose.
        strength += KIND * (value if self._kind == "doer" and kind_value else kind_value)
        # A sentence that matches the question is enough; beside one that does not, another may say who "he" is.
        length = words / MAX_WORDS
        strength += -LENGTH * length if best >= WHOLE else LENGTH * length
        is_statement = not self._is_pointer and (not sentences or any(self._is_statement[own]))
        return Snippet(self._paragraph, span, matches, terms, strength + STATEMENT * is_statement, is_statement)

    def _cut(self, sentence: Span) -> Span:
        """At most ``MAX_WORDS`` words of ``sentence``, from a few before a match on: those that match the most."""
        words = [Span(*found.span()) for found in _WORDS.finditer(self._text, sentence.start, sentence.end)]
        ends = [word.end for word in words]
        best = Span(sentence.start, sentence.start)
        most = -1.0
        for match in dict.fromkeys(self._starts[i] for i in self._matches_in(sentence)) or (sentence.start,):
            at = bisect_right(ends, match)
            start = max(0, min(at - CONTEXT_WORDS, len(words) - MAX_WORDS))
            span = Span(words[start].start, words[start : start + MAX_WORDS][-1].end)
            if len(span) > MAX_WORDS * LONG_WORD:
                # Hardly a blank in it: as many characters as that many long words have, from the match on.
                first = max(span.start, min(match, span.end - MAX_WORDS * LONG_WORD))
                span = Span(first, first + MAX_WORDS * LONG_WORD)
            terms = 0
            for i in self._matches_in(span):
                terms |= self._matches[i].terms
            if (share := self._coverage.share(terms)) > most:
                best, most = span, share
        return best
