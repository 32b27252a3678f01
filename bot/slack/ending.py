"""What is left of a question that has come to its end: what is kept of it, and the line of the log.

Keeps secret which of its words go where: into the records, where they are forgotten in time, and not into the log.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.records import Kept, Outcome, mark_of, short_id
from bot.slack.composing import Composed
from bot.slack.questions import Asked
from bot.telemetry import Line


def kept_of(
    asked: Asked | None, said: Composed | None, outcome: Outcome, is_public: Callable[[str], bool]
) -> Kept | None:
    """What is kept of ``asked``: nothing, unless it was searched and what was found is what it ended with.

    ``is_public`` finds out whether a channel is, where Slack did not say.
    """
    if asked is None or asked.text is None or said is None or said.receipt is None or said.outcome != outcome:
        return None
    place, told = asked.place, asked.origin.is_public
    return Kept(
        id=short_id(place, asked.delivery.version),
        place=place,
        thread=asked.thread or "",
        person=mark_of(place.team, asked.user),
        surface=asked.surface,
        words=asked.text,
        outcome=outcome,
        receipt=said.receipt,
        follows=said.follows,
        is_public=is_public(place.channel) if told is None else told,
    )


def line_of(
    asked: Asked, said: Composed | None, outcome: Outcome, kept: Kept | None, *, attempt: int, waited: float
) -> Line:
    """What is told of ``asked``, which ``waited`` so many seconds for its end."""
    return Line(
        event_id=asked.delivery.event_id,
        team=asked.place.team,
        channel=asked.place.channel,
        surface=asked.surface,
        outcome=outcome,
        answer=kept.id if kept else None,
        confidence=said.confidence if said else None,
        quotes=said.quotes if said else 0,
        took_ms=round(said.took_ms if said else 0.0, 3),
        waited_ms=round(waited * 1000, 3),
        attempt=attempt,
        text=asked.text or "",
    )
