"""Split the elements of a web page into text blocks, as a browser shows them.

The text is taken from the page's nodes, because content extractors normalize Unicode, drop joiners, and repeat or lose
short paragraphs; a quote must match the page exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree, html

from bot.ingest.draft import TextBlock
from bot.ingest.encoding import clean
from bot.models import MarkKind

UNSHOWN_TAGS = frozenset(
    "script style template title button input select textarea svg canvas iframe object embed audio video map "
    "dialog datalist rp rt".split()
)
BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol p pre search section summary "
    "table tbody tfoot thead tr ul".split()
)
_PLAIN_TAGS = frozenset({"div", "p"})
CELL_TAGS = frozenset({"td", "th"})
_NO_CELL_TAGS = BLOCK_TAGS - {"tr", "thead", "tbody", "tfoot", "caption"}
_HEADING_TAGS: dict[str, MarkKind] = {"h1": "title", **dict.fromkeys(("h2", "h3", "h4", "h5", "h6"), "heading")}
_HIDDEN_STYLE = re.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+hidden", re.IGNORECASE)
_SCREEN_READER = re.compile(
    r"(?:^|[\s_-])(?:sr[-_]?only|screen-?reader\w*+|visually-?hidden|hidden-visually|off-?screen|show-for-sr"
    r"|element-invisible|assistive(?:-text)?|a11y-(?:hidden|only)|accessib\w*+-hidden)(?![a-z])",
    re.IGNORECASE,
)
_ICON = re.compile(
    r"(?:^|[\s_-])(?:ico|icon\w*+|mi|material-(?:icons|symbols)\w*+|fa[bsrl]?|glyphicon)(?![a-z])", re.IGNORECASE
)
_ICON_TAGS = frozenset("b em i span".split())
_LIGATURE = re.compile(r"[a-z]{2,}(?:_[a-z0-9]+)*")  # the name of a picture in an icon font

# A heading of so many words, or of so many that end as a sentence does, is a sentence that is marked up as a heading.
_HEADING_WORDS, _SENTENCE_WORDS = 30, 10
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){2,5}\.?\s+[^\W\d_a-z]")  # "12.2.1. What"; "1.5 million" is none
_TITLE_DEPTH = 4  # elements above the title of a box, among which is its titlepage
_SENTENCE_END = re.compile(r"[.!…][\"'”’»)\]]?\Z")
_TERM_CHARS = 80  # of a term in a list of definitions; a longer one is a text of its own
_DEFINITION_CHARS = 40  # from which on a definition is a text, with its term as a heading
_CELL_CHARS = 200  # of a cell's paragraph that is read with its row
_COLUMN_CHARS = 60  # of a column's name that is repeated in each row

# Placeholders for white space that must not collapse; no page contains them, as control characters are dropped first.
_BREAK, _BLANK, _TAB = "\x01", "\x02", "\x03"
_PROTECT = str.maketrans({"\n": _BREAK, " ": _BLANK, "\t": _TAB})
_RESTORE = str.maketrans({_BREAK: "\n", _BLANK: " ", _TAB: "\t"})
_WHITE_SPACE = re.compile(r"[ \t\n]+")
_AROUND_BREAK = re.compile(rf" ?([{_BREAK}{_TAB}]) ?")

_MARK_CHARS = 30  # of the mark of a note, such as "[note 3]"
_BRACKETED = re.compile(r"[\[(].{1,28}[\])]")
_NOTE_LINK = re.compile(r"(?:^|[\s_-])(?:foot|end)?note-?ref(?:erence)?(?![a-z])", re.IGNORECASE)
_PERMALINKS = frozenset({"¶", "#", "§", "🔗", "\uf0c1"})
_NUMBER_MARK = re.compile(r"\d{1,3}(?:[,;–-] ?\d{1,3}){0,9}")
_SYMBOL_MARK = re.compile(r"[*†‡§¶#,;]{1,3}")
_LETTER_MARK = re.compile(r"[a-d]")
_LAST_WORD = re.compile(r"[^\W\d_]{1,30}\Z")
_BASE_TEN = re.compile(r"(?<![\d.,])10\Z")
_ISOTOPE_OR_FRACTION = re.compile(r"[A-Z][a-z]?(?![a-z])|\s?[/⁄]")
_UNITS = frozenset("m km cm mm dm nm µm μm ft in yd mi s mc".split())
_FORMULAS = frozenset({"CO", "NO", "SO"})  # "CO<sup>2</sup>" is how many write the gas


def extract_blocks(root: html.HtmlElement, title: html.HtmlElement | None = None) -> Iterator[TextBlock]:
    """The text blocks below ``root``, in order: ``title`` (without one, each h1) is a title, h2 to h6 are headings.

    White space collapses as in a browser; ``br`` is a line end. A tab separates the cells of a table's row, each with
    the name of its column in front, definitions from their term, and the title of a box from its text; the term of a
    longer definition is a heading. A heading that is a sentence is text, unless it has a section's number. The marks of
    notes, and the signs beside headings that link to them, are left out.
    """
    reader = _BlockReader(root, title)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            block = reader.end(element)
        elif reader.skip(element):
            walk.skip_subtree()
            continue
        else:
            block = reader.start(element)
        if block is not None:
            yield block
    yield reader.take_block()


def is_hidden(element: html.HtmlElement) -> bool:
    """Whether a browser does not show the element, shows a picture for its words, or only reads them aloud."""
    attributes = element.attrib
    if element.tag in UNSHOWN_TAGS or "hidden" in attributes or element.tag.endswith("-icon"):
        return True
    if not attributes:
        return False
    if _HIDDEN_STYLE.search(attributes.get("style", "")):
        return True
    if _SCREEN_READER.search(attributes.get("class", "")):
        return True
    return element.tag in _ICON_TAGS and _is_icon(element)


def has_blocks(element: html.HtmlElement) -> bool:
    """Whether the element has a block or a cell of a table as a child, and so holds more than one text."""
    return any(child.tag in BLOCK_TAGS or child.tag in CELL_TAGS for child in element)


def read_short(element: html.HtmlElement, limit: int) -> str:
    """The text of an element, its white space collapsed; empty if it is longer than ``limit`` characters."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        size += len(piece)
        if size > 2 * limit:
            return ""
        pieces.append(piece)
    text = " ".join("".join(pieces).split())
    return text if len(text) <= limit else ""


def _is_icon(element: html.HtmlElement) -> bool:
    """Whether the element's only word is the name of a picture in an icon font."""
    if element.get("aria-hidden") != "true" and not _ICON.search(element.get("class", "")):
        return False
    return bool(_LIGATURE.fullmatch(read_short(element, _COLUMN_CHARS)))


def _find_titled_box(element: html.HtmlElement) -> html.HtmlElement | None:
    """The box of which an element is the title, as DocBook marks it up: inside a "titlepage", the box's first part."""
    if element.tag not in _PLAIN_TAGS or "title" not in element.get("class", "").split():
        return None
    above = list(islice(element.iterancestors(), _TITLE_DEPTH))
    return next((one.getparent() for one in above if "titlepage" in one.get("class", "").split()), None)


def _is_cell_text(element: html.HtmlElement) -> bool:
    """Whether an element holds the short text of a cell, and nothing stands beside it."""
    cell = element.getparent()
    if element.tag not in _PLAIN_TAGS or cell is None or cell.tag not in CELL_TAGS or len(cell) != 1:
        return False
    if (cell.text or "").strip() or (element.tail or "").strip():
        return False
    return not has_blocks(element) and bool(read_short(element, _CELL_CHARS))


def _is_sentence(words: str, *, is_below_title: bool) -> bool:
    count = len(words.split())
    if _SECTION.match(words) and count <= _HEADING_WORDS:
        return False
    is_ended = is_below_title or bool(_SENTENCE_END.search(words))  # a lead may do without a full stop
    return count > _HEADING_WORDS or (count >= _SENTENCE_WORDS and is_ended)


def _is_mark_link(link: html.HtmlElement) -> bool:
    """Whether a link within the page is the mark of a note, or the sign beside a heading that leads to it."""
    if not link.get("href", "").startswith("#"):
        return False
    text = read_short(link, _MARK_CHARS)
    is_in_heading = any(one.tag in _HEADING_TAGS or one.tag == "dt" for one in islice(link.iterancestors(), 3))
    is_note = link.get("role") == "doc-noteref" or _NOTE_LINK.search(link.get("class", "")) is not None
    return (text in _PERMALINKS and is_in_heading) or (is_note and bool(_NUMBER_MARK.fullmatch(text.strip("[]()"))))


def _is_note_mark(mark: html.HtmlElement, before: list[str]) -> bool:
    """Whether a superscript is the mark of a note, and not an exponent, an ordinal or the like."""
    text = read_short(mark, _MARK_CHARS)
    is_bracketed = bool(_BRACKETED.fullmatch(text))
    is_number = bool(_NUMBER_MARK.fullmatch(text))
    if is_bracketed or _SYMBOL_MARK.fullmatch(text):
        return True
    parent = mark.getparent()
    links = [*mark.iter("a"), *([parent] if parent is not None and parent.tag == "a" else [])]
    if any("#" in link.get("href", "") for link in links):
        return is_number or len(text) == 1
    above = "".join(piece[-_MARK_CHARS:] for piece in before[-4:])
    word = _LAST_WORD.search(above)
    if _LETTER_MARK.fullmatch(text):
        return word is not None and len(word[0]) > 3 and word[0].islower()
    if not is_number or _BASE_TEN.search(above):
        return False
    if word is not None:
        return len(word[0]) > 1 and word[0] not in _FORMULAS and word[0].casefold() not in _UNITS
    return not _ISOTOPE_OR_FRACTION.match(mark.tail or "")


@dataclass(slots=True)
class _Table:
    """The row with the names of a table's columns, if it has one; and the number of the current column, from 0."""

    header: html.HtmlElement | None = None
    names: tuple[str, ...] = ()
    column: int = 0

    def name_cell(self, cell: html.HtmlElement) -> str:
        """The name of the cell's column and a blank; empty where there is no name, or nothing in the cell."""
        self.column += 1
        if self.column > len(self.names) or not any(map(str.strip, cell.itertext())):
            return ""
        return f"{self.names[self.column - 1]} ".lstrip()


def _read_table(table: html.HtmlElement) -> _Table:
    """The names of the columns of a simple table: one without other tables, blocks in cells or cells that span."""
    rows: list[list[html.HtmlElement]] = []
    for element in table.iterdescendants(etree.Element):
        if element.tag == "tr":
            rows.append([])
        elif element.tag in CELL_TAGS and rows:
            rows[-1].append(element)
        is_block = element.tag in _NO_CELL_TAGS and not _is_cell_text(element)
        if is_block or "colspan" in element.attrib or "rowspan" in element.attrib:
            return _Table()
    if len(rows) < 2 or len(rows[0]) < 2 or any(cell.tag != "th" for cell in rows[0]):
        return _Table()
    if any(cell.tag == "th" for cell in rows[1][1:]):
        return _Table()
    names = tuple(" ".join(words for _, words in extract_blocks(cell) if words) for cell in rows[0])
    if any(len(name) > _COLUMN_CHARS for name in names):
        return _Table()
    return _Table(rows[0][0].getparent(), names)


def _has_headings(definitions: html.HtmlElement, root: html.HtmlElement) -> bool:
    """Whether the terms of a list of definitions are headings: of texts, and of nothing else further down."""
    parts = [part for child in definitions for part in (child if child.tag == "div" else [child])]
    terms = [read_short(part, _TERM_CHARS) for part in parts if part.tag == "dt"]
    texts = [part for part in parts if part.tag == "dd" and not read_short(part, _DEFINITION_CHARS)]
    if not terms or not all(terms) or 2 * len(texts) < len(terms):
        return False
    above = definitions
    while above is not root and above.getnext() is None and not (above.tail or "").strip():
        above = above.getparent()
    below = above.getnext()
    return above is root or (below is not None and below.tag in {*_HEADING_TAGS, "dl"})


class _BlockReader:
    """What has been read of the current block, and the elements that enclose it."""

    def __init__(self, root: html.HtmlElement, title: html.HtmlElement | None) -> None:
        self._root = root
        self._title = title
        self._pieces: list[str] = []
        self._kind: MarkKind | None = None
        self._last_kind: MarkKind | None = None  # of the last block with words
        self._marked: html.HtmlElement | None = None  # the title or heading
        self._skipped: html.HtmlElement | None = None
        self._preformatted = 0  # how many pre elements enclose the current one
        self._tables: list[_Table] = []
        self._lists: list[bool] = []  # of each enclosing list of definitions, whether its terms are headings
        self._is_labelled = False  # whether only a term, or the title of a box, has been read of the block
        self._box: html.HtmlElement | None = None  # whose title has been read

    def skip(self, element: html.HtmlElement) -> bool:
        """Whether nothing in the element is read."""
        if element is not self._root and (
            is_hidden(element)
            or (element.tag == "sup" and _is_note_mark(element, self._pieces))
            or (element.tag == "a" and _is_mark_link(element))
            or (element.tag == "tr" and self._tables and element is self._tables[-1].header)
        ):
            self._skipped = element
            return True
        return False

    def start(self, element: html.HtmlElement) -> TextBlock | None:
        """Read the element's text up to its first child; return the block that ends before it, if one does."""
        tag = element.tag
        block = None
        if tag == "br":
            self._pieces.append(_BREAK)
        elif tag in CELL_TAGS:
            self._pieces.append(_TAB + (self._tables[-1].name_cell(element) if self._tables else ""))
        elif tag == "dd" and self._is_in_row(tag):
            self._pieces.append(_TAB)
            self._is_labelled = True
        elif tag in BLOCK_TAGS:
            if not ((self._is_labelled and tag in _PLAIN_TAGS) or _is_cell_text(element)):
                block = self.take_block()
            self._enter(element)
        self._read(element.text)
        return block

    def end(self, element: html.HtmlElement) -> TextBlock | None:
        """Read the text behind the element; return the block that ends with it, if one does."""
        block = None
        if element is self._skipped:
            self._skipped = None
        elif element.tag in BLOCK_TAGS:
            box = _find_titled_box(element)
            if box is not None and self._kind is None:
                self._pieces.append(_TAB)
                self._is_labelled, self._box = True, box
            elif element is self._box or not (
                self._is_in_row(element.tag)
                or (self._is_labelled and element.tag in _PLAIN_TAGS)
                or _is_cell_text(element)
            ):
                block = self.take_block()
            self._leave(element)
        if element is not self._root:
            self._read(element.tail)
        return block

    def take_block(self) -> TextBlock:
        """The block as read so far; the next one begins."""
        collapsed = _WHITE_SPACE.sub(" ", "".join(self._pieces))
        words = _AROUND_BREAK.sub(r"\1", collapsed).translate(_RESTORE).strip()
        kind = self._kind
        if kind == "heading" and _is_sentence(words, is_below_title=self._last_kind == "title"):
            kind = None
        self._pieces, self._is_labelled = [], False
        self._last_kind = kind if words else self._last_kind
        return kind, words

    def _is_in_row(self, tag: str) -> bool:
        return tag in {"dt", "dd"} and bool(self._lists) and not self._lists[-1]

    def _enter(self, element: html.HtmlElement) -> None:
        tag = element.tag
        if tag == "table":
            self._tables.append(_read_table(element))
        elif tag == "tr" and self._tables:
            self._tables[-1].column = 0
        elif tag == "dl":
            self._lists.append(_has_headings(element, self._root))
        elif tag == "pre":
            self._preformatted += 1
        if self._marked is None:
            self._kind = self._mark(element)
            self._marked = element if self._kind else None

    def _leave(self, element: html.HtmlElement) -> None:
        if element is self._marked:
            self._kind = self._marked = None
        if element.tag == "table":
            self._tables.pop()
        elif element.tag == "dl":
            self._lists.pop()
        elif element.tag == "pre":
            self._preformatted -= 1

    def _mark(self, element: html.HtmlElement) -> MarkKind | None:
        if element is self._title:
            return "title"
        is_term = element.tag == "dt" and bool(self._lists) and self._lists[-1]
        kind = "heading" if is_term else _HEADING_TAGS.get(element.tag)
        return "heading" if kind == "title" and self._title is not None else kind

    def _read(self, text: str | None) -> None:
        cleaned = clean(text or "")
        self._is_labelled = self._is_labelled and not cleaned.strip()
        self._pieces.append(cleaned.translate(_PROTECT) if self._preformatted else cleaned)
