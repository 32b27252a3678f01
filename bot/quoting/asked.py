"""What a question asks for beside its words, put into words: parts of sentences, and the line that shows it back."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bot.filters import outside_phrases
from bot.models import Filters, Scope, Trace, day, joined

MOST_NAMED, LONGEST = 6, 40
"""A sentence names so many words at most, each of so many characters."""


def listed(words: Sequence[str], joint: str) -> str:
    """``words`` in quotation marks, as a list."""
    named = [f'"{shortened(word)}"' for word in words[:MOST_NAMED]]
    if len(words) > MOST_NAMED:
        named.append(f"{len(words) - MOST_NAMED:,} more words")
    return joined(named, joint)


def shortened(word: str) -> str:
    return textwrap.shorten(word, LONGEST, placeholder="…")


def which(scope: Scope) -> str:
    """Which articles are asked of: ' of source "Reuters" published from 1 January 2024'; empty where any are."""
    dates = [
        f"{when} {day(limit)}" for when, limit in (("from", scope.since), ("before", scope.before)) if limit is not None
    ]
    return (f" of source {listed(scope.sources, 'or')}" if scope.sources else "") + (
        f" published {' and '.join(dates)}" if dates else ""
    )


def what(filters: Filters) -> str:
    """What a passage is to hold and not to hold: ' with "joint venture" and without "ferry"'; empty where nothing."""
    held = [f"with {listed(filters.phrases, 'and')}"] if filters.phrases else []
    lacked = [f"without {listed(filters.excluded, 'or')}"] if filters.excluded else []
    return f" {' and '.join(held + lacked)}" if held or lacked else ""


def searched(trace: Trace) -> str | None:
    """The line that shows back what was searched; None for a question that is searched for its own words alone."""
    query, filters = trace.query, trace.query.filters
    if not (query.taken or filters.phrases or filters.excluded or filters.scope != Scope()):
        return None
    words = [query.words[i].typed for i in outside_phrases(query.words, filters)]
    more = [f"{len(words) - MOST_NAMED:,} more words"] if len(words) > MOST_NAMED else []
    terms = [*map(shortened, words[:MOST_NAMED]), *more, *([listed(filters.phrases, "+")] if filters.phrases else [])]
    undated = f"{trace.undated:,} undated article{'s' if trace.undated != 1 else ''} left out" if trace.undated else ""
    parts = [
        " + ".join(terms),
        f"without {listed(filters.excluded, 'or')}" if filters.excluded else "",
        which(filters.scope).strip(),
        undated,
    ]
    return "Searched: " + " · ".join(part for part in parts if part)


def misread(filters: Filters) -> str | None:
    """What looked like an operator and was none, and what there is; None where nothing did."""
    if not filters.unread:
        return None
    return (
        f"Searched as words, being no operator: {listed(filters.unread, 'and')}. There are "
        '"exact phrase", -word, source:name, after:2024-01 and before:2025-06-01.'
    )
