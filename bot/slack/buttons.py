"""The buttons below a reply, and the values they carry.

A value identifies questions and quotes by id, never by their words (except the question of an answer to share), so that
any process can handle a click after any restart. A quote is verified again when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from bot.index.archive import Archive
from bot.models import Quote, Span
from bot.slack.layout import (
    SENTENCE_LIMIT,
    MessageContent,
    actions,
    button,
    context,
    mrkdwn,
    plain_text,
    sentence_block,
)
from bot.slack.markup import utf16_length
from bot.store.models import MessageRef

# Slack's limit for the value of a button, in characters.
VALUE_LIMIT = 2_000
# Hexadecimal digits of an article's digest in a value: enough to notice a changed text.
DIGEST_DIGITS = 16
# Space to reserve in a message for the texts of the buttons, and for the lines above a shared answer.
BUTTONS_SIZE = 100
SHARE_HEADER_SIZE = SENTENCE_LIMIT + 60

# Action ids.
SHOW_CONTEXT, RATE, SHARE, WHY = "show_context", "rate", "share", "why"
PREVIOUS_PASSAGES, MORE_PASSAGES = "passages_before", "more_passages"

_USER_ID = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL_HISTORY_SCOPES = frozenset({"channels:history", "groups:history"})


class QuoteRef(NamedTuple):
    """A quote: article id, character offsets in the article's text, and the first digits of that text's digest."""

    article: str
    start: int
    end: int
    digest: str


class _MessageValue(BaseModel):
    """A value about the question at ``ref``. The aliases are the keys in buttons of older messages."""

    model_config = ConfigDict(populate_by_name=True)
    ref: MessageRef = Field(validation_alias="place", serialization_alias="place")


class ContextRef(_MessageValue):
    """The quotes of a reply, and the index of the one that is shown."""

    quotes: tuple[QuoteRef, ...]
    at: int = 0

    def move(self, by: int) -> ContextRef | None:
        """Select the quote ``by`` steps away; None if there is none."""
        at = self.at + by
        return self.model_copy(update={"at": at}) if 0 <= at < len(self.quotes) else None


class RatingRef(_MessageValue):
    """A rating of a reply."""

    useful: bool


class AnswerRef(_MessageValue):
    """The reply to one ``version`` of a question."""

    version: str


class PageRef(AnswerRef):
    """Page ``at`` of the passages for a question; page 0 is the answer.

    ``is_follow_up``: the subject of earlier questions was searched too; the store has them.
    """

    at: int = Field(ge=0)
    is_follow_up: bool = Field(default=False, validation_alias="goes_on", serialization_alias="goes_on")


class ShareRef(BaseModel):
    """The question of a private answer. When it is shared, it is answered and verified again."""

    question: str


def encode_value(value: BaseModel) -> str:
    """Encode the value of a button as JSON."""
    return value.model_dump_json(by_alias=True)


def context_ref(ref: MessageRef, quotes: Sequence[Quote]) -> ContextRef | None:
    """Refer to as many of the first ``quotes`` as fit into a value; None if there are none.

    Quotes of articles whose id contains lone surrogates (from file names that are not UTF-8) are left out.
    """
    quote_refs: list[QuoteRef] = []
    for quote in quotes:
        article = quote.article
        if any("\ud800" <= char <= "\udfff" for char in article.id):
            continue
        quote_ref = QuoteRef(article.id, quote.span.start, quote.span.end, article.sha256[:DIGEST_DIGITS])
        longest = ContextRef(ref=ref, quotes=(*quote_refs, quote_ref), at=len(quotes))
        if utf16_length(encode_value(longest)) > VALUE_LIMIT:
            break
        quote_refs.append(quote_ref)
    return ContextRef(ref=ref, quotes=tuple(quote_refs)) if quote_refs else None


def find_quote(archive: Archive, ref: QuoteRef) -> Quote:
    """Find and verify a quote. Raises ``VerificationError`` if its source has changed."""
    return archive.find_quote(ref.article, Span(ref.start, ref.end), ref.digest)


def share_ref(question: str) -> ShareRef | None:
    """Refer to a question whose answer can be shared; None if it is too long for a button's value."""
    ref = ShareRef(question=question)
    return ref if utf16_length(encode_value(ref)) <= VALUE_LIMIT else None


def can_reread(channel: str, scopes: frozenset[str] | None) -> bool:
    """Whether the bot's scopes (None: unknown) let it read a question in ``channel`` again, which paging needs."""
    if scopes is None:
        return False
    return "im:history" in scopes if channel.startswith("D") else scopes >= _CHANNEL_HISTORY_SCOPES


def add_share_header(message: MessageContent, question: str, user: str) -> MessageContent:
    """Add who shared the answer, and the question, above ``message``."""
    line = f"Shared by <@{user}>, who asked:" if _USER_ID.fullmatch(user) else "Shared by a person who asked:"
    question_block = sentence_block(question)
    return MessageContent(message.text, [context(mrkdwn(line)), question_block, *message.blocks])


def add_buttons(
    message: MessageContent,
    answer: AnswerRef,
    quotes: Sequence[Quote],
    *,
    share: ShareRef | None = None,
    before: PageRef | None = None,
    after: PageRef | None = None,
) -> MessageContent:
    """Add the buttons below ``message``, the reply ``answer`` with ``quotes``.

    ``share``, ``before`` and ``after`` (the previous and the next page) have a button unless they are None.
    """
    candidates = (
        ("Show context", SHOW_CONTEXT, context_ref(answer.ref, quotes)),
        ("Previous passages", PREVIOUS_PASSAGES, before),
        ("More passages", MORE_PASSAGES, after),
        ("Share in channel", SHARE, share),
    )
    row = [button(text, action, encode_value(value)) for text, action, value in candidates if value is not None]
    # A menu of three dots, and Slack's thumbs up and down.
    items = [{"text": plain_text("Why this answer?"), "value": encode_value(answer)}]
    why = {"action_id": WHY, "options": items, "type": "overflow"}
    up, down = (
        {"text": plain_text(text), "value": encode_value(RatingRef(ref=answer.ref, useful=useful))}
        for text, useful in (("Helpful", True), ("Not helpful", False))
    )
    thumbs = {"action_id": RATE, "negative_button": down, "positive_button": up, "type": "feedback_buttons"}
    rating = {"elements": [thumbs], "type": "context_actions"}
    return MessageContent(message.text, [*message.blocks, actions(*row, why), rating])
