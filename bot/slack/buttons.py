"""What a button's value names: quotes and questions by their ids, never by their words.

Keeps secret how a value is written down, and how a quote is found again from it: by any process, after any restart, or
not at all where the article is no longer what it was.

What shares a private answer, and what a shared one says of whence it comes.

Keeps secret what the button carries: the question, which its asker typed. The answer is not in it; it is asked of the
archive again, and verified again, when it is shared.

What stands below a reply for those who would know more: its buttons. Keeps secret which reply has which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from bot.index.archive import Archive
from bot.models import Json, Quote, Span
from bot.slack.blockkit import button, buttons, context, feedback, mrkdwn, overflow, plain_text, section
from bot.slack.layout import SENTENCE_LIMIT, MessageContent
from bot.slack.markup import shorten, size
from bot.store.models import MessageRef

# What Slack takes of a button's value.
VALUE_LIMIT = 2_000
# What it takes of a menu's.
OPTION_LIMIT = 150
# Hexadecimal digits of an article's digest: enough to tell one text of it from another, short enough for a value.
DIGITS = 16


class QuoteRef(NamedTuple):
    """A quote: its article's id, where it stands in that article's text, and how that text's digest began."""

    article: str
    start: int
    end: int
    digest: str


class _MessageButton(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    ref: MessageRef = Field(
        validation_alias="place", serialization_alias="place"
    )  # the key in buttons of older messages


class ContextRef(_MessageButton):
    """The quotes of the reply to the question at ``ref``, and which of them is looked at."""

    quotes: tuple[QuoteRef, ...]
    at: int = 0

    def turned(self, by: int) -> ContextRef | None:
        """The same with another quote looked at; None where there is none."""
        at = self.at + by
        return self.model_copy(update={"at": at}) if 0 <= at < len(self.quotes) else None


class RatingRef(_MessageButton):
    """What somebody thinks of the reply to the question at ``ref``."""

    useful: bool


class PageRef(_MessageButton):
    """Page ``at`` of the passages for the question at ``ref``, as it was in this ``version``.

    ``goes_on``: it was searched with the subject of those before it, which the records know.
    """

    version: str
    at: int = Field(ge=0)
    goes_on: bool = False


class AnswerRef(_MessageButton):
    """The reply to the question at ``ref``, as it was in this ``version``."""

    version: str


def encode_value(named: BaseModel) -> str:
    """``named`` as a button holds it."""
    return named.model_dump_json(by_alias=True)


def showing_of(ref: MessageRef, quotes: Sequence[Quote]) -> ContextRef | None:
    """As many of the first ``quotes`` as a button's value can name; None where it can name none.

    An article whose id is no text (the name of its file is not) cannot be named.
    """
    named: list[QuoteRef] = []
    for quote in quotes:
        if _is_text(quote.article.id):
            longer = ContextRef(ref=ref, quotes=(*named, reference_of(quote)), at=len(quotes))
            if size(encode_value(longer)) > VALUE_LIMIT:
                break
            named.append(longer.quotes[-1])
    return ContextRef(ref=ref, quotes=tuple(named)) if named else None


def reference_of(quote: Quote) -> QuoteRef:
    """What finds ``quote`` again."""
    return QuoteRef(quote.article.id, quote.span.start, quote.span.end, quote.article.sha256[:DIGITS])


def _is_text(name: str) -> bool:
    """Whether ``name`` can be written down as text."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def find_quote(archive: Archive, reference: QuoteRef) -> Quote:
    """The quote that ``reference`` names, verified now. VerificationError where its source has changed."""
    return archive.find_quote(reference.article, Span(reference.start, reference.end), reference.digest)


SHARE = "share"
# Slack's limit for what a button carries.
SHARE_VALUE_LIMIT = 2_000
# What is laid around a reply takes this much of a message's size at most; a question may be long.
SHARE_BLOCKS = SENTENCE_LIMIT + 60

_USER = re.compile(r"[UW][A-Z0-9]+")


class ShareRef(BaseModel):
    """What the button carries."""

    question: str


def sharing_of(question: str) -> ShareRef | None:
    """What shares the answer to ``question``; None where that is too long for a button to carry."""
    shared = ShareRef(question=question)
    return shared if size(encode_value(shared)) <= SHARE_VALUE_LIMIT else None


def credited(message: MessageContent, question: str, user: str) -> MessageContent:
    """``message`` below the question that it answers, and below who shared it."""
    who = f"Shared by <@{user}>, who asked:" if _USER.fullmatch(user) else "Shared by a person who asked:"
    asked = section(plain_text(shorten(question, SENTENCE_LIMIT)))
    return MessageContent(message.text, [context(mrkdwn(who)), asked, *message.blocks])


SHOW_CONTEXT = "show_context"
RATE = "rate"
PREVIOUS_PASSAGES, MORE_PASSAGES = "passages_before", "more_passages"
WHY = "why"
# The size of all that stands on a reply's buttons, at most.
BUTTON_BLOCKS = 100


def add_buttons(
    message: MessageContent,
    answered: AnswerRef,
    quotes: Sequence[Quote],
    *,
    share: ShareRef | None = None,
    before: PageRef | None = None,
    after: PageRef | None = None,
) -> MessageContent:
    """``message``, which is the reply ``answered`` with ``quotes``, and its buttons.

    ``share`` is what shares it, ``before`` and ``after`` are the pages on either side of it.
    """
    ref = answered.ref
    offered = (
        ("Show context", SHOW_CONTEXT, showing_of(ref, quotes)),
        ("Passages before", PREVIOUS_PASSAGES, before),
        ("More passages", MORE_PASSAGES, after),
        ("Share in channel", SHARE, share),
    )
    row = [button(text, action, encode_value(named)) for text, action, named in offered if named is not None]
    why = overflow(WHY, ("Why this answer?", encode_value(answered)))
    return MessageContent(message.text, [*message.blocks, buttons(*row, why), _thumbs(ref)])


def _thumbs(ref: MessageRef) -> Json:
    useful, useless = (encode_value(RatingRef(ref=ref, useful=useful)) for useful in (True, False))
    return feedback(RATE, ("Helpful", useful), ("Not helpful", useless))
