"""Join lines to paragraphs: by indent, leading, short last lines and font; over columns and pages too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import regex

from bot.ingest.pdf.columns import Region
from bot.ingest.pdf.furniture import Body, PageLines
from bot.ingest.pdf.lines import Line
from bot.text.paragraphs import ends_as_sentence

BlockKind = Literal["text", "row", "note", "heading", "title"]

_INDENT = 0.7  # em
_GAP, _WIDE_GAP = 1.13, 1.6  # times the leading: the distance of lines between which a paragraph may end, or must
_LARGE = 1.12  # times the body's size: the least size of a heading
_TITLE = 1.25  # likewise of a title
_HEADING_WORDS, _HEADING_LINES = 25, 3
_TITLE_WORDS = 40
_LOOK_BACK = 12  # paragraphs between two parts of one, at most
_BULLET = regex.compile(r"[•●○◦▪■□◆❖➢✓‣⁃∙\uf0b7\uf0a7\uf0d8]|[–—*-]\s")
_NUMBERED = regex.compile(r"(?:\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2}){1,4}\.?)\s")
_NUMBERED_PART = re.compile(
    r"(?:chapter|part|section|kapitel|teil|chapitre|partie|capítulo|parte)\s\w{1,8}", re.IGNORECASE
)
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*†‡§]{1,3}|\[\d{1,3}\]|\d{1,3}\)|\(\d{1,3}\)|[ivx]{1,4})[\s.]?\s?\S")
_LIST_INTRODUCTION = (":", ";")
_NO_HEADING_END = (".", ",", ";", "…", "-", "。", "、")


@dataclass(slots=True)
class Block:
    """A paragraph in the making. ``is_first`` and ``is_last`` tell its place in its region, of the text there.

    ``is_indented`` is about its first line; ``space_left`` is that at the end of its last line, in points.
    """

    kind: BlockKind
    lines: list[Line]
    region: int
    is_first: bool = False
    is_last: bool = False
    is_indented: bool = False
    space_left: float = 0.0

    @property
    def page(self) -> int:
        return self.lines[0].page

    @property
    def size(self) -> float:
        return max(line.size for line in self.lines)

    @property
    def is_bold(self) -> bool:
        return all(line.is_bold for line in self.lines)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


def build_blocks(pages: Sequence[PageLines], body: Body) -> list[Block]:
    """Divide the pages' lines into paragraphs, in reading order, and mark the title, headings and footnotes."""
    blocks: list[Block] = []
    number = 0
    for page in pages:
        for region in page.regions:
            number += 1
            found = list(_split_region(region, number, body))
            _mark_notes(found, page.height, body)
            _mark_ends(found)
            blocks += found
    _mark_headings(blocks, pages, body)
    return _continue_blocks(blocks, body)


def _split_region(region: Region, number: int, body: Body) -> Iterator[Block]:
    lines = region.lines
    limits = _right_limits(lines, body)
    starts = [line.start for line in lines if not line.is_row]
    left = min(starts, default=0.0)
    block: list[Line] = []
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else None
        block.append(line)
        if following is None or _is_break(block, following, limits[at], body):
            kind: BlockKind = "row" if line.is_row else "text"
            yield Block(
                kind,
                block,
                number,
                is_indented=block[0].start - left > _INDENT * line.size,
                space_left=limits[at] - line.end,
            )
            block = []


def _right_limits(lines: Sequence[Line], body: Body) -> list[float]:
    """How far each line could have reached: the end of the longest line near it of the same size."""
    limits: list[float] = []
    run: list[Line] = []
    by_size: dict[int, float] = {}
    for line in lines:
        if not line.is_row:
            by_size[round(line.size)] = max(by_size.get(round(line.size), line.end), line.end)
    overall = max(by_size.values(), default=0.0)

    def close_run() -> None:
        ends = [line.end for line in run]
        widest = by_size.get(round(run[0].size), overall) if run else overall
        # A passage set narrower than its column, such as an abstract, has a limit of its own.
        is_narrow = len(run) >= 4 and sorted(ends)[-2] < widest - 0.8 * run[0].size
        limits.extend([max(ends) if is_narrow else widest] * len(run))

    for line in lines:
        if run and (
            abs(line.size - run[-1].size) > 0.5
            or not 0 < line.base - run[-1].base <= _GAP * body.leading(line.size)
            or line.is_row
        ):
            close_run()
            run = []
        run.append(line)
    close_run()
    return limits


def _is_break(block: Sequence[Line], following: Line, limit: float, body: Body) -> bool:
    """Whether a paragraph ends between the block's last line and the following one."""
    line = block[-1]
    if line.is_row or following.is_row or (following.is_rtl and not line.is_rtl):
        return True
    same_size = abs(line.size - following.size) <= 0.06 * line.size or abs(line.largest - following.largest) < 0.3
    distance = (following.base - line.base) / body.leading(max(line.size, following.size))
    is_marked = bool(following.mark_length or _BULLET.match(following.text))
    if not same_size or not 0 < distance <= _WIDE_GAP or is_marked:
        return True
    ends = ends_as_sentence(line.text) or line.text.endswith(_LIST_INTRODUCTION)
    is_short = _is_short(line, following, limit)
    is_numbered = bool(_NUMBERED.match(following.text)) and (ends or is_short or bool(_NUMBERED.match(block[0].text)))
    changes_weight = line.is_bold != following.is_bold and (is_short or all(one.is_bold for one in block))
    # A raised or lowered letter may widen the distance of lines within a paragraph too.
    is_apart = distance > _GAP and (ends or is_short or not following.text[0].islower())
    return (
        is_numbered
        or changes_weight
        or is_apart
        or (is_short and not _is_large(block, following, body) and _ends_early(line, following, limit, ends=ends))
        or _is_break_by_indent(block, following, ends=ends)
    )


def _ends_early(line: Line, following: Line, limit: float, *, ends: bool) -> bool:
    """Whether a short line is a paragraph's last one: a line beside a picture is short, and its sentence goes on."""
    return ends or not following.text[0].islower() or limit - line.end > 0.5 * (limit - line.start)


def _is_large(block: Sequence[Line], following: Line, body: Body) -> bool:
    """Whether both lines are those of one large heading, which is divided by sense and not by width."""
    return (
        block[-1].size >= _LARGE * body.size
        and block[-1].font == following.font
        and abs(block[-1].size - following.size) < 0.3
        and len(block) < _HEADING_LINES
    )


def _is_short(line: Line, following: Line, limit: float) -> bool:
    """Whether the first word of the following line would have fitted on the line."""
    return limit - line.end > following.first_width + 0.75 * line.size


def _is_break_by_indent(block: Sequence[Line], following: Line, *, ends: bool) -> bool:
    line = block[-1]
    em = _INDENT * line.size
    shift = following.start - line.start
    if shift > em:
        return ends and not _is_hanging(block, following)
    if shift < -em:
        return len(block) > 1
    return False


def _is_hanging(block: Sequence[Line], following: Line) -> bool:
    """Whether the lines after the block's first one are indented, as in a list; ``following`` is the next one."""
    first = block[0]
    em = _INDENT * first.size
    if len(block) > 1:
        return block[1].start > first.start + em
    return first.indent > first.start and abs(following.start - first.indent) <= em


def _mark_notes(blocks: Sequence[Block], height: float, body: Body) -> None:
    """Mark the footnotes: the small paragraphs at a region's end, from one with a mark on."""
    start = len(blocks)
    while start and blocks[start - 1].kind == "text" and blocks[start - 1].size <= 0.93 * body.size:
        start -= 1
    small = blocks[start:]
    for at, block in enumerate(small):
        first = block.lines[0]
        if first.base > 0.45 * height and (first.mark_length or _NOTE_MARK.match(first.text)):
            for note in small[at:]:
                note.kind = "note"
            break


def _mark_ends(blocks: Sequence[Block]) -> None:
    text = [block for block in blocks if block.kind == "text"]
    if text:
        text[0].is_first = text[-1].is_last = True


def _mark_headings(blocks: Sequence[Block], pages: Sequence[PageLines], body: Body) -> None:
    heights = {page.number: page.height for page in pages}
    first_page = [block for block in blocks if block.page == pages[0].number and _could_be_heading(block, body)]
    titles = [
        block
        for block in first_page
        if block.size >= _TITLE * body.size and block.lines[0].base < 0.6 * heights[block.page]
    ]
    # "Chapter 1" above the name of the chapter is no title.
    named = [block for block in titles if not _NUMBERED_PART.fullmatch(block.text)] or titles
    title = max(named, key=lambda block: block.size, default=None)
    if title is None and blocks[0] in first_page:
        title = blocks[0]
    is_followed = has_text = False
    for block in reversed(blocks):
        if block.kind == "text" and _could_be_heading(block, body):
            # Names of authors may stand between the title and the text.
            if block is title and has_text:
                block.kind = "title"
            elif is_followed:
                block.kind = "heading"
        elif block.kind != "note":
            is_prose = len(block.lines) > 2 or (len(block.text) > 40 and ends_as_sentence(block.text))
            is_followed = block.kind == "text" and is_prose
            has_text = has_text or is_followed


def _could_be_heading(block: Block, body: Body) -> bool:
    text = block.text
    is_large = min(line.size for line in block.lines) >= _LARGE * body.size
    return (
        (is_large or (block.is_bold and not body.is_bold))
        and len(block.lines) <= _HEADING_LINES
        and len(text.split()) <= (_TITLE_WORDS if is_large else _HEADING_WORDS)
        and len(text) <= 250
        and any(map(str.isalpha, text))
        and not text.endswith(_NO_HEADING_END)
        and not _BULLET.match(text)
    )


def _continue_blocks(blocks: Sequence[Block], body: Body) -> list[Block]:
    """Join the parts of a paragraph that goes on in the next column or on the next page.

    Footnotes, tables and captions between the parts stand after the paragraph then.
    """
    indented = [block.is_indented for block in blocks if block.kind == "text" and len(block.lines) > 2]
    uses_indent = sum(indented) * 2 > len(indented)
    result: list[Block] = []
    for block in blocks:
        if block.kind in ("text", "note"):
            before = _find_open(result, block)
            if before is not None and _continues(before, block, uses_indent=uses_indent):
                before.lines.extend(block.lines)
                before.is_last, before.space_left, before.region = block.is_last, block.space_left, block.region
                continue
        result.append(block)
    return result


def _find_open(before: Sequence[Block], block: Block) -> Block | None:
    """The last paragraph of an earlier region of this page or the one before, if nothing but floats stand between."""
    for other in reversed(before[-_LOOK_BACK:]):
        if other.kind in ("heading", "title"):
            return None
        if other.kind == block.kind and (other.region < block.region):
            is_near = block.page - other.lines[-1].page <= 1
            return other if is_near and (other.is_last or other.kind == "note") else None
        if other.kind == block.kind == "text" and abs(other.size - block.size) < 0.06 * block.size:
            return None
    return None


def _continues(before: Block, block: Block, *, uses_indent: bool) -> bool:
    last, first = before.lines[-1], block.lines[0]
    is_alike = abs(last.size - first.size) <= 0.06 * first.size and last.is_bold == first.is_bold
    if not is_alike or first.mark_length or _BULLET.match(first.text):
        return False
    ends = ends_as_sentence(last.text)
    if block.kind == "note":
        return not _NOTE_MARK.match(first.text) and not ends
    if first.text[0].islower():
        return not ends
    is_full = before.space_left <= first.first_width + 0.75 * last.size
    if not block.is_first or not is_full or block.is_indented or _NUMBERED.match(first.text):
        return False
    if ends:
        # A paragraph's last line hardly ever ends exactly at the margin.
        return uses_indent or before.space_left < 0.15 * last.size
    return not last.text.endswith(_LIST_INTRODUCTION)
