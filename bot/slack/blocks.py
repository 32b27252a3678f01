"""The text and the blocks of Slack messages: escape, measure, shorten and isolate text; Block Kit as JSON.

The functions on text are for the bot's own sentences and for article metadata (titles, authors, URLs). The words of a
quote are only ever truncated to a shorter slice.

The classes of slack_sdk are not used for blocks, because they are slow: serializing them took more than half of the
time needed to lay out a reply. The tests compare the output with those classes.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from urllib.parse import quote, urlsplit

from bot.models import Json

# Slack documents no limit for URLs in text; a longer one would use the space of a quote.
URL_LIMIT = 1_000
# For a sentence of the bot's own.
SENTENCE_LIMIT = 600

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


escape = partial(html.escape, quote=False)
"""Escape the three control characters of mrkdwn."""


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


def modal(title: str, blocks: list[Json]) -> Json:
    """A modal without a form."""
    return {"blocks": blocks, "close": plain_text("Close"), "title": plain_text(title), "type": "modal"}


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
