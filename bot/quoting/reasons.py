"""What can be proved about a question that the archive answers in part or not at all, in one sentence.

Every sentence here states what stands in the archive, never what the articles mean by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.filters import holds, outside_phrases
from bot.models import Holdings, Query, Quote, day
from bot.quoting.asked import listed, what, which

FEW = 3
"""Up to this many content words are listed one by one; a longer question is spoken of as a whole."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Ways to look into the archive again, in the articles that are asked of.

    ``known``: whether any form of the word at this position stands anywhere in them. ``together``: whether some passage
    that meets the question's operators holds all of the words at these positions. ``phrase``: whether a paragraph holds
    this phrase.
    """

    known: Callable[[int], bool]
    together: Callable[[Sequence[int]], bool]
    phrase: Callable[[str], bool]


def caution(query: Query, quotes: Sequence[Quote], looks: Looks) -> str | None:
    """What the quotes lack, as a sentence; None when the first lacks nothing that the others do not hold."""
    apart = [one for one in query.filters.quoted if not all(holds(quote.paragraph.text, one) for quote in quotes)]
    if apart:
        return f"Not in all of these passages word for word: {listed(apart, 'and')}."
    if not quotes[0].lacking:
        return None
    every_word = range(len(query.words))
    if never := _never_together(query, looks):
        return f"No passage{which(query.filters.scope)}{what(query.filters)} holds {never}."
    lacking = [i for i in every_word if all(query.words[i].typed in quote.lacking for quote in quotes)]
    return f"Only part of the question is in these passages: not {_typed(query, lacking, 'or')}." if lacking else None


def abstention(
    query: Query, nearest: Sequence[Quote], looks: Looks, everything: Holdings, held: Holdings, *, is_met: bool
) -> str:
    """Why the archive does not answer; ``held`` is how much of ``everything`` was asked of.

    ``is_met``: some passage meets the question's operators.
    """
    if not query.words:
        return "The question has no word that can be searched for: ask with a name or a subject."
    if not held.articles and everything.articles:
        return f"Not in the archive: no article{which(query.filters.scope)} is among its {_articles(everything)}."
    archive = _articles(held, which(query.filters.scope))
    if absent := _absent(query, looks):
        return f"Not in the archive: {absent} its {archive}."
    never = _never_together(query, looks) if is_met else "what was asked"
    if never:
        return f"Not in the archive: no passage{what(query.filters)} of its {archive} holds {never}."
    lacking = [i for i in range(len(query.words)) if nearest and query.words[i].typed in nearest[0].lacking]
    if lacking:
        return f"Not in the archive of {archive}: the nearest passage lacks {_typed(query, lacking, 'and')}."
    return f"Not in the archive of {archive}: no passage brings enough of the question together."


def _absent(query: Query, looks: Looks) -> str | None:
    """The phrases that no paragraph holds, or the words that stand nowhere, as "… nowhere in"; None without such."""
    typed = (*query.filters.phrases, *query.filters.quoted)
    if phrases := [phrase for phrase in typed if not looks.phrase(phrase)]:
        return f"{listed(phrases, 'and')} {_verb(phrases, 'stand')} in no paragraph of"
    words = [i for i in range(len(query.words)) if not looks.known(i)]
    return f"{_typed(query, words, 'and')} {_verb(words, 'occur')} nowhere in" if words else None


def _verb(subjects: Sequence[object], verb: str) -> str:
    return f"{verb}s" if len(subjects) == 1 else verb


def _articles(held: Holdings, which_ones: str = "") -> str:
    latest = f" (latest {day(held.latest)})" if held.latest else ""
    return f"{held.articles:,} article{'s' if held.articles != 1 else ''}{which_ones}{latest}"


def _never_together(query: Query, looks: Looks) -> str | None:
    """The words of a short question which no passage holds together; None where one does."""
    words = outside_phrases(query.words, query.filters)
    if not 0 < len(words) <= FEW or looks.together(words):
        return None
    return {1: "", 2: "both "}.get(len(words), "all of ") + _typed(query, words, "and")


def _typed(query: Query, words: Sequence[int], joint: str) -> str:
    return listed([query.words[i].typed for i in words], joint)
