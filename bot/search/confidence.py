"""How sure it is that the archive answers. Keeps secret how the signals are weighed.

Every signal is a share of the question, computed from the article's terms and the lexicon's idf, so that it means the
same in an archive of two articles and in one of a million, whatever the engine.
"""

from __future__ import annotations

import math
from collections import Counter

from bot.models import Passage, Quote
from bot.search.coverage import Coverage, matched_terms, within
from bot.search.occurrences import TermMask, positions_in

THRESHOLD = 0.288
"""The least confidence at which the archive is said to answer: the one that answers nine in ten of the answerable
development questions in each of three archives."""

_DENSITY, _NAMES, _CHANCE, _GAP, _HEADLINE, _BIAS = 3.28, -2.6, 1.7, 1.3, 0.25, -4.37
"""Fitted by logistic regression on the development questions of three archives, answerable or not, each counting the
same. The signals were chosen there too, from some eighty; their weights were then rounded to those at
which no archive loses."""

_SATURATION, _USUAL_LENGTH = 0.9, 100
"""As BM25's k1; and the searched terms that a passage usually has."""


def confidence(coverage: Coverage, quote: Quote, passage: Passage, paragraphs: int) -> float:
    """From 0 to 1, how sure it is that ``quote``, from ``passage``, answers; the archive has so many ``paragraphs``."""
    inside = coverage.words(passage)
    known = matched_terms(within(coverage.matches(quote.paragraph), quote.span)) | coverage.held_in_title(quote.article)
    signals = (
        _DENSITY * density(coverage, passage),
        _NAMES * coverage.share(coverage.names & ~known),
        _CHANCE * improbability(coverage, known, paragraphs),
        # What is missing as one word weighs less than as much that is missing as several.
        _GAP * max((share for word, share in enumerate(coverage.weights) if not inside >> word & 1), default=0.0),
        _HEADLINE * coverage.headline(quote.article),
    )
    return 1 / (1 + math.exp(-_BIAS - sum(signals)))


def improbability(coverage: Coverage, words: TermMask, paragraphs: int) -> float:
    """How little chance explains that one text holds ``words``: √(the sum of their idf / ln(1 + ``paragraphs``)).

    Were words strewn at random, above 1 not one of so many paragraphs would be expected to hold them all.
    """
    return math.sqrt(sum(coverage.told[word] for word in positions_in(words)) / math.log1p(paragraphs))


def density(coverage: Coverage, passage: Passage) -> float:
    """The share of the question that the passage holds, a word counting the more the oftener it stands there.

    A word that stands there n times counts n / (n + k1 × length / usual length), as BM25 saturates a term's count.
    """
    counts = Counter(
        word for paragraph in passage.paragraphs for one in coverage.matches(paragraph) for word in one.form.positions
    )
    length = sum(coverage.tokens.token_count(paragraph) for paragraph in passage.paragraphs)
    norm = _SATURATION * length / _USUAL_LENGTH
    return sum(coverage.weights[word] * count / (count + norm) for word, count in counts.items())
