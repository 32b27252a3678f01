"""Chooses the quotes that are shown.

Every quote is a span of one paragraph. What of the question it does not match is listed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bot.models import Article, Hit, Paragraph, Quote, Span
from bot.search.coverage import Coverage
from bot.search.occurrences import TermBitmask, to_bitmask
from bot.search.snippets import Snippet, best_snippet
from bot.search.wording import Wording, says_the_same
from bot.text.analysis import strip_possessive

CONSIDERED = 12
"""Hits from which quotes are chosen: four for each that is shown by default, as some repeat others."""
WORTH = 0.7
"""The least that a quote matches of the question, as a share of what the best statement matches; less is filler."""
OWN = 1 / 3
"""The least share of the question that any quote but the first matches itself, whatever its title does."""
FIRST = 3
"""Among the first three quotes, as many as are shown by default, statements come first (``Snippet.is_statement``), then
those that match every word of the question, and where it asks for the newest, the later ones. On the development
questions of an archive with quizzes, whose answers are elsewhere, five points more of the first quotes answer when
statements come first."""
SECOND_WORTH = 0.15
"""The least share of the question that a second quote from one article adds."""


class ChosenQuotes(NamedTuple):
    """The quotes; the one that decides whether the archive answers; whether a greater limit gives more.

    ``surest`` is None if there is no quote. It does not depend on the limit, so it may be one that a lesser limit
    leaves out: of the first three the one that matches every word, even if it is only a question, or else the first.
    """

    quotes: tuple[Quote, ...]
    surest: Quote | None
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A snippet with the score of its hit, and the share of the question that it matches, alone and with its title."""

    snippet: Snippet
    score: float
    own_share: float
    share: float


def choose_quotes(coverage: Coverage, hits: Sequence[Hit], limit: int) -> ChosenQuotes:
    """Choose up to ``limit`` quotes (at least 1), in the order of ``hits``; the first three in that of ``FIRST``.

    A lower limit gives the first of the same quotes. At most one an article, unless a second matches what none before
    it does; if that makes fewer than three, further paragraphs of these articles follow that match no less of the
    question than the first quote. A quote's ``also_in`` are the paragraphs among ``hits`` that have its very words;
    what only repeats a quote is not quoted again.

    If the newest is asked for, hits that match the whole question come first, the newest before others. ``surest`` is
    still chosen by what matches most of the question, which need not be new.
    """
    chosen = _choose(coverage, hits, limit, is_newest_asked=False)
    if not coverage.query.prefers_newest:
        return chosen
    newest = _choose(coverage, _sort_newest_first(coverage, hits), limit, is_newest_asked=True)
    return newest._replace(surest=chosen.surest)


def _choose(coverage: Coverage, hits: Sequence[Hit], limit: int, is_newest_asked: bool) -> ChosenQuotes:
    candidates = _find_candidates(coverage, hits)
    shares = [one.share for one in candidates]
    stated = [one.share for one in candidates if one.snippet.is_statement]
    least = WORTH * max(stated or shares, default=0.0)
    quotes: list[Quote] = []
    sources: list[_Candidate] = []
    has_more = False
    shown = 0
    further: list[_Candidate] = []
    for candidate in candidates:
        if candidate.share < least or (quotes and not _is_new(coverage, candidate, quotes)):
            continue
        if quotes and not _adds(coverage, candidate, quotes, shown):
            further.append(candidate)
            continue
        if len(quotes) == max(limit, FIRST):
            has_more = True
            break
        quotes.append(_make_quote(coverage, candidate, hits))
        sources.append(candidate)
        shown |= candidate.snippet.terms
    copied = {paragraph.article.id for quote in quotes for paragraph in quote.also_in}
    for candidate in further:
        if len(quotes) == FIRST or candidate.own_share < sources[0].own_share:
            continue
        if candidate.snippet.paragraph.article.id not in copied and _is_new(coverage, candidate, quotes):
            quotes.append(_make_quote(coverage, candidate, hits))
            sources.append(candidate)
    # From worst to best: (is not a statement, misses a word).
    terms = [one.snippet.terms | coverage.heading(one.snippet.paragraph).terms for one in sources]
    keys = [(not one.snippet.is_statement, own != coverage.every) for one, own in zip(sources, terms, strict=True)]
    order = sorted(range(len(quotes[:FIRST])), key=keys.__getitem__)
    at_surest = min(order, key=lambda i: keys[i][1], default=None)
    surest = None if at_surest is None else quotes[at_surest]
    if is_newest_asked:
        order.sort(key=lambda i: (*keys[i], -_day(quotes[i].article)))
    first = [quotes[i] for i in order if i == order[0] or sources[i].own_share >= OWN]
    return ChosenQuotes((*first, *quotes[FIRST:])[:limit], surest, has_more or len(quotes) > limit)


def _find_candidates(coverage: Coverage, hits: Sequence[Hit]) -> list[_Candidate]:
    """The best snippet of each of the first hits; each paragraph once."""
    candidates: dict[tuple[str, int], _Candidate] = {}
    for hit in hits[:CONSIDERED]:
        snippet = best_snippet(coverage, hit.passage)
        if snippet is not None:
            article = snippet.paragraph.article
            share = coverage.share(snippet.terms | coverage.context(snippet.paragraph))
            candidate = _Candidate(snippet, hit.score, coverage.share(snippet.terms), share)
            candidates.setdefault((article.id, snippet.paragraph.number), candidate)
    return [*candidates.values()]


def _sort_newest_first(coverage: Coverage, hits: Sequence[Hit]) -> list[Hit]:
    """Put hits that match the whole question, with their articles' titles, before all others, the newest first."""
    every = to_bitmask(range(len(coverage.query.words)))

    def order(hit: Hit) -> int:
        article = hit.passage.article
        is_whole = coverage.passage_terms(hit.passage) | coverage.title(article).terms == every
        return -_day(article) if is_whole else 1

    return sorted(hits, key=order)


def _day(article: Article) -> int:
    """The day of publication as an ordinal; 0 for an undated article, which is never the newest."""
    return article.published.toordinal() if article.published else 0


def _is_new(coverage: Coverage, candidate: _Candidate, quotes: Sequence[Quote]) -> bool:
    """Whether the candidate matches enough of the question itself, and does not repeat one of ``quotes``."""
    paragraph, span = candidate.snippet.paragraph, candidate.snippet.span
    if candidate.own_share < OWN:
        return False
    own, text = coverage.tokens.terms_in(paragraph, span), span.slice(paragraph.article.text)
    return not any(
        own in coverage.tokens.terms_in(quote.paragraph, quote.span)
        and (says_the_same(quote.text, text) or Wording(text).is_in(quote.text))
        for quote in quotes
    )


def _adds(coverage: Coverage, candidate: _Candidate, quotes: Sequence[Quote], shown: TermBitmask) -> bool:
    """Whether the candidate is of another article than ``quotes``, or matches what none of them, ``shown``, does."""
    cited = {one.article.id for quote in quotes for one in (quote.paragraph, *quote.also_in)}
    is_other = candidate.snippet.paragraph.article.id not in cited
    return is_other or coverage.share(candidate.snippet.terms & ~shown) >= SECOND_WORTH


def _find_copies(coverage: Coverage, snippet: Snippet, hits: Sequence[Hit]) -> tuple[Paragraph, ...]:
    """The first paragraph of each other article, among ``hits``, that has the words of ``snippet``."""
    article = snippet.paragraph.article
    wording = Wording(snippet.span.slice(article.text))
    found: dict[str, Paragraph] = {article.id: snippet.paragraph}
    for hit in hits:
        if hit.passage.article.id not in found:
            for paragraph, view in coverage.matching_paragraphs(hit.passage):
                if not snippet.terms & ~view.terms and wording.is_in(paragraph.text):
                    found.setdefault(paragraph.article.id, paragraph)
    return (*found.values(),)[1:]


def _make_quote(coverage: Coverage, candidate: _Candidate, hits: Sequence[Hit]) -> Quote:
    snippet = candidate.snippet
    words, text = coverage.query.words, snippet.paragraph.article.text
    known = snippet.terms | coverage.context(snippet.paragraph)
    typed = 0
    for match in snippet.matches:
        if match.expansion.origin in ("typed", "form", "thread"):
            typed |= match.terms
    expanded: dict[str, str] = {}
    for match in snippet.matches:
        if match.terms & ~typed:
            expanded[match.span.slice(text)] = " ".join([words[i].typed for i in match.expansion.positions])
    # Readers take "fed" and "Fed’s" for one word.
    others = [(a, b) for a, b in expanded.items() if strip_possessive(a).casefold() != strip_possessive(b).casefold()]
    return Quote(
        snippet.paragraph,
        snippet.span,
        highlights=_merge([match.span for match in snippet.matches]),
        unmatched_terms=_find_unmatched(coverage, known),
        absent_terms=_find_unmatched(coverage, known | coverage.terms_in(snippet.paragraph, snippet.paragraph.span)),
        matched_expansions=tuple(others),
        also_in=_find_copies(coverage, snippet, hits),
        score=candidate.score,
    )


def with_unmatched_terms(coverage: Coverage, quote: Quote) -> Quote:
    """``quote``, chosen for another question, with what it lacks of the question of ``coverage``."""
    known = coverage.context(quote.paragraph)
    unmatched = _find_unmatched(coverage, known | coverage.terms_in(quote.paragraph, quote.span))
    absent = _find_unmatched(coverage, known | coverage.terms_in(quote.paragraph, quote.paragraph.span))
    return replace(quote, unmatched_terms=unmatched, absent_terms=absent)


def _find_unmatched(coverage: Coverage, known: TermBitmask) -> tuple[str, ...]:
    return tuple([word.typed for i, word in enumerate(coverage.query.words) if not known >> i & 1])


def _merge(spans: Sequence[Span]) -> tuple[Span, ...]:
    """``spans`` in order, those that overlap or touch merged."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
