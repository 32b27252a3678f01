"""What was read of a file, so that it need not be read again while it is what it was. Keeps nothing secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.models import Article


@dataclass(frozen=True, slots=True)
class Taken:
    """What a line of a file gave, or a file that is one article (number 0).

    ``wanted`` is the id that it would have, ``article`` that of the article it became: None where ``reason`` says why
    it is none.
    """

    number: int
    wanted: str
    article: str | None
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read; ``digest`` is its hexadecimal SHA-256, ``catalogue`` that of the catalogue beside it.

    ``path`` is as the system has it, each byte a character.
    """

    path: str
    name: str
    size: int
    changed: int
    digest: str
    catalogue: str
    taken: tuple[Taken, ...]


class Before(Protocol):
    """An archive that was read before, whose articles need not be read again where their file is what it was."""

    def read(self, path: str) -> Read | None:
        """What was read at this path."""
        ...

    def place(self, article: str) -> int:
        """The place of the article with this id, from 0."""
        ...

    def article(self, at: int) -> Article:
        """The article at this place."""
        ...
