"""A text without markup: which of its lines are metadata, which is its title, which are section headings.

Secret: every guess about plain text. The guesses are conservative, for what is marked can never be quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.ingest.draft import Draft
from bot.ingest.encoding import decode
from bot.ingest.metadata import parse_date, parse_metadata
from bot.models import Mark, Span
from bot.text.paragraphs import can_head, could_be_heading, split_blocks

TITLE_WORDS, TITLE_CHARS = 20, 150  # a headline may fill two lines

_HEADER = re.compile(
    r"(title|headline|author|authors|by|source|publisher|site|date|published|url|link)[ \t]*:[ \t]*(\S.*)",
    re.IGNORECASE,
)
_HEADER_CHARS, _HEADER_WORDS = 200, 25
_BYLINE = re.compile(r"by[ \t]+([^\W\d_][^\d.!?:;]*)", re.IGNORECASE)
_BYLINE_WORDS = 8
_RUN_IN_DATE = re.compile(
    r"\s*(?:date|dated|published)\b(?:[ \t]*:)?\s+(\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?(?!\S)\s*",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\S")
_BLANK_LINE = re.compile(r"[ \t]*\n[ \t]*\n")
_NO_TITLE_END = (".", "。", "।", ",", ";", ":", "…", "-", "–", "—")


def read(data: bytes) -> Draft:
    """The article in a plain text file."""
    return draft(decode(data))


def draft(text: str) -> Draft:
    """The article in a canonical text that has no markup.

    Metadata at the very top is taken out: a date run into the first words (`date 2025-05-07 Talks began`), lines such
    as `Author: …`, a byline, a line that is only a date; also below a title, which stays. Then the title and the
    section headings are marked.
    """
    top = _Top(text)
    top.take()
    facts, warnings = parse_metadata(top.given)
    words = top.kept + text[top.at :]
    return Draft(words, _marks(words), facts, warnings)


@dataclass
class _Top:
    """The lines above an article's own words, taken one by one: ``kept`` is the title among them, ``at`` the rest."""

    text: str
    at: int = 0
    kept: str = ""
    given: dict[str, object] = field(default_factory=dict)

    def take(self) -> None:
        while self._take_one():
            pass
        title_end = self._line_end(self._next_words(self.at))
        title = self.text[self.at : title_end].strip()
        if not title or not _could_be_title(title) or not self._is_metadata(title_end):
            return
        self.kept, self.at = f"{title}\n\n", title_end
        while self._take_one():
            pass

    def _is_metadata(self, at: int) -> bool:
        below = _Top(self.text, at, kept="above")
        return below._take_one()

    def _take_one(self) -> bool:
        run_in = _RUN_IN_DATE.match(self.text, self.at)
        if run_in and parse_date(run_in[1]):
            self.given.setdefault("published", run_in[1])
            self.at = run_in.end()
            return True
        start = self._next_words(self.at)
        end = self._line_end(start)
        found = self._metadata(self.text[start:end].strip(), end)
        if found is None:
            return False
        self.given.setdefault(*found)
        self.at = self._next_words(end)
        return True

    def _metadata(self, line: str, end: int) -> tuple[str, str] | None:
        header = _HEADER.fullmatch(line)
        if header and len(line) <= _HEADER_CHARS and len(line.split()) <= _HEADER_WORDS:
            name = header[1].lower()
            return {"headline": "title", "date": "published"}.get(name, name), header[2]
        byline = _BYLINE.fullmatch(line)
        if byline and self._is_byline(byline[1], end):
            return "author", byline[1]
        if line and len(line) <= 40 and (self.kept or self.given) and parse_date(line):
            return "published", line
        return None

    def _is_byline(self, names: str, end: int) -> bool:
        """Whether these are names: few words, most with a capital, and the line stands apart from the article's own."""
        words = names.split()
        apart = bool(self.kept or self.given) or _BLANK_LINE.match(self.text, end) is not None
        capitals = sum(word[0].isupper() for word in words)
        return apart and len(words) <= _BYLINE_WORDS and words[0][0].isupper() and capitals * 2 > len(words)

    def _next_words(self, at: int) -> int:
        words = _WORDS.search(self.text, at)
        return words.start() if words else len(self.text)

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return len(self.text) if end < 0 else end


def _marks(text: str) -> tuple[Mark, ...]:
    """The title and the section headings.

    A title is the first block: one line, at most ``TITLE_WORDS`` words, no final stop, and prose that is longer below
    it (perhaps below a heading). A heading is a block with a heading's shape above such prose; short lines that follow
    one another are a list, unless the upper one is the title.
    """
    spans = split_blocks(text)
    lines = [span.slice(text) for span in spans]
    shaped = ["\n" not in line and could_be_heading(line) for line in lines]
    headings = {
        at
        for at in range(len(lines) - 1)
        if shaped[at] and not shaped[at + 1] and can_head(lines[at], lines[at + 1]) and not (at and shaped[at - 1])
    }
    titled = len(lines) > 1 and "\n" not in lines[0] and _could_be_title(lines[0])
    if titled and len(lines) > 2 and shaped[1] and not shaped[2] and can_head(lines[1], lines[2]):
        headings.add(1)
    titled = titled and (1 in headings or (not shaped[1] and can_head(lines[0], lines[1])))
    title = [Mark("title", spans[0])] if titled else []
    return (*title, *(Mark("heading", Span(spans[at].start, spans[at].end)) for at in sorted(headings - {0})))


def _could_be_title(line: str) -> bool:
    first = next((character for character in line if character.isalnum()), "")
    return (
        len(line) <= TITLE_CHARS
        and len(line.split()) <= TITLE_WORDS
        and (first.isupper() or first.isdigit())
        and not line.endswith(_NO_TITLE_END)
        and not line.startswith(("“", '"', "«"))
    )
