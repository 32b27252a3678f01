"""Finds an article on the same matter that was published after all that are quoted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.models import Article, Hit, Passage, Query, Quote
from bot.search.coverage import Coverage
from bot.search.occurrences import TermBitmask, positions_in, to_bitmask
from bot.search.snippets import MAX_SENTENCES
from bot.text.boilerplate import is_pointer, is_question

Search = Callable[[Query, int], list[Hit]]

MIN_SHARE = 2 / 3
"""The least share of the question that the first quote matches, for a newer article to be shown."""
MAX_SEARCHED = 5
"""Hits of the further search that are looked at."""


def find_newer_article(
    coverage: Coverage,
    hits: Sequence[Hit],
    quotes: Sequence[Quote],
    latest: date | None,
    article_share: Callable[[Passage], float],
    search: Search | None,
) -> Article | None:
    """Find the best article, published after every article shown, that matches all that the first quote matches.

    The best by ``article_share``, the score of a passage's whole article: others may mention the matter in passing. The
    match must be quotable: the title aside, in three sentences in a row that neither ask nor lead to another article.
    ``latest`` is the archive's latest date; ``search`` is None if ``hits`` are all there are.

    None if a quoted article has no date, or the first quote matches little of the question, none of its names, or not
    its rarest word: nothing would show that the newer article is about the same.
    """
    dates = [quote.article.published for quote in quotes]
    if latest is None or None in dates:
        return None
    dates += [twin.article.published for quote in quotes for twin in quote.also_in]
    newest_shown = max((when for when in dates if when), default=latest)
    if latest <= newest_shown:
        return None
    unmatched = quotes[0].unmatched_terms
    terms = to_bitmask(i for i, word in enumerate(coverage.query.words) if word.typed not in unmatched)
    if coverage.share(terms) < MIN_SHARE or (coverage.names and not coverage.names & terms):
        return None
    greatest = max(coverage.term_weights)
    if all(coverage.term_weights[at] < greatest for at in positions_in(terms)):
        return None
    newer = (hit for hit in hits if (hit.passage.article.published or date.min) > newest_shown)
    found = _best_matching(coverage, terms, article_share, newer)
    if found or search is None:
        return found
    filters = coverage.query.filters
    since = max(newest_shown + timedelta(days=1), filters.scope.since or date.min)
    query = coverage.query.requiring_words([*positions_in(terms)])
    query = replace(query, filters=replace(filters, scope=replace(filters.scope, since=since)))
    return _best_matching(coverage, terms, article_share, search(query, MAX_SEARCHED))


def _best_matching(
    coverage: Coverage, terms: TermBitmask, article_share: Callable[[Passage], float], hits: Iterable[Hit]
) -> Article | None:
    """The best article of ``hits`` with a quotable match of ``terms``."""
    passages = sorted((hit.passage for hit in hits), key=article_share, reverse=True)
    return next((passage.article for passage in passages if _is_quotable(coverage, terms, passage)), None)


def _is_quotable(coverage: Coverage, terms: TermBitmask, passage: Passage) -> bool:
    if terms & ~coverage.passage_terms(passage):
        return False
    text, title = passage.article.text, coverage.title(passage.article).terms
    for paragraph, view in coverage.matching_paragraphs(passage):
        if terms & ~(view.terms | title) or is_pointer(paragraph.text):
            continue
        stated = [0 if is_question(text, one.span) else one.terms for one in coverage.sentences(paragraph)]
        for at in range(len(stated)):
            matched = 0
            for sentence in stated[at : at + MAX_SENTENCES]:
                matched |= sentence
            if matched and not terms & ~(matched | title):
                return True
    return False
