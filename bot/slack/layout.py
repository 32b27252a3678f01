"""The line under a quote: where it stands in its source, and what of the question it does not hold.

Keeps secret how an article's title, which may hold anything, is shown literally and linked all the same, and that none
of what is said of an article can turn the words beside it.

A reply as a Slack message: how quotes, citations and the bot's own sentences are laid out, and how much fits.

An article's words stand only in the text elements of a ``rich_text_quote``, which Slack never formats.
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
from bot.slack.blockkit import bullets, context, mrkdwn, plain_text, rich_text, rich_text_quote, rich_words, section
from bot.slack.markup import ISOLATES, cut, cut_escaped, escape, isolate, linkable, shorten, size
from bot.slack.strings import EXAMPLES, HOW_TO
from bot.text.fragments import link_to

DOT = " · "
TITLE_LIMIT = 200
DETAIL_LIMIT = 120
LIST_LIMIT = 250
# A linked title is escaped, which can make it five times as long.
LABEL_LIMIT = 400

# What Slack would format inside a link's label even though it is escaped.
_FORMATTED = re.compile(r"[*_~`]|:[^\s:]+:")
_VISIBLE = regex.compile(r"[^\s\p{Default_Ignorable_Code_Point}]")
_NO_ISOLATES = str.maketrans(dict.fromkeys(ISOLATES))


def citation(quote: Quote, *, is_shortened: bool) -> Json:
    """The citation of ``quote``: its title, linked to its words where the article has an address; the rest plain text.

    Only the link is mrkdwn, because plain text cannot link; a title that Slack would format stays plain, and the link
    follows it.
    """
    title = _shown(quote.article.title, TITLE_LIMIT) or "untitled"
    rest = DOT.join(_details(quote, is_shortened=is_shortened))
    url = linkable(link_to(quote)) or linkable(quote.article.url)
    if url is None:
        return context(plain_text(title + DOT + rest))
    if _FORMATTED.search(title):
        return context(plain_text(title), _link(url, "open the article"), plain_text(rest))
    label = _shown(cut_escaped(quote.article.title, LABEL_LIMIT), TITLE_LIMIT) or "untitled"
    return context(_link(url, label), plain_text(rest))


def source_line(quote: Quote) -> str:
    """Title, source and date on one line, for places that show plain text only."""
    article = quote.article
    parts = (
        _shown(article.title, TITLE_LIMIT),
        _shown(article.source, DETAIL_LIMIT),
        format_date(article.published),
    )
    return DOT.join(_once(parts))


def _details(quote: Quote, *, is_shortened: bool) -> Iterable[str]:
    yield from _once(_shown(part, DETAIL_LIMIT) for part in quote.citation)
    if is_shortened:
        yield "part of the paragraph"
    if quote.reported_unmatched_terms:
        yield "not in this passage: " + _listed(quote.reported_unmatched_terms)
    if quote.matched_expansions:
        yield "found as: " + _listed(f"{form} = {words}" for form, words in quote.matched_expansions)
    if quote.also_in:
        yield "also in " + _listed(_once(_name(paragraph.article) for paragraph in quote.also_in))


def _name(article: Article) -> str:
    named = article.title if article.title == article.source else f"{article.title} ({article.source})"
    return shorten(named, DETAIL_LIMIT)


def _listed(parts: Iterable[str]) -> str:
    return _shown(", ".join(parts), LIST_LIMIT)


def _shown(text: str | None, limit: int) -> str:
    """``text`` as it can stand beside our own words; empty where nothing of it is to be seen.

    Isolates of its own are left out, because each could need a partner and double its length.
    """
    words = shorten((text or "").translate(_NO_ISOLATES), limit)
    return isolate(words) if _VISIBLE.search(words) else ""


def _once(parts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(part for part in parts if part))


def _link(url: str, label: str) -> Json:
    return mrkdwn(f"<{url}|{escape(label)}>")


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


class MessageContent(NamedTuple):
    """What is posted: ``text`` for notifications and screen readers (escaped), ``blocks`` for everybody else."""

    text: str
    blocks: list[Json]


def render(reply: Reply, notes: tuple[str, ...] = (), *, around: int = 0) -> MessageContent:
    """The message for ``reply``, whose texts and addresses have at most the size MESSAGE_LIMIT in all.

    ``notes`` say what of the question was not read; ``around`` is the size of what else will stand in the message.
    VerificationError when the words laid out for a quote are not its.
    """
    quotes = reply.shown_quotes
    text = _notice(reply)
    head = [_sentence(line) for line in (*notes, *header_lines(reply))]
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
    return MessageContent(text, [*head, *shown, *tail])


def how_to(examples: tuple[str, ...], notes: tuple[str, ...] = ()) -> MessageContent:
    """How to ask, with ``examples`` from the archive; shown where a message asked nothing."""
    blocks = [_sentence(line) for line in (*notes, HOW_TO)]
    items = [shorten(example, EXAMPLE_LIMIT) for example in examples if example.strip()]
    if items:
        blocks += [_sentence(EXAMPLES), rich_text(bullets(items))]
    return MessageContent(escape(HOW_TO), blocks)


def plain(sentence: str) -> MessageContent:
    """A message of one sentence of the bot's own."""
    return MessageContent(_notification(sentence), [_sentence(sentence)])


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
    return [rich_text(rich_text_quote(parts)), citation(quote, is_shortened=any(quote.omissions))]


def _within(quote: Quote, limit: int) -> Quote:
    """``quote``, or where it is longer its first part, ended between two words: a verbatim slice as well."""
    words = cut(quote.text, limit)
    if words == quote.text:
        return quote
    span = Span(quote.span.start, quote.span.start + len(words))
    return replace(quote, span=span, highlights=tuple(mark for mark in quote.highlights if span.contains(mark)))


def _sentence(sentence: str) -> Json:
    return section(plain_text(shorten(sentence, SENTENCE_LIMIT)))


def _left_out(count: int) -> str:
    return f"{count} more {'quote was' if count == 1 else 'quotes were'} left out to keep this message short."
