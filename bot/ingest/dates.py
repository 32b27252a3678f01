"""Parse dates as people and programs write them.

A date that does not say its day, month and year beyond doubt gives no date: a citation would claim it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateutil.parser import parser

_LIMIT = 60  # characters; the longest date with weekday, time and zone has fewer
_TIME = r"(?:[T\s,]+\d{1,2}[:.h]\d\d[^\s]{0,20}(?:\s[^\s]{1,8}){0,2})?"
# 2024-6-5, 2024/06/05, 2024.6.5, 2024年6月5日; no region writes the day before the month after a year.
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s?[-/.年년]\s?(\d{{1,2}})\s?[-/.月월]\s?(\d{{1,2}})\s?[日일.]?{_TIME}")
# 25.06.2024: where dots separate the numbers, the day comes first everywhere.
_DOTTED = re.compile(rf"(\d{{1,2}})\.\s?(\d{{1,2}})\.\s?(\d{{4}})\.?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{4,6}Z?)?")
_YEAR = re.compile(r"(?<!\d)(?:1[0-9]|20)\d\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
# Two days with no part in common: what a text leaves out is taken from them, and so differs.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))

_LANGUAGES = "de fr es it pt nl sv da nb fi pl cs sk hu ro hr sl tr ru uk el ca".split()
# Words around the parts of a date, in English and in these languages: "5 de junio del 2024", "1er juin", "den 5. Juni".
_CONNECTIVES = ("the", "published", "posted", "dated")
_FOREIGN_CONNECTIVES = "de del le la el il den der dem a o di die er e ère º ª v г г. года р року".split()


def parse_date(value: str) -> date | None:
    """Parse a date, with or without a time and weekday; None if it is none, or leaves a part open.

    ISO 8601 and an email's date; "7 May 2025", "May 7th, 2025", "Wed, May 7, 2025", "25.06.2024", "2024-6-5"; month
    names in some twenty languages. The day is the one that is written, whatever the time zone.
    """
    value = " ".join(value[: 2 * _LIMIT].split())
    if not 6 <= len(value) <= _LIMIT:
        return None
    if value[4] == "-":
        with suppress(ValueError):
            return datetime.fromisoformat(value).date()
    return _parse(value)


@lru_cache(maxsize=10_000)
def _parse(value: str) -> date | None:
    for pattern, order in ((_YEAR_FIRST, (1, 2, 3)), (_DOTTED, (3, 2, 1)), (_COMPACT, (1, 2, 3))):
        if match := pattern.fullmatch(value):
            year, month, day = (int(match[number]) for number in order)
            with suppress(ValueError):
                return date(year, month, day)
            return None
    if not _YEAR.search(value):
        return None
    english = _parse_unambiguous(value, is_foreign=False)
    return english or (_parse_unambiguous(value, is_foreign=True) if _WORD.search(value) else None)


def _parse_unambiguous(value: str, *, is_foreign: bool) -> date | None:
    found = {
        _parse_words(value, is_foreign, day_first, default) for day_first in (True, False) for default in _DEFAULTS
    }
    parsed = found.pop()
    # Of "5-7 June 2024", the year would be 2005 or 2007.
    return parsed if not found and parsed and str(parsed.year) in value else None


def _parse_words(value: str, is_foreign: bool, day_first: bool, default: datetime) -> date | None:
    try:
        parsed: datetime = _parser(is_foreign).parse(value, dayfirst=day_first, default=default, ignoretz=True)
    except (ValueError, ArithmeticError):
        return None
    return parsed.date()


@cache
def _parser(is_foreign: bool) -> parser:
    # imported here for start-up time: most dates are in ISO 8601
    from dateutil.parser import parser, parserinfo

    connectives, months = [*parserinfo.JUMP, *_CONNECTIVES], parserinfo.MONTHS
    if is_foreign:
        names, weekdays = _list_foreign_names()
        connectives += [*_FOREIGN_CONNECTIVES, *weekdays]
        months = [(*english, *others) for english, others in zip(months, names, strict=True)]
    return parser(type("DateWords", (parserinfo,), {"JUMP": connectives, "MONTHS": months})())


def _list_foreign_names() -> tuple[list[list[str]], set[str]]:
    """The names of each month in other languages, without those that name different ones, and of weekdays."""
    from babel import Locale

    numbers: dict[str, set[int]] = {}
    weekdays: set[str] = set()
    for locale in map(Locale.parse, _LANGUAGES):
        weekdays |= {name.lower() for name in locale.days["format"]["wide"].values()}
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    numbers.setdefault(name.lower().rstrip("."), set()).add(number)
    names = [[name for name, found in numbers.items() if found == {month} and name.isalpha()] for month in range(1, 13)]
    return names, weekdays
