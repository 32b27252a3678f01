"""What stands below a reply for those who would know more: its buttons. Keeps secret which reply has which."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models import Quote
from bot.records import Place
from bot.slack.blockkit import Json, button, buttons, feedback, overflow
from bot.slack.blocks import Message
from bot.slack.modals import SHOW_CONTEXT
from bot.slack.references import Answered, Rating, Showing, Turn, showing_of, value_of

RATE = "rate"
BEFORE, MORE = "passages_before", "more_passages"
WHY = "why"
# The size of all that stands on a reply's buttons, at most.
ROOM = 100


def with_controls(
    message: Message,
    answered: Answered,
    quotes: Sequence[Quote],
    *,
    before: Turn | None = None,
    after: Turn | None = None,
) -> Message:
    """``message``, which is the reply ``answered`` with ``quotes``, and its buttons.

    ``before`` and ``after`` are the pages on either side of it.
    """
    place = answered.place
    row = [*_row(showing_of(place, quotes), before, after), overflow(WHY, ("Why this answer?", value_of(answered)))]
    return Message(message.text, [*message.blocks, buttons(*row), _thumbs(place)])


def _row(showing: Showing | None, before: Turn | None, after: Turn | None) -> list[Json]:
    offered = (
        ("Show context", SHOW_CONTEXT, showing),
        ("Passages before", BEFORE, before),
        ("More passages", MORE, after),
    )
    return [button(text, action, value_of(named)) for text, action, named in offered if named is not None]


def _thumbs(place: Place) -> Json:
    useful, useless = (value_of(Rating(place=place, useful=useful)) for useful in (True, False))
    return feedback(RATE, ("Helpful", useful), ("Not helpful", useless))
