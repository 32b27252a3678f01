"""Whether quotes of different articles give different figures of one thing. Keeps secret when it is one thing.

Careful rather than clever: two figures are compared only where the words around them, clause by clause, are the same
words, some of them the question's, in sentences that name neither different things nor different times. Figures that
can both be true as they are written (1,200 and 1200; 14 million and 14.3 million; 2023 and May 2023) agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot import analysis
from bot.models import Quote, Span, day
from bot.quoting.numbers import Figure, figures
from bot.sentences import sentences

_BORDER = re.compile(r"[;:()“”\"—–]|,(?=\s)|\s(?:but|while|whereas|although)\s")
_WORD = re.compile(r"[^\W\d_][\w’'.&-]*")
_NEXT_WORD = re.compile(r"[ -]([^\W\d_][\w’']*)")
_RELATION = re.compile(r"\b(by|since|until|before|after|from|to) (?:the )?$", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:(?:last|this|next|previous|past|coming|same) (?:year|month|week|quarter|summer|winter|spring|autumn)"
    r"|today|yesterday|tomorrow|now|currently|so far|annual(?:ly)?|monthly|weekly|daily)\b",
    re.IGNORECASE,
)
_STANDS_FOR = frozenset("it its they them their he she his her this these those which who".split())
_COMING = frozenset("will due expected planned scheduled aim aims plan plans should".split())
_SPOKEN = frozenset(map(analysis.term, "say said told report announce according".split()))
_PASSING = _SPOKEN | set(
    map(analysis.term, "Monday Tuesday Wednesday Thursday Friday Saturday Sunday also still".split())
)
"""Words that do not make a clause speak of something else."""
_ONCE = frozenset(
    map(
        analysis.term,
        "sign found build born die establish create open close ratify adopt complete force launch invent publish "
        "introduce sink destroy".split(),
    )
)
"""What happens to a thing once: of other acts, two dates are two occasions."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a quote, its figures and its clauses; spans are of ``text``, which begins at ``start``."""

    quote: Quote
    text: str
    start: int
    figures: tuple[Figure, ...]
    clauses: tuple[Span, ...]

    def terms(self, span: Span) -> list[str]:
        """The terms in ``span``, without its figures and without what says nothing of their subject."""
        inside = [one.span for one in self.figures if span.holds(one.span)]
        edges = [span.start, *(edge for one in inside for edge in (one.start, one.end)), span.end]
        words = " ".join(self.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        return [term for term in analysis.terms(words) if term not in _PASSING]

    def is_asked_of(self, clause: Span) -> bool:
        """Whether a word of the question stands in ``clause``."""
        marks = self.quote.highlights
        return any(clause.start <= mark.start - self.start and mark.end - self.start <= clause.end for mark in marks)

    def names_outside(self, clause: Span) -> frozenset[str]:
        """The capitalised words of the other clauses, but for those that say who said so."""
        others = (_WORD.findall(one.of(self.text)) for one in self.clauses if one != clause)
        telling = (words for words in others if _SPOKEN.isdisjoint(map(analysis.term, words)))
        return frozenset(word.casefold() for words in telling for word in words if word[0].isupper())

    def times(self) -> frozenset[object]:
        """When what the sentence says is said to be so; "last year" is of the day on which it was written."""
        relative = _RELATIVE.findall(self.text)
        dates: set[object] = {one.date for one in self.figures if one.date}
        return frozenset(dates | {(word.casefold(), self.quote.article.published) for word in relative})


@dataclass(frozen=True, slots=True)
class _Said:
    """A figure of a quote, and what it is said ``of``: where that is equal, and ``names`` allow, it is one thing."""

    figure: Figure
    words: str
    quote: Quote
    of: tuple[object, ...]
    names: frozenset[str]


def different_figures(quotes: Sequence[Quote]) -> str | None:
    """One sentence with the first two figures that differ, as they stand in the articles; None where none do."""
    if len({quote.article.id for quote in quotes}) < 2:
        return None
    said = [list(_said(quote)) for quote in quotes]
    pairs = (pair for one, other in combinations(said, 2) for pair in _differing(one, other))
    first, second = next(pairs, (None, None))
    if first is None or second is None:
        return None
    return f"The sources give different figures: {_shown(first)} and {_shown(second)}."


def _shown(said: _Said) -> str:
    return f'"{said.words}" ({day(said.quote.article.published)})'


def _differing(one: Sequence[_Said], other: Sequence[_Said]) -> Iterator[tuple[_Said, _Said]]:
    """The pairs said of one thing, where nothing in ``one`` agrees with anything in ``other`` about it."""
    pairs = [(first, second) for first in one for second in other if _is_one_thing(first, second)]
    agreed = {first.of for first, second in pairs if first.figure.agrees(second.figure)}
    return ((first, second) for first, second in pairs if first.of not in agreed)


def _is_one_thing(first: _Said, second: _Said) -> bool:
    return (
        first.quote.article.id != second.quote.article.id
        and first.of == second.of
        and (first.names <= second.names or second.names <= first.names)
    )


def _said(quote: Quote) -> Iterator[_Said]:
    """The figures of ``quote`` that can be compared at all."""
    whole = quote.text
    for span in sentences(whole):
        text, start = span.of(whole), quote.span.start + span.start
        is_asked_of = any(start <= mark.start < start + len(span) for mark in quote.highlights)
        if is_asked_of and (found := tuple(figures(text))):
            sentence = _Sentence(quote, text, start, found, _clauses(text, found))
            yield from (said for figure in found if (said := _of_something(sentence, figure)))


def _clauses(text: str, found: Sequence[Figure]) -> tuple[Span, ...]:
    borders = [Span(*match.span()) for match in _BORDER.finditer(text)]
    borders = [one for one in borders if not any(figure.span.holds(one) for figure in found)]
    starts = [0, *(border.end for border in borders)]
    ends = [*(border.start for border in borders), len(text)]
    return tuple(map(Span, starts, ends))


def _of_something(sentence: _Sentence, figure: Figure) -> _Said | None:
    """``figure`` and what it is said of; None where its clause does not tell, or has no word of the question."""
    clause = next((one for one in sentence.clauses if one.holds(figure.span)), None)
    if clause is None or not (figure.date or figure.number is not None) or not sentence.is_asked_of(clause):
        return None
    words = frozenset(map(str.casefold, _WORD.findall(clause.of(sentence.text))))
    if not words.isdisjoint(_STANDS_FOR):
        return None
    before = sentence.terms(Span(clause.start, figure.span.start))
    after = [figure.unit] * bool(figure.unit) + sentence.terms(Span(figure.span.end, clause.end))
    around = frozenset(before + after)
    is_once = not (_ONCE.isdisjoint(around) and _COMING.isdisjoint(words))
    kind = _kind(sentence, figure, clause, is_once=is_once)
    if kind is None or len(around) < 2:
        return None
    of = (*kind, tuple(before[-1:]), tuple(after[:1]), around, _others(sentence, figure, clause))
    return _Said(figure, _words(sentence.text, figure), sentence.quote, of, sentence.names_outside(clause))


def _kind(sentence: _Sentence, figure: Figure, clause: Span, *, is_once: bool) -> tuple[object, ...] | None:
    """How ``figure`` is meant; None for a date that may be of one occasion among several."""
    if figure.number is not None:
        return "number", sentence.times()
    if not is_once:
        return None
    relation = _RELATION.search(sentence.text[clause.start : figure.span.start])
    return "date", relation[1].casefold() if relation else ""


def _others(sentence: _Sentence, figure: Figure, clause: Span) -> frozenset[str]:
    """The other figures of the clause that belong to the subject: labels, and beside a date the numbers."""
    return frozenset(
        one.span.of(sentence.text).casefold()
        for one in sentence.figures
        if clause.holds(one.span) and not one.date and one is not figure and (one.number is None or figure.date)
    )


def _words(text: str, figure: Figure) -> str:
    """``figure`` as it stands in ``text``, with the word after it that says of what."""
    after = _NEXT_WORD.match(text, figure.span.end)
    is_named = after is not None and not figure.date and analysis.searched(after[1])
    return text[figure.span.start : after.end() if after and is_named else figure.span.end]
