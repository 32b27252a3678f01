"""Slack's escapes and what fits: text on its way into a message, of the bot's own or an article's bibliographic data.

An article's words in a quote never come through here, except to be cut to a part that is a slice as well.
"""

from __future__ import annotations

import re
from itertools import accumulate
from urllib.parse import urlsplit

# Slack states no limit for addresses in text; a longer one would take the room of a quote.
URL_LIMIT = 1_000


def escape(text: str) -> str:
    """``text`` for mrkdwn: the three characters that Slack's markup is made of."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The opposite of ``escape``; each escape is undone once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def cut(words: str, limit: int) -> str:
    """``words`` up to ``limit`` characters, ended at a blank where one stands in the second half."""
    if len(words) <= limit:
        return words
    blank = words.rfind(" ", limit // 2, limit + 1)
    return words[: blank if blank > 0 else limit].rstrip()


def cut_escaped(words: str, limit: int) -> str:
    """``words`` cut so that, escaped, they have at most ``limit`` characters."""
    lengths = accumulate(len(escape(char)) for char in words)
    return cut(words, sum(length <= limit for length in lengths))


def shorten(text: str, limit: int) -> str:
    """``text`` on one line, with an ellipsis where it is longer than ``limit``. For what is no quote."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def linkable(url: str | None) -> str | None:
    """``url`` as it can stand in a link, or None when it is not one that a browser should open from Slack."""
    if url is None or re.search(r"[\s<>]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    address = escape(url).replace("|", "%7C")
    return address if len(address) <= URL_LIMIT else None
