"""Escape, measure, shorten and isolate text for Slack messages.

Used for the bot's own sentences and for article metadata (titles, authors, URLs). The words of a quote are only ever
truncated to a shorter slice.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from urllib.parse import quote, urlsplit

# Slack documents no limit for URLs in text; a longer one would use the space of a quote.
URL_LIMIT = 1_000

_FIRST_STRONG_ISOLATE = "\u2068"
_POP_ISOLATE = "\u2069"
_ISOLATE_STARTS = frozenset("\u2066\u2067\u2068")
ISOLATES = _ISOLATE_STARTS | {_POP_ISOLATE}

# Bidirectional classes that run from right to left or reorder other characters.
_DIRECTIONAL_CLASSES = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
# All scripts before Hebrew run from left to right, so only later characters are checked.
_FROM_HEBREW = re.compile("[\u0590-\U0010ffff]")
# The bidirectional algorithm starts again on each line.
_LINE = re.compile(r"[^\n\r\x1c-\x1e\x85\u2029]+")
# Printable characters that are not allowed in a URL (RFC 3986); Slack or a browser would interpret them differently.
_NOT_IN_URL = frozenset('"\\^`{|}')
# Control characters except whitespace, and lone surrogates (from file names that are not UTF-8): Slack rejects them.
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def isolate(text: str) -> str:
    """Wrap each line that is not plain left-to-right text in a Unicode isolate (UAX #9), so it cannot reorder others.

    The characters of the line stay. Isolate starts and ends are added so that the line's own are balanced: the line can
    neither close the wrapping isolate nor leave one open.
    """
    return _LINE.sub(lambda line: _isolate_line(line[0]), text)


def _isolate_line(line: str) -> str:
    if not any(unicodedata.bidirectional(char) in _DIRECTIONAL_CLASSES for char in _FROM_HEBREW.findall(line)):
        return line
    unclosed = unopened = 0
    for char in line:
        if char in _ISOLATE_STARTS:
            unclosed += 1
        elif char == _POP_ISOLATE and unclosed:
            unclosed -= 1
        elif char == _POP_ISOLATE:
            unopened += 1
    return _FIRST_STRONG_ISOLATE * (unopened + 1) + line + _POP_ISOLATE * (unclosed + 1)


def escape(text: str) -> str:
    """Escape the three control characters of mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo ``escape``, once."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units: the larger of the two ways in which Slack may count characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def truncate(text: str, limit: int, length: Callable[[str], int] = utf16_length) -> str:
    """Cut ``text`` to at most ``limit``, at a blank if there is one in the second half of what fits."""
    if length(text) <= limit:
        return text
    end = _fitting_count(text, limit, length)
    blank = text.rfind(" ", end // 2, end + 1)
    return text[: blank if blank > 0 else end].rstrip()


def truncate_escaped(text: str, limit: int) -> str:
    """Cut ``text`` so that it has at most ``limit`` code units once escaped. The result is not escaped."""
    return truncate(text, limit, lambda part: utf16_length(escape(part)))


def shorten(text: str, limit: int) -> str:
    """Put ``text`` on one line and cut it to ``limit`` with an ellipsis. Not for quotes.

    Characters that Slack rejects become U+FFFD.
    """
    text = " ".join(_NOT_TEXT.sub("\ufffd", text).split())
    if utf16_length(text[: limit + 1]) <= limit:
        return text
    return text[: _fitting_count(text, limit - 1, utf16_length)].rstrip() + "…"


def _fitting_count(text: str, limit: int, length: Callable[[str], int]) -> int:
    """How many leading characters of ``text`` fit into ``limit``."""
    return bisect_right(range(min(len(text), limit) + 1), limit, key=lambda count: length(text[:count])) - 1


def safe_url(url: str | None) -> str | None:
    """``url`` encoded and escaped for a link; None unless it is an http(s) URL that is safe to open from Slack."""
    if url is None or re.search(r"[\s<>]", url):
        return None
    encoded = "".join(map(_encode_char, url))
    try:
        parts = urlsplit(encoded)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    escaped = escape(encoded)
    return escaped if utf16_length(escaped) <= URL_LIMIT else None


def _encode_char(char: str) -> str:
    # Invisible characters are encoded too, so that a URL shows what it is.
    return quote(char, errors="replace") if char in _NOT_IN_URL or not char.isprintable() else char
