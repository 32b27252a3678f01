"""How a question asks for what is newest: "the latest on GCAP", "any news about the bridge". Keeps secret the words.

A question's content words, and the forms in which the archive may hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import regex

from bot.index import spelling
from bot.index.filters import excluded_terms, relax_phrases, required_terms
from bot.index.lexicon import Lexicon
from bot.models import Expansion, ExpansionOrigin, Query, Question, Span, Word
from bot.search import followups, operators
from bot.text import analysis

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


def asks_for_newest(question: str) -> Span | None:
    """Where ``question`` asks for what is newest, in words that name nothing there; None where it does not."""
    found = _LATEST.search(question)
    return Span(*found.span()) if found else None


ACRONYM_WEIGHT = 0.8
"""An acronym where the long form was typed."""
LONG_FORM_WEIGHT = 0.5
"""Each word of a long form where the acronym was typed: less, as there are several of them."""
SPELLING_WEIGHT = 0.8
"""Another spelling of a name, or a word that the person may have meant."""

MOST_WORDS = 64 - followups.MOST_TAKEN
"""Content words of a question that are searched, the first ones: more make it slower and no clearer. With those taken
from a question before it, they fit into a machine's word (``bot.ranking.sightings``)."""
_FRAME = frozenset(
    analysis.to_term(word)
    for word in """
    say said tell told happen mention many much show find give name called anything information know known
    """.split()
)
"""Words that ask rather than name: not searched in a question that has others."""
ASKING_WEIGHT = 0.4
"""What such a word counts. On the development questions of three archives 0.15 to 0.5 are alike, and 1 is worse."""
_ASKING = frozenset(
    analysis.to_term(word)
    for word in """
    kind type sort percentage percent example meaning mean term word entity relationship role reason idea part recent
    recently currently today ever typically usually commonly common this week weekend long another additional think
    believe view need able seek gain receive add help get go come take make start occur create cause determine compare
    compared according associated present refer country year
    """.split()
)
"""Words that mostly stand in a question to say what is asked for, and less often in the passage that answers it."""


def expand(lexicon: Lexicon, question: Question, without: Collection[str] = ()) -> Query:
    """The question's content words, the forms in which the archive may hold them, and what its operators ask for.

    ``without`` names origins whose forms are left out.
    """
    text, filters = operators.parse_operators(question.text)
    own = _content_words(lexicon, text)
    forms = _forms(lexicon, own)
    taken = _taken(lexicon, question, text, own, forms)
    frame = _frame(text)
    if taken and (naming := tuple(word for word in own if word.term not in frame)) != own:
        own, forms = naming, _forms(lexicon, naming)
    forms.extend(followups.inherited_expansions(own, taken, _forms(lexicon, taken)))
    words = (*own, *taken)
    filters = relax_phrases(filters, words)
    return Query(
        question,
        words,
        tuple(form for form in forms if form.origin not in without),
        required_terms(filters),
        excluded_terms(filters),
        filters,
    )


def _taken(
    lexicon: Lexicon, question: Question, text: str, own: Sequence[Word], forms: Sequence[Expansion]
) -> tuple[Word, ...]:
    """The words of what ``question`` follows that it goes on with; none where it has a subject of its own."""
    if not question.previous_questions or not followups.lacks_subject(text, own):
        return ()
    before, *earlier = question.previous_questions
    words = expand(lexicon, Question(before, previous_questions=tuple(earlier))).words
    return followups.inherited_words(words, forms, lexicon.idf, lexicon.paragraph_count)


def _forms(lexicon: Lexicon, words: Sequence[Word]) -> list[Expansion]:
    """The forms in which the archive may hold ``words``; those that were typed first."""
    forms = [Expansion((word.term,), (i,), word.weight, "typed", word.typed) for i, word in enumerate(words)]
    forms.extend(_acronym_forms(lexicon, words))
    for i, word in enumerate(words):
        forms.extend(_spelling_forms(lexicon, i, word))
    return forms


def _content_words(lexicon: Lexicon, text: str) -> tuple[Word, ...]:
    """Each searched word of ``text`` once, in order; words that only ask are left out where others remain."""
    # In a question that is all capitals, "WHO" and "IT" are no names.
    plain = text.lower() if text.isupper() and len(text.lower()) == len(text) else text
    found: dict[str, Word] = {}
    for place, token in enumerate(analysis.tokenize(plain)):
        if not token.is_stop:
            typed = text[token.start : token.end]
            is_name = lexicon.is_name(token.term) or (place > 0 and plain[token.start].isupper())
            weight = ASKING_WEIGHT if token.term in _ASKING else 1.0
            found.setdefault(token.term, Word(typed, token.term, weight, is_name))
    frame = _frame(text)
    naming = [word for word in found.values() if word.term not in frame]
    return tuple(naming or found.values())[:MOST_WORDS]


def _acronym_forms(lexicon: Lexicon, words: Sequence[Word]) -> Iterator[Expansion]:
    typed = tuple(word.term for word in words)
    origin: ExpansionOrigin = "acronym"
    told = lexicon.expansions
    for i, term in enumerate(typed):
        for long in told.long_forms.get(term, ())[:2]:
            yield Expansion(long, (i,), LONG_FORM_WEIGHT, origin, told.shown[long])
        for long, short in told.short_forms.get(term, ()):
            if typed[i : i + len(long)] == long:
                covered = tuple(range(i, i + len(long)))
                yield Expansion((short,), covered, ACRONYM_WEIGHT, origin, told.shown[short,])


def _spelling_forms(lexicon: Lexicon, i: int, word: Word) -> Iterator[Expansion]:
    folded = analysis.fold(word.typed)
    meant: tuple[str, ...] = ()
    if not lexicon.paragraph_count(word.term) and word.term not in lexicon.expansions.long_forms:
        meant = spelling.nearest_words(folded, lexicon.known_words)
    others = [other for known in (folded, *meant) for other in lexicon.expansions.spellings.get(known, ())]
    written_so = [lexicon.original_spelling(other) for other in dict.fromkeys((*meant, *others))]
    written_so += analysis.to_name_forms(word.typed)
    for written in written_so:
        if (term := analysis.to_search_term(written)) and term != word.term and lexicon.paragraph_count(term):
            yield Expansion((term,), (i,), SPELLING_WEIGHT, "spelling", written)


def _frame(question: str) -> frozenset[str]:
    """The terms that ask rather than name in ``question``: some always do, some only where the newest is asked for."""
    newest = asks_for_newest(question)
    if newest is None:
        return _FRAME
    terms = [(token.term, newest.start <= token.start < newest.end) for token in analysis.tokenize(question)]
    return _FRAME | {term for term, _ in terms} - {term for term, is_asking in terms if not is_asking}
