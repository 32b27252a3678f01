"""Parse an e-book: the chapters in reading order, each through the HTML reader, and the book's own metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from lxml import etree

from bot.errors import ReadOutcome, UnreadableArticleError
from bot.ingest.dates import parse_date
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.formats import html
from bot.ingest.metadata import is_placeholder, parse_metadata
from bot.ingest.xml import decode_xml, expand_entities, parse_xml
from bot.ingest.zip_files import ZipDocument

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document"})
_NCX_TYPE = "application/x-dtbncx+xml"
_TYPE = "{http://www.idpf.org/2007/ops}type"
_OTHER_DATES = frozenset({"conversion", "modification"})
# Numbers of printed pages and marks of notes, which stand inside sentences.
_MARK_TYPES = frozenset({"pagebreak", "noteref", "doc-pagebreak", "doc-noteref"})
_PAGE_CLASS = re.compile(r"(?:x-ebookmaker-)?page-?(?:num|no|number|break)", re.IGNORECASE)


def read(data: bytes) -> Draft:
    """Parse an e-book; chapter titles are headings. Missing chapters are reported."""
    book = ZipDocument(data)
    package_name = _find_package(book)
    package = book.parse(package_name)
    if package is None:
        raise UnreadableArticleError("it is no e-book; save it as EPUB again")
    folder = dirname(package_name)
    chapters, labels = _list_chapters(book, package, folder)
    if _list_encrypted(book) & set(chapters):
        raise UnreadableArticleError("it is protected against copying (DRM); get a copy without", "encrypted")
    pages = {name: content for name in chapters if (content := book.read(name)) is not None}
    missing = len(chapters) - len(pages)
    if not pages:
        raise UnreadableArticleError("its chapters are missing; download it again")
    metadata, warnings = parse_metadata(_read_metadata(package))
    blocks = [block for name, page in pages.items() for block in _read_chapter(page, labels.get(name))]
    text, marks = join_blocks(_choose_title(blocks, has_title=metadata.title is not None))
    if not text:
        raise UnreadableArticleError("it holds pictures only; run text recognition (OCR) on it first", "no_text")
    outcome: ReadOutcome = "read"
    if missing:
        outcome = "partly"
        warnings = (*warnings, f"{missing:,} of its {len(chapters):,} chapters are missing; download it again")
    return Draft(text, marks, metadata, warnings, outcome=outcome)


def _find_package(book: ZipDocument) -> str:
    """The name of the part that lists the book's chapters."""
    container = book.parse(_CONTAINER)
    listed = [] if container is None else [one.get("full-path", "") for one in container.iter("{*}rootfile")]
    return next(iter(listed or [name for name in book.names if name.endswith(".opf")]), "content.opf")


def _read_metadata(package: etree._Element) -> dict[str, object]:
    found: dict[str, list[etree._Element]] = {}
    for element in package.iterfind("{*}metadata//{http://purl.org/dc/elements/1.1/}*"):
        if element.text and element.text.strip():
            found.setdefault(etree.QName(element).localname, []).append(element)
    texts = {name: [one.text.strip() for one in elements] for name, elements in found.items()}
    titles = [title for title in texts.get("title", []) if not is_placeholder(title)]
    authors = [author for author in texts.get("creator", []) if not is_placeholder(author)]
    dates = [one.text for one in found.get("date", []) if not _OTHER_DATES & set(one.attrib.values())]
    addresses = [*texts.get("identifier", []), *texts.get("source", [])]
    return {
        "title": next(iter(titles), None),
        "author": authors,
        "source": next(iter(texts.get("publisher", [])), None),
        "published": next(filter(parse_date, dates), None),
        "url": next((one for one in addresses if one.startswith(("https://", "http://"))), None),
    }


def _list_chapters(book: ZipDocument, package: etree._Element, folder: str) -> tuple[list[str], dict[str, str]]:
    """The names of the chapters' parts in reading order, and what the table of contents calls each."""
    items = {one.get("id"): one for one in package.iterfind("{*}manifest/{*}item")}
    spine = [items[one.get("idref")] for one in package.iterfind("{*}spine/{*}itemref") if one.get("idref") in items]
    contents = [one for one in items.values() if "nav" in one.get("properties", "").split()]
    chapters = [
        _resolve(folder, one.get("href", ""))
        for one in spine
        if one.get("media-type", "") in _CHAPTER_TYPES and one not in contents
    ]
    labels: dict[str, str] = {}
    for item in [*contents, *(one for one in items.values() if one.get("media-type") == _NCX_TYPE)][:2]:
        name = _resolve(folder, item.get("href", ""))
        for target, label in _read_contents(book.read(name) or b""):
            labels.setdefault(_resolve(dirname(name), target), label)
    return list(dict.fromkeys(chapters)), labels


def _read_contents(data: bytes) -> Iterator[tuple[str, str]]:
    """The target and label of each entry of a table of contents, in either of its two forms."""
    try:
        root = parse_xml(data)
    except UnreadableArticleError:  # the chapters are what counts
        return
    for point in root.iter("{*}navPoint"):
        target, label = point.find("{*}content"), point.find("{*}navLabel")
        if target is not None and label is not None:
            yield target.get("src", ""), " ".join("".join(label.itertext()).split())
    for nav in root.iter("{*}nav"):
        if nav.get(_TYPE, "toc") == "toc":
            for link in nav.iter("{*}a"):
                yield link.get("href", ""), " ".join("".join(link.itertext()).split())


def _resolve(folder: str, reference: str) -> str:
    return normpath(join(folder, unquote(reference.partition("#")[0])))


def _list_encrypted(book: ZipDocument) -> set[str]:
    encryption = book.parse(_ENCRYPTION)
    if encryption is None:
        return set()
    return {normpath(unquote(one.get("URI", ""))) for one in encryption.iter("{*}CipherReference")}


def _read_chapter(data: bytes, label: str | None) -> Iterator[TextBlock]:
    """The blocks of a chapter. Without a heading of its own, it gets the ``label`` of the table of contents."""
    blocks = [(kind, words) for kind, words in html.extract_fragment_blocks(_to_markup(data)) if words.strip()]
    if blocks and label and not is_placeholder(label) and all(kind is None for kind, _ in blocks):
        if " ".join(blocks[0][1].split()).casefold() == label.casefold():
            blocks.pop(0)
        yield "heading", label
    yield from blocks


def _to_markup(data: bytes) -> str:
    """The chapter as HTML, without page numbers and marks of notes.

    In XHTML, ``<title/>`` and ``<a/>`` are whole elements; in HTML, they would enclose what follows.
    """
    try:
        page = decode_xml(data)
    except UnreadableArticleError:
        return ""
    start = page.find("<", page.find("?>")) if page.startswith("<?xml") else 0
    try:
        root = parse_xml(expand_entities(page[start:]).encode())
    except UnreadableArticleError:
        return page
    for element in [one for one in root.iter(etree.Element) if _is_mark(one)]:
        element.text = None
        del element[:]
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    etree.cleanup_namespaces(root)
    markup: str = etree.tostring(root, encoding="unicode", method="html")
    return markup


def _is_mark(element: etree._Element) -> bool:
    types = {*element.get(_TYPE, "").split(), *element.get("role", "").split()}
    is_page_number = any(map(_PAGE_CLASS.fullmatch, element.get("class", "").split()))
    return bool(types & _MARK_TYPES) or is_page_number


def _choose_title(blocks: list[TextBlock], *, has_title: bool) -> Iterator[TextBlock]:
    """Make all titles headings, as each chapter has one; but the first where the book states no title."""
    for kind, words in blocks:
        if kind is not None:
            yield ("heading" if has_title else "title"), words
            has_title = True
        else:
            yield kind, words
