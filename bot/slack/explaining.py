"""The window that says why a reply is what it is: what was looked for, what that found, and whether it still holds.

Keeps secret how much of a receipt is shown; all of it is there in the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.archive import Archive
from bot.models import Quote
from bot.receipts import FormLine, QuoteLine, Receipt, check
from bot.receipts.telling import archive_now, narrowed, placed, stands_for, still, strongest, verdict, where
from bot.records import Kept
from bot.slack.bidi import isolate
from bot.slack.blockkit import (
    Json,
    bullets,
    context,
    header,
    modal,
    plain_text,
    rich_text,
    rich_text_quote,
    rich_words,
    section,
)
from bot.slack.blocks import SENTENCE_LIMIT
from bot.slack.citations import DETAIL_LIMIT, DOT, citation
from bot.slack.markup import cut, shorten

# What is shown of a long receipt.
MOST_FORMS = 20
MOST_TERMS, MOST_PARTS = 5, 3
# Of a quote, which stands whole in the reply.
BEGINNING = 300


def why_modal(kept: Kept, archive: Archive) -> Json:
    """How the reply ``kept`` came about, each quote verified in ``archive`` now.

    ValidationError where the receipt is of a form that this version does not know.
    """
    receipt = Receipt.model_validate_json(kept.receipt)
    blocks = [*_asked(receipt), *_searched(receipt)]
    for number, (line, quote) in enumerate(zip(receipt.quotes, check(receipt, archive), strict=True), 1):
        blocks += _quote(number, line, quote, receipt)
    return modal("Why this answer?", [*blocks, *_foot(kept, receipt, archive)])


def _asked(receipt: Receipt) -> Iterator[Json]:
    yield _sentence(f"Asked: {_shown(receipt.question, SENTENCE_LIMIT)}")
    yield _sentence(verdict(receipt))
    if said := (receipt.said or "").strip():
        yield _sentence(said)


def _searched(receipt: Receipt) -> Iterator[Json]:
    yield header("Searched")
    items = [_form(form, receipt) for form in receipt.forms[:MOST_FORMS]]
    if len(receipt.forms) > MOST_FORMS:
        items.append(f"and {len(receipt.forms) - MOST_FORMS:,} more")
    yield rich_text(bullets(items)) if items else _sentence("The question holds no word that is searched.")
    if told := narrowed(receipt.filters):
        yield _sentence(told)


def _form(form: FormLine, receipt: Receipt) -> str:
    typed = stands_for(form, receipt)
    source = form.origin if form.origin == "typed" or not typed else f"{form.origin} of {_shown(typed)}"
    if form.origin == "thread":
        source = "of the question before"
    return DOT.join((_shown(form.shown) or "–", f"weight {form.weight:.2f}", source))


def _quote(number: int, line: QuoteLine, quote: Quote | None, receipt: Receipt) -> Iterator[Json]:
    kind = "Quote" if receipt.outcome == "answer" else "Nearest miss"
    yield header(f"{kind} {number} of {len(receipt.quotes)}: {still(quote)}")
    if quote is None:
        yield context(plain_text(f"{_shown(line.article)}{DOT}¶ {line.paragraph} of {line.paragraphs}"))
    else:
        words = cut(quote.text, BEGINNING)
        yield rich_text(rich_text_quote([rich_words(words)]))
        yield citation(quote, is_shortened=any(quote.is_cut) or words != quote.text)
    for told in (strongest(line, receipt, MOST_TERMS), placed(line, MOST_PARTS), where(line)):
        yield context(plain_text(_shown(told, SENTENCE_LIMIT)))


def _foot(kept: Kept, receipt: Receipt, archive: Archive) -> Iterator[Json]:
    yield context(plain_text(archive_now(receipt, archive)))
    yield context(plain_text(f"Answer {kept.id}; in the terminal: pullquote receipt {kept.id}"))


def _sentence(sentence: str) -> Json:
    return section(plain_text(shorten(sentence, SENTENCE_LIMIT)))


def _shown(text: str, limit: int = DETAIL_LIMIT) -> str:
    return isolate(shorten(text, limit))
