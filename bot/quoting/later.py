"""Whether the archive has a later article on what was asked. Keeps secret what makes one worth a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.models import Article, Hit, Query, Quote
from bot.ranking.coverage import Coverage
from bot.ranking.sightings import positions_of, words_at

Search = Callable[[Query, int], list[Hit]]


def later_article(
    coverage: Coverage, hits: Sequence[Hit], quotes: Sequence[Quote], latest: date | None, search: Search | None
) -> Article | None:
    """The best article published after every article shown, with a passage that holds all that the first quote holds.

    ``latest`` is the archive's latest day; ``search`` finds what is not among ``hits``, None where all are. None where
    an article that is quoted has no date, or where the first quote holds none of the names in the question, or lacks
    the word that tells most: nothing would show that the later one speaks of the same.
    """
    shown = [quote.article.published for quote in quotes]
    dates = [when for when in shown if when]
    dates += [twin.article.published for quote in quotes for twin in quote.also_in if twin.article.published]
    if None in shown or not dates or latest is None or latest <= max(dates):
        return None
    held = words_at(i for i, word in enumerate(coverage.query.words) if word.typed not in quotes[0].missing)
    if not held or (coverage.names and not coverage.names & held):
        return None
    most = max(coverage.told)
    if all(coverage.told[word] < most for word in positions_of(held)):
        return None
    later = (hit for hit in hits if (hit.passage.article.published or date.min) > max(dates))
    known = (hit.passage.article for hit in later if not held & ~coverage.words(hit.passage))
    return next(known, None) or (
        _searched(coverage.query, list(positions_of(held)), max(dates), search) if search else None
    )


def _searched(query: Query, held: Sequence[int], after: date, search: Search) -> Article | None:
    since = max(after + timedelta(days=1), query.filters.scope.since or date.min)
    scope = replace(query.filters.scope, since=since)
    wanted = replace(query.holding(held), filters=replace(query.filters, scope=scope))
    return next((hit.passage.article for hit in search(wanted, 1)), None)
