"""Parse a web page: the text of its article as a browser shows it, and the page's own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.encoding import decode
from bot.ingest.html.blocks import extract_blocks
from bot.ingest.html.content import find_article
from bot.ingest.html.metadata import read_page_metadata
from bot.ingest.metadata import parse_metadata
from bot.ingest.xml import MAX_ATTRIBUTES

_HEAD_BYTES = 4096  # browsers look for the charset in the first 1024
_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
# Each part takes what it can and never gives it back, so that the time is linear.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_START_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|(?P<tag><(?=[a-z])(?P<raw>(?:script|style)\b)?+(?:{_ATTRIBUTE})*+)(?(raw).*?(?:</(?P=raw)|\Z))",
    re.IGNORECASE | re.DOTALL,
)


def read(data: bytes) -> Draft:
    """Parse a web page; a charset that it declares is respected."""
    declared = _CHARSET.search(data[:_HEAD_BYTES])
    charset = (declared[1] or declared[2]).decode("ascii", "ignore") if declared else None
    tree = _parse(decode(data, charset))
    found = read_page_metadata(tree)
    blocks = list(extract_blocks(find_article(tree, found.heading, found.bylines), found.heading))
    while blocks and (blocks[-1][0] == "heading" or not blocks[-1][1]):
        blocks.pop()  # a heading of what was left out
    text, marks = join_blocks(blocks)
    metadata, warnings = parse_metadata(
        {
            "title": found.title,
            "author": found.author,
            "source": found.source,
            "published": found.published,
            "url": found.url,
        }
    )
    return Draft(text, marks, metadata, warnings)


def extract_fragment_blocks(markup: str) -> Iterator[TextBlock]:
    """The text blocks in a piece of HTML; none if it is only a comment or a single tag."""
    try:
        tree = _parse(f"<html><body>{markup}</body></html>")
    except UnreadableArticleError:
        return
    yield from extract_blocks(tree)


def _parse(page: str) -> html.HtmlElement:
    tags = (match["tag"] or "" for match in _START_TAG.finditer(page))
    if any(len(tag) > MAX_ATTRIBUTES and len(_ATTRIBUTES.findall(tag)) > MAX_ATTRIBUTES for tag in tags):
        raise UnreadableArticleError(f"an element has more than {MAX_ATTRIBUTES} attributes")
    # The page is decoded already, so an encoding that it declares must be ignored.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = html.document_fromstring(page.encode(), parser=parser)
    except etree.ParserError as error:
        raise UnreadableArticleError("it has no text") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise UnreadableArticleError("its elements are nested too deeply")
    return tree
