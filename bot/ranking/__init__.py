"""The first hits, put in a better order by small named parts. Keeps secret what each part looks at.

Every part gives a passage a number, mostly from 0 to 1, that depends neither on the engine nor on the size of the
archive; a passage's new score is their weighted sum. A part can be left out by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from bot.models import Hit
from bot.ranking.coverage import Coverage
from bot.ranking.features import Features, features
from bot.ranking.kinds import kind_asked, names_one


@dataclass(frozen=True)
class Ground:
    """What the parts look at: the question's coverage, the engine's hits in order, and how their articles fared.

    ``articles`` are, for each hit, the engine's score of its whole article, as a share of the best article's.
    """

    coverage: Coverage
    hits: Sequence[Hit]
    articles: Sequence[float]

    @cached_property
    def features(self) -> Features:
        """What of the question stands in each hit's passage."""
        return features(self.coverage, [hit.passage for hit in self.hits])


def engine(ground: Ground) -> list[float]:
    """The engine's score, as a share of the first hit's."""
    return [hit.score / ground.hits[0].score for hit in ground.hits]


def article(ground: Ground) -> list[float]:
    """The engine's score of the whole article, as a share of the best article's."""
    return list(ground.articles)


def sentence(ground: Ground) -> list[float]:
    """The share of the question that the best single sentence holds."""
    return list(ground.features.sentence)


def run(ground: Ground) -> list[float]:
    """The share of the question that the best three sentences in a row hold."""
    return list(ground.features.run)


def near(ground: Ground) -> list[float]:
    """The share of the question's neighbouring words that stand within four terms of each other."""
    return list(ground.features.near)


def adjacent(ground: Ground) -> list[float]:
    """The share of the question's neighbouring words that stand next to each other, in the same order."""
    return list(ground.features.adjacent)


def names(ground: Ground) -> list[float]:
    """The share of the question's names that the passage or its title holds; 1 where the question names none."""
    coverage = ground.coverage
    asked = coverage.share(coverage.names)
    if not asked:
        return [1.0] * len(ground.hits)
    held = zip(ground.features.words, ground.features.titles, strict=True)
    return [coverage.share(coverage.names & (words | title)) / asked for words, title in held]


def title(ground: Ground) -> list[float]:
    """The share of the question that the title holds and the passage does not."""
    held = zip(ground.features.words, ground.features.titles, strict=True)
    return [ground.coverage.share(title & ~words) for words, title in held]


def headline(ground: Ground) -> list[float]:
    """The share of the title's terms that the question names."""
    return [ground.coverage.headline(hit.passage.article) for hit in ground.hits]


def kind(ground: Ground) -> list[float]:
    """The share of the question that the best sentence holds which could name what is asked for: who, when, where…"""
    asked = kind_asked(ground.coverage.query.question.text)
    best = [0.0] * len(ground.hits)
    if asked:
        texts = [hit.passage.article.text for hit in ground.hits]
        for share, at, span in ground.features.sentences():
            if not best[at] and names_one(asked, span.of(texts[at])):
                best[at] = share
    return best


Part = Callable[[Ground], list[float]]
PARTS: Mapping[str, tuple[Part, float]] = MappingProxyType(
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


def rank(ground: Ground, without: Collection[str] = ()) -> list[Hit]:
    """The hits in a better order, their scores replaced; equal scores stay in the order they came in.

    ``without`` names parts that are left out.
    """
    if not ground.hits:
        return []
    scores = [0.0] * len(ground.hits)
    given: dict[str, list[float]] = {}
    for name, (part, weight) in PARTS.items():
        if name not in without:
            given[name] = [weight * value for value in part(ground)]
            scores = [score + more for score, more in zip(scores, given[name], strict=True)]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    gifts = list(zip(*given.values(), strict=True)) or [()] * len(scores)
    return [Hit(ground.hits[i].passage, scores[i], tuple(zip(given, gifts[i], strict=True))) for i in order]
