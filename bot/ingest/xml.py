"""Parse XML without loading or expanding anything from outside, within limits.

libxml2 itself limits the depth of elements to 256, and a text or attribute to 10 MB.
"""

from __future__ import annotations

import re
from html.entities import html5

from lxml import etree

from bot.errors import UnreadableArticleError
from bot.ingest.encoding import decode

MAX_ATTRIBUTES = 500
"""Of an element, in XML and HTML; libxml2 and feedparser take quadratic time for them."""

_DECLARED = re.compile(rb"\s*+<\?xml[^<>]{0,200}?encoding=[\"']([\w.:-]{1,40})")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,40};)")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def decode_xml(data: bytes) -> str:
    """Decode an XML file, in the encoding that it declares if it is in that. Raises as ``decode`` does."""
    declared = _DECLARED.match(data)
    return decode(data, declared[1].decode("ascii") if declared else None)


def parse_xml(data: bytes) -> etree._Element:
    """Parse XML. Raises UnreadableArticleError when it is not well-formed."""
    try:
        root = etree.fromstring(data, _make_parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableArticleError("it is cut short or damaged; save or download it again") from error
    _refuse_many_attributes(root)
    return root


def repair_xml(text: str) -> tuple[etree._Element | None, bool]:
    """Parse XML as far as possible: the root, or None without any, and whether it was not well-formed."""
    parser = _make_parser(recover=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:  # there is no element at all
        return None, True
    if root is not None:
        _refuse_many_attributes(root)
    return root, bool(parser.error_log)


def expand_entities(markup: str) -> str:
    """Replace the entities of HTML by their characters; XML does not know them."""
    return _ENTITY.sub(lambda one: one[0] if one[1] in _XML_ENTITIES else html5.get(one[1], one[0]), markup)


def _make_parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )


def _refuse_many_attributes(root: etree._Element) -> None:
    if any(len(element.attrib) > MAX_ATTRIBUTES for element in root.iter(etree.Element)):
        raise UnreadableArticleError(f"an element has more than {MAX_ATTRIBUTES} attributes")
