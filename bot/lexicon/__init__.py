"""What the archive's own words teach about a question: how rare each is, and in what other forms it may stand.

Keeps secret how those forms are learnt (``learning``, ``acronyms``, ``spelling``): from nothing but the archive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from bot import analysis, operators
from bot.columns import Column, Columns, Strings, below
from bot.idf import idf
from bot.lexicon import asking, following, spelling
from bot.lexicon.told import Told
from bot.models import Form, Origin, Query, Question, Word

ACRONYM_WEIGHT = 0.8
"""An acronym where the long form was typed."""
LONG_FORM_WEIGHT = 0.5
"""Each word of a long form where the acronym was typed: less, as there are several of them."""
SPELLING_WEIGHT = 0.8
"""Another spelling of a name, or a word that the person may have meant."""

NAME_SMALL = 0.1
"""Of the paragraphs that hold a name, the share in which it may stand with a small letter."""

MOST_WORDS = 64 - following.MOST_TAKEN
"""Content words of a question that are searched, the first ones: more make it slower and no clearer. With those taken
from a question before it, they fit into a machine's word (``bot.ranking.sightings``)."""
_FRAME = frozenset(
    analysis.term(word)
    for word in """
    say said tell told happen mention many much show find give name called anything information know known
    """.split()
)
"""Words that ask rather than name: not searched in a question that has others."""
ASKING_WEIGHT = 0.4
"""What such a word counts. On the development questions of three archives 0.15 to 0.5 are alike, and 1 is worse."""
_ASKING = frozenset(
    analysis.term(word)
    for word in """
    kind type sort percentage percent example meaning mean term word entity relationship role reason idea part recent
    recently currently today ever typically usually commonly common this week weekend long another additional think
    believe view need able seek gain receive add help get go come take make start occur create cause determine compare
    compared according associated present refer country year
    """.split()
)
"""Words that mostly stand in a question to say what is asked for, and less often in the passage that answers it."""


class Lexicon:
    """Counts and forms of the words of some paragraphs. Nothing in it changes: safe to share between threads."""

    def __init__(self, own: Columns, terms: Strings) -> None:
        """``own`` is what ``bot.lexicon.learning`` counted, and the forms that it found.

        ``terms`` are sorted, a term's number is its place.
        """
        self._terms = terms
        self.size = int(own["size"].all()[0])
        self._with, self._small = own["paragraphs_with"], own["written_small"]
        self._known = spelling.Known(*(Strings(below(name, own)) for name in ("folded", "ends", "places")))
        self._written, self._names = Strings(below("written", own)), Strings(below("names", own))
        self._told = own["told"]

    @cached_property
    def _forms_told(self) -> Told:
        """The acronyms, and the names that are spelt in two ways."""
        return Told.of(self._told.all().tobytes())

    def acronyms(self) -> Iterator[str]:
        """The archive's acronyms of three letters and more, as they are written, the most frequent first."""
        told = self._forms_told
        known = sorted(told.long_forms, key=lambda short: (-self.paragraphs_with(short), short))
        yield from (told.shown[short,] for short in known if len(short) > 2)

    def names(self) -> Iterator[str]:
        """Names of several words that stand in the midst of the archive's sentences, the most frequent first."""
        return iter(self._names)

    def paragraphs_with(self, term: str) -> int:
        """In how many paragraphs ``term`` stands."""
        return self._count(self._with, term)

    def _count(self, counts: Column, term: str) -> int:
        number = self._terms.find(term)
        return 0 if number is None else int(counts.part(number, number + 1)[0])

    def idf(self, term: str) -> float:
        """How much ``term`` tells, by the paragraphs that hold it, 0 or more."""
        return idf(self.size, self.paragraphs_with(term))

    def expand(self, question: Question, without: Collection[str] = ()) -> Query:
        """The question's content words, the forms in which the archive may hold them, and what its operators ask for.

        ``without`` names origins whose forms are left out.
        """
        text, filters = operators.parse(question.text)
        own = self._content_words(text)
        forms = self._forms(own)
        taken = self._taken(question, text, own, forms)
        frame = _frame(text)
        if taken and (naming := tuple(word for word in own if word.term not in frame)) != own:
            own, forms = naming, self._forms(naming)
        forms.extend(following.behind(own, taken, self._forms(taken)))
        words = (*own, *taken)
        filters = operators.in_question(filters, words)
        return Query(
            question,
            words,
            tuple(form for form in forms if form.origin not in without),
            operators.required_terms(filters),
            operators.excluded_terms(filters),
            filters,
        )

    def _taken(self, question: Question, text: str, own: Sequence[Word], forms: Sequence[Form]) -> tuple[Word, ...]:
        """The words of what ``question`` follows that it goes on with; none where it has a subject of its own."""
        if not question.follows or not following.lacks_subject(text, own):
            return ()
        before, *earlier = question.follows
        words = self.expand(Question(before, follows=tuple(earlier))).words
        return following.subject(words, forms, self.idf, self.paragraphs_with)

    def _forms(self, words: Sequence[Word]) -> list[Form]:
        """The forms in which the archive may hold ``words``; those that were typed first."""
        forms = [Form((word.term,), (i,), word.weight, "typed", word.typed) for i, word in enumerate(words)]
        forms.extend(self._acronym_forms(words))
        for i, word in enumerate(words):
            forms.extend(self._spelling_forms(i, word))
        return forms

    def _content_words(self, text: str) -> tuple[Word, ...]:
        """Each searched word of ``text`` once, in order; words that only ask are left out where others remain."""
        # In a question that is all capitals, "WHO" and "IT" are no names.
        plain = text.lower() if text.isupper() and len(text.lower()) == len(text) else text
        found: dict[str, Word] = {}
        for place, token in enumerate(analysis.tokens(plain)):
            if not token.is_stop:
                typed = text[token.start : token.end]
                is_name = self._is_name(token.term) or (place > 0 and plain[token.start].isupper())
                weight = ASKING_WEIGHT if token.term in _ASKING else 1.0
                found.setdefault(token.term, Word(typed, token.term, weight, is_name))
        frame = _frame(text)
        naming = [word for word in found.values() if word.term not in frame]
        return tuple(naming or found.values())[:MOST_WORDS]

    def _is_name(self, term: str) -> bool:
        """Whether the archive holds ``term`` and hardly ever writes it with a small letter."""
        count = self.paragraphs_with(term)
        return count > 0 and self._count(self._small, term) <= NAME_SMALL * count

    def _acronym_forms(self, words: Sequence[Word]) -> Iterator[Form]:
        typed = tuple(word.term for word in words)
        origin: Origin = "acronym"
        told = self._forms_told
        for i, term in enumerate(typed):
            for long in told.long_forms.get(term, ())[:2]:
                yield Form(long, (i,), LONG_FORM_WEIGHT, origin, told.shown[long])
            for long, short in told.short_forms.get(term, ()):
                if typed[i : i + len(long)] == long:
                    covered = tuple(range(i, i + len(long)))
                    yield Form((short,), covered, ACRONYM_WEIGHT, origin, told.shown[short,])

    def _spelling_forms(self, i: int, word: Word) -> Iterator[Form]:
        folded = analysis.fold(word.typed)
        meant: tuple[str, ...] = ()
        if not self.paragraphs_with(word.term) and word.term not in self._forms_told.long_forms:
            meant = spelling.nearest(folded, self._known)
        others = [other for known in (folded, *meant) for other in self._forms_told.spellings.get(known, ())]
        written_so = [self._written[self._known.place(other)] for other in dict.fromkeys((*meant, *others))]
        written_so += analysis.as_name(word.typed)
        for written in written_so:
            if (term := analysis.searched(written)) and term != word.term and self.paragraphs_with(term):
                yield Form((term,), (i,), SPELLING_WEIGHT, "spelling", written)


def _frame(question: str) -> frozenset[str]:
    """The terms that ask rather than name in ``question``: some always do, some only where the newest is asked for."""
    newest = asking.asks_for_newest(question)
    if newest is None:
        return _FRAME
    terms = [(token.term, newest.start <= token.start < newest.end) for token in analysis.tokens(question)]
    return _FRAME | {term for term, _ in terms} - {term for term, is_asking in terms if not is_asking}
