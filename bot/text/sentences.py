"""Whole sentences of a paragraph, as spans. Keeps secret which library finds their borders."""

from __future__ import annotations

import regex
from sentencex import segment

from bot.models import Span

_BLANKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000", " "))
_BLANKS.update(dict.fromkeys(range(0x2000, 0x200B), " "))

_HOUR_LAST = regex.compile(r"\b[ap]\.m\.\Z", regex.IGNORECASE)
_LONGEST_HOUR = 5  # with what stands before it
_DAY_OR_ZONE = regex.compile(
    r"""
    (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
    | (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\p{L}*\.?[ ]\d
    | (?:[ECMP][SD]?T|GMT|UTC|BST|CES?T)\b
    | (?:Eastern|Central|Mountain|Pacific)(?:[ ](?:[Tt]ime|[Ss]tandard|[Dd]aylight)\b|[\p{P}]|\Z)
    """,
    regex.VERBOSE,
)


def _goes_on(text: str, before: Span, after: str) -> bool:
    """Whether ``after``, behind a border that the library found, goes on with the sentence ``before`` it."""
    end = text[max(before.start, before.end - _LONGEST_HOUR) : before.end]
    return after[0].islower() or (_HOUR_LAST.search(end) is not None and _DAY_OR_ZONE.match(after) is not None)


def split_sentences(text: str) -> tuple[Span, ...]:
    """The sentences of one paragraph's ``text``, in order, without the blanks around them.

    Offsets are into ``text``. A text without a border is one sentence; a blank one has none. Where the library parts
    too often, its parts are joined: no sentence begins with a small letter ("approx. five"), nor with the day or the
    zone of an hour ("9 p.m. Thursday"), and none is without a letter ("3.") that another follows.
    """
    # The library panics on some blanks that are not ASCII's, and takes a line end for a border. Replaced one for one,
    # so that the offsets stay.
    spaced = text.translate(_BLANKS)
    found: list[Span] = []
    has_letter = False
    at = 0
    for piece in segment("en", spaced):
        start = spaced.index(piece, at)  # the pieces are slices of the text, in order
        at = start + len(piece)
        body = piece.strip()
        if body:
            first = start + len(piece) - len(piece.lstrip())
            if found and (not has_letter or _goes_on(spaced, found[-1], body)):
                first = found.pop().start
            else:
                has_letter = False
            has_letter = has_letter or any(map(str.isalpha, body))
            found.append(Span(first, start + len(piece.rstrip())))
    return tuple(found)
