"""A file of questions with known answers. Keeps secret how it is written: JSON Lines, packed or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ArchiveError


class Evidence(BaseModel):
    """Words of an article that answer a question."""

    model_config = ConfigDict(extra="ignore")

    article_id: str
    # Blanks alone would stand in every passage.
    quote: str = Field(pattern=r"\S")


class Asked(BaseModel):
    """One line of a file of questions; ``answers`` are wordings any of which answers it."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str
    answerable: bool
    evidence: list[Evidence] = []
    answers: list[str] = []


def read_questions(path: Path) -> tuple[Asked, ...]:
    """The questions of a ``.jsonl`` or ``.jsonl.gz`` file. Raises ``ArchiveError`` naming the first bad line."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode().split("\n")  # a line of JSON may hold the other line ends that Unicode knows
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"The questions in {path} cannot be read: {error}. Name a .jsonl or .jsonl.gz file."
        ) from error
    found = [_asked(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise ArchiveError(f"{path} holds no question; put one JSON object on each line.")
    return tuple(found)


def _asked(path: Path, number: int, line: str) -> Asked:
    try:
        return Asked.model_validate_json(line)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ArchiveError(f"{path} line {number} is not a question: {reason}. Correct the line.") from error
