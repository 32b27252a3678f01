"""Private answers that can be shared, and shared answers: both fit and contain nothing active."""

from __future__ import annotations

from hypothesis import given

from bot.models import Reply
from bot.playground.workspace import YOU
from bot.slack.blocks import texts_in, total_size, utf16_length
from bot.slack.layout import (
    BUTTONS_SIZE,
    MESSAGE_LIMIT,
    SHARE_HEADER_SIZE,
    VALUE_LIMIT,
    AnswerRef,
    MessageContent,
    ShareRef,
    add_buttons,
    add_share_header,
    build_reply,
    share_ref,
)
from bot.store.models import MessageRef

from .hostile import MIXTURES, assert_harmless, replies


def test_a_long_question_cannot_be_shared() -> None:
    """A question that does not fit into the value of the button has no Share button."""
    assert share_ref("ü" * (VALUE_LIMIT - 15)) == ShareRef(question="ü" * (VALUE_LIMIT - 15))
    assert share_ref("𝕳" * (VALUE_LIMIT // 2)) is None


@given(replies(), MIXTURES)
def test_shared_messages_fit_and_are_harmless(reply: Reply, question: str) -> None:
    """For any reply and question, Slack accepts the private and the shared message."""
    quotes = reply.shown_quotes
    message = build_reply(reply, reserved=SHARE_HEADER_SIZE + BUTTONS_SIZE)
    answered = AnswerRef(ref=MessageRef("T1", "C1", "1.0"), version="")
    private = add_buttons(message, answered, quotes, share=share_ref(question))
    assert_harmless(private, quotes)
    *_, row, _ = private.blocks
    names = [name for name in texts_in(row) if name != "Show context"]
    assert names == (["Share in channel", "Why this answer?"] if share_ref(question) else ["Why this answer?"])
    shared = add_share_header(message, question if question.strip() else "x", YOU)
    who, *rest = shared.blocks
    assert_harmless(MessageContent(shared.text, rest), quotes)
    assert who["elements"] == [{"type": "mrkdwn", "text": f"Shared by <@{YOU}>, who asked:", "verbatim": True}]
    assert total_size(shared.blocks) + utf16_length(shared.text) <= MESSAGE_LIMIT
