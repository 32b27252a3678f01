"""Finds the newest article on a matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.models import Article, Hit, Passage, Query, Quote
from bot.search.coverage import Coverage
from bot.search.occurrences import TermBitmask, positions_in, to_bitmask
from bot.search.snippets import MAX_SENTENCES
from bot.text.analysis import is_pointer, is_question

Search = Callable[[Query, int], list[Hit]]

MIN_SHARE = 2 / 3
"""The least share of the question that the first quote matches, for a newer article to be shown."""
MAX_SEARCHED = 20
"""Hits of a further search that are looked at; it is repeated for what is newer than the newest of them."""
MAX_SEARCHES = 5


def find_newer_article(
    coverage: Coverage,
    hits: Sequence[Hit],
    quotes: Sequence[Quote],
    latest: date | None,
    search: Search | None,
) -> Article | None:
    """Find the newest article, published after every article shown, that matches all that the first quote matches.

    See ``find_newest``.
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
    found = find_newest(coverage, terms, hits, newest_shown, search)
    return found.article if found else None


def find_newest(
    coverage: Coverage,
    terms: TermBitmask,
    hits: Sequence[Hit],
    after: date,
    search: Search | None,
) -> Passage | None:
    """Find the newest passage, of an article published ``after`` that day, with a quotable match of ``terms``.

    Quotable, the title aside, is a match in three sentences in a row that neither ask nor lead to another article.
    ``hits`` are looked at, and what ``search`` finds besides; of one day's, the first is taken.
    """
    newest = None
    filters = coverage.query.filters
    query = coverage.query.requiring_words([*positions_in(terms)])
    for _ in range(MAX_SEARCHES):
        passages = [hit.passage for hit in hits if (hit.passage.article.published or date.min) > after]
        passages.sort(key=lambda one: one.article.published or date.min, reverse=True)
        found = next((one for one in passages if _is_quotable(coverage, terms, one)), None)
        newest = found or newest
        if search is None or (newest is not None and found is None):
            break
        after = (found.article.published if found else None) or after
        since = max(after + timedelta(days=1), filters.scope.since or date.min)
        scope = replace(filters.scope, since=since)
        if not (hits := search(replace(query, filters=replace(filters, scope=scope)), MAX_SEARCHED)):
            break
    return newest


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
