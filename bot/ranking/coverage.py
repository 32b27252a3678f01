"""How much of a question some words of an article hold, term by term. Keeps secret how a form is found in a text.

What is computed here comes from the article's terms and the lexicon's idf alone, never from an engine's score, so that
every engine shares one rule of what counts as an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot import analysis
from bot.models import Form, Paragraph, Query, Span


@dataclass(frozen=True, slots=True)
class Match:
    """A form of the question where it stands in an article; ``at`` counts the paragraph's searched terms before it."""

    form: Form
    span: Span
    at: int


class Coverage:
    """One question held against paragraphs. ``weights[i]`` is word ``i``'s share of the question; they add up to 1.

    A word's share is its idf's share of the sum over the question's words. Not shared between threads.
    """

    def __init__(self, query: Query, idf: Callable[[str], float]) -> None:
        self.query = query
        told = [idf(word.term) for word in query.words]
        self.weights = tuple(value / sum(told) for value in told)
        self._forms: defaultdict[str, list[Form]] = defaultdict(list)
        for form in query.forms:
            self._forms[form.terms[0]].append(form)
        self._seen: dict[tuple[str, int], tuple[Match, ...]] = {}

    def matches(self, paragraph: Paragraph) -> tuple[Match, ...]:
        """Every form of the question that stands in ``paragraph``, in order; spans are of the article's text."""
        key = paragraph.article.id, paragraph.number
        if key not in self._seen:
            self._seen[key] = tuple(self._find(paragraph))
        return self._seen[key]

    def _find(self, paragraph: Paragraph) -> Iterable[Match]:
        tokens = analysis.searched_tokens(paragraph.text)
        first = paragraph.span.start
        for at, token in enumerate(tokens):
            for form in self._forms.get(token.term, ()):  # most terms begin no form
                run = tokens[at : at + len(form.terms)]
                if tuple(other.term for other in run) == form.terms:
                    yield Match(form, Span(first + token.start, first + run[-1].end), at)

    def share(self, words: Iterable[int]) -> float:
        """The share of the question that its words at these positions make up, 0 to 1."""
        return sum(self.weights[word] for word in set(words))

    def held(self, matches: Iterable[Match]) -> frozenset[int]:
        """The positions of the words that ``matches`` cover."""
        return frozenset(word for match in matches for word in match.form.words)


def within(matches: Iterable[Match], span: Span) -> tuple[Match, ...]:
    """Those of ``matches`` that lie wholly in ``span``."""
    return tuple(match for match in matches if span.holds(match.span))
