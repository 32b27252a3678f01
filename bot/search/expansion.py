"""Expands a question to a query: its content words, how the archive may write them, and its operators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import regex

from bot.index import spelling
from bot.index.lexicon import Lexicon
from bot.index.retrieval import excluded_terms, relax_phrases, required_terms
from bot.models import Expansion, Query, Question, Span, Word
from bot.search import followups, variants
from bot.search.asking import find_acronyms, find_asking_words, find_foreign_words, is_yes_or_no
from bot.search.dates import find_time_words
from bot.search.mentions import strip_mentions
from bot.search.nations import nation_expansions
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
MIN_FREQUENCY = 2000
"""A short word is meant only if one in so many paragraphs has it."""
MAX_MEANT = 2
"""Words that are searched where one may be a typo of several."""
MAX_WORDS = 64 - followups.MAX_INHERITED
"""Content words of a question that are searched, the first ones: more make it slower and no clearer. With the inherited
ones they fit into 64 bits (``bot.search.occurrences``)."""
_ALWAYS_ASKING = frozenset(
    analysis.to_term(word)
    for word in """
    say said tell told happen mention many much show give called anything information know known
    """.split()
)
"""Words that ask rather than name: not searched in a question that has others."""
DATE_WEIGHT = 0.1
"""The weight of a date that narrows the search already: enough to prefer a sentence that names it. By hand."""
ASKING_WEIGHT = 0.4
"""The weight of the following. On the development questions of three archives 0.15 to 0.5 are alike, and 1 is worse."""
_MOSTLY_ASKING = frozenset(
    analysis.to_term(word)
    for word in """
    kind type sort percentage percent example meaning mean term word entity relationship role reason idea part recent
    recently currently today ever typically usually commonly common this week weekend long another additional think
    believe view need able seek gain receive add help get go come take make start occur create cause determine compare
    compared according associated present refer country year name
    """.split()
)
"""Words that mostly say what is asked for, and occur less often in the passage that answers."""

_DESIGNATION = regex.compile(r"(?<![\p{L}\p{N}-])(\p{L}{1,3})([-‐‑ ])(\p{N}+\p{L}{0,4})(?![\p{L}\p{N}-]|[.,]\d)")
_MODEL = regex.compile(r"\p{L}{3,} ([st])(?![\p{L}\p{N}'’])")


def expand(
    lexicon: Lexicon,
    question: Question,
    without: Collection[str] = (),
    *,
    requires_dates: bool = True,
    has_handle: Callable[[str], bool] = lambda handle: False,
    has_sequence: variants.HasSequence | None = None,
) -> Query:
    """Expand ``question`` to the query that is searched.

    ``without`` names origins whose expansions are left out. If not ``requires_dates``, a date or year in the question
    ("since May 2023") is searched like any other word. ``has_handle`` tells whether the archive has a handle
    ("@editors"), which is searched then; otherwise it is who the question is addressed to. For ``has_sequence`` see
    ``find_variants``.
    """
    text, filters = parse_operators(strip_mentions(question.text, has_handle))
    time = find_time_words(text, question.today)
    required = time.required if requires_dates else None
    light: Collection[str] = ()
    if required:
        if time.since and time.before:
            # "In 2021" narrows the search, and yet the text may name that year.
            light = analysis.extract_terms(required.slice(text))
        else:
            text = text[: required.start] + " " + text[required.end :]
        filters = replace(filters, scope=filters.scope.narrow(time.since, time.before))
        time = find_time_words(text, question.today)
    asking = [*find_asking_words(text), *filter(None, (time.newest, time.relative))]
    if foreign := find_foreign_words(text):
        asking += foreign[1]
    own = _content_words(lexicon, text, asking, light)
    expansions = [*_expand_words(lexicon, own), *role_expansions(text, own), *nation_expansions(own)]
    expansions += variants.find_variants(lexicon, text, own, has_sequence)
    inherited: tuple[Word, ...] = ()
    if question.previous_questions and followups.lacks_subject(text, own):
        previous, *earlier = question.previous_questions
        before = Question(previous, previous_questions=tuple(earlier))
        words = expand(lexicon, before, requires_dates=requires_dates, has_handle=has_handle).words
        inherited = followups.inherited_words(words, expansions, lexicon.idf, lexicon.paragraph_count)
    if inherited:
        if not _names_anything(text, own, asking):
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


def _content_words(lexicon: Lexicon, text: str, asking: Sequence[Span], light: Collection[str]) -> tuple[Word, ...]:
    """Each searched word of ``text`` once, in order, those of the terms ``light`` with less weight.

    Words that only ask are left out if others remain.
    """
    plain = _restore_capitals(lexicon, text)
    found: dict[str, Word] = {}
    naming: set[str] = set()
    asked = {at for span in asking for at in range(span.start, span.end)}
    for at, token in enumerate(analysis.tokenize(plain)):
        if not token.is_stop:
            typed = text[token.start : token.end]
            is_name = lexicon.is_name(token.term) or (at > 0 and plain[token.start].isupper())
            weight = ASKING_WEIGHT if token.term in _MOSTLY_ASKING or "-" in (typed[0], typed[-1]) else 1.0
            weight = DATE_WEIGHT if token.term in light else weight
            found.setdefault(token.term, Word(typed, token.term, weight, is_name))
            if token.term not in _ALWAYS_ASKING and token.start not in asked:
                naming.add(token.term)
    words = [word for word in found.values() if word.term in naming] or [*found.values()]
    if is_yes_or_no(text) and sum(word.is_name for word in words) > 1:
        # "did X join Y?" is about X and Y: the passage on both may say that nothing is decided.
        words = [word if word.is_name else replace(word, weight=ASKING_WEIGHT) for word in words]
    return tuple(words[:MAX_WORDS])


def _names_anything(text: str, own: Sequence[Word], asking: Sequence[Span]) -> bool:
    """Whether any of a question's ``own`` words is more than asking."""
    asked = {term for span in asking for term in analysis.extract_terms(span.slice(text))}
    return any(word.term not in _ALWAYS_ASKING and word.term not in asked for word in own)


def _restore_capitals(lexicon: Lexicon, text: str) -> str:
    """``text`` with its names in capitals, where all of it is typed in capitals or none; as long as before.

    A designation ("us-2", "t 72"), "us" and "it" where they are names, the letter of "Model S". A question that is one
    word in capitals is a name itself.
    """
    if len(text.lower()) != len(text) != len(text.upper()):
        return text
    words = analysis.split_words(text)
    is_shouted = text.isupper() and not (len(words) == 1 and lexicon.has_term(analysis.to_term(words[0])))
    plain = text.lower() if is_shouted else text
    spans = [*find_acronyms(plain)] if plain.islower() else []
    for found in _DESIGNATION.finditer(plain):
        letters, hyphen, number = found.groups()
        joined = analysis.to_term(f"{letters.upper()}-{number}")
        is_known = lexicon.has_term(joined) and (hyphen != " " or letters not in analysis.STOP_WORDS - {"s", "t"})
        if is_known or (hyphen != " " and (len(letters) < 3 or any(lexicon.terms_starting_with(joined)))):
            plain = f"{plain[: found.start()]}{letters.upper()}-{number}{plain[found.end() :]}"
    spans += [Span(*found.span(1)) for found in _MODEL.finditer(plain) if analysis.to_search_term(found[0].split()[0])]
    for span in spans:
        plain = plain[: span.start] + span.slice(plain).upper() + plain[span.end :]
    return plain


def _expand_words(lexicon: Lexicon, words: Sequence[Word]) -> list[Expansion]:
    """The ways in which the archive may write ``words``: as typed, then acronyms and long forms, then spellings."""
    learned = lexicon.expansions
    expansions = [Expansion((word.term,), (i,), word.weight, "typed", word.typed) for i, word in enumerate(words)]
    meant = [[] if _is_known(lexicon, word) else find_meant_words(lexicon, word.typed) for word in words]
    # A misspelt word of a long form is searched as its acronym too.
    terms = tuple(
        [analysis.to_term(others[0]) if others else word.term for word, others in zip(words, meant, strict=True)]
    )
    is_shouted = len(words) > 1 and all(word.typed.isupper() for word in words)
    for i, term in enumerate(terms):
        # "WAR" may stand for "Wins Above Replacement", "war" does not.
        may_be_acronym = lexicon.is_name(term) or (words[i].typed.isupper() and not is_shouted)
        expansions += [
            Expansion(long, (i,), LONG_FORM_WEIGHT, "acronym", learned.shown[long])
            for long in learned.long_forms.get(term, ())[: MAX_LONG_FORMS if may_be_acronym else 0]
        ]
        for long, short in learned.short_forms.get(term, ()):
            if terms[i : i + len(long)] == long:
                positions = tuple(range(i, i + len(long)))
                expansions.append(Expansion((short,), positions, ACRONYM_WEIGHT, "acronym", learned.shown[short,]))
        for synonym in lexicon.synonyms.get(term, ()):
            if terms[i : i + len(synonym.typed)] == synonym.typed:
                positions = tuple(range(i, i + len(synonym.typed)))
                weight = variants.WEIGHT if len(synonym.terms) == 1 else variants.SEVERAL_WEIGHT
                expansions.append(Expansion(synonym.terms, positions, weight, "vocabulary", synonym.shown))
    for i, (word, others) in enumerate(zip(words, meant, strict=True)):
        expansions.extend(_spelling_expansions(lexicon, i, word, others))
    return expansions


def _is_known(lexicon: Lexicon, word: Word) -> bool:
    """Whether the archive has ``word`` or its own vocabulary does."""
    has_own = word.term in lexicon.synonyms or word.term in lexicon.expansions.long_forms
    return has_own or lexicon.paragraph_count(word.term) > 0


def find_meant_words(lexicon: Lexicon, typed: str) -> list[str]:
    """The archive's folded words of which ``typed`` may be a typo, the most frequent first."""
    folded, known = analysis.fold(typed), lexicon.known_words
    meant = spelling.nearest_words(folded, known) or spelling.nearest_words(f"{folded}s", known)
    if not meant and typed.islower():
        slips = {analysis.fold(other + ending) for other in spelling.near_slips(folded) for ending in ("", "s")}
        meant = tuple(sorted(other for other in slips if _is_frequent_word(lexicon, other)))
    return sorted(meant, key=lambda other: -lexicon.paragraph_count(analysis.to_term(other)))[:MAX_MEANT]


def _is_frequent_word(lexicon: Lexicon, folded: str) -> bool:
    """Whether ``folded`` is a word that is no name and stands in more than a few paragraphs of a large archive."""
    term = analysis.to_search_term(folded)
    if not term or folded not in lexicon.known_words.words or lexicon.is_name(term):
        return False
    return lexicon.paragraph_count(term) * MIN_FREQUENCY >= lexicon.size


def _spelling_expansions(lexicon: Lexicon, position: int, word: Word, meant: Sequence[str]) -> Iterator[Expansion]:
    """Other spellings of ``word``, and of the words that were probably ``meant``."""
    spellings = [*meant]
    for known in (analysis.fold(word.typed), *meant):
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
