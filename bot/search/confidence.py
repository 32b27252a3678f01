"""How sure it is that the archive answers, from 0 to 1.

Every signal is a share of the question, computed from the article's terms and the archive's idf, so that it means the
same in an archive of two articles and in one of a million, whatever the engine.
"""

from __future__ import annotations

import math
from collections import Counter

from bot.models import Passage, Quote
from bot.search.coverage import Coverage
from bot.search.occurrences import TermBitmask, sum_weights

THRESHOLD = 0.288
"""The least confidence at which the archive is said to answer: the one that answers nine in ten of the answerable
development questions in each of three archives."""

_DENSITY, _NAMES, _CHANCE, _GAP, _HEADLINE, _BIAS = 3.28, -2.6, 1.7, 1.3, 0.25, -4.37
"""Fitted by logistic regression on the development questions of three archives, answerable or not, each counting the
same. The signals were chosen there too, from some eighty; their weights were then rounded to those at which no archive
loses."""

_SATURATION, _USUAL_LENGTH = 0.9, 100
"""BM25's k1, and the number of searched terms in a usual passage."""


def compute_confidence(coverage: Coverage, quote: Quote, passage: Passage, paragraphs: int) -> float:
    """The confidence that ``quote``, from ``passage``, answers, in an archive of so many ``paragraphs``."""
    title = coverage.title(quote.article)
    known = title.terms
    for match in coverage.matches(quote.paragraph):
        if quote.span.contains(match.span):
            known |= match.terms
    missing = ~coverage.passage_terms(passage)
    signals = (
        _DENSITY * compute_density(coverage, passage),
        _NAMES * coverage.share(coverage.names & ~known),
        _CHANCE * compute_improbability(coverage, known, paragraphs),
        # A share that is missing as one word weighs less than the same share missing as several.
        _GAP * max((share for at, share in enumerate(coverage.shares) if missing >> at & 1), default=0.0),
        _HEADLINE * title.share,
    )
    return 1 / (1 + math.exp(-_BIAS - sum(signals)))


def compute_improbability(coverage: Coverage, terms: TermBitmask, paragraphs: int) -> float:
    """How unlikely it is that one text has ``terms`` by chance: √(the sum of their weights / ln(1 + ``paragraphs``)).

    If words were strewn at random, above 1 not one of so many paragraphs would be expected to have them all.
    """
    return math.sqrt(sum_weights(terms, coverage.term_weights) / math.log1p(paragraphs))


def compute_density(coverage: Coverage, passage: Passage) -> float:
    """The share of the question that the passage matches, each word weighted by its frequency there.

    A word that occurs n times counts n / (n + k1 × length / usual length), as BM25 saturates term frequency.
    """
    counts: Counter[int] = Counter()
    length = 0
    for paragraph in passage.paragraphs:
        length += coverage.tokens.token_count(paragraph)
        for match in coverage.matches(paragraph):
            counts.update(match.expansion.positions)
    norm = _SATURATION * length / _USUAL_LENGTH
    return sum(coverage.shares[at] * count / (count + norm) for at, count in counts.items())
