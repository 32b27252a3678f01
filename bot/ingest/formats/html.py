"""Parse a web page: text blocks as a browser shows them, and the page's own metadata.

The text is taken from the page's nodes, because content extractors normalize Unicode, drop joiners, and repeat or lose
short paragraphs; a quote must match the page exactly. Only the metadata comes from trafilatura.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html
from trafilatura.metadata import extract_metadata

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.encoding import clean, decode
from bot.ingest.metadata import parse_metadata
from bot.models import MarkKind

_HIDDEN_TAGS = frozenset(
    "script style template noscript head title nav header footer aside form button input select textarea svg canvas "
    "iframe object embed audio video map dialog datalist".split()
)
_BLOCK_TAGS = frozenset(
    "address article blockquote body caption center dd details dir div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 "
    "h6 hgroup hr html legend li main menu ol p pre search section summary table tbody tfoot thead tr ul".split()
)
_HEADING_TAGS: dict[str, MarkKind] = {"h1": "title", **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), "heading")}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Placeholders for white space that must not collapse; no page contains them, as control characters are dropped first.
_BREAK, _BLANK, _TAB = "\x01", "\x02", "\x03"
_PROTECT = str.maketrans({"\n": _BREAK, " ": _BLANK, "\t": _TAB})
_RESTORE = str.maketrans({_BREAK: "\n", _BLANK: " ", _TAB: "\t"})
_WHITE_SPACE = re.compile(r"[ \t\n]+")
_AROUND_BREAK = re.compile(rf" ?([{_BREAK}{_TAB}]) ?")

_HEAD_BYTES = 4096  # browsers look for the charset in the first 1024
_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
# libxml2 takes quadratic time for the attributes of one element.
MAX_ATTRIBUTES = 500
# Each part takes what it can and never gives it back, so that the time is linear.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_START_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|(?P<tag><(?=[a-z])(?P<raw>(?:script|style)\b)?+(?:{_ATTRIBUTE})*+)(?(raw).*?(?:</(?P=raw)|\Z))",
    re.IGNORECASE | re.DOTALL,
)
# Only a date that the page states as its own: a date in the text may be of anything.
_DATE_CONFIG = {"extensive_search": False, "original_date": True}


def read(data: bytes) -> Draft:
    """Parse a web page; a charset that it declares is respected."""
    declared = _CHARSET.search(data[:_HEAD_BYTES])
    charset = (declared[1] or declared[2]).decode("ascii", "ignore") if declared else None
    tree = _parse(decode(data, charset))
    found = extract_metadata(tree, date_config=_DATE_CONFIG)
    text, marks = join_blocks(_extract_blocks(_find_main_content(tree)))
    has_title = any(mark.kind == "title" for mark in marks)
    metadata, warnings = parse_metadata(
        {
            "title": None if has_title else found.title,
            "author": found.author,
            "source": found.sitename,
            "published": found.date,
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
    yield from _extract_blocks(tree)


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


def _find_main_content(tree: html.HtmlElement) -> html.HtmlElement:
    """The only top-level article element; else the main element; else the body; else the whole tree."""
    articles = tree.xpath("//article[not(ancestor::article)]")
    if len(articles) == 1:
        return articles[0]
    found = tree.xpath("//main") or tree.xpath("//*[@role='main']") or tree.xpath("//body")
    return found[0] if found else tree


def _extract_blocks(root: html.HtmlElement) -> Iterator[TextBlock]:
    """The text blocks below ``root``, in order: h1 is a title, h2 to h6 are headings.

    White space collapses as in a browser; ``br`` is a line end; a tab separates the cells of a table row.
    """
    pieces: list[str] = []
    kind: MarkKind | None = None
    preformatted = 0  # how many pre elements enclose the current one
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if element is not root and _is_hidden(element):
                walk.skip_subtree()
                continue
            if tag in _BLOCK_TAGS:
                yield kind, _join_pieces(pieces)
                pieces = []
                kind = _HEADING_TAGS.get(tag, kind)
            elif tag in {"br", "td", "th"}:
                pieces.append(_BREAK if tag == "br" else _TAB)
            preformatted += tag == "pre"
            pieces.append(_protect_white_space(element.text, preformatted))
            continue
        if tag in _BLOCK_TAGS and not _is_hidden(element):
            yield kind, _join_pieces(pieces)
            pieces = []
            kind = None if tag in _HEADING_TAGS else kind
            preformatted -= tag == "pre"
        if element is not root:
            pieces.append(_protect_white_space(element.tail, preformatted))
    yield kind, _join_pieces(pieces)


def _is_hidden(element: html.HtmlElement) -> bool:
    is_styled_hidden = bool(_HIDDEN_STYLE.search(element.get("style", "")))
    return element.tag in _HIDDEN_TAGS or "hidden" in element.attrib or is_styled_hidden


def _protect_white_space(text: str | None, preformatted: int) -> str:
    cleaned = clean(text or "")
    return cleaned.translate(_PROTECT) if preformatted else cleaned


def _join_pieces(pieces: list[str]) -> str:
    collapsed = _WHITE_SPACE.sub(" ", "".join(pieces))
    return _AROUND_BREAK.sub(r"\1", collapsed).translate(_RESTORE).strip()
