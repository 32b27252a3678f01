"""A reply as a Slack message: how quotes, citations and the bot's own sentences are laid out, and how much fits.

An article's words stand only in the text elements of a ``rich_text_quote``, which Slack never formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from bot.errors import VerificationError
from bot.models import Answer, Quote, Reply, Span
from bot.quoting.lines import first_lines
from bot.slack.bidi import isolate
from bot.slack.blockkit import Json, bullets, plain_text, rich_text, rich_text_quote, rich_words, section
from bot.slack.citations import citation, source_line
from bot.slack.markup import cut, cut_escaped, escape, shorten, size
from bot.slack.phrases import EXAMPLES, HOW_TO

# Slack refuses messages at a size that it does not document; 11,341 characters have been refused, 8,000 never. All
# sizes here are as ``markup.size`` counts.
MESSAGE_LIMIT = 8_000
# Enough for any three sentences; a longer quote is cut to a verbatim part.
QUOTE_LIMIT = 1_800
# Of the first quote and of its source in the notification, escaped: what a lock screen or a screen reader gives first.
NOTICE_LIMIT = 600
NOTICE_SOURCE_LIMIT = 400
# With these, a notification, the lines before the quotes and one quote with its citation fit at their longest: the
# first quote is always shown.
SENTENCE_LIMIT = 600
EXAMPLE_LIMIT = 150
# Slack takes 50 blocks; a quote has two, and the first lines and the last one are not quotes.
MOST_QUOTES = 20


class Message(NamedTuple):
    """What is posted: ``text`` for notifications and screen readers (escaped), ``blocks`` for everybody else."""

    text: str
    blocks: list[Json]


def render(reply: Reply, notes: tuple[str, ...] = (), *, around: int = 0) -> Message:
    """The message for ``reply``, whose texts and addresses have at most the size MESSAGE_LIMIT in all.

    ``notes`` say what of the question was not read; ``around`` is the size of what else will stand in the message.
    VerificationError when the words laid out for a quote are not its.
    """
    quotes = reply.quotes if isinstance(reply, Answer) else reply.nearest
    text = _notice(reply)
    head = [_sentence(line) for line in (*notes, *first_lines(reply))]
    room = MESSAGE_LIMIT - around - size(text) - size_of(head) - size(_left_out(len(quotes)))
    shown: list[Json] = []
    fitting = 0
    for quote in quotes[:MOST_QUOTES]:
        blocks = _quote(quote)
        room -= size_of(blocks)
        if room < 0:
            break
        shown += blocks
        fitting += 1
    tail = [_sentence(_left_out(len(quotes) - fitting))] if fitting < len(quotes) else []
    return Message(text, [*head, *shown, *tail])


def how_to(examples: tuple[str, ...], notes: tuple[str, ...] = ()) -> Message:
    """How to ask, with ``examples`` from the archive; shown where a message asked nothing."""
    blocks = [_sentence(line) for line in (*notes, HOW_TO)]
    items = [shorten(example, EXAMPLE_LIMIT) for example in examples if example.strip()]
    if items:
        blocks += [_sentence(EXAMPLES), rich_text(bullets(items))]
    return Message(escape(HOW_TO), blocks)


def plain(sentence: str) -> Message:
    """A message of one sentence of the bot's own."""
    return Message(_notification(sentence), [_sentence(sentence)])


def size_of(blocks: Iterable[Json]) -> int:
    """The size of all texts and addresses in ``blocks``."""
    return sum(size(text) for block in blocks for text in texts_in(block))


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


def _notice(reply: Reply) -> str:
    if not isinstance(reply, Answer):
        return _notification(reply.reason)
    first = reply.quotes[0]
    words = cut_escaped(first.text, NOTICE_LIMIT)
    mark = " …" if len(words) < len(first.text) else ""
    return escape(f"“{isolate(words)}”{mark} — {cut_escaped(source_line(first), NOTICE_SOURCE_LIMIT)}")


def _notification(sentence: str) -> str:
    return escape(cut_escaped(shorten(sentence, SENTENCE_LIMIT), NOTICE_LIMIT))


def _quote(quote: Quote) -> list[Json]:
    quote = _within(quote, QUOTE_LIMIT)
    parts = [rich_words(words, is_bold=is_bold) for words, is_bold in quote.pieces() if words]
    if "".join(part["text"] for part in parts) != quote.text:
        raise VerificationError("The words laid out for a quote are not the quote's; it is not shown.")
    return [rich_text(rich_text_quote(parts)), citation(quote, is_shortened=any(quote.is_cut))]


def _within(quote: Quote, limit: int) -> Quote:
    """``quote``, or where it is longer its first part, ended between two words: a verbatim slice as well."""
    words = cut(quote.text, limit)
    if words == quote.text:
        return quote
    span = Span(quote.span.start, quote.span.start + len(words))
    return replace(quote, span=span, highlights=tuple(mark for mark in quote.highlights if span.holds(mark)))


def _sentence(sentence: str) -> Json:
    return section(plain_text(shorten(sentence, SENTENCE_LIMIT)))


def _left_out(count: int) -> str:
    return f"{count} more {'quote was' if count == 1 else 'quotes were'} left out to keep this message short."
