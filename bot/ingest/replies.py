"""Separate what the sender of a mail wrote from the messages that the mail quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.errors import ReadOutcome
from bot.ingest.dates import parse_date
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.metadata import Metadata, parse_metadata
from bot.models import MarkKind

_ATTRIBUTION_CHARS, _ATTRIBUTION_LINES = 250, 3
_VERB = (
    r"(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu|napisał(?:\(a\)|a)?|написала?|"
    r"kirjoitti|写道)"
)
_WROTE = re.compile(rf"\b{_VERB}\b|写道", re.IGNORECASE)
_OPENING = re.compile(r"(?:On|Am|Le|El|Il|Op|Den|Em|Dne|W dniu|В)\s")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.]\d\d(?!\d)")
_ADDRESS = re.compile(r"[<\[(][^<>\[\]()\s]{0,200}@[^<>\[\]()]{0,200}[>\])]")
_DAY = re.compile(r"\w+\s(.{6,40}?),?\s(?:at|um|à|a las|alle|om|kl\.?)?\s?\d{1,2}[:.]\d\d")
_SEPARATOR = re.compile(r"[-_]{3,}\s?[^\W\d_][^-_\n]{3,60}[-_]{3,}")
_FORWARDED = re.compile(r"Begin forwarded message\s?:", re.IGNORECASE)
_FIELD = re.compile(r"\*?([^\W\d_][\w -]{0,20}?)\s?:\*?\s+(\S.{0,300})")
_SENDER_LABELS = frozenset("from von de da van från fra od от lähettäjä 发件人 差出人".split())
_HEADER_LINES = 8
_SIGNATURE = re.compile(r"--\s?")
_QUOTE_MARKS = re.compile(r"(?:> ?)++")


@dataclass(frozen=True, slots=True)
class MailLine:
    """A line of a mail, or "" between paragraphs. ``depth`` counts how many messages quote it, 0 for the sender's."""

    text: str
    depth: int = 0
    kind: MarkKind | None = None


@dataclass(frozen=True, slots=True)
class MailText:
    """What the sender wrote, with the signature as a paragraph of its own, and what is quoted.

    ``author`` and ``published`` are of the quoted message, where only one is quoted and the mail says so. In
    ``quoted``, what introduces a message is a heading.
    """

    own: tuple[TextBlock, ...]
    quoted: tuple[TextBlock, ...]
    author: str | None = None
    published: str | None = None


def read_sender(field: str) -> str:
    """The name in a sender's field, without the address; "" if there is only an address."""
    return _ADDRESS.sub("", field).strip(" *\"'")


def split_lines(text: str, gap: str | None = None) -> list[MailLine]:
    """The lines of a mail in plain text; with a ``gap``, wrapped lines are joined by it (format=flowed, RFC 3676)."""
    is_flowed = gap is not None
    lines: list[MailLine] = []
    pieces: list[str] = []  # of a line that goes on
    depth = 0
    for raw in text.split("\n"):
        marks = _QUOTE_MARKS.match(raw)
        words = raw[marks.end() :] if marks else raw.removeprefix(" ") if is_flowed else raw
        if pieces and (not words.strip() or depth != (marks[0].count(">") if marks else 0)):
            lines.append(MailLine((gap or "").join(pieces), depth))
            pieces = []
        depth = marks[0].count(">") if marks else 0
        pieces.append(words.rstrip())
        if not (is_flowed and words.endswith(" ") and words != "-- "):
            lines.append(MailLine((gap or "").join(pieces), depth))
            pieces = []
    return [*lines, MailLine((gap or "").join(pieces), depth)]


def separate_replies(lines: Sequence[MailLine]) -> MailText:
    """Separate the lines of a mail."""
    lines = _quote_rest(lines)
    own: list[MailLine] = []
    quoted: list[MailLine] = []
    introductions: list[tuple[str | None, str | None]] = []
    for is_quoted, group in groupby(lines, key=lambda line: line.depth > 0):
        run = list(group)
        if not is_quoted:
            own += run
            continue
        introduction = _pop_attribution(own)
        if introduction:
            introductions.append(_parse_attribution(introduction))
        elif header := _pop_header(run):
            introduction, *known = header
            introductions.append((known[0], known[1]))
        own.append(MailLine(""))
        quoted += [MailLine("", 1), *([MailLine(introduction, 1, "heading")] if introduction else []), *run]
    own = [MailLine("") if _SIGNATURE.fullmatch(line.text) else line for line in own]
    is_one = len(introductions) == 1 and not any(line.depth > 1 or _introduces(line) for line in quoted)
    author, published = introductions[0] if is_one else (None, None)
    return MailText(tuple(_join_lines(own)), tuple(_join_lines(quoted)), author, published)


def build_drafts(text: MailText, metadata: Metadata, warnings: tuple[str, ...], outcome: ReadOutcome) -> list[Draft]:
    """A draft of the sender's words and one of what is quoted; either may be missing.

    The author and day of what is quoted are those that the mail states for it, never the sender's.
    """
    drafts = []
    if any(kind is None for kind, _ in text.own):
        own, marks = join_blocks(text.own)
        drafts.append(Draft(own, marks, metadata, warnings, outcome=outcome))
    if any(kind is None for kind, _ in text.quoted):
        quoted, marks = join_blocks(text.quoted)
        known, _ = parse_metadata({"title": metadata.title, "author": text.author, "published": text.published})
        drafts.append(Draft(quoted, marks, known, warnings if not drafts else (), outcome=outcome))
    return drafts


def _introduces(line: MailLine) -> bool:
    """Whether the line, within a quoted message, may introduce another one."""
    field = _FIELD.fullmatch(line.text)
    is_sender = field is not None and field[1].lower() in _SENDER_LABELS
    return line.kind is None and (is_sender or _is_attribution(line.text))


def _quote_rest(lines: Sequence[MailLine]) -> list[MailLine]:
    """Quote all that follows the header of a forwarded message, or of an answered one as Outlook repeats it."""
    for at, line in enumerate(lines):
        if line.depth == 0 and _begins_message(lines, at):
            return [*lines[:at], *(MailLine(one.text, one.depth + 1, one.kind) for one in lines[at:])]
    return list(lines)


def _begins_message(lines: Sequence[MailLine], at: int) -> bool:
    """Whether the line is the first of a header: the sender's field, or a separator above one."""
    text = lines[at].text
    if _is_separator(text):
        following = [line.text for line in lines[at + 1 : at + 4] if line.text]
        return bool(following) and _FIELD.fullmatch(following[0]) is not None
    field = _FIELD.fullmatch(text)
    if field is None or field[1].lower() not in _SENDER_LABELS:
        return False
    following = [line.text for line in lines[at + 1 : at + _HEADER_LINES] if line.text]
    return len(following) > 1 and all(map(_FIELD.fullmatch, following[:2]))


def _is_separator(text: str) -> bool:
    return len(text) <= _ATTRIBUTION_CHARS and bool(_SEPARATOR.fullmatch(text) or _FORWARDED.fullmatch(text))


def _pop_header(run: list[MailLine]) -> tuple[str, str | None, str | None] | None:
    """Remove the header at the start of a quoted message; return its lines, the sender and the date."""
    size = 0
    fields: list[tuple[str, str]] = []
    shown: list[str] = []
    for line in run[: 2 * _HEADER_LINES]:
        field = _FIELD.fullmatch(line.text)
        if not field and line.text and not _is_separator(line.text):
            break
        if not line.text and fields and len(fields) > 2:
            break
        size += 1
        if field:
            fields.append((field[1].lower(), field[2].strip(" *")))
            shown.append(line.text)
    if len(fields) < 2:
        return None
    del run[:size]
    senders = [value for label, value in fields if label in _SENDER_LABELS]
    dates = [value for _, value in fields if parse_date(value)]
    author = read_sender(senders[0]) if senders else ""
    return " ".join(shown[:2]), author or None, dates[0] if dates else None


def _pop_attribution(own: list[MailLine]) -> str:
    """Remove the line that introduces a quotation ("On 7 May 2025, Jo Roe wrote:") from the end; "" if there is none.

    It may be wrapped.
    """
    end = len(own)
    while end and not own[end - 1].text:
        end -= 1
    found = 0
    for count in range(1, _ATTRIBUTION_LINES + 1):
        tail = own[max(end - count, 0) : end]
        if len(tail) < count or not tail[0].text:
            break
        joined = " ".join(line.text for line in tail)
        is_opening = _OPENING.match(joined) is not None
        if _is_attribution(joined) and (is_opening or (not found and not joined[0].islower())):
            found = count
        if is_opening:
            break
    introduction = " ".join(line.text for line in own[end - found : end])
    del own[end - found : end]
    return introduction


def _is_attribution(text: str) -> bool:
    if len(text) > _ATTRIBUTION_CHARS or not text.endswith((":", "：")):
        return False
    return bool(_WROTE.search(text) or (_YEAR.search(text) and ("@" in text or _TIME.search(text))))


def _parse_attribution(text: str) -> tuple[str | None, str | None]:
    """The name and the date in an attribution."""
    plain = _ADDRESS.sub("", text).rstrip(" :：")
    verb = _WROTE.search(plain)
    before, after = (plain[: verb.start()], plain[verb.end() :]) if verb else (plain, "")
    name = re.split(r"[\d,]+", after or before)[-1]
    name = re.sub(r"^\s*(?:[AP]M\b)?[\s,.:)]*", "", name).strip(" ,\"'")
    is_name = 1 < len(name) <= 60 and name[0].isalpha() and len(name.split()) <= 6
    day = _DAY.match(plain)
    return (name if is_name else None), (day[1] if day and parse_date(day[1]) else None)


def _join_lines(lines: Sequence[MailLine]) -> Iterator[TextBlock]:
    """The paragraphs: lines with neither a blank one nor a change of depth between them."""
    for (is_blank, _, kind), group in groupby(lines, key=lambda line: (not line.text.strip(), line.depth, line.kind)):
        if not is_blank:
            yield kind, "\n".join(line.text for line in group)
