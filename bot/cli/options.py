"""What several commands share: their options, where a person is told of trouble, how archive and records are opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.cli.progress import progress_bar
from bot.errors import RecordsError

if TYPE_CHECKING:
    from bot.archive import Archive
    from bot.articles import Reading
    from bot.librarian import Librarian
    from bot.records import Records

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
    _tell(reading)
    return librarian


def open_articles(paths: Sequence[Path]) -> Archive:
    """The archive at ``paths`` for whoever asks it nothing: none of it is analysed. Told as by ``open_librarian``."""
    from bot.archive import Archive
    from bot.articles import read

    with progress_bar(errors, "Reading the archive") as progress:
        reading = read(paths, progress=progress)
    _tell(reading)
    return Archive(reading.articles)


@contextmanager
def kept_records(folder: Path) -> Iterator[Records]:
    """The records that a bot keeps in ``folder``; RecordsError where there are none, and none are begun."""
    from bot.records import FILE_NAME, Records

    if not (folder / FILE_NAME).exists():
        raise RecordsError(
            f"There are no records in {folder}; set PULLQUOTE_STATE_DIR to the folder that the bot keeps them in."
        )
    records = Records(folder)
    try:
        yield records
    finally:
        records.close()


def _tell(reading: Reading) -> None:
    for warning in reading.warnings:
        errors.print(f"Note: {warning}", soft_wrap=True)
    for skipped in reading.skipped:
        errors.print(f"Skipped {skipped.name}: {skipped.reason}", soft_wrap=True)
