"""Whether the archive has a later article on what was asked. Keeps secret what makes one worth a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.models import Article, Hit, Passage, Query, Quote
from bot.search.coverage import Coverage
from bot.search.occurrences import TermMask, mask_of, positions_in, union
from bot.search.snippets import MOST_SENTENCES
from bot.text.boilerplate import is_pointer, is_question

Search = Callable[[Query, int], list[Hit]]

LEAST = 2 / 3
"""The share of the question that the first quote holds at least, for a later article to be named."""
LOOKED_AT = 5
"""Passages that hold the words, of which one may hold them in a sentence."""


def find_newer_article(
    coverage: Coverage,
    hits: Sequence[Hit],
    quotes: Sequence[Quote],
    latest: date | None,
    fared: Callable[[Passage], float],
    search: Search | None,
) -> Article | None:
    """The best article published after every article shown that speaks of what the first quote does.

    The best by ``fared``, how well a passage's whole article does: others may mention it in passing. A passage of it
    holds all that the first quote holds of the question, where a quote could be taken: the title aside, in three
    sentences in a row that neither ask nor lead to another article. ``latest`` is the archive's latest day; ``search``
    finds what is not among ``hits``, None where all are. None where an article that is quoted has no date, or where
    the first quote holds little of the question, or none of its names, or lacks the word that tells most: nothing
    would show that the later one speaks of the same.
    """
    shown = [quote.article.published for quote in quotes]
    dates = [when for when in shown if when]
    dates += [twin.article.published for quote in quotes for twin in quote.also_in if twin.article.published]
    if None in shown or not dates or latest is None or latest <= max(dates):
        return None
    held = mask_of(i for i, word in enumerate(coverage.query.words) if word.typed not in quotes[0].unmatched_terms)
    if coverage.share(held) < LEAST or (coverage.names and not coverage.names & held):
        return None
    most = max(coverage.told)
    if all(coverage.told[word] < most for word in positions_in(held)):
        return None
    later = (hit for hit in hits if (hit.passage.article.published or date.min) > max(dates))
    known = _speaking(coverage, held, fared, later)
    if known or search is None:
        return known
    return _speaking(coverage, held, fared, _searched(coverage.query, held, max(dates), search))


def _searched(query: Query, held: TermMask, after: date, search: Search) -> list[Hit]:
    since = max(after + timedelta(days=1), query.filters.scope.since or date.min)
    scope = replace(query.filters.scope, since=since)
    return search(
        replace(query.requiring_words([*positions_in(held)]), filters=replace(query.filters, scope=scope)), LOOKED_AT
    )


def _speaking(
    coverage: Coverage, held: TermMask, fared: Callable[[Passage], float], hits: Iterable[Hit]
) -> Article | None:
    """The best article of ``hits`` that speaks of ``held``."""
    passages = sorted((hit.passage for hit in hits), key=fared, reverse=True)
    return next((passage.article for passage in passages if _speaks(coverage, held, passage)), None)


def _speaks(coverage: Coverage, held: TermMask, passage: Passage) -> bool:
    if held & ~coverage.words(passage):
        return False
    text, title = passage.article.text, coverage.held_in_title(passage.article)
    for paragraph, words, _ in coverage.touched(passage):
        if not held & ~(words | title) and not is_pointer(paragraph.text):
            told = [0 if is_question(text, one.span) else one.held for one in coverage.sentences(paragraph)]
            runs = (union(told[at : at + MOST_SENTENCES]) for at in range(len(told)))
            if any(run and not held & ~(run | title) for run in runs):
                return True
    return False
