"""A receipt as a person reads it in the terminal, and as a program does. Keeps secret its layout.

The command ``receipt``: how an answer in Slack came about, and whether its quotes still hold.

Keeps secret how an answer is found. Exit status: 0 every quote is verified, 1 a source has changed since, 2 a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot import settings
from bot.cli.options import AsJson, CorpusOption, open_corpus_verbosely, open_store
from bot.cli.terminal import WIDTH, cited
from bot.errors import StoreError
from bot.index.archive import Archive
from bot.index.scoring import FIELDS
from bot.models import Quote
from bot.search.receipts import (
    QuoteLine,
    Receipt,
    covered_words,
    describe_archive,
    describe_narrowing,
    describe_outcome,
    describe_rank,
    describe_search_score,
    quote_location,
    quote_status,
    words_by_term,
)
from bot.store.models import AnswerRecord

if TYPE_CHECKING:
    from pathlib import Path

    from bot.search.answerer import Answerer
    from bot.search.receipts import Receipt
    from bot.store.models import AnswerRecord


class ReceiptOut(BaseModel):
    """What ``pullquote receipt --json`` prints; ``checks`` has an entry for each of the receipt's quotes."""

    id: str
    asked_at: datetime
    surface: str
    receipt: Receipt
    archive_now: str
    checks: list[Literal["verified", "changed"]]

    @classmethod
    def of(cls, kept: AnswerRecord, receipt: Receipt, quotes: Sequence[Quote | None], archive: Archive) -> ReceiptOut:
        return cls(
            id=kept.id,
            asked_at=asked_at(kept),
            surface=kept.entry_point,
            receipt=receipt,
            archive_now=archive.fingerprint,
            checks=["verified" if quote else "changed" for quote in quotes],
        )


def asked_at(kept: AnswerRecord) -> datetime:
    """When the question was asked."""
    return datetime.fromtimestamp(kept.asked_at, UTC)


def print_receipt(
    console: Console, kept: AnswerRecord, receipt: Receipt, quotes: Sequence[Quote | None], archive: Archive
) -> None:
    """Print ``receipt``, whose ``quotes`` are as they were found in ``archive`` now, None where they were not."""
    parts: list[RenderableType] = ["", _about(kept, receipt, archive), "", _searched(receipt)]
    parts += [Text(told) for told in [describe_narrowing(receipt.filters)] if told]
    kind = "Quote" if receipt.outcome == "answer" else "Nearest miss"
    for number, (line, quote) in enumerate(zip(receipt.quotes, quotes, strict=True), 1):
        parts += ["", *_quote(f"{kind} {number} of {len(quotes)}", line, quote, receipt)]
    console.print(Group(*parts), width=min(WIDTH, console.width), highlight=False)


def _about(kept: AnswerRecord, receipt: Receipt, archive: Archive) -> Table:
    grid = Table.grid("", "", padding=(0, 2))
    grid.add_row("answer", Text(f"{kept.id}, asked {asked_at(kept):%Y-%m-%d %H:%M} UTC ({kept.entry_point})"))
    grid.add_row("question", Text(receipt.question))
    grid.add_row("outcome", Text(describe_outcome(receipt)))
    if receipt.said:
        grid.add_row("said", Text(receipt.said))
    grid.add_row("archive", Text(describe_archive(receipt, archive)))
    return grid


def _searched(receipt: Receipt) -> Table:
    table = Table("searched", "weight", "origin", "for", box=None, pad_edge=False)
    for form in receipt.forms:
        table.add_row(Text(form.shown), f"{form.weight:.2f}", form.origin, Text(covered_words(form, receipt)))
    return table


def _quote(name: str, line: QuoteLine, quote: Quote | None, receipt: Receipt) -> list[RenderableType]:
    style = "red" if quote is None else "green"
    found = f"{line.article} · ¶ {line.paragraph} of {line.paragraphs}" if quote is None else cited(quote)
    shown = [
        Text.assemble(f"{name}: ", (quote_status(quote), style)),
        Text(found, style="dim"),
        Text(quote_location(line)),
    ]
    if quote is not None:
        shown.insert(1, Text(f'"{quote.text}"'))
    every = len(line.terms) + len(line.parts)
    shown += [Text(describe_search_score(line, receipt, every)), Text(describe_rank(line, every))]
    return [*shown, *([_terms(line, words_by_term(receipt))] if line.terms else [])]


def _terms(line: QuoteLine, words: dict[str, str]) -> Table:
    """What each word gave, field by field."""
    table = Table("word", *FIELDS, box=None, pad_edge=False)
    for term in dict.fromkeys(one.term for one in line.terms):
        given = {one.field: f"{one.score:.3f}" for one in line.terms if one.term == term}
        table.add_row(Text(words.get(term, term)), *(given.get(field, "") for field in FIELDS))
    return table


ReceiptId = Annotated[str, typer.Argument(help='The answer\'s id, from "Why this answer?" in Slack or from the log.')]


def receipt(id: ReceiptId, corpus: CorpusOption = None, as_json: AsJson = False) -> None:
    """Show how an answer in Slack came about, and verify its quotes now."""
    from bot.search.receipts import check_quotes

    chosen = settings.load(corpus=corpus)
    kept = _kept(chosen.state_dir, id)
    made = _read(kept)

    def shown(librarian: Answerer) -> bool:
        archive = librarian.archive
        quotes = check_quotes(made, archive)
        if as_json:
            typer.echo(ReceiptOut.of(kept, made, quotes, archive).model_dump_json(indent=2))
        else:
            print_receipt(Console(highlight=False), kept, made, quotes, archive)
        return all(quotes)

    raise typer.Exit(0 if open_corpus_verbosely(chosen.corpus, chosen.state_dir).with_current(shown) else 1)


def _kept(folder: Path, id: str) -> AnswerRecord:
    with open_store(folder) as store:
        kept = store.find_answer(id)
    if kept is None:
        raise StoreError(f"No answer {id} is kept in {folder}; check the id: what is old or was deleted is forgotten.")
    return kept


def _read(kept: AnswerRecord) -> Receipt:
    from bot.search.receipts import Receipt

    try:
        return Receipt.model_validate_json(kept.receipt)
    except ValueError as error:
        raise StoreError(
            f"The receipt of {kept.id} was written by another version of Pullquote; read it with that version."
        ) from error
