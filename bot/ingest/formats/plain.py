"""Parse plain text: recognize metadata, the title and section headings by heuristics.

The heuristics are conservative, because a marked line can never be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.ingest.dates import parse_date
from bot.ingest.draft import Draft, Entry
from bot.ingest.encoding import decode
from bot.ingest.metadata import parse_metadata
from bot.ingest.replies import build_drafts, read_sender, separate_replies, split_lines
from bot.models import Mark, MarkKind, Span
from bot.text.paragraphs import can_head, could_be_heading, split_blocks

TITLE_WORDS, TITLE_CHARS = 20, 150  # a headline may fill two lines

_HEADER = re.compile(
    r"(title|headline|author|authors|by|source|publisher|site|date|published|url|link)[ \t]*:[ \t]*(\S.*)",
    re.IGNORECASE,
)
_HEADER_CHARS, _HEADER_WORDS = 200, 25
# The lines of a mail's header, as they are or as a mail program shows them; a line that begins with a blank goes on.
_MAIL_HEADER = re.compile(r"\s*((?:[A-Z][A-Za-z-]{1,30}:[ \t]*+[^\n]*+(?:\n[ \t]+[^\s][^\n]*+)*+(?:\n|\Z)){2,60}+)")
_MAIL_FIELD = re.compile(r"^([A-Z][A-Za-z-]{1,30}):[ \t]*+([^\n]*+(?:\n[ \t]+[^\n]*+)*+)", re.MULTILINE)
_MAIL_CHARS = 5_000
_BYLINE = re.compile(r"by[ \t]+([^\W\d_][^\d.!?:;]*)", re.IGNORECASE)
_BYLINE_WORDS = 8
_LEADING_DATE = re.compile(
    r"\s*(?:date|dated|published)\b(?:[ \t]*:)?\s+(\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?(?!\S)\s*",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"(?:after|and|before|by|from|in|of|on|or|since|to|until)\s")
"""How a line begins that goes on with the sentence above it: "ratified / on July 5, 1997"."""
_LINE = re.compile(r"\S[^\n]*")
_UNDERLINED = re.compile(
    r"(?:\A\s*+|(?<=\n\n)[ \t]*+)(?P<line>\S[^\n]*+)\n[ \t]*+(?P<rule>([-=~*])\3{2,200})[ \t]*+(?=\n|\Z)"
)
_RULE = re.compile(r"\n[ \t]*+([-=~*])\1{2,200}[ \t]*+(?=\n)")
_COLUMNS = re.compile(r"\S(?:[ ]{2,}|\t)\S|\w:[ ]")  # in a row of a table, or a line with a label
_NUMBER = re.compile(r"(\d{1,4}(?:\.\d{1,4}){0,9})[.)]?\s")
_BLANK_LINE = re.compile(r"[ \t]*\n[ \t]*\n")
_NO_TITLE_END = (".", "。", "।", "۔", ",", "،", "，", "、", ";", "；", ":", "：", "…", "-", "–", "—")
_UNSPACED_TITLE_CHARS = 60  # of a title in a script without blanks, where a character is about a third of a word


def read(data: bytes) -> Draft | list[Entry]:
    """Parse a plain text file; what a mail quotes is an article of its own, since its sender did not write it."""
    text = decode(data)
    header = _HeaderParser(text)
    if header.parse_mail_header():
        separated = separate_replies(split_lines(text[header.at :]))
        if any(kind is None for kind, _ in separated.quoted):
            metadata, warnings = parse_metadata(header.fields)
            drafts = build_drafts(separated, metadata, warnings, "read")
            return [Entry(number, draft=draft) for number, draft in enumerate(drafts)]
    return parse_text(text)


def parse_text(text: str) -> Draft:
    """Parse a canonical text that has no markup.

    Metadata at the very top is removed from the text: the header of a mail, a date in front of the first words (`date
    2025-05-07 Talks began`), lines such as `Author: …`, a byline, a line that is only a date. They may also follow a
    title, which stays. The title and the section headings are marked.
    """
    header = _HeaderParser(text)
    header.parse()
    metadata, warnings = parse_metadata(header.fields)
    body = text
    if header.fields:
        body = (f"{header.title}\n\n" if header.title else "") + text[header.at :].lstrip()
    body, underlined = _cut_rules(body)
    return Draft(body, _find_marks(body, underlined), metadata, warnings)


@dataclass
class _HeaderParser:
    """Parser of the metadata at the top of a text.

    After ``parse``, ``at`` is the offset of the rest; ``title`` is a title line found above some of the metadata.
    """

    text: str
    at: int = 0
    title: str = ""
    fields: dict[str, object] = field(default_factory=dict)

    def parse(self) -> None:
        self.parse_mail_header()
        while self._parse_line():
            pass
        title, end = self._next_line()
        if rule := _RULE.match(self.text, end):
            end = rule.end()
        if title and _could_be_title(title) and _HeaderParser(self.text, end, title)._parse_line():
            self.title, self.at = title, end
            while self._parse_line():
                pass

    def parse_mail_header(self) -> bool:
        """Parse the header of a mail: a sender, and a subject or a day and recipient; whether there is one."""
        header = _MAIL_HEADER.match(self.text[:_MAIL_CHARS])
        if header is None:
            return False
        values = {name.lower(): " ".join(value.split()) for name, value in _MAIL_FIELD.findall(header[1])}
        day = values.get("date") or values.get("sent")
        if values.get("from") and (values.get("subject") or (day and values.get("to"))):
            self.fields["author"] = read_sender(values["from"]) or values["from"]
            self.fields["title"] = values.get("subject")
            self.fields["published"] = day if day and parse_date(day) else None
            self.at = header.end()
        return bool(self.fields)

    def _parse_line(self) -> bool:
        """Parse one line, or a date in front of the first words; return whether it was metadata."""
        leading_date = _LEADING_DATE.match(self.text, self.at)
        if leading_date and parse_date(leading_date[1]):
            self.fields.setdefault("published", leading_date[1])
            self.at = leading_date.end()
            return True
        line, end = self._next_line()
        found = self._match_field(line, end)
        if found is None:
            return False
        self.fields.setdefault(*found)
        self.at = end
        return True

    def _next_line(self) -> tuple[str, int]:
        """The next line that is not blank, and the offset of its end."""
        match = _LINE.search(self.text, self.at)
        return (match[0].strip(), match.end()) if match else ("", len(self.text))

    def _match_field(self, line: str, end: int) -> tuple[str, str] | None:
        header = _HEADER.fullmatch(line)
        if header and len(line) <= _HEADER_CHARS and len(line.split()) <= _HEADER_WORDS:
            name = header[1].lower()
            return {"headline": "title", "date": "published"}.get(name, name), header[2]
        byline = _BYLINE.fullmatch(line)
        if byline and self._is_byline(byline[1], end):
            return "author", byline[1]
        is_dated = len(line) <= 40 and (self.title or self.fields) and not _CONTINUES.match(line)
        if line and is_dated and parse_date(line):
            return "published", line
        return None

    def _is_byline(self, names: str, end: int) -> bool:
        """Whether these are names: few words, most capitalized, on a line that is set off from the body."""
        words = names.split()
        is_set_off = bool(self.title or self.fields) or _BLANK_LINE.match(self.text, end) is not None
        capitals = sum(word[0].isupper() for word in words)
        return is_set_off and len(words) <= _BYLINE_WORDS and words[0][0].isupper() and capitals * 2 > len(words)


def _find_marks(text: str, underlined: Sequence[Mark]) -> tuple[Mark, ...]:
    """Find the title and the section headings: those that are ``underlined``, and lines that have the form of one.

    A title is the first block: one line, at most ``TITLE_WORDS`` words, no final stop, with longer prose below it or
    below a heading that follows it. A heading is a block with a heading's shape above longer prose, or above a heading
    whose number goes on with its own ("4." above "4.1."); other consecutive short lines are a list, unless the first
    one is the title.
    """
    spans = split_blocks(text, underlined)
    lines = [span.slice(text) for span in spans]
    shaped = ["\n" not in line and could_be_heading(line) for line in lines]
    headings = set()
    for at in reversed(range(len(lines) - 1)):
        is_listed = at > 0 and shaped[at - 1] and not _is_part(lines[at], lines[at - 1])
        is_above = at + 1 in headings and _is_part(lines[at + 1], lines[at])
        has_text = not shaped[at + 1] and can_head(lines[at], lines[at + 1])
        if shaped[at] and not is_listed and (is_above or has_text):
            headings.add(at)
    title: list[Mark] = []
    if not any(mark.kind == "title" for mark in underlined):
        has_title = len(lines) > 1 and "\n" not in lines[0] and _could_be_title(lines[0])
        if has_title and len(lines) > 2 and shaped[1] and not shaped[2] and can_head(lines[1], lines[2]):
            headings.add(1)
        if has_title and (1 in headings or (not shaped[1] and can_head(lines[0], lines[1]))):
            title = [Mark("title", spans[0])]
        headings.discard(0)
    marks = (*title, *underlined, *(Mark("heading", spans[at]) for at in headings))
    return tuple(sorted(marks, key=lambda mark: mark.span.start))


def _cut_rules(text: str) -> tuple[str, tuple[Mark, ...]]:
    """Remove the rules below headings; return the text and the headings, the first words of the text as its title.

    A heading stands alone below a blank line, is about as long as its rule, and has text after it; a row of a table is
    none.
    """
    pieces: list[str] = []
    marks: list[Mark] = []
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    at = size = 0
    for found in _UNDERLINED.finditer(text):
        line, start = found["line"].rstrip(), found.start("line")
        length = len(found["rule"])
        is_as_long = length / 2 <= len(line) <= 2 * length
        if is_as_long and found.end() < last and could_be_heading(line) and not _COLUMNS.search(line):
            end = start + len(line)
            pieces.append(text[at:end])
            kind: MarkKind = "title" if start == first else "heading"
            marks.append(Mark(kind, Span(size + start - at, size + end - at)))
            size, at = size + end - at, found.end()
    return "".join([*pieces, text[at:]]), tuple(marks)


def _is_part(line: str, above: str) -> bool:
    """Whether the number at the beginning of a line goes on with that of the line above."""
    own, other = _NUMBER.match(line), _NUMBER.match(above)
    return own is not None and other is not None and own[1].startswith(f"{other[1]}.")


def _could_be_title(line: str) -> bool:
    first = next((character for character in line if character.isalnum()), "")
    has_no_capitals = first.upper() == first.lower()  # a digit, or a letter of a script without capitals
    return (
        len(line) <= (TITLE_CHARS if " " in line else _UNSPACED_TITLE_CHARS)
        and len(line.split()) <= TITLE_WORDS
        and (first.isupper() or (first.isalnum() and has_no_capitals))
        and not line.endswith(_NO_TITLE_END)
        and not line.startswith(("“", '"', "«"))
    )
