"""The one place that knows everybody: from paths to a librarian."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from bot.archive import Archive
from bot.articles import Reading, read
from bot.errors import SettingsError
from bot.lexicon import Lexicon
from bot.librarian import Librarian
from bot.models import Article, Passage
from bot.ranking import PARTS as RANKING
from bot.retrieval.bm25 import Bm25Retriever, counted
from bot.retrieval.passages import Held
from bot.tokens import Tokens

Progress = Callable[[int, int], None]
PARTS = (*RANKING, "acronym", "spelling")
"""What can be left out to measure what it gives: the parts of the ranking, and the forms that are not typed."""


def librarian_of(articles: Sequence[Article], without: Collection[str] = ()) -> Librarian:
    """A librarian over these articles, without the named PARTS. Raises ``SettingsError`` for another name."""
    for name in without:
        if name not in PARTS:
            raise SettingsError(f"There is no part {name}; the parts are {', '.join(PARTS)}.")
    archive = Archive(articles)
    tokens = Tokens(archive.paragraphs)
    return Librarian(
        archive,
        tokens,
        Lexicon.learn(archive.paragraphs),
        _retriever(archive.passages, tokens),
        _retriever(archive.whole_articles, tokens),
        without,
    )


def _retriever(passages: Sequence[Passage], tokens: Tokens) -> Bm25Retriever:
    return Bm25Retriever(Held(passages), counted(passages, tokens.body), tokens.body)


def open_archive(
    paths: Sequence[Path], progress: Progress | None = None, without: Collection[str] = ()
) -> tuple[Librarian, Reading]:
    """A librarian over the articles at ``paths``, without the named PARTS, and what was met while reading them.

    Raises ``ArchiveError`` when there is nothing to answer from.
    """
    reading = read(paths, progress=progress)
    return librarian_of(reading.articles, without), reading
