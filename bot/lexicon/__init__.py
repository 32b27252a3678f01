"""What the archive's own words teach about a question: how rare each is, and in what other forms it may stand.

Keeps secret how those forms are learnt (``acronyms``, ``spelling``). Nothing comes from outside the archive.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

import regex

from bot import analysis, operators
from bot.lexicon import acronyms, following, spelling
from bot.models import Form, Origin, Paragraph, Query, Question, Word

ACRONYM_WEIGHT = 0.8
"""An acronym where the long form was typed."""
LONG_FORM_WEIGHT = 0.5
"""Each word of a long form where the acronym was typed: less, as there are several of them."""
SPELLING_WEIGHT = 0.8
"""Another spelling of a name, or a word that the person may have meant."""

NAME_SMALL = 0.1
"""Of the paragraphs that hold a name, the share in which it may stand with a small letter."""

MOST_WORDS = 64
"""Content words of a question that are searched, the first ones: more make it slower and no clearer."""
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


_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?: \p{Lu}\p{Ll}{2,}){1,3}(?![\p{L}-]| \p{Lu})")


class Lexicon:
    """Counts and forms of the words of some paragraphs. Immutable once learnt."""

    def __init__(self) -> None:
        self.size = 0
        self._paragraphs_with: Counter[str] = Counter()
        self._written_small: Counter[str] = Counter()
        self._written: dict[str, str] = {}
        self._long_forms: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        self._short_forms: defaultdict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
        self._shown: dict[tuple[str, ...], str] = {}
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._known = spelling.Known(())
        self._names: Counter[str] = Counter()

    @classmethod
    def learn(cls, paragraphs: Sequence[Paragraph]) -> Lexicon:
        """The lexicon of ``paragraphs``."""
        lexicon = cls()
        lexicon.size = len(paragraphs)
        small: set[str] = set()
        for paragraph in paragraphs:
            words = dict.fromkeys(analysis.words(paragraph.text))  # in order, so that every process learns the same
            terms = {word: term for word in words if (term := analysis.searched(word))}
            lexicon._paragraphs_with.update(set(terms.values()))
            lexicon._written_small.update({term for word, term in terms.items() if not word[0].isupper()})
            for word in words:
                folded = analysis.fold(word)
                lexicon._written.setdefault(folded, word)
                if word[0].islower():
                    small.add(folded)
            lexicon._define(acronyms.definitions(paragraph.text))
            lexicon._names.update(_NAME.findall(paragraph.text))
        names = [folded for folded in lexicon._written if folded not in small]
        lexicon._known = spelling.Known(lexicon._written)
        lexicon._spellings = spelling.exchanged(names, _beside(paragraphs, names))
        return lexicon

    def _define(self, found: Iterable[acronyms.Definition]) -> None:
        for definition in found:
            long = tuple(analysis.terms(definition.long))
            short = analysis.term(definition.short)
            if long and (short,) != long:
                self._long_forms[short][long] += 1
                self._short_forms[long[0]][long] = short
                self._shown.setdefault((short,), definition.short)
                self._shown.setdefault(long, definition.long)

    def acronyms(self) -> Iterator[str]:
        """The archive's acronyms of three letters and more, as they are written, the most frequent first."""
        known = sorted(self._long_forms, key=lambda short: (-self._paragraphs_with[short], short))
        yield from (self._shown[short,] for short in known if len(short) > 2)

    def names(self) -> Iterator[str]:
        """Names of several words that stand in the midst of the archive's sentences, the most frequent first."""
        yield from (name for name, _ in self._names.most_common())

    def paragraphs_with(self, term: str) -> int:
        """In how many paragraphs ``term`` stands."""
        return self._paragraphs_with[term]

    def idf(self, term: str) -> float:
        """How much ``term`` tells, from 0 up: ``ln(1 + (N - n + 0.5) / (n + 0.5))``, as Lucene defines it.

        N is the number of paragraphs, n the number of those that hold the term.
        """
        return math.log1p((self.size - self._paragraphs_with[term] + 0.5) / (self._paragraphs_with[term] + 0.5))

    def expand(self, question: Question, without: Collection[str] = ()) -> Query:
        """The question's content words, the forms in which the archive may hold them, and what its operators ask for.

        ``without`` names origins whose forms are left out.
        """
        text, filters = operators.parse(question.text)
        own = self._content_words(text)
        forms = self._forms(own)
        taken = self._taken(question, text, own, forms)
        if taken and (naming := tuple(word for word in own if word.term not in _FRAME)) != own:
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
        naming = [word for word in found.values() if word.term not in _FRAME]
        return tuple(naming or found.values())[:MOST_WORDS]

    def _is_name(self, term: str) -> bool:
        """Whether the archive holds ``term`` and hardly ever writes it with a small letter."""
        return self._written_small[term] <= NAME_SMALL * self._paragraphs_with[term] and term in self._paragraphs_with

    def _acronym_forms(self, words: Sequence[Word]) -> Iterator[Form]:
        typed = tuple(word.term for word in words)
        origin: Origin = "acronym"
        for i, term in enumerate(typed):
            for long, _ in self._long_forms[term].most_common(2) if term in self._long_forms else ():
                yield Form(long, (i,), LONG_FORM_WEIGHT, origin, self._shown[long])
            for long, short in self._short_forms.get(term, {}).items():
                if typed[i : i + len(long)] == long:
                    covered = tuple(range(i, i + len(long)))
                    yield Form((short,), covered, ACRONYM_WEIGHT, origin, self._shown[short,])

    def _spelling_forms(self, i: int, word: Word) -> Iterator[Form]:
        folded = analysis.fold(word.typed)
        meant: tuple[str, ...] = ()
        if not self._paragraphs_with[word.term] and word.term not in self._long_forms:
            meant = spelling.nearest(folded, self._known)
        others = [other for known in (folded, *meant) for other in self._spellings.get(known, ())]
        for other in dict.fromkeys((*meant, *others)):
            written = self._written[other]
            if (term := analysis.searched(written)) and term != word.term:
                yield Form((term,), (i,), SPELLING_WEIGHT, "spelling", written)


def _beside(paragraphs: Sequence[Paragraph], names: Iterable[str]) -> dict[str, set[str]]:
    """For each name that could be another with two letters exchanged, the terms within three words of it."""
    alike = Counter((name[0], name[-1], "".join(sorted(name))) for name in names if name)
    wanted = {name for name in names if len(name) >= 6 and alike[name[0], name[-1], "".join(sorted(name))] > 1}
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for paragraph in paragraphs if wanted else ():
        words = analysis.words(paragraph.text)
        for at, word in enumerate(words):
            if (name := analysis.fold(word)) in wanted:
                near = words[max(0, at - 3) : at] + words[at + 1 : at + 4]
                beside[name].update(term for other in near if (term := analysis.searched(other)))
    return beside
