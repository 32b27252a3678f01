"""The ways in which an archive may write words of a question: "e-mail" for "email", "$1.4bn" for "1.4 billion".

Every variant stands in the archive, and no rule joins two names: a word is only written closed, with a hyphen or open,
a number in digits or in words, a date in another order, a letter with or without its umlaut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import regex

from bot.index.lexicon import Lexicon, TermSequence
from bot.models import MONTHS, Expansion, Word
from bot.text import analysis

WEIGHT = 0.7
"""The weight of a variant of one term, also of the archive's own vocabulary: likely what was meant, but after what was
typed."""
SEVERAL_WEIGHT = 0.35
"""The weight of each term of a variant of several, which are common words on their own ("e-mail": "mail")."""
MIN_JOINED = 5
"""Letters of a word that the question writes as two, at least: "to day" is no day."""

MIN_PART, MAX_SPLIT = 3, 40
"""Letters of each part of a word that is split in two, at least, and of the whole, at most."""

HasSequence = Callable[[TermSequence], bool]
"""Whether a paragraph has these terms one after the other."""

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_ROMAN = {2: "ii", 3: "iii", 4: "iv", 6: "vi", 7: "vii", 8: "viii", 9: "ix", 11: "xi", 12: "xii", 13: "xiii"}
_NUMBERED = frozenset(map(analysis.to_term, "war part phase type title chapter volume act level class".split()))
"""Roman numerals are looked for after these, and after names: "World War 2"."""
_SCALES = {"thousand": "k", "million": "m mn mln", "billion": "bn b bln", "trillion": "tn trn"}
_SCALED = regex.compile(r"(\d[\d.]*)(k|mn|mln|m|bln|bn|b|trn|tn)")
_UMLAUTS = (("ae", "a", "äæ"), ("oe", "o", "öø"), ("ue", "u", "ü"), ("aa", "a", "å"))
_DESIGNATION = regex.compile(r"\p{L}{1,3}\d+")
_FIRST_LETTER = "a"
"""Digits and marks, which make another designation of it, are less than every letter of a term."""
_VARIANT_LETTERS = 3
"""Letters after a designation that name a variant of it: "F-35B", "Su-30MKI"."""

_MONTH = "|".join(f"{month}|{month[:3]}[.]?" for month in MONTHS) + "|Sept[.]?"
_DATE = regex.compile(
    rf"""
    \b(?: (?P<day>\d\d?)(?:st|nd|rd|th)?[ ](?:of[ ])?(?P<month>{_MONTH})(?:,?[ ](?P<year>\d{{4}}))?
    | (?P<month>{_MONTH})[ ](?P<day>\d\d?)(?:st|nd|rd|th)?(?:,?[ ](?P<year>\d{{4}}))?
    | (?P<year>\d{{4}})-(?P<number>\d\d?)-(?P<day>\d\d?)
    | (?P<day>\d\d?)[./](?P<number>\d\d?)[./](?P<year>\d{{4}}) )\b
    """,
    regex.VERBOSE | regex.IGNORECASE,
)


def find_variants(
    lexicon: Lexicon, text: str, words: Sequence[Word], has_sequence: HasSequence | None = None
) -> Iterator[Expansion]:
    """Yield the variants of the ``words`` of a question's ``text`` that stand in the archive.

    Without ``has_sequence`` a word that the archive never writes closed is not looked for as two ("healthcare").
    """
    found: dict[tuple[TermSequence, tuple[int, ...]], None] = {}
    for i, word in enumerate(words):
        own = [*_other_writings(lexicon, word), *_other_numbers([word.typed])]
        if i and (words[i - 1].is_name or words[i - 1].term in _NUMBERED):
            own += _to_roman([word.typed])
        if has_sequence and not lexicon.has_term(word.term):
            own += filter(has_sequence, open_forms(word.typed) if word.typed.islower() else ())
        found |= dict.fromkeys((terms, (i,)) for terms in own)
    for i, (one, other) in enumerate(pairwise(words)):
        joined = [*_closed_forms(lexicon, text, one, other), *_other_numbers([one.typed, other.typed])]
        found |= dict.fromkeys((terms, (i, i + 1)) for terms in joined)
    found |= dict.fromkeys(_other_dates(text, words))
    typed = tuple(word.term for word in words)
    for terms, positions in found:
        is_typed = terms == typed[positions[0] : positions[0] + len(terms)] and len(terms) == len(positions)
        if terms and not is_typed and all(map(lexicon.has_term, terms)):
            weight = WEIGHT if len(terms) == 1 else SEVERAL_WEIGHT
            shown = " ".join(terms)
            yield Expansion(terms, positions, weight * min(words[at].weight for at in positions), "form", shown)


def _other_writings(lexicon: Lexicon, word: Word) -> Iterator[TermSequence]:
    """The word with a hyphen or an apostrophe, with or without an umlaut, in the other number, or in a variant."""
    folded, term = analysis.fold(word.typed), word.term
    is_known = lexicon.has_term(term)
    for parts in lexicon.compounds(term):
        # Who writes "re-sign" means another word than "resign".
        if not (parts[0] == "re" and is_known):
            yield parts
    for digraph, letter, marks in _UMLAUTS:
        if digraph in folded and lexicon.writes_with(plain := folded.replace(digraph, letter), marks):
            yield (analysis.stem(plain),)
        if not set(word.typed.lower()).isdisjoint(marks):
            yield (analysis.stem(folded.replace(letter, digraph)),)
    small = analysis.to_search_term(word.typed.lower())
    if not is_known and small:
        yield (small,)
    if folded == "cent":
        yield ("percent",)
    if not is_known and folded.isalnum():
        others = [folded.removesuffix("s"), folded.removesuffix("es")] if folded.endswith("s") else [f"{folded}s"]
        yield from ((analysis.stem(other),) for other in others if other != folded)
    if _DESIGNATION.fullmatch(term):
        for other in lexicon.terms_starting_with(term, _FIRST_LETTER):
            if other[len(term) :].isalpha() and len(other) <= len(term) + _VARIANT_LETTERS:
                yield (other,)


def open_forms(typed: str) -> Iterator[TermSequence]:
    """Yield the ways to split a word in two: "health care" for "healthcare".

    The variants of a name are not among them, as it may be a place: "Northfield".
    """
    may_be_two = typed.isalpha() and len(typed) <= MAX_SPLIT
    for at in range(MIN_PART, len(typed) - MIN_PART + 1) if may_be_two else ():
        parts = [analysis.to_search_term(part) for part in (typed[:at], typed[at:])]
        if all(parts):
            yield tuple(filter(None, parts))


def _closed_forms(lexicon: Lexicon, text: str, one: Word, other: Word) -> Iterator[TermSequence]:
    """Two words as one: "healthcare" for "health care"; a name only if they are typed with a hyphen."""
    first, second = one.typed.rstrip("-‐‑"), other.typed.lstrip("-‐‑")
    joined = analysis.to_term(first + second)
    if len(joined) >= MIN_JOINED and lexicon.has_term(joined):
        separator = text.partition(first)[2].partition(second)[0]
        if separator in tuple("-‐‑") or (separator == " " and not lexicon.is_name(joined)):
            yield (joined,)


def _other_numbers(typed: Sequence[str]) -> Iterator[TermSequence]:
    """A number in digits, in words or, up to thirteen, in Roman numerals; a round one with its scale."""
    words = [analysis.fold(word) for word in typed]
    if len(words) == 1:
        if scaled := _SCALED.fullmatch(words[0]):
            scale = next(name for name, short in _SCALES.items() if scaled[2] in short.split())
            yield scaled[1], analysis.to_term(scale)
        if words[0] in _ORDINALS or regex.fullmatch(r"\d\d?(?:st|nd|rd|th)", words[0]):
            for number, word in enumerate(_ORDINALS, 1):
                if words[0] == _with_suffix(number):
                    yield (analysis.to_term(word),)
                elif words[0] == word and number > 3:  # "first" is seldom a number
                    yield (_with_suffix(number),)
    elif short := _SCALES.get(words[1]):
        yield from ((words[0] + unit,) for unit in short.split())
    if (value := _parse_number(words)) is not None:
        yield (str(value),)
        yield tuple(map(analysis.to_term, _spell_number(value)))


def _to_roman(typed: Sequence[str]) -> Iterator[TermSequence]:
    if (number := _parse_number([analysis.fold(word) for word in typed])) in _ROMAN:
        yield (_ROMAN[number],)


def _with_suffix(number: int) -> str:
    return f"{number}{'th' if number // 10 == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _parse_number(words: Sequence[str]) -> int | None:
    """The number that ``words`` write, from 0 to 99; None if they do not."""
    if len(words) == 2 and words[0] in _TENS and words[1] in _UNITS[1:10]:
        return 20 + 10 * _TENS.index(words[0]) + _UNITS.index(words[1])
    if len(words) != 1:
        return None
    word = words[0]
    if word.isascii() and word.isdigit() and len(word) <= 2:
        return int(word)
    if word in _UNITS:
        return _UNITS.index(word)
    if word in _TENS:
        return 20 + 10 * _TENS.index(word)
    return next((number for number, roman in _ROMAN.items() if roman == word), None)


def _spell_number(number: int) -> list[str]:
    if number < 20:
        return [_UNITS[number]]
    tens, units = divmod(number - 20, 10)
    return [_TENS[tens], *([_UNITS[units]] if units else [])]


def _other_dates(text: str, words: Sequence[Word]) -> Iterator[tuple[TermSequence, tuple[int, ...]]]:
    """Dates of ``text`` in other writings, with the positions of the words that they cover."""
    position = {word.term: at for at, word in enumerate(words)}
    for found in _DATE.finditer(text):
        covered = sorted({position[term] for term in analysis.extract_terms(found.group()) if term in position})
        named = (found["month"] or "")[:3].casefold()
        number = int(found["number"] or next(i for i, name in enumerate(MONTHS, 1) if name[:3].casefold() == named))
        day, year = int(found["day"]), found["year"]
        if not (covered and 1 <= number <= 12 and 1 <= day <= 31):
            continue
        last = [year] if year else []
        month = MONTHS[number - 1]
        writings = [
            [*order, *last]
            for name in (month, month[:3], "Sept" if number == 9 else month)
            for one in (str(day), _with_suffix(day))
            for order in ([one, name], [name, one])
        ]
        if year:
            writings += [
                [year, f"{number:02}", f"{day:02}"],
                [f"{day}.{number}.{year}"],
                [f"{day:02}.{number:02}.{year}"],
            ]
            if day > 12 or found["number"]:  # else it might be the other order of day and month
                writings += [[f"{day:02}", f"{number:02}", year], [str(day), str(number), year]]
        for writing in writings:
            terms = tuple([analysis.to_search_term(word) or "" for word in writing])
            if all(terms):
                yield terms, tuple(covered)
