"""Text that runs from right to left, kept from turning the words around it.

Keeps secret Unicode's bidirectional algorithm (UAX #9): an isolate's end is also the end of all that was opened inside.

Slack's escapes and what fits: text on its way into a message, of the bot's own or an article's bibliographic data.

An article's words in a quote never come through here, except to be cut to a part that is a slice as well.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from urllib.parse import quote, urlsplit

_FIRST_STRONG_ISOLATE = "\u2068"
_POP_ISOLATE = "\u2069"
_OPENING = frozenset("\u2066\u2067\u2068")
ISOLATES = _OPENING | {_POP_ISOLATE}

# The classes of characters that run from right to left, or that order others.
_DIRECTED = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
# Where the first of them can stand: the scripts before Hebrew all run from left to right.
_FROM_HEBREW = re.compile("[\u0590-\U0010ffff]")
# The algorithm starts anew on each line.
_LINE = re.compile(r"[^\n\r\x1c-\x1e\x85\u2029]+")


def isolate(text: str) -> str:
    """``text``, each line in an isolate of its own where it is not plain left-to-right text; its characters stay.

    For each isolate's end in a line that has no beginning there one more is begun before it, and for each beginning
    without an end one more is ended after it, so that the line neither leaves its isolate nor holds it open.
    """
    return _LINE.sub(lambda line: _isolated(line[0]), text)


def _isolated(line: str) -> str:
    if not any(unicodedata.bidirectional(char) in _DIRECTED for char in _FROM_HEBREW.findall(line)):
        return line
    begun = ended = 0
    for char in line:
        if char in _OPENING:
            begun += 1
        elif char == _POP_ISOLATE and begun:
            begun -= 1
        elif char == _POP_ISOLATE:
            ended += 1
    return _FIRST_STRONG_ISOLATE * (ended + 1) + line + _POP_ISOLATE * (begun + 1)


# Slack states no limit for addresses in text; a longer one would take the room of a quote.
URL_LIMIT = 1_000

# Printable characters that no address may hold as they are (RFC 3986); Slack or a browser would read them otherwise.
_NO_ADDRESS = frozenset('"\\^`{|}')
# Control characters but blanks, and halves of surrogate pairs (from file names that are no UTF-8): no text to Slack.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def escape(text: str) -> str:
    """``text`` for mrkdwn: the three characters that Slack's markup is made of."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The opposite of ``escape``; each escape is undone once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def size(text: str) -> int:
    """The length of ``text`` in UTF-16 code units, the larger of the two ways in which Slack may count characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(words: str, limit: int, size_of: Callable[[str], int] = size) -> str:
    """``words`` up to the size ``limit``, ended at a blank where one stands in the second half."""
    if size_of(words) <= limit:
        return words
    fitting = _fitting(words, limit, size_of)
    blank = words.rfind(" ", fitting // 2, fitting + 1)
    return words[: blank if blank > 0 else fitting].rstrip()


def cut_escaped(words: str, limit: int) -> str:
    """``words`` cut so that, escaped, they have at most the size ``limit``."""
    return cut(words, limit, lambda part: size(escape(part)))


def shorten(text: str, limit: int) -> str:
    """``text`` on one line, with an ellipsis where its size is above ``limit``. For what is no quote.

    A character that is no text to Slack is shown as U+FFFD.
    """
    text = " ".join(_NO_TEXT.sub("\ufffd", text).split())
    return text if size(text[: limit + 1]) <= limit else text[: _fitting(text, limit - 1)].rstrip() + "…"


def _fitting(text: str, limit: int, size_of: Callable[[str], int] = size) -> int:
    """How many of the first characters of ``text`` have the size ``limit`` together."""
    return bisect_right(range(min(len(text), limit) + 1), limit, key=lambda count: size_of(text[:count])) - 1


def linkable(url: str | None) -> str | None:
    """``url`` as it can stand in a link, or None when it is not one that a browser should open from Slack."""
    if url is None or re.search(r"[\s<>]", url):
        return None
    address = "".join(map(_encoded, url))
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    address = escape(address)
    return address if size(address) <= URL_LIMIT else None


def _encoded(char: str) -> str:
    """``char`` as an address may hold it; what is invisible is encoded too, so that an address shows what it is."""
    return quote(char, errors="replace") if char in _NO_ADDRESS or not char.isprintable() else char
