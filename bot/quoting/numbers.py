"""Figures and dates in a sentence. Keeps secret in how many ways one number is written.

What only looks like a figure is read as a label, which says nothing about how much there is of anything: a range, a
bound ("more than 300"), an ordinal, a clock time, a score, a number in a name ("F-35", "Article 9", "two-day").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import regex

from bot import analysis
from bot.models import Span

_DIGITS = dict(zip("two three four five six seven eight nine ten eleven twelve".split(), range(2, 13), strict=True))
_DIGITS |= dict(
    zip("thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), range(13, 20), strict=True), one=1
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = _DIGITS | {word: 10 * i for i, word in enumerate(_TENS, 2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "lakh": 10**5, "million": 10**6, "crore": 10**7}
_SCALES |= {"billion": 10**9, "trillion": 10**12}
_SUFFIXES = {"k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12, "trn": 10**12}
_CURRENCIES = {"$": "dollar", "us$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee", "rs": "rupee"}
_MONTHS = "january february march april may june july august september october november december".split()

_YEAR = r"(?:1[5-9]|20)\d\d(?![\p{L}\p{N}]|[.,]\d|[-–/]\d)"
_MONTH = rf"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?|(?:{'|'.join(_MONTHS).title()})\b"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?![\p{L}\p{N}]|[.,:]\d)"
_WORDED = "(?&worded)"
_WORDS = rf"{_WORDED}(?:(?:-|\s+(?i:and\s+)?){_WORDED})*"
_EITHER = rf"(?>\d+(?:[.,]\d+)*|{_WORDS})"
_NUMBER = r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?(?![\d,]*\d)|\d+(?:\.\d+)?"
_TOKEN = re.compile(r"(?:US|A|C|HK|NZ)?[$€£¥₹]|[^\W_]+")
_BEGINNINGS = {*_SMALL, *_SCALES, "rs", "between", "sept"}
_BEGINNINGS |= {form for month in _MONTHS for form in (month, month[:3])}
"""What an item can begin with, besides a digit and a currency's sign: elsewhere none is looked for."""
_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|approximately|nearly|almost|close to|an? estimated) $", re.IGNORECASE
)
_BOUND = re.compile(
    r"\b(?:(?:more|less|fewer|other|rather) than|at least|at most|up to|as (?:many|much|few|little) as|over|under|"
    r"above|below|beyond|every|each|per|nearer|another|additional|further|first|last|next|past|an?) $",
    re.IGNORECASE,
)
_OR_MORE = re.compile(r" (?:or|and) (?:more|so|fewer|less)\b|[ -](?:odd|plus)\b|\+")
_BARE_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


@cache
def _item() -> regex.Pattern[str]:
    """What an item is. Compiling it takes longer than all else here, and most questions have no figures."""
    return regex.compile(
        rf"""
        (?(DEFINE)(?<worded>\b(?i:\L<number_words>)\b))
        (?: (?<day>{_DAY})\ (?:of\ )?(?<month>{_MONTH})(?:,?\ (?<year>{_YEAR}))?
          | (?=\p{{Lu}})(?<month>{_MONTH}) (?:\ (?<day>{_DAY})(?:,?\ (?<year>{_YEAR}))? | ,?\ (?<year>{_YEAR}))
          | (?<=\b(?i:in|by|since|until|before|after|of|from|to|during|late|early|mid|fiscal|year|through|for|and)[ ])
            (?<year>{_YEAR})(?!\ [\p{{Ll}}]+s\b)
          | (?<range> (?i:between)\ \S+(?:\ {_WORDED})*\ and\ {_EITHER}
                    | {_EITHER}\s?(?:[-–—/:+]|\ (?:to|or)\ )\s?{_EITHER}\p{{L}}*(?:[-–:/]\d+)* )
          | (?<![.,:/+°#-]) (?<currency>(?:US|A|C|HK|NZ)?[$€£¥₹]\s?|Rs\.?\s?)?
            (?<number>{_NUMBER}) (?: (?<=[$€£¥₹]\s?{_NUMBER})(?<suffix>(?i:k|mn?|bn|trn?|tn))\b )?
            (?<scale>(?:\s(?i:{"|".join(_SCALES)})\b)*) (?<percent>\s?%|\ (?i:per\ ?cent)\b)?
            (?![\p{{L}}\p{{N}}]|[-–:/+]\w|[.,]\d|°)
          | (?<words>{_WORDS}) (?<percent>\ (?i:per\ ?cent)\b)? (?![-–]\p{{L}}) )
        """,
        regex.VERBOSE,
        number_words=[*_SMALL, *_SCALES],
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or a date at ``span`` of the text it was read from; a label, with neither, is compared as it is written.

    ``number`` is exact, ``step`` the difference that its writing leaves open ("14 million": a million), ``unit`` a sign
    that stood beside it, as a word. ``date`` holds year, month and day, 0 for what is not said.
    """

    span: Span
    number: Fraction | None = None
    step: Fraction = Fraction(0)
    unit: str = ""
    is_about: bool = False
    date: tuple[int, int, int] | None = None

    def agrees(self, other: Figure) -> bool:
        """Whether both can be true of one thing, as far as they are written: both numbers, or both dates."""
        if self.date and other.date:
            return all(not a or not b or a == b for a, b in zip(self.date, other.date, strict=True))
        if self.number is None or other.number is None:
            return True
        apart = abs(self.number - other.number)
        if self.is_about or other.is_about:
            return apart * 10 <= max(self.number, other.number)
        return apart == 0 or (self.step != other.step and apart * 2 <= max(self.step, other.step))


def figures(text: str) -> Iterator[Figure]:
    """The figures, dates and labels of ``text``, in order; a lone "one" is a pronoun more often than a number."""
    end = 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if not (word[0].isdigit() or word[-1] in _CURRENCIES or word.casefold() in _BEGINNINGS):
            continue
        match = _item().match(text, token.start()) if token.start() >= end else None
        if match is None or (match["words"] or "").casefold() in {"one", *_SCALES}:
            continue
        end = match.end()
        span = Span(*match.span())
        if match["month"] or match["year"]:
            yield Figure(span, date=_date(match))
            continue
        before = text[max(0, span.start - 30) : span.start]
        if match["range"] or _is_label(text, span, before):
            yield Figure(span)
        else:
            yield _number(match, is_about=_ABOUT.search(before) is not None)


def _is_label(text: str, span: Span, before: str) -> bool:
    *_, last = before.split(" ")[:-1] or [""]
    return bool(
        _BARE_YEAR.fullmatch(span.of(text))  # "the 2024 budget"
        or (last[:1].isupper() and analysis.searched(last))  # "Article 9", but not "On 355 days"
        or last.casefold() in {"no", "no.", "number", "#", "§"}
        or _BOUND.search(before)
        or _OR_MORE.match(text, span.end)
    )


def _date(match: regex.Match[str]) -> tuple[int, int, int]:
    month = (match["month"] or "")[:3].casefold()
    number = next((i for i, name in enumerate(_MONTHS, 1) if name[:3] == month), 0)
    return int(match["year"] or 0), number, int((match["day"] or "0").rstrip("stndrh"))


def _number(match: regex.Match[str], *, is_about: bool) -> Figure:
    scale = 1
    for word in (match["scale"] or "").casefold().split():
        scale *= _SCALES[word]
    scale *= _SUFFIXES[match["suffix"].casefold()] if match["suffix"] else 1
    if match["words"]:
        number, step = _worded(match["words"].casefold())
    else:
        digits = match["number"].replace(",", "")
        number = Fraction(digits) * scale
        step = Fraction(scale, 10 ** len(digits.partition(".")[2]))
        if scale == 1 and "." not in digits and number >= 1000:  # a long row of noughts was rounded
            step = Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))
    sign = (match["currency"] or "").strip(" .").casefold()
    unit = "percent" if match["percent"] else _CURRENCIES.get(sign, sign)
    return Figure(Span(*match.span()), number, step, unit, is_about)


def _worded(text: str) -> tuple[Fraction, Fraction]:
    """The number that number words say, and the last scale among them."""
    total, current, step = 0, 0, 1
    for word in regex.split(r"[-\s]+", text):
        if word in _SMALL:
            current, step = current + _SMALL[word], 1
        elif word in {"hundred", "dozen"}:
            current, step = max(1, current) * _SCALES[word], _SCALES[word]
        elif word in _SCALES:
            total, current, step = total + max(1, current) * _SCALES[word], 0, _SCALES[word]
    return Fraction(total + current), Fraction(step if step >= 1000 else 1)
