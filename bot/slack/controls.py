"""What stands below a reply for those who would know more: its buttons. Keeps secret which reply has which."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models import Quote
from bot.records import Place
from bot.slack.blockkit import Json, button, buttons, feedback, overflow
from bot.slack.blocks import Message
from bot.slack.references import Answered, Rating, Turn, showing_of, value_of
from bot.slack.sharing import SHARE, Shared

SHOW_CONTEXT = "show_context"
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
    share: Shared | None = None,
    before: Turn | None = None,
    after: Turn | None = None,
) -> Message:
    """``message``, which is the reply ``answered`` with ``quotes``, and its buttons.

    ``share`` is what shares it, ``before`` and ``after`` are the pages on either side of it.
    """
    place = answered.place
    offered = (
        ("Show context", SHOW_CONTEXT, showing_of(place, quotes)),
        ("Passages before", BEFORE, before),
        ("More passages", MORE, after),
        ("Share in channel", SHARE, share),
    )
    row = [button(text, action, value_of(named)) for text, action, named in offered if named is not None]
    why = overflow(WHY, ("Why this answer?", value_of(answered)))
    return Message(message.text, [*message.blocks, buttons(*row, why), _thumbs(place)])


def _thumbs(place: Place) -> Json:
    useful, useless = (value_of(Rating(place=place, useful=useful)) for useful in (True, False))
    return feedback(RATE, ("Helpful", useful), ("Not helpful", useless))
