"""Who leads, founded or won something: the words in which articles say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from bot.models import Expansion, Word
from bot.text import analysis

ROLE_WEIGHT = 0.5
"""The weight of an office where its work was typed: less than a long form, as there are many."""

_WHO = regex.compile(r"\bwho(?:['’]s)?\b", regex.IGNORECASE)
_LEADER = (
    "chief executive|CEO|managing director|director|president|chairman|chairwoman|chair|head|leader|led|boss|captain"
)
_ROLES = {
    "leads runs heads manages chairs directs leader boss head charge": _LEADER,
    "CEO": "chief executive|CEO|managing director|boss",
    "founded established created started": "founder|co-founder|founded|established|created",
    "won wins winner winners": "winner|winners|won|champion|champions|victory|beat|defeated",
}
"""Words of a question that begins with "who", and what an article may have instead of any of them."""
_FORMS = {
    analysis.to_term(asked): [(form, tuple(analysis.extract_terms(form))) for form in forms.split("|")]
    for words, forms in _ROLES.items()
    for asked in words.split()
}


def asks_for_role(question: str) -> bool:
    """Whether ``question`` asks who leads, founded or won something."""
    return _WHO.search(question) is not None and any(term in _FORMS for term in analysis.extract_terms(question))


def role_expansions(question: str, words: Sequence[Word]) -> Iterator[Expansion]:
    """The offices and deeds that a question after a leader, founder or winner may be answered with."""
    if _WHO.search(question):
        for i, word in enumerate(words):
            for form, terms in _FORMS.get(word.term, ()):
                if terms and terms != (word.term,):
                    yield Expansion(terms, (i,), ROLE_WEIGHT, "role", form)
