"""What can be proved about a question that the archive answers in part or not at all, in one sentence.

Every sentence here states what stands in the archive, never what the articles mean by it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import date

from bot.models import Query, Quote, day

Together = Callable[[Sequence[int]], bool]
"""Whether some passage holds all of the question's words at these positions, in whatever form."""
MOST_NAMED, LONGEST = 6, 40
"""A sentence names so many words at most, each of so many characters."""
FEW = 3
"""Up to this many content words are listed one by one; a longer question is spoken of as a whole."""


def caution(query: Query, quotes: Sequence[Quote], together: Together) -> str | None:
    """What the first quote lacks, as a sentence; None when it lacks nothing that the others do not hold."""
    if not quotes[0].missing:
        return None
    every_word = range(len(query.words))
    if len(query.words) <= FEW and not together(every_word):
        return f"No passage holds {_all_of(query, every_word)}."
    lacking = [i for i in every_word if all(query.words[i].typed in quote.missing for quote in quotes)]
    return f"Only part of the question is in these passages: not {_listed(query, lacking, 'or')}." if lacking else None


def abstention(
    query: Query,
    nearest: Sequence[Quote],
    known: Callable[[int], bool],
    together: Together,
    articles: int,
    latest: date | None,
) -> str:
    """Why the archive does not answer; ``known`` tells of a word's position whether any form of it stands anywhere."""
    if not query.words:
        return "The question has no word that can be searched for: ask with a name or a subject."
    every_word = range(len(query.words))
    archive = f"{articles:,} article{'s' if articles != 1 else ''}{f' (latest {day(latest)})' if latest else ''}"
    absent = [i for i in every_word if not known(i)]
    if absent:
        verb = "occurs" if len(absent) == 1 else "occur"
        return f"Not in the archive: {_listed(query, absent, 'and')} {verb} nowhere in its {archive}."
    if len(query.words) <= FEW and not together(every_word):
        return f"Not in the archive: no passage of its {archive} holds {_all_of(query, every_word)}."
    lacking = [i for i in every_word if nearest and query.words[i].typed in nearest[0].missing]
    if lacking:
        return f"Not in the archive of {archive}: the nearest passage lacks {_listed(query, lacking, 'and')}."
    return f"Not in the archive of {archive}: no passage brings enough of the question together."


def _listed(query: Query, words: Sequence[int], joint: str) -> str:
    quoted = [f'"{textwrap.shorten(query.words[i].typed, LONGEST, placeholder="…")}"' for i in words[:MOST_NAMED]]
    if len(words) > MOST_NAMED:
        quoted.append(f"{len(words) - MOST_NAMED:,} more words")
    return f" {joint} ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def _all_of(query: Query, words: Sequence[int]) -> str:
    both = {1: "", 2: "both "}.get(len(words), "all of ")
    return both + _listed(query, words, "and")
