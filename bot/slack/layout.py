"""Build Slack messages from replies: quotes, citations, the bot's own sentences, and buttons with their values.

The words of an article appear only in the text elements of a ``rich_text_quote``, which Slack never formats. Titles and
other metadata are escaped or plain text, and isolated so that they cannot reorder the text around them.

The value of a button identifies questions and quotes by id, never by their words (except the question of an answer to
share), so that any process can handle a click after any restart. A quote is verified again when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import regex
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import VerificationError
from bot.index.archive import Archive
from bot.models import Answer, Article, Json, Quote, Reply, Span, format_date
from bot.search.messages import header_lines
from bot.slack.blocks import (
    ISOLATES,
    SENTENCE_LIMIT,
    bullet_list,
    button,
    context,
    escape,
    isolate,
    mrkdwn,
    plain_text,
    quotation,
    safe_url,
    sentence_block,
    shorten,
    text_element,
    total_size,
    truncate,
    truncate_escaped,
    utf16_length,
)
from bot.slack.strings import EXAMPLES, HOW_TO
from bot.store.models import MessageRef
from bot.text.fragments import link_to

# All limits are in UTF-16 code units. Slack rejects messages above a size that it does not document: 11,341 characters
# have been rejected, 8,000 never.
MESSAGE_LIMIT = 8_000
# Of the sentence that says how many quotes were left out.
LEFT_OUT_SIZE = 70
# Slack accepts 50 blocks. A quote has two, or three, and a message has other blocks before and after the quotes.
MAX_QUOTE_BLOCKS = 40
# Enough for any three sentences; of a longer quote a verbatim part is shown. With the limits below, a notification, the
# lines above the quotes and one quote with its citation always fit: the first quote is always shown.
QUOTE_LIMIT = 1_800
EXAMPLE_LIMIT = 150
# Of the first quote and of its source in the notification, escaped.
NOTIFICATION_LIMIT = 600
NOTIFICATION_SOURCE_LIMIT = 400
TITLE_LIMIT = 200
DETAIL_LIMIT = 120
LIST_LIMIT = 250
# The title in a link is escaped, which can make it five times as long.
LABEL_LIMIT = 400

# Slack's limit for the value of a button, in characters.
VALUE_LIMIT = 2_000
# Hexadecimal digits of an article's digest in a value: enough to notice a changed text.
DIGEST_DIGITS = 16
# Space to reserve in a message for the texts of the buttons, and for the lines above a shared answer.
BUTTONS_SIZE = 100
SHARE_HEADER_SIZE = SENTENCE_LIMIT + 60

# Action ids.
SHOW_CONTEXT, SHOW_PAGE, RATE, SHARE, WHY = "show_context", "show_page", "rate", "share", "why"
PREVIOUS_PASSAGES, MORE_PASSAGES = "passages_before", "more_passages"

_USER_ID = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL_HISTORY_SCOPES = frozenset({"channels:history", "groups:history"})

# Formatted by Slack in a link's label, even when escaped.
_FORMATTED = re.compile(r"[*_~`]|:[^\s:]+:")
_VISIBLE = regex.compile(r"[^\s\p{Default_Ignorable_Code_Point}]")
_NO_ISOLATES = str.maketrans(dict.fromkeys(ISOLATES))


class MessageContent(NamedTuple):
    """A message: ``text`` (escaped) for notifications and screen readers, ``blocks`` for display."""

    text: str
    blocks: list[Json]


def build_reply(
    reply: Reply, notes: tuple[str, ...] = (), *, reserved: int = 0, ref: MessageRef | None = None
) -> MessageContent:
    """Build the message for ``reply``, of at most ``MESSAGE_LIMIT`` minus ``reserved`` code units.

    ``notes`` say which parts of the question were not read. Unless ``ref``, the question, is None, a button below each
    quote from a PDF shows its page. Raises ``VerificationError`` if the text laid out for a quote differs from the
    quote.
    """
    quotes = reply.shown_quotes
    text = _notification(reply)
    head = [sentence_block(line) for line in (*notes, *header_lines(reply))]
    space = MESSAGE_LIMIT - LEFT_OUT_SIZE - reserved - utf16_length(text) - total_size(head)
    body: list[Json] = []
    shown = 0
    for quote in quotes:
        blocks = [*_quote(quote), *(_page_button(quote, ref) if ref else ())]
        space -= total_size(blocks)
        if space < 0 or len(body) + len(blocks) > MAX_QUOTE_BLOCKS:
            break
        body += blocks
        shown += 1
    if left_out := len(quotes) - shown:
        what = "1 more quote was" if left_out == 1 else f"{left_out} more quotes were"
        body.append(sentence_block(f"{what} left out to keep this message short."))
    return MessageContent(text, [*head, *body])


def build_how_to(examples: tuple[str, ...], notes: tuple[str, ...] = ()) -> MessageContent:
    """Build the message that explains how to ask, with example questions from the archive."""
    blocks = [sentence_block(line) for line in (*notes, HOW_TO)]
    items = [[text_element(shorten(example, EXAMPLE_LIMIT))] for example in examples if example.strip()]
    if items:
        blocks += [sentence_block(EXAMPLES), bullet_list(items)]
    return MessageContent(escape(HOW_TO), blocks)


def build_sentence(sentence: str) -> MessageContent:
    """Build a message with one sentence of the bot's own."""
    return MessageContent(_escaped_sentence(sentence), [sentence_block(sentence)])


def citation_block(quote: Quote, *, is_shortened: bool) -> Json:
    """The citation below ``quote``. If the article has a URL, the title links to the quoted words.

    Only the link is mrkdwn, because plain text cannot contain one. A title that Slack would format stays plain text,
    and a separate link follows it.
    """
    parts = [*dict.fromkeys(shown for part in quote.citation if (shown := _metadata(part, DETAIL_LIMIT)))]
    if is_shortened:
        parts.append("part of the paragraph")
    if absent := quote.without_year(quote.absent_terms):
        parts.append("not in this passage: " + _metadata(", ".join(absent), LIST_LIMIT))
    if quote.matched_expansions:
        expansions = ", ".join(f"{form} = {words}" for form, words in quote.matched_expansions)
        parts.append("found as: " + _metadata(expansions, LIST_LIMIT))
    if quote.also_in:
        named = (_title_and_source(other.article) for other in quote.also_in)
        others = ", ".join(dict.fromkeys(filter(None, named)))
        parts.append("also in " + _metadata(others, LIST_LIMIT))
    details = " · ".join(parts)
    title = _metadata(quote.article.title, TITLE_LIMIT) or "untitled"
    url = safe_url(link_to(quote)) or safe_url(quote.article.url)
    if url is None:
        return context(plain_text(f"{title} · {details}"))
    if _FORMATTED.search(title):
        return context(plain_text(title), mrkdwn(f"<{url}|open the article>"), plain_text(details))
    label = _metadata(truncate_escaped(quote.article.title, LABEL_LIMIT), TITLE_LIMIT) or "untitled"
    return context(mrkdwn(f"<{url}|{escape(label)}>"), plain_text(details))


def _title_and_source(article: Article) -> str:
    text = article.title if article.title == article.source else f"{article.title} ({article.source})"
    return shorten(text, DETAIL_LIMIT)


def _metadata(text: str | None, limit: int) -> str:
    """Metadata of an article, shortened and isolated; empty if nothing of it is visible.

    Its own isolates are removed, because balancing them could double its length.
    """
    text = shorten((text or "").translate(_NO_ISOLATES), limit)
    return isolate(text) if _VISIBLE.search(text) else ""


def _notification(reply: Reply) -> str:
    """The first quote and its source, or the reason for an abstention."""
    if not isinstance(reply, Answer):
        return _escaped_sentence(reply.reason)
    if not reply.quotes:
        return _escaped_sentence(next(header_lines(reply)))
    first = reply.quotes[0]
    article = first.article
    words = truncate_escaped(first.text, NOTIFICATION_LIMIT)
    title, publisher = _metadata(article.title, TITLE_LIMIT), _metadata(article.source, DETAIL_LIMIT)
    source = " · ".join(dict.fromkeys(filter(None, (title, publisher, format_date(article.published)))))
    omission = " …" if len(words) < len(first.text) else ""
    return escape(f"“{isolate(words)}”{omission} — {truncate_escaped(source, NOTIFICATION_SOURCE_LIMIT)}")


def _escaped_sentence(sentence: str) -> str:
    return escape(truncate_escaped(shorten(sentence, SENTENCE_LIMIT), NOTIFICATION_LIMIT))


def _quote(quote: Quote) -> list[Json]:
    words = truncate(quote.text, QUOTE_LIMIT)
    if words != quote.text:
        span = Span(quote.span.start, quote.span.start + len(words))
        highlights = tuple(highlight for highlight in quote.highlights if span.contains(highlight))
        quote = replace(quote, span=span, highlights=highlights)
    parts = [text_element(piece, is_bold=is_bold) for piece, is_bold in quote.pieces() if piece]
    if "".join(part["text"] for part in parts) != quote.text:
        raise VerificationError("The text laid out for a quote differs from the quote, so it is not shown.")
    return [quotation(*parts), citation_block(quote, is_shortened=any(quote.omissions))]


def _page_button(quote: Quote, ref: MessageRef) -> Iterator[Json]:
    value = context_ref(ref, [quote]) if quote.pages else None
    if value is not None:
        yield {"elements": [button("Show page", SHOW_PAGE, encode_value(value))], "type": "actions"}


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


def page_ref(ref: MessageRef, scopes: frozenset[str] | None) -> MessageRef | None:
    """Return ``ref``, the question, if the bot's scopes (None: unknown) let it show pages; else None."""
    return ref if scopes is not None and "files:write" in scopes else None


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
    return MessageContent(message.text, [*message.blocks, {"elements": [*row, why], "type": "actions"}, rating])
