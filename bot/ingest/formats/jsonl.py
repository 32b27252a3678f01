"""Read JSON Lines, optionally gzipped: one article per line, without loading the whole file."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, Entry, join_blocks
from bot.ingest.encoding import ARTICLE_LIMIT, clean, decode, detect_unicode, refuse_binary
from bot.ingest.formats import plain
from bot.ingest.metadata import parse_metadata

ARCHIVE_LIMIT = 1_000_000_000  # characters, uncompressed
BOMB_CHARACTERS, BOMB_RATIO = 20_000_000, 20  # text is seldom compressed to less than a tenth

# An element with its end, one that separates paragraphs, and a character as HTML writes it.
_ELEMENT = re.compile(
    r"<(p|div|h[1-6]|ul|ol|li|blockquote|strong|em|b|i|u|s|a|span|sup|sub|figure|table|td|section|article|pre|code)"
    r"(?:\s[^<>]*+)?>[^<>]*+</\1>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:p|div|br)(?:\s[^<>]*+)?/?>", re.IGNORECASE)
_CHARACTER = re.compile(
    r"&(?:nbsp|amp|quot|lt|gt|[lr][sd]quo|[nm]dash|hellip|#\d{2,6}|#x[0-9a-f]{2,6});", re.IGNORECASE
)
_BLANK_LINES = re.compile(r"\n[ \t]*+\n")


def _validate_id(value: object) -> str | None:
    if value is None or isinstance(value, (str, int)):
        return " ".join(clean(str(value if value is not None else "")).split()) or None
    raise PydanticCustomError("id", "is neither a string nor a number")


def _validate_text(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "is not a string")
    if not (text := clean(value)).strip():
        raise PydanticCustomError("text", "is empty")
    return text


class _Record(BaseModel):
    id: Annotated[str | None, BeforeValidator(_validate_id)] = None
    text: Annotated[str, BeforeValidator(_validate_text)]


def read(path: Path, *, limit: int = ARCHIVE_LIMIT) -> Iterator[Entry]:
    """Parse each line; of a truncated or damaged file, the lines before the damage.

    At most ``limit`` characters are read; fewer of a small file that holds more than text can be compressed to.
    """
    limit = min(limit, max(BOMB_CHARACTERS, BOMB_RATIO * path.stat().st_size))
    with path.open("rb", buffering=0) as file:
        number = 0
        try:
            for number, line in enumerate(_read_lines(file, path, limit), 1):
                if line.strip("\ufeff \t\0"):
                    yield replace(_parse_line(number, line), bytes_read=file.tell())
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            if isinstance(error, zlib.error):
                reason = "its compressed data is damaged"
            else:
                reason = "it is cut short" if isinstance(error, EOFError) else "it is not a valid gzip file"
            yield Entry(0, reason=f"{reason}; it was read up to line {number}" if number else reason)
        except UnreadableArticleError as error:
            yield Entry(0, reason=str(error), outcome=error.outcome, bytes_read=file.tell())


def _read_lines(file: io.FileIO, path: Path, limit: int) -> Iterator[str]:
    """The lines, without their ends; a longer one is cut at ARTICLE_LIMIT characters."""
    raw = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
    stream = io.BufferedReader(raw)
    head = stream.peek()
    refuse_binary(head)
    encoding = detect_unicode(head) or "utf-8"
    # surrogateescape preserves bytes that are not UTF-8, so that a line in another encoding can be decoded later.
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape" if encoding == "utf-8" else "replace")
    total = 0
    is_inside_line = False
    while piece := text.readline(ARTICLE_LIMIT):
        total += len(piece)
        if total > limit:
            raise UnreadableArticleError(f"it is longer than {limit:,} characters; the rest was not read")
        if not is_inside_line:
            yield piece.removesuffix("\n")
        is_inside_line = not piece.endswith("\n")


def _parse_line(number: int, line: str) -> Entry:
    if len(line) >= ARTICLE_LIMIT:
        return Entry(number, reason=f"it is larger than {ARTICLE_LIMIT // 1_000_000} MB, the limit for an article")
    try:
        raw = json.loads(_decode_line(line).strip("\ufeff \t\0"), strict=False)
        if not isinstance(raw, dict):
            return Entry(number, reason='it is not a JSON object such as {"text": "…"}')
        record = _Record.model_validate(raw)
    except UnreadableArticleError as error:
        return Entry(number, reason=str(error))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = "is missing" if first["type"] == "missing" else first["msg"]
        return Entry(number, reason=f'its "{first["loc"][0]}" {problem}')
    except (ValueError, RecursionError):
        return Entry(number, reason="it is not valid JSON")
    metadata, warnings = parse_metadata(raw)
    draft = _parse_markup(record.text) if _is_markup(record.text) else plain.parse_text(record.text)
    merged = metadata.with_fallback(draft.metadata)
    return Entry(number, record.id, Draft(draft.text, draft.marks, merged, (*warnings, *draft.warnings)))


def _is_markup(text: str) -> bool:
    """Whether a text is HTML, rather than one with signs such as "a < b" or a single tag that it writes about."""
    return (
        _ELEMENT.search(text) is not None
        or len(list(islice(_BREAK.finditer(text), 2))) == 2
        or _CHARACTER.search(text) is not None
    )


def _parse_markup(text: str) -> Draft:
    """Parse a piece of HTML, in which a blank line separates paragraphs unless elements do."""
    # imported here for start-up time
    from bot.ingest.formats import html

    if not _BREAK.search(text):
        text = _BLANK_LINES.sub("\n<p>\n", text)
    return Draft(*join_blocks(html.extract_fragment_blocks(text)))


def _decode_line(line: str) -> str:
    if line.isascii():
        return line
    data = line.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data)
