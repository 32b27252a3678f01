"""What stands around an answer that can be shared, and around one that is: it fits, and does nothing but show."""

from __future__ import annotations

from hypothesis import given

from bot.models import Answer, Reply
from bot.playground.cast import YOU
from bot.slack.blocks import MESSAGE_LIMIT, Message, plain, render, size_of
from bot.slack.markup import size
from bot.slack.sharing import ROOM, VALUE_LIMIT, credited, offered

from .hostile import MIXTURES, assert_harmless, replies, untimed


def test_a_question_that_a_button_cannot_carry_is_not_shared() -> None:
    """The button holds at most what Slack takes; a longer question has none."""
    message = plain("x")
    assert len(offered(message, "ü" * (VALUE_LIMIT - 15)).blocks) == 2
    assert len(offered(message, "𝕳" * (VALUE_LIMIT // 2)).blocks) == 1


@untimed
@given(replies(), MIXTURES)
def test_what_is_shared_fits_and_does_nothing_but_show(reply: Reply, question: str) -> None:
    """However long and hostile, a shared answer and a private one are messages that Slack takes."""
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    message = render(reply, around=ROOM)
    assert_harmless(offered(message, question), quotes)
    shared = credited(message, question or "x", YOU)
    who, *rest = shared.blocks
    assert_harmless(Message(shared.text, rest), quotes)
    assert who["elements"] == [{"type": "mrkdwn", "text": f"Shared by <@{YOU}>, who asked:", "verbatim": True}]
    assert size_of(shared.blocks) + size(shared.text) <= MESSAGE_LIMIT
