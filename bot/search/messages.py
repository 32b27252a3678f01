"""What a question asks for beside its words, put into words: parts of sentences, and the line that shows it back.

What can be proved about a question that the archive answers in part or not at all, in one sentence.

Every sentence here states what stands in the archive, never what the articles mean by it.

What is said before the quotes, line by line: the same words wherever a reply is shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.index.filters import contains_phrase, positions_outside_phrases
from bot.models import (
    Answer,
    ArchiveSummary,
    Filters,
    Query,
    Quote,
    Reply,
    Scope,
    Trace,
    format_date,
    join_words,
    pluralize,
)

MOST_NAMED, LONGEST = 6, 40
"""A sentence names so many words at most, each of so many characters."""


def list_words(words: Sequence[str], joint: str) -> str:
    """``words`` in quotation marks, as a list."""
    named = [f'"{shortened(word)}"' for word in words[:MOST_NAMED]]
    if len(words) > MOST_NAMED:
        named.append(f"{len(words) - MOST_NAMED:,} more words")
    return join_words(named, joint)


def shortened(word: str) -> str:
    return textwrap.shorten(word, LONGEST, placeholder="…")


def describe_scope(scope: Scope) -> str:
    """Which articles are asked of: ' of source "Reuters" published from 1 January 2024'; empty where any are."""
    dates = [
        f"{when} {format_date(limit)}"
        for when, limit in (("from", scope.since), ("before", scope.before))
        if limit is not None
    ]
    return (f" of source {list_words(scope.sources, 'or')}" if scope.sources else "") + (
        f" published {' and '.join(dates)}" if dates else ""
    )


def describe_filters(filters: Filters) -> str:
    """What a passage is to hold and not to hold: ' with "joint venture" and without "ferry"'; empty where nothing."""
    held = [f"with {list_words(filters.phrases, 'and')}"] if filters.phrases else []
    lacked = [f"without {list_words(filters.excluded, 'or')}"] if filters.excluded else []
    return f" {' and '.join(held + lacked)}" if held or lacked else ""


def searched_line(trace: Trace) -> str | None:
    """The line that shows back what was searched; None for a question that is searched for its own words alone."""
    query, filters = trace.query, trace.query.filters
    if not (query.inherited_positions or filters.phrases or filters.excluded or filters.scope != Scope()):
        return None
    words = [query.words[i].typed for i in positions_outside_phrases(query.words, filters)]
    more = [f"{len(words) - MOST_NAMED:,} more words"] if len(words) > MOST_NAMED else []
    terms = [
        *map(shortened, words[:MOST_NAMED]),
        *more,
        *([list_words(filters.phrases, "+")] if filters.phrases else []),
    ]
    undated = f"{pluralize(trace.searched.undated, 'undated article')} left out" if trace.searched.undated else ""
    parts = [
        " + ".join(terms),
        f"without {list_words(filters.excluded, 'or')}" if filters.excluded else "",
        describe_scope(filters.scope).strip(),
        undated,
    ]
    return "Searched: " + " · ".join(part for part in parts if part)


def misread_line(filters: Filters) -> str | None:
    """What looked like an operator and was none, and what there is; None where nothing did."""
    if not filters.unrecognized:
        return None
    return (
        f"Searched as words, being no operator: {list_words(filters.unrecognized, 'and')}. There are "
        '"exact phrase", -word, source:name, after:2024-01 and before:2025-06-01.'
    )


FEW = 3
"""Up to this many content words are listed one by one; a longer question is spoken of as a whole."""


@dataclass(frozen=True, slots=True)
class ArchiveProbe:
    """Ways to look into the archive again, in the articles that are asked of.

    ``known``: whether any form of the word at this position stands anywhere in them. ``together``: whether some passage
    that meets the question's operators holds all of the words at these positions. ``phrase``: whether a paragraph holds
    this phrase.
    """

    known: Callable[[int], bool]
    together: Callable[[Sequence[int]], bool]
    phrase: Callable[[str], bool]


def partial_match_warning(query: Query, quotes: Sequence[Quote], looks: ArchiveProbe) -> str | None:
    """What the quotes lack, as a sentence; None when the first lacks nothing that the others do not hold."""
    apart = [
        one
        for one in query.filters.optional_phrases
        if not all(contains_phrase(quote.paragraph.text, one) for quote in quotes)
    ]
    if apart:
        return f"Not in all of these passages word for word: {list_words(apart, 'and')}."
    if not quotes[0].reported_unmatched_terms:
        return None
    every_word = range(len(query.words))
    if never := _never_together(query, looks):
        return f"No passage{describe_scope(query.filters.scope)}{describe_filters(query.filters)} holds {never}."
    lacking = [i for i in every_word if all(query.words[i].typed in quote.reported_unmatched_terms for quote in quotes)]
    return f"Only part of the question is in these passages: not {_typed(query, lacking, 'or')}." if lacking else None


def abstention_reason(
    query: Query,
    nearest: Sequence[Quote],
    looks: ArchiveProbe,
    everything: ArchiveSummary,
    held: ArchiveSummary,
    *,
    is_met: bool,
) -> str:
    """Why the archive does not answer; ``held`` is how much of ``everything`` was asked of.

    ``is_met``: some passage meets the question's operators.
    """
    if not query.words:
        return "The question has no word that can be searched for: ask with a name or a subject."
    if not held.articles and everything.articles:
        return (
            f"Not in the archive: no article{describe_scope(query.filters.scope)} is among its {_articles(everything)}."
        )
    archive = _articles(held, describe_scope(query.filters.scope))
    if absent := _absent(query, looks):
        return f"Not in the archive: {absent} its {archive}."
    never = _never_together(query, looks) if is_met else "what was asked"
    if never:
        return f"Not in the archive: no passage{describe_filters(query.filters)} of its {archive} holds {never}."
    lacking = [
        i for i in range(len(query.words)) if nearest and query.words[i].typed in nearest[0].reported_unmatched_terms
    ]
    if lacking:
        return f"Not in the archive of {archive}: the nearest passage lacks {_typed(query, lacking, 'and')}."
    return f"Not in the archive of {archive}: no passage brings enough of the question together."


def _absent(query: Query, looks: ArchiveProbe) -> str | None:
    """The phrases that no paragraph holds, or the words that stand nowhere, as "… nowhere in"; None without such."""
    typed = (*query.filters.phrases, *query.filters.optional_phrases)
    if phrases := [phrase for phrase in typed if not looks.phrase(phrase)]:
        return f"{list_words(phrases, 'and')} {_verb(phrases, 'stand')} in no paragraph of"
    words = [i for i in range(len(query.words)) if not looks.known(i)]
    return f"{_typed(query, words, 'and')} {_verb(words, 'occur')} nowhere in" if words else None


def _verb(subjects: Sequence[object], verb: str) -> str:
    return f"{verb}s" if len(subjects) == 1 else verb


def _articles(held: ArchiveSummary, which_ones: str = "") -> str:
    latest = f" (latest {format_date(held.latest)})" if held.latest else ""
    return f"{pluralize(held.articles, 'article')}{which_ones}{latest}"


def _never_together(query: Query, looks: ArchiveProbe) -> str | None:
    """The words of a short question which no passage holds together; None where one does."""
    words = positions_outside_phrases(query.words, query.filters)
    if not 0 < len(words) <= FEW or looks.together(words):
        return None
    return {1: "", 2: "both "}.get(len(words), "all of ") + _typed(query, words, "and")


def _typed(query: Query, words: Sequence[int], joint: str) -> str:
    return list_words([query.words[i].typed for i in words], joint)


TITLE = 120
"""A title in a sentence has at most so many characters."""


def header_lines(reply: Reply) -> Iterator[str]:
    """What was searched where operators say so, why there is no answer, and what to know before reading the quotes."""
    yield from filter(None, (searched_line(reply.trace), misread_line(reply.trace.query.filters)))
    if isinstance(reply, Answer):
        if later := _later(reply):
            yield later
        if reply.warning:
            yield f"{reply.warning} Nearest, in the articles' own words:"
    else:
        yield reply.reason
        if reply.nearest:
            yield "Nearest miss:" if len(reply.nearest) == 1 else "Nearest misses:"


def _later(reply: Answer) -> str | None:
    if reply.newer_article is None:
        return None
    title = textwrap.shorten(reply.newer_article.title, TITLE, placeholder="…")
    return f"A later article, {format_date(reply.newer_article.published)}: {title}"
