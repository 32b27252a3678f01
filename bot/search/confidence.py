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

THRESHOLD = 0.5
"""The least confidence at which the archive is said to answer."""
SURE = 0.85
"""The least confidence at which an answer carries no warning, whatever words it lacks."""
MIN_RARITY = 0.3
"""The least weight of a word that a warning names, as a share of what one weighs that a single paragraph has. This and
SURE were chosen on the development questions of four archives, so that few right first quotes carry a warning, and most
answers to questions that the archive cannot answer do."""

_DENSITY, _NAMES, _CHANCE, _GAP, _HEADLINE, _LENGTH, _SHORT, _SENTENCE, _RARITY, _BIAS = (
    6.51, -6.86, 0.57, 6.15, 0.82, 3.14, -1.44, 2.49, -1.95, -5.55
)  # fmt: skip
"""Begun from a logistic regression on the development questions of four archives, answerable or not, in full and cut to
two or three words, each set counting the same; then moved until one threshold answers about 92 in 100 answerable
questions of every archive and refuses most of the others. A regression on three archives separates the questions of the
fourth as well (AUROC .625, .902 and .913, with these values .627, .896 and .910), but for one (.813 and .857). Kinds,
figures, near words, the distance to the next passages and the number of passages that match as much were tried as
signals; they gave nothing."""
_MIN_LENGTH, _MAX_LENGTH = 4, 12
"""A question of fewer words is short; more words than the latter do not count further."""

_SATURATION, _USUAL_LENGTH = 0.9, 100
"""BM25's k1, and the number of searched terms in a usual passage."""


def compute_confidence(coverage: Coverage, quote: Quote, passage: Passage, paragraphs: int) -> float:
    """The confidence that ``quote``, from ``passage``, answers, in an archive of so many ``paragraphs``."""
    title = coverage.title(quote.article)
    known = coverage.context(quote.paragraph) | coverage.terms_in(quote.paragraph, quote.span)
    missing = ~coverage.passage_terms(passage)
    sentences = coverage.tokens.sentences_in(quote.paragraph, quote.span)
    best = max((coverage.share(coverage.terms_in(quote.paragraph, sentence)) for sentence in sentences), default=0.0)
    rarest = max((weight for at, weight in enumerate(coverage.term_weights) if not known >> at & 1), default=0.0)
    signals = (
        _DENSITY * compute_density(coverage, passage),
        _NAMES * coverage.share(coverage.names & ~known),
        _CHANCE * compute_improbability(coverage, known, paragraphs),
        # A share that is missing as one word weighs less than the same share missing as several.
        _GAP * max((share for at, share in enumerate(coverage.shares) if missing >> at & 1), default=0.0),
        _HEADLINE * title.share,
        # Of a long question a passage that answers matches a lesser share.
        _LENGTH * min(len(coverage.query.words), _MAX_LENGTH) / _MAX_LENGTH,
        # A question of two or three words says less of what is asked, and is sooner matched by chance.
        _SHORT * max(0, _MIN_LENGTH - len(coverage.query.words)) / 2,
        _SENTENCE * best,
        _RARITY * rarest / math.log1p(paragraphs),
    )
    return 1 / (1 + math.exp(-_BIAS - sum(signals)))


def find_missing_words(coverage: Coverage, quote: Quote, paragraphs: int) -> tuple[str, ...]:
    """The rare words of the question, and its numbers, that neither ``quote`` nor its heading or title has."""
    least, unmatched = MIN_RARITY * math.log1p(paragraphs), quote.without_year(quote.unmatched_terms)
    return tuple(
        word.typed
        for at, word in enumerate(coverage.query.words)
        if word.typed in unmatched and (coverage.term_weights[at] >= least or any(map(str.isdigit, word.typed)))
    )


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
