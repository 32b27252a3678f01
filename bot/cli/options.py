"""What several commands share: their options, where a person is told of trouble, how archive and records are opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.cli.progress import progress_bar
from bot.errors import StoreError

if TYPE_CHECKING:
    from bot.search.corpus import Corpus
    from bot.store.store import Store


errors = Console(stderr=True, highlight=False, markup=False)

CorpusOption = Annotated[
    list[Path] | None,
    typer.Option("--corpus", help="A folder of articles, or a .jsonl file. Repeatable.", metavar="PATH"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def open_corpus_verbosely(paths: Sequence[Path], folder: Path | None, without: Collection[str] = ()) -> Corpus:
    """The library of the archive at ``paths``, without some parts of the search; its index is kept in ``folder``.

    What was met while it was read is told on standard error.
    """
    from bot.wiring import open_corpus

    with progress_bar(errors) as progress:
        library = open_corpus(paths, folder, progress, without)
    for warning in library.notes.warnings:
        errors.print(f"Note: {warning}", soft_wrap=True)
    for skipped in library.notes.skipped:
        errors.print(f"Skipped {skipped.name}: {skipped.reason}", soft_wrap=True)
    return library


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """The records that a bot keeps in ``folder``; RecordsError where there are none, and none are begun."""
    from bot.store.models import FILE_NAME
    from bot.store.store import Store

    if not (folder / FILE_NAME).exists():
        raise StoreError(
            f"There are no records in {folder}; set PULLQUOTE_STATE_DIR to the folder that the bot keeps them in."
        )
    store = Store(folder)
    try:
        yield store
    finally:
        store.close()
