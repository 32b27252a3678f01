"""What kind of thing a question asks for, and which sentences could name one. Keeps secret the patterns of both.

What the parts of the ranking look at, found in all passages at once: which costs less than in one after the other.

Keeps secret how what stands in paragraphs is put together by passage.

The first hits, put in a better order by small named parts. Keeps secret what each part looks at.

Every part gives a passage a number, mostly from 0 to 1, that depends neither on the engine nor on the size of the
archive; a passage's new score is their weighted sum. A part can be left out by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
import regex

from bot.index.arrays import FloatArray, IntArray
from bot.models import MONTHS, Hit, Passage, Span
from bot.search.coverage import Coverage
from bot.search.occurrences import TermMask, TermMasks, shares

_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|trillion|"
    "half|third|quarter|percent"
)
_ASKS = {
    "date": regex.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b"),
    "number": regex.compile(
        r"\bhow (?:many|much|long|old|far|tall|big|large|often|high|fast)\b"
        r"|\bwhat (?:percent|percentage|number|amount|age|proportion|share)\b"
    ),
    "person": regex.compile(r"\bwho\b|\bwhose\b|\bwhom\b|\bwhich (?:person|actor|singer|president|minister)\b"),
    "place": regex.compile(r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|region|continent|town|location)\b"),
}
_NAMES = {
    "date": regex.compile(rf"\b(?:{'|'.join(MONTHS)}|{_DAYS}|1\d{{3}}|20\d{{2}}|\d+(?:st|nd|rd|th) century)\b"),
    "number": regex.compile(rf"\d|\b(?:{_NUMBERS})\b", regex.IGNORECASE),
    # Two capitalised words in a row, not at the beginning of a sentence.
    "person": regex.compile(r"(?<=[^.!?“\"] )\p{Lu}[\w’'-]+ (?:\p{Lu}\. )?\p{Lu}[\w’'-]+"),
    "place": regex.compile(r"\b(?:in|at|near|from|to|of|around|across) (?:the )?\p{Lu}\p{Ll}+"),
}


@lru_cache(maxsize=256)
def expected_kind(question: str) -> str | None:
    """ "date", "number", "person" or "place"; None when the question's words tell none of them."""
    plain = question.casefold()
    return next((kind for kind, asks in _ASKS.items() if asks.search(plain)), None)


def has_kind(kind: str, sentence: str) -> bool:
    """Whether ``sentence`` holds what could be a thing of this kind."""
    return _NAMES[kind].search(sentence) is not None


@dataclass(frozen=True, slots=True)
class Features:
    """What of the question stands in some passages; each member but ``sentences`` has one for each of them, in order.

    ``words`` is what a passage holds, ``titles`` what its article's title does. The others are shares of the question,
    0 to 1: ``sentence`` what the best single sentence holds, ``run`` what the best three in a row do; ``near`` and
    ``adjacent`` the shares of its neighbouring words that stand, in one paragraph, within four terms of each other, or
    next to each other in the same order; 0 for a question of one word. ``sentences`` are those that hold anything, as
    (its share, the passage's number among these, its span), those that hold most first.
    """

    words: Sequence[TermMask]
    titles: Sequence[TermMask]
    sentence: Sequence[float]
    run: Sequence[float]
    near: Sequence[float]
    adjacent: Sequence[float]
    sentences: Callable[[], Iterator[tuple[float, int, Span]]]


def compute_features(coverage: Coverage, passages: Sequence[Passage]) -> Features:
    """Those of each of ``passages``."""
    tokens = coverage.tokens
    begins = np.array([tokens.paragraph_number(passage.paragraphs[0]) for passage in passages], np.int64)
    order = np.argsort(begins, kind="stable")
    sighted = coverage.see(
        number
        for begin, passage in zip(begins.tolist(), passages, strict=True)
        for number in range(begin, begin + len(passage.paragraphs))
    )

    def passage_of(paragraphs: IntArray) -> IntArray:
        return order[np.searchsorted(begins[order], paragraphs, side="right") - 1]

    def joined(sets: TermMasks) -> TermMasks:
        whole = np.zeros(len(passages), np.uint64)
        np.bitwise_or.at(whole, passage_of(sighted.paragraphs), sets)
        return whole

    told = sighted.sentences
    places, found = passage_of(told.paragraphs), shares(told.words, coverage.weights)

    def best(shares: FloatArray) -> list[float]:
        most = np.zeros(len(passages))
        np.maximum.at(most, places, shares)
        found: list[float] = most.tolist()
        return found

    def sentences() -> Iterator[tuple[float, int, Span]]:
        fullest = np.argsort(-found, kind="stable")
        spans = tokens.sentence_spans(told.paragraphs[fullest], told.places[fullest])
        return zip(found[fullest].tolist(), places[fullest].tolist(), spans, strict=True)

    return Features(
        joined(sighted.words).tolist(),
        [coverage.held_in_title(passage.article) for passage in passages],
        best(found),
        best(shares(told.runs, coverage.weights)),
        shares(joined(sighted.near), coverage.pairs).tolist(),
        shares(joined(sighted.adjacent), coverage.pairs).tolist(),
        sentences,
    )


@dataclass(frozen=True)
class RankingContext:
    """What the parts look at: the question's coverage, the engine's hits in order, and how their articles fared.

    ``articles`` are, for each hit, the engine's score of its whole article, as a share of the best article's.
    """

    coverage: Coverage
    hits: Sequence[Hit]
    articles: Sequence[float]

    @cached_property
    def features(self) -> Features:
        """What of the question stands in each hit's passage."""
        return compute_features(self.coverage, [hit.passage for hit in self.hits])


def engine(ground: RankingContext) -> list[float]:
    """The engine's score, as a share of the first hit's."""
    return [hit.score / ground.hits[0].score for hit in ground.hits]


def article(ground: RankingContext) -> list[float]:
    """The engine's score of the whole article, as a share of the best article's."""
    return list(ground.articles)


def sentence(ground: RankingContext) -> list[float]:
    """The share of the question that the best single sentence holds."""
    return list(ground.features.sentence)


def run(ground: RankingContext) -> list[float]:
    """The share of the question that the best three sentences in a row hold."""
    return list(ground.features.run)


def near(ground: RankingContext) -> list[float]:
    """The share of the question's neighbouring words that stand within four terms of each other."""
    return list(ground.features.near)


def adjacent(ground: RankingContext) -> list[float]:
    """The share of the question's neighbouring words that stand next to each other, in the same order."""
    return list(ground.features.adjacent)


def names(ground: RankingContext) -> list[float]:
    """The share of the question's names that the passage or its title holds; 1 where the question names none."""
    coverage = ground.coverage
    asked = coverage.share(coverage.names)
    if not asked:
        return [1.0] * len(ground.hits)
    held = zip(ground.features.words, ground.features.titles, strict=True)
    return [coverage.share(coverage.names & (words | title)) / asked for words, title in held]


def title(ground: RankingContext) -> list[float]:
    """The share of the question that the title holds and the passage does not."""
    held = zip(ground.features.words, ground.features.titles, strict=True)
    return [ground.coverage.share(title & ~words) for words, title in held]


def headline(ground: RankingContext) -> list[float]:
    """The share of the title's terms that the question names."""
    return [ground.coverage.headline(hit.passage.article) for hit in ground.hits]


def kind(ground: RankingContext) -> list[float]:
    """The share of the question that the best sentence holds which could name what is asked for: who, when, where…"""
    asked = expected_kind(ground.coverage.query.question.text)
    best = [0.0] * len(ground.hits)
    if asked:
        texts = [hit.passage.article.text for hit in ground.hits]
        for share, at, span in ground.features.sentences():
            if not best[at] and has_kind(asked, span.slice(texts[at])):
                best[at] = share
    return best


FeatureFunction = Callable[[RankingContext], list[float]]
FEATURES: Mapping[str, tuple[FeatureFunction, float]] = MappingProxyType(
    {
        "engine": (engine, 3.68),
        "article": (article, 0.65),
        "sentence": (sentence, 1.51),
        "run": (run, 3.0),
        "near": (near, 1.42),
        "adjacent": (adjacent, 1.69),
        "names": (names, 1.04),
        "title": (title, 4.65),
        "headline": (headline, 1.04),
        "kind": (kind, 1.12),
    }
)
"""Each part and its weight. Begun from a listwise logistic regression (softmax over the first fifty hits, the passages
that hold evidence being right) on the answerable development questions of three archives, then moved one at a time,
from many starts, towards more first places and more in the first ten, there and on the thirty questions of the tests.
On halves of the questions that such a fit had not seen, first places were within two points of those it had."""


def rank(ground: RankingContext, without: Collection[str] = ()) -> list[Hit]:
    """The hits in a better order, their scores replaced; equal scores stay in the order they came in.

    ``without`` names parts that are left out.
    """
    if not ground.hits:
        return []
    scores = [0.0] * len(ground.hits)
    given: dict[str, list[float]] = {}
    for name, (part, weight) in FEATURES.items():
        if name not in without:
            given[name] = [weight * value for value in part(ground)]
            scores = [score + more for score, more in zip(scores, given[name], strict=True)]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    gifts = list(zip(*given.values(), strict=True)) or [()] * len(scores)
    return [Hit(ground.hits[i].passage, scores[i], tuple(zip(given, gifts[i], strict=True))) for i in order]
