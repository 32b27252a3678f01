"""The line under a quote: where it stands in its source, and what of the question it does not hold.

Keeps secret how an article's title, which may hold anything, is shown literally and linked all the same, and that none
of what is said of an article can turn the words beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import regex

from bot.models import Article, Quote, day
from bot.slack.bidi import ISOLATES, isolate
from bot.slack.blockkit import Json, context, mrkdwn, plain_text
from bot.slack.markup import cut_escaped, escape, linkable, shorten
from bot.textfragment import link_to

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
    title = _shown(quote.citation.title, TITLE_LIMIT) or "untitled"
    rest = DOT.join(_details(quote, is_shortened=is_shortened))
    url = linkable(link_to(quote)) or linkable(quote.citation.url)
    if url is None:
        return context(plain_text(title + DOT + rest))
    if _FORMATTED.search(title):
        return context(plain_text(title), _link(url, "open the article"), plain_text(rest))
    label = _shown(cut_escaped(quote.citation.title, LABEL_LIMIT), TITLE_LIMIT) or "untitled"
    return context(_link(url, label), plain_text(rest))


def source_line(quote: Quote) -> str:
    """Title, source and date on one line, for places that show plain text only."""
    citation = quote.citation
    parts = (_shown(citation.title, TITLE_LIMIT), _shown(citation.source, DETAIL_LIMIT), day(citation.published))
    return DOT.join(_once(parts))


def _details(quote: Quote, *, is_shortened: bool) -> Iterable[str]:
    citation = quote.citation
    by = (_shown(part, DETAIL_LIMIT) for part in (citation.author, citation.source) if part != citation.title)
    yield from _once(by)
    yield day(citation.published)
    if heading := _shown(citation.heading, DETAIL_LIMIT):
        yield heading
    yield f"¶ {citation.paragraph} of {citation.paragraphs}"
    if is_shortened:
        yield "part of the paragraph"
    if quote.lacking:
        yield "not in this passage: " + _listed(quote.lacking)
    if quote.found_as:
        yield "found as: " + _listed(f"{form} = {words}" for form, words in quote.found_as)
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
