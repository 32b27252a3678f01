"""What several commands share: their options, where a person is told of trouble, and how the archive is opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.cli.progress import progress_bar

if TYPE_CHECKING:
    from bot.articles import Reading
    from bot.librarian import Librarian

errors = Console(stderr=True, highlight=False, markup=False)

Corpus = Annotated[
    list[Path] | None,
    typer.Option("--corpus", help="A folder of articles, or a .jsonl file. Repeatable.", metavar="PATH"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def read_archive(paths: Sequence[Path], without: Collection[str] = ()) -> tuple[Librarian, Reading]:
    """The archive at ``paths``, without some parts of the search, with a progress bar where it takes long."""
    from bot.wiring import open_archive

    with progress_bar(errors, "Reading the archive") as progress:
        return open_archive(paths, progress, without)


def open_librarian(paths: Sequence[Path], without: Collection[str] = ()) -> Librarian:
    """As ``read_archive``; what was met while reading is told on standard error."""
    librarian, reading = read_archive(paths, without)
    for warning in reading.warnings:
        errors.print(f"Note: {warning}", soft_wrap=True)
    for skipped in reading.skipped:
        errors.print(f"Skipped {skipped.name}: {skipped.reason}", soft_wrap=True)
    return librarian
