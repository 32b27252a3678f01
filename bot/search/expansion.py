"""Expands a question to a query: its content words, how the archive may write them, and its operators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from bot.index import spelling
from bot.index.lexicon import Lexicon
from bot.index.retrieval import excluded_terms, relax_phrases, required_terms
from bot.models import Expansion, Query, Question, Span, Word
from bot.search import followups
from bot.search.dates import find_time_words
from bot.search.mentions import strip_mentions
from bot.search.operators import parse_operators
from bot.search.roles import role_expansions
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


def expand(
    lexicon: Lexicon,
    question: Question,
    without: Collection[str] = (),
    *,
    requires_dates: bool = True,
    has_handle: Callable[[str], bool] = lambda handle: False,
) -> Query:
    """Expand ``question`` to the query that is searched.

    ``without`` names origins whose expansions are left out. If not ``requires_dates``, a date or year in the question
    ("since May 2023") is searched like any other word. ``has_handle`` tells whether the archive has a handle
    ("@editors"), which is searched then; otherwise it is who the question is addressed to.
    """
    text, filters = parse_operators(strip_mentions(question.text, has_handle))
    time = find_time_words(text, question.today)
    required = time.required if requires_dates else None
    if required:
        text = text[: required.start] + " " + text[required.end :]
        filters = replace(filters, scope=filters.scope.narrow(time.since, time.before))
        time = find_time_words(text, question.today)
    asking = _asking_terms(text, [span for span in (time.newest, time.relative) if span])
    own = _content_words(lexicon, text, asking)
    expansions = [*_expand_words(lexicon, own), *role_expansions(text, own)]
    inherited: tuple[Word, ...] = ()
    if question.previous_questions and followups.lacks_subject(text, own):
        previous, *earlier = question.previous_questions
        before = Question(previous, previous_questions=tuple(earlier))
        words = expand(lexicon, before, requires_dates=requires_dates, has_handle=has_handle).words
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
        time.newest is not None,
        time.preferred,
        required is not None,
    )


def _asking_terms(question: str, times: Collection[Span]) -> frozenset[str]:
    """The terms that ask rather than name: some always do, others in words of time, which are at ``times``."""
    inside: set[str] = set()
    outside: set[str] = set()
    for token in analysis.tokenize(question) if times else ():
        is_inside = any(span.start <= token.start < span.end for span in times)
        (inside if is_inside else outside).add(token.term)
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
