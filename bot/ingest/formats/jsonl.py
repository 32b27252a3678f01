"""An archive with one article a line, perhaps compressed → its articles, one by one.

Secret: how a large file is read without holding it, and how much of a damaged one survives.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft
from bot.ingest.encoding import ARTICLE_LIMIT, clean, decode, encoding_of, refuse_binary
from bot.ingest.formats import plain
from bot.ingest.metadata import parse_metadata

ARCHIVE_LIMIT = 1_000_000_000  # characters, uncompressed; also what keeps a malicious gzip file from filling the day


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line of an archive: an article, or the reason (a half sentence) why it is none.

    ``number`` counts from 1; 0 is the file itself, when it could not be read further.
    """

    number: int
    id: str | None = None
    draft: Draft | None = None
    reason: str = ""


def _as_id(value: object) -> str | None:
    if value is None or isinstance(value, (str, int)):
        return " ".join(clean(str(value if value is not None else "")).split()) or None
    raise PydanticCustomError("id", "is neither a text nor a number")


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "is not a text")
    if not (text := clean(value)).strip():
        raise PydanticCustomError("text", "is empty")
    return text


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str | None, BeforeValidator(_as_id)] = None
    text: Annotated[str, BeforeValidator(_as_text)]


def read(path: Path, *, at: Callable[[int], None] | None = None, limit: int = ARCHIVE_LIMIT) -> Iterator[JsonLine]:
    """Each line's article, or what is wrong with the line; a file that breaks off keeps what stood before.

    ``at`` is told how many bytes of the file were read so far; at most ``limit`` characters are read.
    """
    with path.open("rb", buffering=0) as file:
        number = 0
        try:
            for number, line in enumerate(_lines(file, path, limit), 1):
                if at:
                    at(file.tell())
                if line.strip("\ufeff \t\0"):
                    yield _line(number, line)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            what = "its compressed data is damaged" if isinstance(error, zlib.error) else _gzip_trouble(error)
            yield JsonLine(0, reason=f"{what}; read up to line {number}" if number else what)
        except UnreadableArticleError as error:
            yield JsonLine(0, reason=str(error))


def _gzip_trouble(error: Exception) -> str:
    return "it is cut short" if isinstance(error, EOFError) else "it is not a sound gzip file"


def _lines(file: io.FileIO, path: Path, limit: int) -> Iterator[str]:
    """The lines, without their ends; one above ARTICLE_LIMIT is cut there, which breaks its JSON."""
    raw = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
    stream = io.BufferedReader(raw)
    head = stream.peek()
    refuse_binary(head)
    encoding = encoding_of(head) or "utf-8"
    # Bytes that are not UTF-8 are carried through, so that a line in another encoding can be decoded by itself.
    text = io.TextIOWrapper(stream, encoding, errors="surrogateescape" if encoding == "utf-8" else "replace")
    total = 0
    while line := text.readline(ARTICLE_LIMIT):
        total += len(line)
        if total > limit:
            raise UnreadableArticleError(f"it holds over {limit:,} characters and was read no further")
        rest = line
        while len(rest) == ARTICLE_LIMIT and not rest.endswith("\n"):
            rest = text.readline(ARTICLE_LIMIT)
            total += len(rest)
        yield line.removesuffix("\n")


def _line(number: int, line: str) -> JsonLine:
    if len(line) >= ARTICLE_LIMIT:
        return JsonLine(number, reason=f"it is longer than {ARTICLE_LIMIT // 1_000_000} MB")
    try:
        raw = json.loads(_decoded(line).strip("\ufeff \t\0"), strict=False)
        if not isinstance(raw, dict):
            return JsonLine(number, reason='it is not an article: {"text": "…", …}')
        record = _Record.model_validate(raw)
    except UnreadableArticleError as error:
        return JsonLine(number, reason=str(error))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return JsonLine(
            number, reason=f'its "{first["loc"][0]}" {"is missing" if first["type"] == "missing" else first["msg"]}'
        )
    except (ValueError, RecursionError):
        return JsonLine(number, reason="it is not sound JSON")
    facts, warnings = parse_metadata(raw)
    draft = plain.draft(record.text)
    return JsonLine(
        number,
        record.id,
        Draft(draft.text, draft.marks, facts.over(draft.facts), (*warnings, *draft.warnings)),
    )


def _decoded(line: str) -> str:
    if line.isascii():
        return line
    data = line.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data)
