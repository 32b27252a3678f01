"""Split a paragraph into sentences, with sentencex and corrections of its known errors."""

from __future__ import annotations

from collections.abc import Iterator

import regex
from sentencex import segment

from bot.models import Span

WINDOW = 4_000
"""Characters that the library gets at once: its time is quadratic, for instance in the number of opening quotes."""

_BLANKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000", " "))
_BLANKS.update(dict.fromkeys(range(0x2000, 0x200B), " "))

_HOUR_LAST = regex.compile(r"\b[ap]\.m\.\Z", regex.IGNORECASE)
_HOUR_CHARS = 5  # with the character before it
_DAY_OR_ZONE = regex.compile(
    r"""
    (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
    | (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\p{L}*\.?[ ]\d
    | (?:[ECMP][SD]?T|GMT|UTC|BST|CES?T)\b
    | (?:Eastern|Central|Mountain|Pacific)(?:[ ](?:[Tt]ime|[Ss]tandard|[Dd]aylight)\b|[\p{P}]|\Z)
    """,
    regex.VERBOSE,
)


def _continues_sentence(text: str, before: Span, after: str) -> bool:
    """Whether ``after`` continues the sentence ``before``, although the library found a border between them."""
    end = text[max(before.start, before.end - _HOUR_CHARS) : before.end]
    begins_name = end[-2:-1].isspace() and text.startswith(after, before.end)  # ".NET"
    return (
        after[0].islower()
        or begins_name
        or (_HOUR_LAST.search(end) is not None and _DAY_OR_ZONE.match(after) is not None)
    )


def _segment(text: str) -> Iterator[tuple[int, str]]:
    """The library's pieces of the text, in order, each with its offset. No piece is longer than ``WINDOW``."""
    at = 0
    while at < len(text):
        window = text[at : at + WINDOW]
        pieces = segment("en", window)
        if at + len(window) < len(text):
            # The last piece may go on behind the window. If it is the only one, it is cut, at a blank if there is one.
            pieces = pieces[:-1] or [window[: window.rfind(" ") + 1] or window]
        for piece in pieces:
            start = text.index(piece, at)  # the pieces are consecutive slices of the text
            at = start + len(piece)
            yield start, piece


def split_sentences(text: str) -> tuple[Span, ...]:
    """Split one paragraph's text into sentences, in order, without the white space around them.

    Offsets are into ``text``. A text without a border is one sentence; a blank one has none. Where the library splits
    too often, its pieces are joined: no sentence begins with a lower-case letter ("approx. five") or with the day or
    time zone of an hour ("9 p.m. Thursday"), and a piece without a letter ("3.") belongs to the next one.
    """
    # The library panics on some non-ASCII blanks, and takes a line end for a border. Each is replaced by one blank, so
    # that the offsets do not change.
    spaced = text.translate(_BLANKS)
    found: list[Span] = []
    has_letter = False
    for start, piece in _segment(spaced):
        body = piece.strip()
        if body:
            first = start + len(piece) - len(piece.lstrip())
            if found and (not has_letter or _continues_sentence(spaced, found[-1], body)):
                first = found.pop().start
            else:
                has_letter = False
            has_letter = has_letter or any(map(str.isalpha, body))
            found.append(Span(first, start + len(piece.rstrip())))
    return tuple(found)
