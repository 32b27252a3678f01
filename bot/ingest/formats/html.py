"""A web page's nodes → its blocks of words, as a browser would show them.

Secret: which elements are part of the article, which part paragraphs, and how white space collapses. The nodes are
walked here, because extractors normalise Unicode, drop joiners and repeat or lose short paragraphs, and a quote must
be letter for letter what the page says.

A web page → an article.

Secret: where a page says who wrote it and when. Its words come from its nodes; only facts come from trafilatura.
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

_UNSEEN_TAGS = (
    "script style template noscript head title nav header footer aside form button input select textarea svg canvas "
    "iframe object embed audio video map dialog datalist"
)
_BLOCK_TAGS = (
    "address article blockquote body caption center dd details dir div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 "
    "h6 hgroup hr html legend li main menu ol p pre search section summary table tbody tfoot thead tr ul"
)
_UNSEEN, _BLOCKS = frozenset(_UNSEEN_TAGS.split()), frozenset(_BLOCK_TAGS.split())
_HEADINGS: dict[str, MarkKind] = {
    "h1": "title",
    "h2": "heading",
    "h3": "heading",
    "h4": "heading",
    "h5": "heading",
    "h6": "heading",
}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# Stand-ins that survive the collapse of white space; no page holds them, for control characters are dropped first.
_BREAK, _BLANK, _TAB = "\x01", "\x02", "\x03"
_KEPT = str.maketrans({"\n": _BREAK, " ": _BLANK, "\t": _TAB})
_SHOWN = str.maketrans({_BREAK: "\n", _BLANK: " ", _TAB: "\t"})
_COLLAPSED = re.compile(r"[ \t\n]+")
_AROUND_BREAK = re.compile(rf" ?([{_BREAK}{_TAB}]) ?")


def parse(page: str) -> html.HtmlElement:
    """The page's tree; whatever encoding it declares, its characters are taken as they are here."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = html.document_fromstring(page.encode(), parser=parser)
    except etree.ParserError as error:
        raise UnreadableArticleError("it holds no words") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise UnreadableArticleError("its elements are nested too deeply")
    return tree


def main_content(tree: html.HtmlElement) -> html.HtmlElement:
    """The only article element that is in no other; else the main element; else the body; else all there is."""
    articles = tree.xpath("//article[not(ancestor::article)]")
    if len(articles) == 1:
        return articles[0]
    found = tree.xpath("//main") or tree.xpath("//*[@role='main']") or tree.xpath("//body")
    return found[0] if found else tree


def blocks(root: html.HtmlElement) -> Iterator[TextBlock]:
    """The blocks of words below ``root``, in order: h1 is a title, h2 to h6 are headings.

    White space collapses as in a browser, ``br`` is a line end, the cells of a table's row are parted by tabs.
    """
    pieces: list[str] = []
    kind: MarkKind | None = None
    preformatted = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if element is not root and _is_unseen(element):
                walk.skip_subtree()
                continue
            if tag in _BLOCKS:
                yield kind, _shown(pieces)
                kind = _HEADINGS.get(tag, kind)
            elif tag in {"br", "td", "th"}:
                pieces.append(_BREAK if tag == "br" else _TAB)
            preformatted += tag == "pre"
            pieces.append(_words(element.text, preformatted))
            continue
        if tag in _BLOCKS and not _is_unseen(element):
            yield kind, _shown(pieces)
            kind = None if tag in _HEADINGS else kind
            preformatted -= tag == "pre"
        if element is not root:
            pieces.append(_words(element.tail, preformatted))
    yield kind, _shown(pieces)


def fragment(markup: str) -> Iterator[TextBlock]:
    """The blocks of words in a piece of HTML; none if it is only a comment or a lone tag."""
    try:
        tree = parse(f"<html><body>{markup}</body></html>")
    except UnreadableArticleError:
        return
    yield from blocks(tree)


def _is_unseen(element: html.HtmlElement) -> bool:
    return element.tag in _UNSEEN or "hidden" in element.attrib or bool(_HIDDEN.search(element.get("style", "")))


def _words(text: str | None, preformatted: int) -> str:
    words = clean(text or "")
    return words.translate(_KEPT) if preformatted else words


def _shown(pieces: list[str]) -> str:
    """The collected pieces as a browser shows them; they are forgotten."""
    words = _COLLAPSED.sub(" ", "".join(pieces))
    pieces.clear()
    return _AROUND_BREAK.sub(r"\1", words).translate(_SHOWN).strip()


_HEAD = 4096  # bytes; browsers look for the charset in the first 1024
_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
# Only dates that the page states as its own: any date in the text may be of anything.
_DATES = {"extensive_search": False, "original_date": True}


def read(data: bytes) -> Draft:
    """The article on a web page; a charset that the page declares is honoured."""
    declared = _CHARSET.search(data[:_HEAD])
    charset = (declared[1] or declared[2]).decode("ascii", "ignore") if declared else None
    tree = parse(decode(data, charset))
    found = extract_metadata(tree, date_config=_DATES)
    text, marks = join_blocks(blocks(main_content(tree)))
    titled = any(mark.kind == "title" for mark in marks)
    facts, warnings = parse_metadata(
        {
            "title": None if titled else found.title,
            "author": found.author,
            "source": found.sitename,
            "published": found.date,
            "url": found.url,
        }
    )
    return Draft(text, marks, facts, warnings)
