"""The one place that knows everybody: from paths to a librarian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.archive import Archive
from bot.articles import Reading, read
from bot.lexicon import Lexicon
from bot.librarian import Librarian
from bot.models import Article
from bot.retrieval.bm25 import Bm25Retriever

Progress = Callable[[int, int], None]


def librarian_of(articles: Sequence[Article]) -> Librarian:
    """A librarian over these articles."""
    archive = Archive(articles)
    return Librarian(archive, Lexicon.learn(archive.paragraphs), Bm25Retriever(archive.passages))


def open_archive(paths: Sequence[Path], progress: Progress | None = None) -> tuple[Librarian, Reading]:
    """A librarian over the articles at ``paths``, and what was met while reading them.

    Raises ``ArchiveError`` when there is nothing to answer from.
    """
    reading = read(paths, progress=progress)
    return librarian_of(reading.articles), reading
