"""Whole sentences of a paragraph, as spans. Keeps secret which library finds their borders."""

from __future__ import annotations

from sentencex import segment

from bot.models import Span


def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of one paragraph's ``text``, in order, without the blanks around them.

    Offsets are into ``text``. A text without a border is one sentence; a blank one has none. No sentence begins with a
    small letter: where the library parts there ("approx. five"), the full stop was an abbreviation's.
    """
    # The library panics on some blanks that are not ASCII's, and takes a line end for a border. Replaced one for one,
    # so that the offsets stay.
    spaced = "".join(" " if letter.isspace() else letter for letter in text)
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
