"""How sure it is that the archive answers. Keeps secret how the signals are weighed.

Every signal is a share of the question, computed from the article's terms and the lexicon's idf, so that it means the
same in an archive of two articles and in one of a million, whatever the engine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from bot import analysis
from bot.models import Paragraph, Passage, Quote
from bot.ranking.coverage import Coverage, within

THRESHOLD = 0.312
"""The least confidence at which the archive is said to answer: the one that answers nine in ten of the answerable
development questions in each of three archives."""

_QUOTE, _ARTICLE, _DENSITY, _BIAS = 1.01, 1.19, 1.98, -2.49
"""Fitted by logistic regression on the development questions of three archives, answerable or not, each counting the
same."""

_SATURATION, _USUAL_LENGTH = 0.9, 100
"""As BM25's k1; and the searched terms that a passage usually has."""


def confidence(coverage: Coverage, quote: Quote, passage: Passage, article: Sequence[Paragraph]) -> float:
    """From 0 to 1, how sure it is that ``quote``, from ``passage`` of the article with these paragraphs, answers."""
    title = coverage.held_in_terms(analysis.terms(quote.article.title))
    held = coverage.held(within(coverage.matches(quote.paragraph), quote.span))
    signals = (
        (_QUOTE, coverage.share(held)),
        (_ARTICLE, coverage.share(title.union(*(coverage.held(coverage.matches(other)) for other in article)))),
        (_DENSITY, density(coverage, passage)),
    )
    return 1 / (1 + math.exp(-_BIAS - sum(weight * value for weight, value in signals)))


def density(coverage: Coverage, passage: Passage) -> float:
    """The share of the question that the passage holds, a word counting the more the oftener it stands there.

    A word that stands there n times counts n / (n + k1 × length / usual length), as BM25 saturates a term's count.
    """
    counts = Counter(
        word for paragraph in passage.paragraphs for match in coverage.matches(paragraph) for word in match.form.words
    )
    length = sum(coverage.length(paragraph) for paragraph in passage.paragraphs)
    norm = _SATURATION * length / _USUAL_LENGTH
    return sum(coverage.weights[word] * count / (count + norm) for word, count in counts.items())
