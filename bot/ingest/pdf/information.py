"""Choose a PDF's metadata: from its first page, and from its information dictionary where that is plausible."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import regex

from bot.ingest.encoding import clean
from bot.ingest.metadata import Metadata, parse_metadata
from bot.ingest.pdf.document import Layout
from bot.models import MONTHS

_TITLE_CHARS, _AUTHOR_CHARS = 250, 120
_FIRST_PAGE_CHARS = 3_000
_JUNK_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel|office)\b|powerpoint|untitled|unbenannt|sans[ -]titre|sin t[ií]tulo"
    r"|\(?anonymous\)?\Z"
    r"|(?:document|dokument|layout|slide|title|template|scan|page|draft|presentation|print)[ _-]?\d{0,6}\Z"
    r"|.{0,200}\.(?:docx?|dotx?|pdf|indd|tex|dvi|ps|eps|xlsx?|pptx?|odt|rtf|txt|html?|exe|qxd|pmd|wpd|p65|fm)\Z|[a-z]:\\|/|\\"
    r"|https?:|file:|.{0,200}[\[{<](?:add|insert|type|enter|title)|\S{0,8}:\s*\[",
    re.IGNORECASE,
)
_JUNK_AUTHOR = re.compile(
    r"(?:admin|administrator|user|owner|guest|unknown|anonymous|author|root|test|microsoft|adobe|office|windows|default|"
    r"none|n/?a|pc|scan|scanner)\b|.{0,100}[@\\/<>{}\[\]_=|]|.{0,100}\d{3}|.{0,100}\(anonymous\)",
    re.IGNORECASE,
)
_CASELESS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Arabic}\p{Hebrew}\p{Thai}\p{Devanagari}]{2}")
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")


def read_information(document: Any, layout: Layout) -> Metadata:
    """Choose title, author and date of publication; None for each that is not known or not plausible.

    The title is the one marked in the text, or else that of the information dictionary. The date of creation counts
    only if the first page states the same day: alone, it may be that of a scan or of a copy.
    """
    information = {
        name: " ".join(clean(_repair(value)).split()) for name, value in document.get_metadata_dict().items()
    }
    marked = next((mark.span.slice(layout.text) for mark in layout.marks if mark.kind == "title"), None)
    title, author = information.get("Title", ""), information.get("Author", "")
    known = {
        "title": marked or (title if is_title(title) else None),
        "author": author if is_author(author) else None,
        "published": _find_date(information.get("CreationDate", ""), layout.text[:_FIRST_PAGE_CHARS]),
    }
    return parse_metadata(known)[0]


def _repair(value: str) -> str:
    """Decode a string that is UTF-8 although the format has no such strings without a mark: "DelacrÃ©taz"."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def is_title(text: str) -> bool:
    """Whether a title of an information dictionary is one: words, and no file name or placeholder."""
    if not 3 <= len(text) <= _TITLE_CHARS or _JUNK_TITLE.match(text):
        return False
    letters = sum(map(str.isalpha, text))
    return letters * 2 > len(text) and (len(text.split()) > 1 or _CASELESS.search(text) is not None)


def is_author(text: str) -> bool:
    """Whether an author of an information dictionary is a name: two words or more with capitals, no account."""
    if not 2 <= len(text) <= _AUTHOR_CHARS or _JUNK_AUTHOR.match(text):
        return False
    if _CASELESS.search(text):
        return True
    words = text.replace(",", " ").split()
    return len(words) > 1 and words[0][0].isupper() and words[-1][0].isupper()


def _find_date(created: str, text: str) -> date | None:
    match = _CREATED.match(created)
    if match is None:
        return None
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        return None
    month = MONTHS[day.month - 1]
    written = [
        day.isoformat(),
        *(
            f"{name} {number}, {day.year}"
            for name in (month, month[:3], f"{month[:3]}.")
            for number in _numbers(day.day)
        ),
        *(
            f"{number} {name} {day.year}"
            for name in (month, month[:3], f"{month[:3]}.")
            for number in _numbers(day.day)
        ),
    ]
    return day if any(form.casefold() in text.casefold() for form in written) else None


def _numbers(day: int) -> tuple[str, ...]:
    return (str(day),) if day > 9 else (str(day), f"0{day}")
