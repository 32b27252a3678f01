"""Build Slack messages from replies: quotes, citations and the bot's own sentences, within Slack's size limits.

At the end are the blocks, elements and views of Block Kit as JSON. The classes of slack_sdk are not used because they
are slow: serializing them took more than half of the time needed to lay out a reply. The tests compare the output with
those classes.

The words of an article appear only in the text elements of a ``rich_text_quote``, which Slack never formats. Titles and
other metadata are escaped or plain text, and isolated so that they cannot reorder the text around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import regex

from bot.errors import VerificationError
from bot.models import Answer, Article, Json, Quote, Reply, Span, format_date
from bot.search.messages import header_lines
from bot.slack.markup import ISOLATES, escape, isolate, safe_url, shorten, truncate, truncate_escaped, utf16_length
from bot.slack.strings import EXAMPLES, HOW_TO
from bot.text.fragments import link_to

# All limits are in UTF-16 code units. Slack rejects messages above a size that it does not document: 11,341 characters
# have been rejected, 8,000 never.
MESSAGE_LIMIT = 8_000
# Slack accepts 50 blocks. A quote has two, and a message has other blocks before and after the quotes.
MAX_QUOTES = 20
# Enough for any three sentences; of a longer quote a verbatim part is shown. With the limits below, a notification, the
# lines above the quotes and one quote with its citation always fit: the first quote is always shown.
QUOTE_LIMIT = 1_800
SENTENCE_LIMIT = 600
EXAMPLE_LIMIT = 150
# Of the first quote and of its source in the notification, escaped.
NOTIFICATION_LIMIT = 600
NOTIFICATION_SOURCE_LIMIT = 400
TITLE_LIMIT = 200
DETAIL_LIMIT = 120
LIST_LIMIT = 250
# The title in a link is escaped, which can make it five times as long.
LABEL_LIMIT = 400

# Formatted by Slack in a link's label, even when escaped.
_FORMATTED = re.compile(r"[*_~`]|:[^\s:]+:")
_VISIBLE = regex.compile(r"[^\s\p{Default_Ignorable_Code_Point}]")
_NO_ISOLATES = str.maketrans(dict.fromkeys(ISOLATES))


class MessageContent(NamedTuple):
    """A message: ``text`` (escaped) for notifications and screen readers, ``blocks`` for display."""

    text: str
    blocks: list[Json]


def build_reply(reply: Reply, notes: tuple[str, ...] = (), *, reserved: int = 0) -> MessageContent:
    """Build the message for ``reply``, of at most ``MESSAGE_LIMIT`` minus ``reserved`` code units.

    ``notes`` say which parts of the question were not read. Raises ``VerificationError`` if the text laid out for a
    quote differs from the quote.
    """
    quotes = reply.shown_quotes
    text = _notification(reply)
    head = [sentence_block(line) for line in (*notes, *header_lines(reply))]
    space = MESSAGE_LIMIT - reserved - utf16_length(text) - total_size(head) - utf16_length(_left_out(len(quotes)))
    body: list[Json] = []
    shown = 0
    for quote in quotes[:MAX_QUOTES]:
        blocks = _quote(quote)
        space -= total_size(blocks)
        if space < 0:
            break
        body += blocks
        shown += 1
    tail = [sentence_block(_left_out(len(quotes) - shown))] if shown < len(quotes) else []
    return MessageContent(text, [*head, *body, *tail])


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


def sentence_block(sentence: str) -> Json:
    """A block with one sentence of the bot's own."""
    return section(shorten(sentence, SENTENCE_LIMIT))


def total_size(blocks: Iterable[Json]) -> int:
    """The length of all texts and URLs in ``blocks``."""
    return sum(utf16_length(text) for block in blocks for text in texts_in(block))


def texts_in(value: object) -> Iterator[str]:
    """Yield every text and URL in a block, a list of blocks or a view, in order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"text", "url"} and isinstance(inner, str):
                yield inner
            else:
                yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def citation_block(quote: Quote, *, is_shortened: bool) -> Json:
    """The citation below ``quote``. If the article has a URL, the title links to the quoted words.

    Only the link is mrkdwn, because plain text cannot contain one. A title that Slack would format stays plain text,
    and a separate link follows it.
    """
    parts = _unique(_metadata(part, DETAIL_LIMIT) for part in quote.citation)
    if is_shortened:
        parts.append("part of the paragraph")
    if quote.reported_unmatched_terms:
        parts.append("not in this passage: " + _comma_list(quote.reported_unmatched_terms))
    if quote.matched_expansions:
        parts.append("found as: " + _comma_list(f"{form} = {words}" for form, words in quote.matched_expansions))
    if quote.also_in:
        parts.append("also in " + _comma_list(_unique(_title_and_source(other.article) for other in quote.also_in)))
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


def _comma_list(parts: Iterable[str]) -> str:
    return _metadata(", ".join(parts), LIST_LIMIT)


def _metadata(text: str | None, limit: int) -> str:
    """Metadata of an article, shortened and isolated; empty if nothing of it is visible.

    Its own isolates are removed, because balancing them could double its length.
    """
    text = shorten((text or "").translate(_NO_ISOLATES), limit)
    return isolate(text) if _VISIBLE.search(text) else ""


def _unique(parts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, parts)))


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
    source = " · ".join(_unique((title, publisher, format_date(article.published))))
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


def _left_out(count: int) -> str:
    return f"{count} more {'quote was' if count == 1 else 'quotes were'} left out to keep this message short."


def section(text: str) -> Json:
    """A block with one plain text."""
    return {"text": plain_text(text), "type": "section"}


def context(*texts: Json) -> Json:
    """A block with small texts on one line."""
    return {"elements": list(texts), "type": "context"}


def header(text: str) -> Json:
    """A heading block."""
    return {"text": plain_text(text), "type": "header"}


def quotation(*elements: Json) -> Json:
    """A quotation of text elements, shown with a vertical bar."""
    return {"elements": [{"elements": list(elements), "type": "rich_text_quote"}], "type": "rich_text"}


def bullet_list(items: list[list[Json]]) -> Json:
    """A bulleted list; each item is a list of text and link elements."""
    sections = [{"elements": item, "type": "rich_text_section"} for item in items]
    return {"elements": [{"elements": sections, "style": "bullet", "type": "rich_text_list"}], "type": "rich_text"}


def text_element(text: str, *, is_bold: bool = False) -> Json:
    """Literal text inside a rich text."""
    return {"style": {"bold": True}, "text": text, "type": "text"} if is_bold else {"text": text, "type": "text"}


def link_element(url: str, text: str) -> Json:
    """A link inside a rich text, with literal text."""
    return {"text": text, "type": "link", "url": url}


def plain_text(text: str) -> Json:
    """A text object in which nothing is formatted."""
    return {"emoji": False, "text": text, "type": "plain_text"}


def mrkdwn(text: str) -> Json:
    """A text object in Slack's markup, without automatic links."""
    return {"text": text, "type": "mrkdwn", "verbatim": True}


def button(text: str, action: str, value: str) -> Json:
    """A button; ``action`` is its action id."""
    return {"action_id": action, "text": plain_text(text), "type": "button", "value": value}


def actions(*elements: Json) -> Json:
    """A row of buttons and menus."""
    return {"elements": list(elements), "type": "actions"}


def modal(title: str, blocks: list[Json]) -> Json:
    """A modal without a form."""
    return {"blocks": blocks, "close": plain_text("Close"), "title": plain_text(title), "type": "modal"}


def home_view(blocks: list[Json]) -> Json:
    """The app's Home tab."""
    return {"blocks": blocks, "type": "home"}
