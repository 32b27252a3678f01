"""Parse a Word document: mammoth turns it to HTML, which the HTML reader splits into blocks.

The document's XML is simplified first, because mammoth leaves out what it does not know (equations, text in
fields or with furigana), shows hidden text, and takes long for formatting that is of no use here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import mammoth
from lxml import etree

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.formats import html
from bot.ingest.metadata import is_placeholder, parse_metadata
from bot.ingest.zip_files import ZipDocument

MAX_ELEMENTS = 500_000  # of a simplified part; mammoth needs a kilobyte and 20 µs for each
HEADING_WORDS = 40  # a longer paragraph is prose, whatever its style
CELL_WORDS = 40  # a table with longer cells is a layout in columns, each cell of which is a text of its own

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TEXT_ROOTS = frozenset({"document", "footnotes", "endnotes"})
_OTHER_ROOTS = frozenset({"Relationships", "Types"})
_UNREAD_FOLDERS = ("word/theme/", "word/glossary/", "word/embeddings/", "customXml/", "docProps/")
# The title that python-docx's template carries, and the second at which it was made.
_TEMPLATE_DATE = "2013-12-23T23:15:00Z"

# Elements whose contents mammoth reads under another name.
_RENAMED = {
    **dict.fromkeys("hyperlink fldSimple ruby rubyBase dir bdo".split(), "smartTag"),
    "cr": "br",
}
_DROPPED = (
    "instrText rt blip imagedata proofErr bookmarkStart bookmarkEnd lastRenderedPageBreak rPrChange pPrChange".split()
)
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_STYLE_MAP = """
p.Title => h1:fresh
p.Heading1 => h2:fresh
p.Heading2 => h3:fresh
p.Heading3 => h4:fresh
p.Heading4 => h5:fresh
p.Heading5 => h6:fresh
p.Contents => !
p.Cell => span:fresh
br[type='page'] => br:fresh
br[type='column'] => br:fresh
"""
_HEADING_LEVELS = 5
_HEADING_STYLE = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc [1-9]|table of figures", re.IGNORECASE)
# mammoth's marks of a note: its number in the text, and an arrow back to it.
_NOTE_MARK = re.compile(r'<sup><a href="#(?:foot|end)note-[^"<>]*+"[^<>]*+>\[\d++\]</a></sup>')
_NOTE_RETURN = re.compile(r'<a href="#(?:foot|end)note-ref-[^"<>]*+">↑</a>')


def read(data: bytes) -> Draft:
    """Parse a Word document; its title, author and date are those of its properties."""
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise UnreadableArticleError("it is protected by a password; save it without one", "encrypted")
        raise UnreadableArticleError("it is in Word's old format; save it as .docx", "unsupported")
    document = ZipDocument(data)
    metadata, warnings = parse_metadata(_read_properties(document))
    parts, has_pictures = _simplify(document)
    text, marks = join_blocks(_choose_title(_convert(parts), has_title=metadata.title is not None))
    if not text and has_pictures:
        raise UnreadableArticleError("it holds pictures only; run text recognition (OCR) on it first", "no_text")
    return Draft(text, marks, metadata, warnings)


def _read_properties(document: ZipDocument) -> dict[str, object]:
    """The title, author and date of the core properties, without what programs write there of their own."""
    relations = document.parse("_rels/.rels")
    targets = [] if relations is None else list(relations)
    names = [one.get("Target", "") for one in targets if one.get("Type", "").endswith("/core-properties")]
    properties = document.parse(names[0]) if names else None
    if properties is None:
        return {}
    found = {etree.QName(one).localname: (one.text or "").strip() for one in properties.iter(etree.Element)}
    title, author = found.get("title", ""), found.get("creator", "")
    dates = [found.get(name, "") for name in ("created", "modified")]
    return {
        "title": None if is_placeholder(title) else title,
        "author": None if is_placeholder(author) else author,
        # When it was begun, rather than last saved: an article that is moved or printed is often saved again.
        "published": next((date for date in dates if date and date != _TEMPLATE_DATE), None),
    }


def _simplify(document: ZipDocument) -> tuple[dict[str, bytes], bool]:
    """The parts that mammoth needs, simplified; and whether the document has pictures."""
    names = [name for name in document.names if name.endswith((".xml", ".rels"))]
    trees = {name: document.parse(name) for name in names if not name.startswith(_UNREAD_FOLDERS)}
    roots = {name: etree.QName(tree).localname for name, tree in trees.items() if tree is not None}
    if "document" not in roots.values():
        if any(name.startswith(("xl/", "ppt/")) for name in document.names):
            raise UnreadableArticleError("it is a spreadsheet or a presentation; export it as .docx", "unsupported")
        raise UnreadableArticleError("it is no Word document; save it as .docx")
    styles = next((_read_styles(trees[name]) for name, root in roots.items() if root == "styles"), {})
    parts = {}
    for name, root in roots.items():
        if root in _TEXT_ROOTS:
            _simplify_text(trees[name], styles)
        if root in _TEXT_ROOTS | _OTHER_ROOTS:
            parts[name] = etree.tostring(trees[name], encoding="utf-8")
    return parts, any(name.startswith("word/media/") for name in document.names)


def _read_styles(root: etree._Element) -> dict[str, str]:
    """What each paragraph style is by its name, its outline level or the style that it is based on."""
    named: dict[str, str] = {}
    bases: dict[str, str | None] = {}
    for style in root.iterfind("{*}style"):
        identifier = _get(style, "styleId")
        level = style.find("{*}pPr/{*}outlineLvl")
        name, base = style.find("{*}name"), style.find("{*}basedOn")
        bases[identifier] = None if base is None else _get(base, "val")
        if kind := _classify_style(
            "" if name is None else _get(name, "val"), None if level is None else _get(level, "val")
        ):
            named[identifier] = kind
    styles = {}
    for identifier in bases:
        at: str | None = identifier
        seen = set()
        while at and at not in named and at not in seen:
            seen.add(at)
            at = bases.get(at)
        styles[identifier] = named.get(at or "", "")
        named.update(dict.fromkeys(seen, styles[identifier]))
    return styles


def _classify_style(name: str, level: str | None) -> str:
    """Return "Title", "Heading1" to "Heading5", "Contents", "Text" (which ends the search for a base) or ""."""
    if name.lower() == "title":
        return "Title"
    if _CONTENTS_STYLE.fullmatch(name):
        return "Contents"
    if level is not None:
        return _heading_of(level) or "Text"
    heading = _HEADING_STYLE.fullmatch(name)
    return f"Heading{min(int(heading[1]), _HEADING_LEVELS)}" if heading else ""


def _heading_of(level: str) -> str:
    """The heading of an outline level, which counts from 0; 9 is body text."""
    return f"Heading{min(int(level) + 1, _HEADING_LEVELS)}" if level in set("012345678") else ""


def _simplify_text(root: etree._Element, styles: dict[str, str]) -> None:
    """Keep the text and structure of a part; drop formatting and hidden text, and rename what mammoth ignores."""
    etree.strip_elements(root, *(f"{{*}}{name}" for name in _DROPPED), with_tail=False)
    for placeholder in list(root.iterfind(".//{*}sdtPr/{*}showingPlcHdr")):
        _remove(placeholder.getparent().getparent())
    _move_text_boxes(root)
    for element in list(root.iter(etree.Element)):
        namespace, name = etree.QName(element).namespace, etree.QName(element).localname
        if f"{{{namespace}}}" == _MATH:
            element.tag = f"{{{_namespace(root)}}}{name if name in {'r', 't'} else 'smartTag'}"
        elif name in _RENAMED:
            element.tag = f"{{{namespace}}}{_RENAMED[name]}"
        if name == "r":
            _simplify_run(element)
        elif name == "p":
            _simplify_paragraph(element, styles)
    for cell in root.iter("{*}tc"):
        paragraphs = [one for one in cell.iterchildren("{*}p") if _words(one)]
        if len(paragraphs) == 1 and cell.find("{*}tbl") is None and len(_words(paragraphs[0])) <= CELL_WORDS:
            _set_style(paragraphs[0], "Cell")
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise UnreadableArticleError(f"it has more than {MAX_ELEMENTS:,} elements; split it", "too_large")


def _move_text_boxes(root: etree._Element) -> None:
    """Put the text boxes that have no older form beside them into that form, the only one that mammoth reads."""
    for drawing in list(root.iter("{*}drawing")):
        around = next(drawing.iterancestors("{*}AlternateContent"), None)
        boxes = [box for box in drawing.iter("{*}txbxContent") if next(box.iterancestors("{*}drawing")) is drawing]
        place = drawing if around is None else around
        if not boxes or place.getparent() is None or place.find("{*}Fallback//{*}txbxContent") is not None:
            continue
        picture = etree.Element(f"{{{_namespace(root)}}}pict")
        picture.extend(boxes)
        place.getparent().replace(place, picture)


def _simplify_run(run: etree._Element) -> None:
    properties = run.find("{*}rPr")
    if properties is None:
        return
    hidden = properties.find("{*}vanish")
    if hidden is not None and _get(hidden, "val") not in {"0", "false", "off"}:
        _remove(run)
    elif properties.find("{*}vertAlign") is None:
        run.remove(properties)


def _simplify_paragraph(paragraph: etree._Element, styles: dict[str, str]) -> None:
    """Keep of a paragraph's properties whether it is a heading, and whether its end was deleted."""
    properties = paragraph.find("{*}pPr")
    if properties is None:
        return
    named, level = properties.find("{*}pStyle"), properties.find("{*}outlineLvl")
    style = "" if named is None else styles.get(_get(named, "val"), "")
    if level is not None and style != "Title":
        style = _heading_of(_get(level, "val"))
    deleted = properties.find("{*}rPr/{*}del")
    for one in list(properties):
        properties.remove(one)
    if deleted is not None:
        etree.SubElement(properties, f"{{{_namespace(paragraph)}}}rPr").append(deleted)
    if style == "Contents" or (style not in {"", "Text"} and len(_words(paragraph)) <= HEADING_WORDS):
        _set_style(paragraph, style)


def _set_style(paragraph: etree._Element, style: str) -> None:
    namespace = _namespace(paragraph)
    properties = paragraph.find("{*}pPr")
    if properties is None:
        properties = etree.Element(f"{{{namespace}}}pPr")
        paragraph.insert(0, properties)
    if properties.find("{*}pStyle") is None:
        etree.SubElement(properties, f"{{{namespace}}}pStyle").set(f"{{{namespace}}}val", style)


def _words(element: etree._Element) -> list[str]:
    return "".join(one.text or "" for one in element.iter("{*}t")).split()


def _namespace(element: etree._Element) -> str | None:
    namespace: str | None = etree.QName(element).namespace
    return namespace


def _get(element: etree._Element, name: str) -> str:
    """An attribute by its local name; transitional and strict documents have different namespaces."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")


def _remove(element: etree._Element) -> None:
    element.getparent().remove(element)


def _convert(parts: dict[str, bytes]) -> Iterator[TextBlock]:
    """The text blocks of the document that consists of these parts."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    package.seek(0)
    try:
        markup = mammoth.convert_to_html(
            package,
            style_map=_STYLE_MAP,
            include_default_style_map=False,
            include_embedded_style_map=False,
            convert_image=lambda image: [],
        ).value
    except Exception as error:  # mammoth raises whatever it runs into in a malformed document
        raise UnreadableArticleError("it is damaged; open it in Word and save it again") from error
    yield from html.extract_fragment_blocks(_NOTE_RETURN.sub("", _NOTE_MARK.sub("", markup)))


def _choose_title(blocks: Iterator[TextBlock], *, has_title: bool) -> Iterator[TextBlock]:
    """Make the first heading the title where neither the properties nor a style give one."""
    found = [(kind, words) for kind, words in blocks if words.strip()]
    has_title = has_title or any(kind == "title" for kind, _ in found)
    for kind, words in found:
        if kind is not None and not has_title:
            has_title = True
            yield "title", words
        else:
            yield kind, words
