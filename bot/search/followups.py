"""A question that follows another: whether it lacks a subject, and which words of the one before it are that subject.

Keeps secret by which words people carry on, and by which they point at what was said before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import regex

from bot.models import Expansion, Word
from bot.text import analysis

FOLLOWED_WEIGHT = 0.5
"""What a word of the question before counts, beside a word that was typed: where no passage holds both, the word that
was typed decides. Reasoned, not tuned: no set of questions that follow one another is at hand."""
MOST_TAKEN = 4
"""A subject has so many words at most; more would outweigh what was typed."""
_FEW = 2
"""A question with so many content words, none of them a name, is about something that was said before."""
_RAREST = 2
"""A subject that is no name is so many words at most."""

_CARRIES_ON = regex.compile(r"\W*(?:and|but|or|so|then|what about|how about|what of|as for|same for)\b", regex.I)
_ASKS = regex.compile(
    r"\W*(?:and |but |so |then )?(?:who|whom|whose|what|when|where|why|how|which|is|are|was|were|do|does|did|has|have"
    r"|had|will|would|can|could|should|shall|may|might)\b",
    regex.I,
)
_PERSONS = frozenset(
    "it its itself they them their theirs he him his himself she her hers herself former latter".split()
)
_POINTING = frozenset("this that these those there one ones".split())
"""These point at what was said before where little else is said: "and that?", but also "the paper that he wrote"."""


def is_continuation(text: str) -> bool:
    """Whether ``text`` begins as people begin who go on with what was said: "and …", "what about …"."""
    return _CARRIES_ON.match(text) is not None


def lacks_subject(text: str, own: Sequence[Word]) -> bool:
    """Whether a question, whose content words are ``own``, is about something that it does not name."""
    # "IT" and "US" are names.
    said = {
        word.casefold()
        for word in analysis.split_words(text)
        if text.isupper() or not (len(word) > 1 and word.isupper())
    }
    # A name of its own does not tell: "and Japan?" goes on with what was agreed, "and the lighthouse of Orre?" may not.
    # To answer "and Brazil?" without that agreement would mislead; what is searched too long is shown, and counts less.
    if not own or is_continuation(text) or said & _PERSONS:
        return True
    few = len(own) <= _FEW
    is_fragment = len(own) == 1 and not _ASKS.match(text)
    return is_fragment or (few and bool(said & _POINTING)) or (few and not any(word.is_name for word in own))


def inherited_words(
    before: Sequence[Word], own: Collection[Expansion], idf: Callable[[str], float], known: Callable[[str], int]
) -> tuple[Word, ...]:
    """Those of the words ``before`` that a question with the forms ``own`` goes on with, at their lower weight.

    Its names; where there are none, the rarest words that the archive holds. That a verb may be rarer still than a name
    makes it no subject. A question without a word of its own takes all.
    """
    covered = {form.terms for form in own}
    lacking = [word for word in before if (word.term,) not in covered]
    kept = lacking
    if own and any(word.is_name for word in lacking):
        kept = [word for word in lacking if word.is_name]
    elif own and any(known(word.term) for word in lacking):
        rarest = sorted((word for word in lacking if known(word.term)), key=lambda word: -idf(word.term))[:_RAREST]
        kept = [word for word in lacking if word in rarest]
    return tuple(replace(word, weight=word.weight * FOLLOWED_WEIGHT) for word in kept[:MOST_TAKEN])


def inherited_expansions(own: Sequence[Word], taken: Sequence[Word], forms: Iterable[Expansion]) -> Iterator[Expansion]:
    """The ``forms`` of the ``taken`` words, which stand behind the ``own`` ones, each at its lower weight."""
    for form in forms:
        words = tuple(len(own) + i for i in form.positions)
        if form.origin == "typed":
            yield replace(form, positions=words, origin="thread")
        else:
            yield replace(form, positions=words, weight=form.weight * taken[form.positions[0]].weight)
