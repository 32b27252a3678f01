"""``pullquote receipt``: how an answer in Slack came about, and whether its quotes are still in the archive.

Exit status: 0 every quote is verified, 1 a source has changed since, 2 a failure.
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
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson, CorpusOption, open_corpus_verbosely, open_store
from bot.cli.terminal import WIDTH, format_source
from bot.errors import StoreError
from bot.index.archive import Archive
from bot.index.retrieval import FIELDS
from bot.models import Quote
from bot.search.receipts import (
    QuoteLine,
    Receipt,
    check_quotes,
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
    from bot.search.answerer import Answerer

ReceiptId = Annotated[str, typer.Argument(help='The answer\'s id, from "Why this answer?" in Slack or from the log.')]


class ReceiptOut(BaseModel):
    """Output of ``pullquote receipt --json``; ``checks`` has an entry for each quote of the receipt."""

    id: str
    asked_at: datetime
    surface: str
    receipt: Receipt
    archive_now: str
    checks: list[Literal["verified", "changed"]]


def receipt(id: ReceiptId, corpus: CorpusOption = None, as_json: AsJson = False) -> None:
    """Show how an answer in Slack came about, and verify its quotes now."""
    chosen = settings.load(corpus=corpus)
    record, parsed = _find_receipt(chosen, id)

    def show(answerer: Answerer) -> bool:
        archive = answerer.archive
        quotes = check_quotes(parsed, archive)
        if as_json:
            out = ReceiptOut(
                id=record.id,
                asked_at=datetime.fromtimestamp(record.asked_at, UTC),
                surface=record.entry_point,
                receipt=parsed,
                archive_now=archive.fingerprint,
                checks=["verified" if quote else "changed" for quote in quotes],
            )
            typer.echo(out.model_dump_json(indent=2))
        else:
            _print_receipt(SafeConsole(), record, parsed, quotes, archive)
        return all(quotes)

    opened = open_corpus_verbosely(chosen, chosen.state_dir, reads_files=bool(corpus))
    raise typer.Exit(0 if opened.with_current(show) else 1)


def _find_receipt(chosen: settings.Settings, id: str) -> tuple[AnswerRecord, Receipt]:
    with open_store(chosen) as store:
        record = store.find_answer(id)
    if record is None:
        raise StoreError(f"There is no answer {id} in the database; check the id, or the answer was deleted.")
    try:
        return record, Receipt.model_validate_json(record.receipt)
    except ValueError as error:
        raise StoreError(
            f"The receipt of {record.id} was written by another version of Pullquote; read it with that version."
        ) from error


def _print_receipt(
    console: Console, record: AnswerRecord, receipt: Receipt, quotes: Sequence[Quote | None], archive: Archive
) -> None:
    """Print a receipt; ``quotes`` are those found in ``archive`` now, None if changed."""
    summary = Table.grid("", "", padding=(0, 2))
    asked_at = datetime.fromtimestamp(record.asked_at, UTC)
    summary.add_row("answer", Text(f"{record.id}, asked {asked_at:%Y-%m-%d %H:%M} UTC ({record.entry_point})"))
    summary.add_row("question", Text(receipt.question))
    summary.add_row("outcome", Text(describe_outcome(receipt)))
    if receipt.said:
        summary.add_row("said", Text(receipt.said))
    summary.add_row("archive", Text(describe_archive(receipt, archive)))
    terms = Table("searched", "weight", "origin", "for", box=None, pad_edge=False)
    for form in receipt.forms:
        terms.add_row(Text(form.shown), f"{form.weight:.2f}", form.origin, Text(covered_words(form, receipt)))
    parts: list[RenderableType] = ["", summary, "", terms]
    if filters := describe_narrowing(receipt.filters):
        parts.append(Text(filters))
    kind = "Quote" if receipt.outcome == "answer" else "Nearest passage"
    for number, (line, quote) in enumerate(zip(receipt.quotes, quotes, strict=True), 1):
        parts += ["", *_quote_lines(f"{kind} {number} of {len(quotes)}", line, quote, receipt)]
    console.print(Group(*parts), width=min(WIDTH, console.width), highlight=False, crop=False)


def _quote_lines(name: str, line: QuoteLine, quote: Quote | None, receipt: Receipt) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble(f"{name}: ", (quote_status(quote, receipt), "red" if quote is None else "green"))
    ]
    if quote is None:
        source = f"{line.article} · ¶ {line.paragraph} of {line.paragraphs}"
    else:
        source = format_source(quote)
        lines.append(Text(f'"{quote.text}"'))
    count = len(line.terms) + len(line.parts)
    lines.append(Text(source, style="dim"))
    if quote is not None and quote.article.url:
        lines.append(Text(quote.article.url, style="dim", no_wrap=True, overflow="ignore"))
    lines += [
        Text(quote_location(line)),
        Text(describe_search_score(line, receipt, count)),
        Text(describe_rank(line, count)),
    ]
    if line.terms:
        lines.append(_score_table(line, words_by_term(receipt)))
    return lines


def _score_table(line: QuoteLine, words: dict[str, str]) -> Table:
    """Score of each word in each field."""
    table = Table("word", *FIELDS, box=None, pad_edge=False)
    for term in dict.fromkeys(one.term for one in line.terms):
        scores = {one.field: f"{one.score:.3f}" for one in line.terms if one.term == term}
        table.add_row(Text(words.get(term, term)), *(scores.get(field, "") for field in FIELDS))
    return table
