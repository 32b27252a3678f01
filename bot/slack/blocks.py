"""A reply as a Slack message: how quotes, citations and the bot's own sentences are laid out, and how much fits.

An article's words stand only in the text elements of a ``rich_text_quote``, which Slack never formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from slack_sdk.models.blocks import (
    Block,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextQuoteElement,
    RichTextSectionElement,
    SectionBlock,
)

from bot.errors import VerificationError
from bot.models import Answer, Quote, Reply, Span
from bot.slack.citations import context, source_line
from bot.slack.markup import cut, cut_escaped, escape, shorten
from bot.slack.phrases import EXAMPLES, HOW_TO

# Slack refuses messages at a size that it does not document; 11,341 characters have been refused, 8,000 never.
MESSAGE_LIMIT = 8_000
# Enough for any three sentences; a longer quote is cut to a verbatim part.
QUOTE_LIMIT = 1_800
# Of the first quote and of its source in the notification, escaped: what a lock screen or a screen reader gives first.
NOTICE_LIMIT = 700
NOTICE_SOURCE_LIMIT = 400
SENTENCE_LIMIT = 800
EXAMPLE_LIMIT = 150
# Slack takes 50 blocks; a quote has two, and the first lines and the last one are not quotes.
MOST_QUOTES = 20


class Message(NamedTuple):
    """What is posted: ``text`` for notifications and screen readers (escaped), ``blocks`` for everybody else."""

    text: str
    blocks: list[dict[str, Any]]


def render(reply: Reply, notes: tuple[str, ...] = ()) -> Message:
    """The message for ``reply``, at most MESSAGE_LIMIT characters in all.

    ``notes`` say what of the question was not read. VerificationError when the words laid out for a quote are not its.
    """
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    text = _notice(reply)
    head = [_sentence(line) for line in _first_lines(reply, notes)]
    room = MESSAGE_LIMIT - len(text) - size_of(head) - len(_left_out(len(quotes)))
    shown: list[Block] = []
    fitting = 0
    for quote in quotes[:MOST_QUOTES]:
        blocks = _quote(quote)
        room -= size_of(blocks)
        if room < 0:
            break
        shown += blocks
        fitting += 1
    tail = [_sentence(_left_out(len(quotes) - fitting))] if fitting < len(quotes) else []
    return Message(text, [block.to_dict() for block in (*head, *shown, *tail)])


def how_to(examples: tuple[str, ...], notes: tuple[str, ...] = ()) -> Message:
    """How to ask, with ``examples`` from the archive; shown where a message asked nothing."""
    blocks: list[Block] = [_sentence(line) for line in (*notes, HOW_TO)]
    items = [
        RichTextSectionElement(elements=[RichTextElementParts.Text(text=shorten(example, EXAMPLE_LIMIT))])
        for example in examples
        if example.strip()
    ]
    if items:
        blocks += [_sentence(EXAMPLES), RichTextBlock(elements=[RichTextListElement(elements=items, style="bullet")])]
    return Message(escape(HOW_TO), [block.to_dict() for block in blocks])


def plain(sentence: str) -> Message:
    """A message of one sentence of the bot's own."""
    return Message(escape(sentence), [_sentence(sentence).to_dict()])


def size_of(blocks: Iterable[Block]) -> int:
    """The characters of all texts and addresses in ``blocks``."""
    return sum(len(text) for block in blocks for text in texts_in(block.to_dict()))


def texts_in(value: object) -> Iterator[str]:
    """Every text and address inside a block, in order."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"text", "url"} and isinstance(inner, str):
                yield inner
            else:
                yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def _first_lines(reply: Reply, notes: tuple[str, ...]) -> Iterator[str]:
    yield from notes
    if isinstance(reply, Answer):
        if reply.caution:
            yield f"{reply.caution} Nearest, in the articles' own words:"
        return
    yield reply.reason
    if reply.nearest:
        yield "Nearest miss:" if len(reply.nearest) == 1 else "Nearest misses:"


def _notice(reply: Reply) -> str:
    if not isinstance(reply, Answer):
        return escape(cut_escaped(shorten(reply.reason, SENTENCE_LIMIT), NOTICE_LIMIT))
    first = reply.quotes[0]
    words = cut_escaped(first.text, NOTICE_LIMIT)
    mark = " …" if len(words) < len(first.text) else ""
    return escape(f"“{words}”{mark} — {cut_escaped(source_line(first), NOTICE_SOURCE_LIMIT)}")


def _quote(quote: Quote) -> list[Block]:
    quote = _within(quote, QUOTE_LIMIT)
    parts = [_part(words, is_bold=is_bold) for words, is_bold in quote.pieces() if words]
    if "".join(part.text for part in parts) != quote.text:
        raise VerificationError("The words laid out for a quote are not the quote's; it is not shown.")
    block = RichTextBlock(elements=[RichTextQuoteElement(elements=parts)])
    return [block, context(quote, is_shortened=any(quote.is_cut))]


def _within(quote: Quote, limit: int) -> Quote:
    """``quote``, or where it is longer its first part, ended between two words: a verbatim slice as well."""
    if len(quote.text) <= limit:
        return quote
    span = Span(quote.span.start, quote.span.start + len(cut(quote.text, limit)))
    return replace(quote, span=span, highlights=tuple(mark for mark in quote.highlights if span.holds(mark)))


def _part(words: str, *, is_bold: bool) -> RichTextElementParts.Text:
    style = RichTextElementParts.TextStyle(bold=True) if is_bold else None
    return RichTextElementParts.Text(text=words, style=style)


def _sentence(sentence: str) -> SectionBlock:
    return SectionBlock(text=PlainTextObject(text=shorten(sentence, SENTENCE_LIMIT), emoji=False))


def _left_out(count: int) -> str:
    return f"{count} more {'quote was' if count == 1 else 'quotes were'} left out to keep this message short."
