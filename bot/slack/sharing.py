"""What shares a private answer, and what a shared one says of whence it comes.

Keeps secret what the button carries: the question, which its asker typed. The answer is not in it; it is asked of the
archive again, and verified again, when it is shared.
"""

from __future__ import annotations

import re

from pydantic import BaseModel

from bot.slack.blockkit import context, mrkdwn, plain_text, section
from bot.slack.blocks import SENTENCE_LIMIT, Message
from bot.slack.markup import shorten, size
from bot.slack.references import value_of

SHARE = "share"
# Slack's limit for what a button carries.
VALUE_LIMIT = 2_000
# What is laid around a reply takes this much of a message's size at most; a question may be long.
ROOM = SENTENCE_LIMIT + 60

_USER = re.compile(r"[UW][A-Z0-9]+")


class Shared(BaseModel):
    """What the button carries."""

    question: str


def sharing_of(question: str) -> Shared | None:
    """What shares the answer to ``question``; None where that is too long for a button to carry."""
    shared = Shared(question=question)
    return shared if size(value_of(shared)) <= VALUE_LIMIT else None


def credited(message: Message, question: str, user: str) -> Message:
    """``message`` below the question that it answers, and below who shared it."""
    who = f"Shared by <@{user}>, who asked:" if _USER.fullmatch(user) else "Shared by a person who asked:"
    asked = section(plain_text(shorten(question, SENTENCE_LIMIT)))
    return Message(message.text, [context(mrkdwn(who)), asked, *message.blocks])
