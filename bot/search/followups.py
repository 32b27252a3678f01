"""A question that follows another: whether it lacks a subject, and which words of the other it inherits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import regex

from bot.models import Expansion, Word
from bot.text import analysis

INHERITED_WEIGHT = 0.5
"""The weight of an inherited word beside a typed one: where no passage has both, the typed word decides. Reasoned, not
tuned: no set of questions that follow one another is at hand."""
MAX_INHERITED = 4
"""Inherited words, at most; more would outweigh what was typed."""
_FEW = 2
"""A question of at most so many content words, none of them a name, is about something mentioned before."""
_MAX_RAREST = 2
"""Inherited words, at most, if none is a name."""

_CONTINUES = regex.compile(r"\W*(?:and|but|or|so|then|what about|how about|what of|as for|same for)\b", regex.I)
_ASKS = regex.compile(
    r"\W*(?:and |but |so |then )?(?:who|whom|whose|what|when|where|why|how|which|is|are|was|were|do|does|did|has|have"
    r"|had|will|would|can|could|should|shall|may|might)\b",
    regex.I,
)
_PERSONS = frozenset(
    "it its itself they them their theirs he him his himself she her hers herself former latter".split()
)
_MORE = regex.compile(
    r"\W*(?:(?:and|any|some|show(?: me)?|give(?: me)?|are there|what)\s+)*(?:more|other|others|further)"
    r"(?:\s+(?:please|passages?|quotes?|results?|articles?|of (?:it|that|this|these)|else))*\W*",
    regex.IGNORECASE,
)
_POINTING = frozenset("this that these those there one ones".split())
"""These refer to what was said before if little else is said: "and that?", but not "the paper that he wrote"."""


def is_continuation(text: str) -> bool:
    """Whether ``text`` begins as a follow-up does: "and …", "what about …"."""
    return _CONTINUES.match(text) is not None


def asks_for_more(text: str) -> bool:
    """Whether ``text`` asks for further passages: "more", "show me more passages"."""
    return _MORE.fullmatch(text) is not None


def lacks_subject(text: str, own: Sequence[Word]) -> bool:
    """Whether a question, whose content words are ``own``, is about something that it does not name."""
    # "IT" and "US" are names.
    said = {
        word.casefold()
        for word in analysis.split_words(text)
        if text.isupper() or not (len(word) > 1 and word.isupper())
    }
    # A name of its own decides nothing: "and Japan?" continues with what was agreed, "and the lighthouse of Orre?" may
    # not. To answer "and Brazil?" without that agreement would mislead; inherited words are shown, and count less.
    if not own or is_continuation(text) or said & _PERSONS:
        return True
    few = len(own) <= _FEW
    is_fragment = len(own) == 1 and not _ASKS.match(text)
    return is_fragment or (few and bool(said & _POINTING)) or (few and not any(word.is_name for word in own))


def inherited_words(
    previous: Sequence[Word],
    own: Collection[Expansion],
    idf: Callable[[str], float],
    paragraph_count: Callable[[str], int],
) -> tuple[Word, ...]:
    """The words of the ``previous`` question that one with the expansions ``own`` inherits, at their lower weight.

    Its names; without names, the rarest words that the archive has. A verb may be rarer than a name, which makes it no
    subject. A question without a word of its own inherits all, and so does one of numbers alone ("and in 2024?"), but
    for the other's numbers.
    """
    if own and all(term.isdigit() for expansion in own for term in expansion.terms):
        previous, own = [word for word in previous if not word.term.isdigit()], ()
    covered = {expansion.terms for expansion in own}
    others = [word for word in previous if (word.term,) not in covered]
    chosen = others
    if own and any(word.is_name for word in others):
        chosen = [word for word in others if word.is_name]
    elif own and (known := [word for word in others if paragraph_count(word.term)]):
        rarest = sorted(known, key=lambda word: -idf(word.term))[:_MAX_RAREST]
        chosen = [word for word in others if word in rarest]
    return tuple([replace(word, weight=word.weight * INHERITED_WEIGHT) for word in chosen[:MAX_INHERITED]])
