"""Ranks the engine's hits anew by a weighted sum of features.

A feature gives each passage a number, mostly from 0 to 1, that depends neither on the engine nor on the size of the
archive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import regex

from bot.index.arrays import FloatArray
from bot.models import MONTHS, Hit, Passage, Span
from bot.search.coverage import NO_MATCH, Coverage
from bot.search.occurrences import TermBitmasks, sum_weights_each, union_by
from bot.search.roles import asks_for_role
from bot.text.analysis import extract_terms, is_pointer, is_question, to_term

_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|trillion|"
    "half|third|quarter|percent"
)
_ASKS = {
    "definition": regex.compile(
        r"^\W*(?:what|who)(?:['’]s| is| are| was| were)(?!.* (?:of|in|for|to|at|on|from|with)\b)(?: [\w'’-]+){1,4}\W*$"
        r"|\b(?:meaning|definition) of\b|\bmeaning\W*$|^\W*define\b|^\W*what (?:does|do) .{1,60} mean\W*$"
    ),
    "date": regex.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b"),
    "number": regex.compile(
        r"\bhow (?:many|much|long|old|far|tall|big|large|often|high|fast)\b"
        r"|\bwhat (?:percent|percentage|number|amount|age|proportion|share)\b"
    ),
    "person": regex.compile(r"\bwho\b|\bwhose\b|\bwhom\b|\bwhich (?:person|actor|singer|president|minister)\b"),
    "place": regex.compile(r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|region|continent|town|location)\b"),
}
_KINDS = {
    # A copula among the first words, and an article after it.
    "definition": regex.compile(
        r"^(?!(?:If|When|While|Where|Note|By|In|On|For)\b)(?:\S+\s+){1,9}?"
        r"(?:is|are|was|were|means?|refers? to|denotes?)\s+(?:an?|the|one|any|when|both|often)\b"
    ),
    "date": regex.compile(rf"\b(?:{'|'.join(MONTHS)}|{_DAYS}|1\d{{3}}|20\d{{2}}|\d+(?:st|nd|rd|th) century)\b"),
    "number": regex.compile(rf"\d[\d.,]*|\b(?:{_NUMBERS})\b", regex.IGNORECASE),
    # Two capitalised words in a row, not at the beginning of a sentence.
    "person": regex.compile(r"(?<=[^.!?“\"] )\p{Lu}[\w’'-]+ (?:\p{Lu}\. )?\p{Lu}[\w’'-]+"),
    "doer": regex.compile(r"(?<=[^.!?“\"] )\p{Lu}[\w’'-]+ (?:\p{Lu}\. )?\p{Lu}[\w’'-]+"),
    "place": regex.compile(r"\b(?:in|at|near|from|to|of|around|across) (?:the )?\p{Lu}\p{Ll}+"),
}


_COUNTED = regex.compile(r"\bhow many (?:(?:of|the|more|other|different|new) )*([\w'’-]+)")
_BESIDE = 4
"""Words after a number among which is what it counts."""
_DEFINING = frozenset(map(to_term, ("meaning", "mean", "definition", "define")))

_UNREAL = regex.compile(
    r"\b(?:predict\w*|expect(?:s|ed)? to|hop(?:es?|ed|ing) to|fail(?:s|ed)? to|could|might|may|would|if|wants? to"
    r"|aims? to|tr(?:y|ies|ied) to|not|never)\b|n['’]t\b"
)
"""What makes a sentence about a leader, founder or winner say who is none, or may become one."""
HALVED_AFTER = 7
"""Days from the days that a question prefers after which a publication counts half."""


@lru_cache(maxsize=256)
def expected_kind(question: str) -> str | None:
    """What the question asks for: "date", "number", "person", "place", or so; None if its words do not say."""
    plain = question.casefold()
    if asks_for_role(question):
        return "doer"
    return next((kind for kind, asks in _ASKS.items() if asks.search(plain)), None)


def contains_kind(kind: str, sentence: str, question: str) -> bool:
    """Whether ``sentence`` has what could be of this kind.

    That is for a definition what is asked for, as the subject; for "how many ships", a number before "ships"; for one
    who leads, founded or won, a name that is new.
    """
    found = _KINDS[kind].search(sentence)
    if found is None:
        return False
    if kind == "definition":
        return set(extract_terms(question)) - _DEFINING <= set(extract_terms(found[0]))
    if kind == "number" and (counted := _COUNTED.search(question.casefold())):
        noun = to_term(counted[1])
        ends = [number.end() for number in _KINDS[kind].finditer(sentence)]
        beside = [" ".join(sentence[end:].split(maxsplit=_BESIDE)[:_BESIDE]) for end in ends]
        return noun not in extract_terms(sentence) or any(noun in extract_terms(words) for words in beside)
    if kind != "doer":
        return True
    asked = question.casefold()
    names = _KINDS[kind].finditer(sentence)
    return not _UNREAL.search(sentence) and any(one[0].casefold() not in asked for one in names)


@dataclass(frozen=True, slots=True)
class PassageMatches:
    """What passages match of a query, in order; all but ``terms`` as shares of the query, 0 to 1.

    ``window`` is what the best three sentences in a row match; ``near`` and ``adjacent`` the shares of the pairs of
    neighbouring words that are so in any paragraph. ``sentences()`` gives those with any match as (share, index of the
    passage, index of the paragraph in it, span), the greatest share first.
    """

    terms: TermBitmasks
    window: FloatArray
    near: FloatArray
    adjacent: FloatArray
    sentences: Callable[[], Iterator[tuple[float, int, int, Span]]]


def match_passages(coverage: Coverage, passages: Sequence[Passage]) -> PassageMatches:
    """Match all ``passages`` at once, which costs less than one after the other."""
    tokens, count = coverage.tokens, len(passages)
    firsts: list[int] = []
    numbers: list[int] = []
    for passage in passages:
        firsts.append(tokens.paragraph_number(passage.paragraphs[0]))
        numbers.extend(range(firsts[-1], firsts[-1] + len(passage.paragraphs)))
    matches = coverage.match_paragraphs(numbers)
    found = matches.sentences

    order = np.argsort(firsts, kind="stable")
    ascending = np.array(firsts, np.int64)[order]
    at = order[np.searchsorted(ascending, matches.paragraphs, side="right") - 1]
    at_sentence = order[np.searchsorted(ascending, found.paragraphs, side="right") - 1]

    shares = sum_weights_each(found.terms, coverage.shares)
    window = np.zeros(count)
    np.maximum.at(window, at_sentence, sum_weights_each(found.window_terms, coverage.shares))

    def sentences() -> Iterator[tuple[float, int, int, Span]]:
        best = np.argsort(-shares, kind="stable")
        spans = tokens.sentence_spans(found.paragraphs[best], found.numbers[best])
        at_best = at_sentence[best]
        paragraphs = found.paragraphs[best] - np.array(firsts, np.int64)[at_best]
        return zip(shares[best].tolist(), at_best.tolist(), paragraphs.tolist(), spans, strict=True)

    return PassageMatches(
        union_by(at, matches.terms, count),
        window,
        sum_weights_each(union_by(at, matches.near, count), coverage.pair_shares),
        sum_weights_each(union_by(at, matches.adjacent, count), coverage.pair_shares),
        sentences,
    )


FEATURES: Mapping[str, float] = MappingProxyType(
    {
        "engine": 3.68,
        "statement": 2.5,
        "run": 3.0,
        "near": 1.0,
        "adjacent": 1.69,
        "names": 1.04,
        "title": 4.65,
        "headline": 1.25,
        "heading": 10.0,
        "kind": 1.12,
        "recency": 4.0,
    }
)
"""Each feature (see ``compute_features``) and its weight. Fitted by listwise logistic regression (softmax over the
first fifty hits, the passages with evidence being right) on the answerable development questions of four archives, each
counting the same, of two of them also with the day of asking; kept near the weights of an earlier fit. With each
archive left out in turn, first places there are within half a point of what they are when it is fitted too. A share of
the engine's score for the whole article was a feature once; without it, no archive loses. Questions that are a heading
are too few there: the weight of "heading" is by hand, so that it decides."""


def compute_features(coverage: Coverage, hits: Sequence[Hit]) -> Mapping[str, FloatArray]:
    """Compute the features of ``hits``, which are in the engine's order, at least one."""
    matches = match_passages(coverage, [hit.passage for hit in hits])
    scores = np.array([hit.score for hit in hits])
    titles = [coverage.title(hit.passage.article) for hit in hits]
    # A heading of one word is a subject, not a question.
    is_subject = len(coverage.query.words) < 2
    headings = [NO_MATCH if is_subject else coverage.heading(hit.passage.paragraphs[0]) for hit in hits]
    title_terms = np.array([title.terms for title in titles], np.uint64)
    names = np.ones(len(hits))
    if names_share := coverage.share(coverage.names):
        named = (matches.terms | title_terms) & np.uint64(coverage.names)
        names = sum_weights_each(named, coverage.shares) / names_share
    statement, kind = _sentence_shares(coverage, hits, matches)
    return {
        # The engine's score of the passage, as a share of the best.
        "engine": scores / scores[0],
        # The share of the question that the best statement matches, and the best three sentences in a row.
        "statement": statement,
        "run": matches.window,
        # The share of its neighbouring words that are within four terms of each other, or adjacent in this order.
        "near": matches.near,
        "adjacent": matches.adjacent,
        # The share of its names that the passage or the title has; 1 for a question without names.
        "names": names,
        # The share of the question that the title matches and the passage does not.
        "title": sum_weights_each(title_terms & ~matches.terms, coverage.shares),
        # The share of the title's terms that the question names; and how far the heading is the question itself.
        "headline": np.array([title.share for title in titles]),
        "heading": np.array([max(0.0, 4 * coverage.share(one.terms) * one.share - 3) for one in headings]),
        "kind": kind,
        "recency": _recency(coverage, hits),
    }


def _sentence_shares(coverage: Coverage, hits: Sequence[Hit], matches: PassageMatches) -> tuple[FloatArray, FloatArray]:
    """The greatest share of the question in a statement, and in a sentence that may name what it asks for.

    A question, or a line that leads to another article, is no statement: an archive with quizzes has what people ask.
    """
    kind = expected_kind(coverage.query.question.text)
    stated, of_kind = np.zeros(len(hits)), np.zeros(len(hits))
    for share, at, number, span in matches.sentences():
        if stated[at] and (of_kind[at] or not kind):
            continue
        passage = hits[at].passage
        text = passage.article.text
        if not stated[at] and not is_question(text, span) and not is_pointer(passage.paragraphs[number].text):
            stated[at] = share
        if kind and not of_kind[at] and contains_kind(kind, span.slice(text), coverage.query.question.text):
            of_kind[at] = share * (2 if kind == "definition" else 1)
    return stated, of_kind


def _recency(coverage: Coverage, hits: Sequence[Hit]) -> FloatArray:
    """How near each article's date is to the days that the question prefers: 1 if among them, halved each week away."""
    if (days := coverage.query.preferred_days) is None:
        return np.zeros(len(hits))
    published = [hit.passage.article.published for hit in hits]
    distances = [max((days[0] - day).days, (day - days[1]).days, 0) if day else math.inf for day in published]
    return np.exp2(-np.array(distances) / HALVED_AFTER)


def rank(coverage: Coverage, hits: Sequence[Hit], without: Collection[str] = ()) -> list[Hit]:
    """Rank ``hits`` by their features, with new scores; equal scores stay in the order in which they came.

    ``without`` names features to leave out.
    """
    if not hits:
        return []
    features = compute_features(coverage, hits)
    parts = {name: weight * features[name] for name, weight in FEATURES.items() if name not in without}
    scores = np.zeros(len(hits))
    for part in parts.values():
        scores += part
    rows = np.array([*parts.values()]).reshape(len(parts), len(hits)).T.tolist()
    order = np.argsort(-scores, kind="stable").tolist()
    return [Hit(hits[i].passage, float(scores[i]), tuple(zip(parts, rows[i], strict=True))) for i in order]
