"""Whole sentences of a paragraph, as spans. Keeps secret which library finds their borders."""

from __future__ import annotations

from sentencex import segment

from bot.models import Span

_BLANKS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000", " "))
_BLANKS.update(dict.fromkeys(range(0x2000, 0x200B), " "))


def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of one paragraph's ``text``, in order, without the blanks around them.

    Offsets are into ``text``. A text without a border is one sentence; a blank one has none. No sentence begins with a
    small letter: where the library parts there ("approx. five"), the full stop was an abbreviation's.
    """
    # The library panics on some blanks that are not ASCII's, and takes a line end for a border. Replaced one for one,
    # so that the offsets stay.
    spaced = text.translate(_BLANKS)
    found: list[Span] = []
    at = 0
    for piece in segment("en", spaced):
        start = spaced.index(piece, at)  # the pieces are slices of the text, in order
        at = start + len(piece)
        body = piece.strip()
        if body:
            first = start + len(piece) - len(piece.lstrip())
            if found and body[0].islower():
                first = found.pop().start
            found.append(Span(first, start + len(piece.rstrip())))
    return tuple(found)
