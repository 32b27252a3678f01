"""The line under a quote: where it stands in its source, and what of the question it does not hold.

Keeps secret how an article's title, which may hold anything, is shown literally and linked all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from slack_sdk.models.blocks import ContextBlock, MarkdownTextObject, PlainTextObject

from bot.models import Quote, day
from bot.slack.markup import cut_escaped, escape, linkable, shorten

DOT = " · "
TITLE_LIMIT = 200
DETAIL_LIMIT = 120
LIST_LIMIT = 300
# A linked title is escaped, which can make it five times as long.
LABEL_LIMIT = 400

# What Slack would format inside a link's label even though it is escaped.
_FORMATTED = re.compile(r"[*_~`]|:[^\s:]+:")


def context(quote: Quote, *, is_shortened: bool) -> ContextBlock:
    """The citation of ``quote``: its title, linked where the article has an address, and the rest as plain text.

    Only the link is mrkdwn, because plain text cannot link; a title that Slack would format stays plain, and the link
    follows it.
    """
    title = shorten(quote.citation.title, TITLE_LIMIT) or "untitled"
    rest = DOT.join(_details(quote, is_shortened=is_shortened))
    url = linkable(quote.citation.url)
    if url is None:
        return ContextBlock(elements=[_plain(title + DOT + rest)])
    if _FORMATTED.search(title):
        return ContextBlock(elements=[_plain(title), _link(url, "open the article"), _plain(rest)])
    return ContextBlock(elements=[_link(url, title), _plain(rest)])


def source_line(quote: Quote) -> str:
    """Title, source and date on one line, for places that show plain text only."""
    citation = quote.citation
    parts = (shorten(citation.title, TITLE_LIMIT), shorten(citation.source, DETAIL_LIMIT), day(citation.published))
    return DOT.join(_once(parts))


def _details(quote: Quote, *, is_shortened: bool) -> Iterable[str]:
    citation = quote.citation
    by = (shorten(part, DETAIL_LIMIT) for part in (citation.author, citation.source) if part)
    yield from _once(part for part in by if part != citation.title)
    yield day(citation.published)
    if citation.heading and citation.heading.strip():
        yield shorten(citation.heading, DETAIL_LIMIT)
    yield f"¶ {citation.paragraph} of {citation.paragraphs}"
    if is_shortened:
        yield "part of the paragraph"
    if quote.missing:
        yield "not in this passage: " + shorten(", ".join(quote.missing), LIST_LIMIT)
    if quote.found_as:
        yield "found as: " + shorten(", ".join(f"{form} = {words}" for form, words in quote.found_as), LIST_LIMIT)
    if quote.also_in:
        yield "also in " + shorten(
            ", ".join(_once(_name(paragraph.article.title, paragraph.article.source) for paragraph in quote.also_in)),
            LIST_LIMIT,
        )


def _name(title: str, source: str) -> str:
    return shorten(title if title == source else f"{title} ({source})", DETAIL_LIMIT)


def _once(parts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(part for part in parts if part))


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _link(url: str, label: str) -> MarkdownTextObject:
    return MarkdownTextObject(text=f"<{url}|{escape(cut_escaped(label, LABEL_LIMIT))}>", verbatim=True)
