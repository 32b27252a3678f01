"""Words of time in a question: which ask for the newest, which prefer some days, and which dates they require."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import regex

from bot.models import MONTHS, Span

MAX_AHEAD = timedelta(days=14)
"""Articles dated later than this after the day of asking are left out: that day knew nothing of them. A shorter time
would leave out articles that are dated ahead."""
WEEK = timedelta(days=6)

_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NEWS = r"(?:news|updates?|developments?)"
_OF = r"(?:on|about|regarding|with|from|of)"
_NEWEST = regex.compile(
    rf"""
    \b(?:
        (?:latest|newest|most[ ]recent)\b(?:[ ]{_NEWS}\b)?(?:[ ]{_OF}\b)?
        | (?:any|recent)[ ]{_NEWS}[ ]{_OF}
        | what(?:['’]?s|[ ]is)[ ]new[ ](?:on|about|with)
        | (?:right|as[ ]of)[ ]now | now(?=\W*$)
    )\b
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_REQUIRED = regex.compile(
    rf"""
    \b(?P<how>in|since|before|after)\s+(?:the\s+year\s+)?
    (?: (?P<year>(?:19|20)\d\d)-(?P<month>[01]\d)(?:-(?P<day>[0-3]\d))?
    | (?:(?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\s+(?:of\s+)?)? (?P<month>{"|".join(MONTHS)}),?\s+
         (?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)?,?\s+)?)?
      (?P<year>(?:19|20)\d\d)
    ) (?! [\d%] | ['’]?s\b | \s?[-–/]\s?\d | \s(?:people|men|women|words)\b )
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_RELATIVE = regex.compile(
    rf"""
    \b(?: (?P<near>today|tonight|tomorrow|yesterday)
        | (?P<which>this|last|past|next)\s+(?P<unit>week(?:end)?|month|year)
        | (?:on|this|last)\s+(?P<day>{"|".join(_DAYS)})
        | (?P<recent>recent(?:ly)?|lately|latest|newest|now|currently|upcoming)
    )\b
    """,
    regex.VERBOSE | regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeWords:
    """What a question says about time.

    ``newest``: the words that ask for the newest. ``relative``: words that name days as seen from the day of asking,
    and ``preferred``: the first and the last of these days. ``required``: the words that name a date or year, and so
    demand publications from ``since`` on and before ``before``. Each is None without such words.
    """

    newest: Span | None = None
    relative: Span | None = None
    preferred: tuple[date, date] | None = None
    required: Span | None = None
    since: date | None = None
    before: date | None = None


def find_time_words(text: str, today: date | None) -> TimeWords:
    """Find the words of time in ``text``; without ``today``, the day of asking, none is relative."""
    newest, required = _NEWEST.search(text), _REQUIRED.search(text)
    relative = _RELATIVE.search(text) if today else None
    since = before = None
    if required and (period := _named_period(required)):
        first, end = period
        how = required["how"].casefold()
        since = {"in": first, "since": first, "after": end}.get(how)
        before = {"in": end, "before": first}.get(how)
    return TimeWords(
        Span(*newest.span()) if newest else None,
        Span(*relative.span()) if relative else None,
        _preferred_days(relative, today) if relative and today else None,
        Span(*required.span()) if required and (since or before) else None,
        since,
        before,
    )


def _named_period(found: regex.Match[str]) -> tuple[date, date] | None:
    """The first day of the day, month or year that is named, and the day after its last; None for no date."""
    year = int(found["year"])
    named = (found["month"] or "").capitalize()
    month = MONTHS.index(named) + 1 if named in MONTHS else int(named or 0)
    try:
        if month and found["day"]:
            first = date(year, month, int(found["day"]))
            return first, first + timedelta(days=1)
        if month:
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        return date(year, 1, 1), date(year + 1, 1, 1)
    except ValueError:
        return None


def _preferred_days(found: regex.Match[str], today: date) -> tuple[date, date]:
    if day := found["day"]:
        first = today - timedelta(days=(today.weekday() - _DAYS.index(day.casefold())) % 7)
        return first, first + timedelta(days=1)
    if near := found["near"]:
        first = today - timedelta(days=near.casefold() in ("yesterday", "tomorrow"))
        return first, today
    if not found["unit"] or found["which"].casefold() == "next" or found["unit"].casefold().startswith("week"):
        is_last = found["which"] and found["which"].casefold() in ("last", "past")
        end = today - WEEK if is_last else today
        return end - WEEK, end
    is_year = found["unit"].casefold() == "year"
    first = today.replace(month=1, day=1) if is_year else today.replace(day=1)
    if found["which"].casefold() == "this":
        return first, today
    end = first - timedelta(days=1)
    return end.replace(month=1, day=1) if is_year else end.replace(day=1), end
