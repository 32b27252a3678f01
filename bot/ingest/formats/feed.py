"""Parse a feed (RSS, Atom, RDF): one article for each entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import feedparser
from lxml import etree

from bot.errors import UnreadableArticleError
from bot.ingest.dates import parse_date
from bot.ingest.draft import Draft, Entry, TextBlock, join_blocks
from bot.ingest.encoding import clean
from bot.ingest.formats import html
from bot.ingest.metadata import parse_metadata
from bot.ingest.xml import decode_xml, expand_entities, repair_xml

MAX_ENTRIES = 20_000  # feedparser needs kilobytes for each

_ROOT = re.compile(r"(?:\{[^}]*\}|\w+:)?(?:rss|feed|RDF)")  # of a damaged feed, perhaps with a prefix
_ENTRY = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml[^<>]{0,200}\?>")
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_PLAIN = "text/plain"
_ID_CHARS = 300  # of an entry's id; a longer one is replaced by its number


def read(data: bytes) -> list[Entry]:
    """Parse a feed. An entry without text besides its title gives the reason."""
    markup, is_damaged = _repair(decode_xml(data))
    found = feedparser.parse(
        BytesIO(markup), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.entries:
        raise UnreadableArticleError("it has no entries", "empty")
    source = _to_line(found.feed.get("title_detail"))
    entries = [_read_entry(number, entry, source) for number, entry in enumerate(found.entries, 1)]
    if is_damaged:
        reason = "it is cut short or not well-formed, so that something may be missing; download it again"
        entries.append(Entry(0, reason=reason, outcome="partly"))
    return entries


def _repair(text: str) -> tuple[bytes, bool]:
    """The feed as well-formed XML, and whether it was not. Raises UnreadableArticleError if it is no feed.

    feedparser has a parser of its own for what is not well-formed; it takes quadratic time.
    """
    if sum(1 for _ in _ENTRY.finditer(text)) > MAX_ENTRIES:
        raise UnreadableArticleError(f"it has more than {MAX_ENTRIES:,} entries; split it", "too_large")
    text = expand_entities(_DECLARATION.sub("", text, count=1)).strip()
    root, is_damaged = repair_xml(text)
    if root is None or _ROOT.fullmatch(root.tag) is None:
        raise UnreadableArticleError("it is XML, but no feed; convert it to .html or .jsonl", "unsupported")
    return etree.tostring(root, encoding="utf-8"), is_damaged


def _read_entry(number: int, entry: feedparser.FeedParserDict, source: str) -> Entry:
    identifier = " ".join(clean(entry.get("id") or entry.get("link") or "").split())
    url = entry.get("link", "")
    # "in" and "get" of feedparser's dictionary take the date of the last change for the first one.
    dates = [dict.get(entry, name) for name in ("published", "created", "updated")]
    metadata, warnings = parse_metadata(
        {
            "title": _to_line(entry.get("title_detail")),
            "author": entry.get("author"),
            "source": source,
            "published": next((date for date in dates if date and parse_date(date)), None),
            "url": url if url.startswith(("https://", "http://")) else None,
        }
    )
    text, marks = join_blocks(_choose_content(entry))
    known_id = identifier if 0 < len(identifier) <= _ID_CHARS else None
    if not text:
        reason = "it has no text besides its title" if metadata.title else "it has no text"
        return Entry(number, known_id, reason=reason, outcome="empty")
    return Entry(number, known_id, Draft(text, marks, metadata, warnings))


def _choose_content(entry: feedparser.FeedParserDict) -> list[TextBlock]:
    """The blocks of the entry's content, or of its summary where that is longer."""
    details = [*entry.get("content", []), entry.get("summary_detail")]
    choices = [list(_extract_blocks(detail)) for detail in details if detail]
    return max(choices, key=lambda blocks: sum(len(words) for _, words in blocks), default=[])


def _extract_blocks(detail: feedparser.FeedParserDict) -> Iterator[TextBlock]:
    value = detail.get("value", "")
    if detail.get("type") == _PLAIN:
        yield None, value
    else:
        yield from html.extract_fragment_blocks(value)


def _to_line(detail: feedparser.FeedParserDict | None) -> str:
    """A title's words on one line; "" if there is none."""
    blocks = _extract_blocks(detail) if detail else []
    return " ".join(" ".join(words for _, words in blocks).split())
