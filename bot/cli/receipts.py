"""The command ``receipt``: how an answer in Slack came about, and whether its quotes still hold.

Keeps secret how an answer is found. Exit status: 0 every quote is verified, 1 a source has changed since, 2 a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot import settings
from bot.cli.options import AsJson, Corpus, kept_records, told_library
from bot.errors import RecordsError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.librarian import Librarian
    from bot.receipts import Receipt
    from bot.records import Kept

Id = Annotated[str, typer.Argument(help='The answer\'s id, from "Why this answer?" in Slack or from the log.')]


def receipt(id: Id, corpus: Corpus = None, as_json: AsJson = False) -> None:
    """Show how an answer in Slack came about, and verify its quotes now."""
    from bot.cli.explained import ReceiptOut, print_receipt
    from bot.receipts import check

    chosen = settings.load(corpus=corpus)
    kept = _kept(chosen.state_dir, id)
    made = _read(kept)

    def shown(librarian: Librarian) -> bool:
        archive = librarian.archive
        quotes = check(made, archive)
        if as_json:
            typer.echo(ReceiptOut.of(kept, made, quotes, archive).model_dump_json(indent=2))
        else:
            print_receipt(Console(highlight=False), kept, made, quotes, archive)
        return all(quotes)

    raise typer.Exit(0 if told_library(chosen.corpus, chosen.state_dir).consult(shown) else 1)


def _kept(folder: Path, id: str) -> Kept:
    with kept_records(folder) as records:
        kept = records.kept(id)
    if kept is None:
        raise RecordsError(
            f"No answer {id} is kept in {folder}; check the id: what is old or was deleted is forgotten."
        )
    return kept


def _read(kept: Kept) -> Receipt:
    from bot.receipts import Receipt

    try:
        return Receipt.model_validate_json(kept.receipt)
    except ValueError as error:
        raise RecordsError(
            f"The receipt of {kept.id} was written by another version of Pullquote; read it with that version."
        ) from error
