"""Expands a question to a query: its content words, how the archive may write them, and its operators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import regex

from bot.index import spelling
from bot.index.filters import excluded_terms, relax_phrases, required_terms
from bot.index.lexicon import Lexicon
from bot.models import Expansion, Query, Question, Span, Word
from bot.search import followups
from bot.search.mentions import strip_mentions
from bot.search.operators import parse_operators
from bot.text import analysis

ACRONYM_WEIGHT = 0.8
"""An acronym where the long form was typed."""
LONG_FORM_WEIGHT = 0.5
"""Each word of a long form where the acronym was typed: less, as there are several of them."""
SPELLING_WEIGHT = 0.8
"""Another spelling of a name, or a word that the person may have meant."""
MAX_LONG_FORMS = 2
"""Long forms of one acronym that are searched."""
MAX_WORDS = 64 - followups.MAX_INHERITED
"""Content words of a question that are searched, the first ones: more make it slower and no clearer. With the inherited
ones they fit into 64 bits (``bot.search.occurrences``)."""
_ALWAYS_ASKING = frozenset(
    analysis.to_term(word)
    for word in """
    say said tell told happen mention many much show find give name called anything information know known
    """.split()
)
"""Words that ask rather than name: not searched in a question that has others."""
ASKING_WEIGHT = 0.4
"""The weight of the following. On the development questions of three archives 0.15 to 0.5 are alike, and 1 is worse."""
_MOSTLY_ASKING = frozenset(
    analysis.to_term(word)
    for word in """
    kind type sort percentage percent example meaning mean term word entity relationship role reason idea part recent
    recently currently today ever typically usually commonly common this week weekend long another additional think
    believe view need able seek gain receive add help get go come take make start occur create cause determine compare
    compared according associated present refer country year
    """.split()
)
"""Words that mostly say what is asked for, and occur less often in the passage that answers."""

_NEWS = r"(?:news|updates?|developments?)"
_OF = r"(?:on|about|regarding|with|from|of)"
_LATEST = regex.compile(
    rf"""
    \b(?:
        (?:latest|newest|most[ ]recent)[ ](?:{_NEWS}(?:[ ]{_OF})?|on|about|regarding|with)
        | (?:any|recent)[ ]{_NEWS}[ ]{_OF}
        | what(?:['’]?s|[ ]is)[ ]new[ ](?:on|about|with)
    )\b
    """,
    regex.VERBOSE | regex.IGNORECASE,
)


def find_newest_request(question: str) -> Span | None:
    """Find the words of ``question`` that ask for the newest ("any news about"), which name nothing there; or None."""
    found = _LATEST.search(question)
    return Span(*found.span()) if found else None


def expand(
    lexicon: Lexicon,
    question: Question,
    without: Collection[str] = (),
    *,
    has_handle: Callable[[str], bool] = lambda handle: False,
) -> Query:
    """Expand ``question`` to the query that is searched.

    ``without`` names origins whose expansions are left out. ``has_handle`` tells whether the archive has a handle
    ("@editors"), which is searched then; otherwise it is who the question is addressed to.
    """
    text, filters = parse_operators(strip_mentions(question.text, has_handle))
    asking = _asking_terms(text)
    own = _content_words(lexicon, text, asking)
    expansions = _expand_words(lexicon, own)
    inherited: tuple[Word, ...] = ()
    if question.previous_questions and followups.lacks_subject(text, own):
        previous, *earlier = question.previous_questions
        words = expand(lexicon, Question(previous, previous_questions=tuple(earlier)), has_handle=has_handle).words
        inherited = followups.inherited_words(words, expansions, lexicon.idf, lexicon.paragraph_count)
    if inherited:
        if all(word.term in asking for word in own):
            own, expansions = (), []
        expansions += _inherited_expansions(lexicon, inherited, len(own))
    words = (*own, *inherited)
    filters = relax_phrases(filters, words)
    return Query(
        question,
        words,
        tuple([expansion for expansion in expansions if expansion.origin not in without]),
        required_terms(filters) if filters.phrases else (),
        excluded_terms(filters) if filters.excluded else (),
        filters,
    )


def _asking_terms(question: str) -> frozenset[str]:
    """The terms that ask rather than name in ``question``: some always do, some only where the newest is asked for."""
    newest = find_newest_request(question)
    if newest is None:
        return _ALWAYS_ASKING
    inside: set[str] = set()
    outside: set[str] = set()
    for token in analysis.tokenize(question):
        (inside if newest.start <= token.start < newest.end else outside).add(token.term)
    return _ALWAYS_ASKING | (inside - outside)


def _content_words(lexicon: Lexicon, text: str, asking: Collection[str]) -> tuple[Word, ...]:
    """Each searched word of ``text`` once, in order; words that only ask are left out if others remain."""
    # In a question that is all capitals, "WHO" and "IT" are no names.
    plain = text.lower() if text.isupper() and len(text.lower()) == len(text) else text
    found: dict[str, Word] = {}
    for at, token in enumerate(analysis.tokenize(plain)):
        if not token.is_stop:
            typed = text[token.start : token.end]
            is_name = lexicon.is_name(token.term) or (at > 0 and plain[token.start].isupper())
            weight = ASKING_WEIGHT if token.term in _MOSTLY_ASKING else 1.0
            found.setdefault(token.term, Word(typed, token.term, weight, is_name))
    naming = [word for word in found.values() if word.term not in asking]
    return tuple(naming or found.values())[:MAX_WORDS]


def _expand_words(lexicon: Lexicon, words: Sequence[Word]) -> list[Expansion]:
    """The ways in which the archive may write ``words``: as typed, then acronyms and long forms, then spellings."""
    learned = lexicon.expansions
    expansions = [Expansion((word.term,), (i,), word.weight, "typed", word.typed) for i, word in enumerate(words)]
    terms = tuple([word.term for word in words])
    for i, term in enumerate(terms):
        expansions += [
            Expansion(long, (i,), LONG_FORM_WEIGHT, "acronym", learned.shown[long])
            for long in learned.long_forms.get(term, ())[:MAX_LONG_FORMS]
        ]
        for long, short in learned.short_forms.get(term, ()):
            if terms[i : i + len(long)] == long:
                positions = tuple(range(i, i + len(long)))
                expansions.append(Expansion((short,), positions, ACRONYM_WEIGHT, "acronym", learned.shown[short,]))
    for i, word in enumerate(words):
        expansions.extend(_spelling_expansions(lexicon, i, word))
    return expansions


def _spelling_expansions(lexicon: Lexicon, position: int, word: Word) -> Iterator[Expansion]:
    """Other spellings of ``word``; if the archive does not have it, the words that were probably meant."""
    folded = analysis.fold(word.typed)
    meant: tuple[str, ...] = ()
    if not lexicon.paragraph_count(word.term) and word.term not in lexicon.expansions.long_forms:
        meant = spelling.nearest_words(folded, lexicon.known_words)
    spellings = [*meant]
    for known in (folded, *meant):
        spellings += lexicon.expansions.spellings.get(known, ())
    for written in (*map(lexicon.original_spelling, dict.fromkeys(spellings)), *analysis.to_name_forms(word.typed)):
        term = analysis.to_search_term(written)
        if term and term != word.term and lexicon.paragraph_count(term):
            yield Expansion((term,), (position,), SPELLING_WEIGHT, "spelling", written)


def _inherited_expansions(lexicon: Lexicon, inherited: Sequence[Word], first: int) -> Iterator[Expansion]:
    """The expansions of inherited words, which are at the positions from ``first`` on, at their lower weight."""
    for expansion in _expand_words(lexicon, inherited):
        positions = tuple([first + at for at in expansion.positions])
        if expansion.origin == "typed":
            yield replace(expansion, positions=positions, origin="thread")
        else:
            weight = expansion.weight * inherited[expansion.positions[0]].weight
            yield replace(expansion, positions=positions, weight=weight)
