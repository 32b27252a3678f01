"""The windows that buttons open: a quote among its neighbours, a sentence, what was wrong with an answer.

Keeps secret how much of an article is shown at once.

The window that says why a reply is what it is: what was looked for, what that found, and whether it still holds.

Keeps secret how much of a receipt is shown; all of it is there in the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.index.archive import Archive
from bot.models import Json, Paragraph, Quote
from bot.search.receipts import (
    FormLine,
    QuoteLine,
    Receipt,
    archive_now,
    check_quotes,
    narrowed,
    placed,
    quote_location,
    quote_status,
    stands_for,
    strongest,
    verdict,
)
from bot.slack.blockkit import (
    bullets,
    button,
    buttons,
    context,
    header,
    modal,
    plain_text,
    rich_text,
    rich_text_quote,
    rich_words,
    section,
)
from bot.slack.buttons import ContextRef, RatingRef, encode_value, find_quote
from bot.slack.layout import DETAIL_LIMIT, DOT, QUOTE_LIMIT, SENTENCE_LIMIT, citation
from bot.slack.markup import cut, isolate, shorten
from bot.slack.strings import WHAT_WAS_WRONG
from bot.store.models import AnswerRecord

PREVIOUS_QUOTE, NEXT_QUOTE = "previous_quote", "next_quote"
NOTE_MODAL, NOTE = "note_modal", "note"

# Paragraphs before the quote's, and after it.
NEIGHBOURS = 2
# Of each of them, and of the words before and after the quote in its own.
AROUND_LIMIT = 1_000
# Of what is typed into an input.
NOTE_LIMIT = 1_000


def context_modal(archive: Archive, showing: ContextRef) -> Json:
    """The quote that is looked at, bold, among the paragraphs around it. VerificationError where it is not there."""
    quote = find_quote(archive, showing.quotes[showing.at])
    paragraphs = archive.paragraphs_of(quote.article.id)
    own = quote.paragraph.number - 1
    around = paragraphs[max(0, own - NEIGHBOURS) : own + NEIGHBOURS + 1]
    blocks = [citation(quote, is_shortened=False)]
    for paragraph in around:
        is_own = paragraph.number == quote.paragraph.number
        blocks += [_label(paragraph), *(_marked(quote) if is_own else _neighbour(paragraph))]
    return modal("Context", [*blocks, *_turns(showing)])


def sentence_modal(sentence: str) -> Json:
    """One sentence of the bot's own."""
    return modal("Pullquote", [section(plain_text(shorten(sentence, SENTENCE_LIMIT)))])


def note_modal(rating: RatingRef) -> Json:
    """Asks what was wrong with a reply; nobody need say it."""
    typed = {"action_id": NOTE, "max_length": NOTE_LIMIT, "multiline": True, "type": "plain_text_input"}
    asked = {"element": typed, "label": plain_text(WHAT_WAS_WRONG), "optional": True, "type": "input"}
    about = {"callback_id": NOTE_MODAL, "private_metadata": encode_value(rating), "submit": plain_text("Send")}
    return modal("Not helpful", [asked]) | about


def _label(paragraph: Paragraph) -> Json:
    return context(plain_text(f"¶ {paragraph.number} of {paragraph.total}"))


def _neighbour(paragraph: Paragraph) -> Iterator[Json]:
    words = cut(paragraph.text, AROUND_LIMIT)
    yield rich_text(rich_text_quote([rich_words(words)]))
    if words != paragraph.text:
        yield context(plain_text("… the paragraph goes on"))


def _marked(quote: Quote) -> Iterator[Json]:
    """The quote's own paragraph; what is left out of it is told outside of its words."""
    text, whole = quote.article.text, quote.paragraph.span
    before = text[max(whole.start, quote.span.start - AROUND_LIMIT) : quote.span.start]
    marked = cut(quote.text, QUOTE_LIMIT)
    after = cut(text[quote.span.end : whole.end], AROUND_LIMIT) if marked == quote.text else ""
    parts = [(before, False), (marked, True), (after, False)]
    if len(before) < quote.span.start - whole.start:
        yield context(plain_text("the paragraph begins earlier …"))
    yield rich_text(rich_text_quote([rich_words(words, is_bold=is_bold) for words, is_bold in parts if words]))
    if quote.span.start + len(marked) + len(after) < whole.end:
        yield context(plain_text("… the paragraph goes on"))


def _turns(showing: ContextRef) -> Iterator[Json]:
    """The buttons to the quotes before and after; none where there is but one."""
    turns = (("Previous quote", PREVIOUS_QUOTE, -1), ("Next quote", NEXT_QUOTE, 1))
    shown = [
        button(text, action, encode_value(there))
        for text, action, by in turns
        if (there := showing.turned(by)) is not None
    ]
    if shown:
        yield context(plain_text(f"Quote {showing.at + 1} of {len(showing.quotes)}"))
        yield buttons(*shown)


# What is shown of a long receipt.
MOST_FORMS = 20
MOST_TERMS, MOST_PARTS = 5, 3
# Of a quote, which stands whole in the reply.
BEGINNING = 300


def explanation_modal(kept: AnswerRecord, archive: Archive) -> Json:
    """How the reply ``kept`` came about, each quote verified in ``archive`` now.

    ValidationError where the receipt is of a form that this version does not know.
    """
    receipt = Receipt.model_validate_json(kept.receipt)
    blocks = [*_asked(receipt), *_searched(receipt)]
    for number, (line, quote) in enumerate(zip(receipt.quotes, check_quotes(receipt, archive), strict=True), 1):
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
    yield header(f"{kind} {number} of {len(receipt.quotes)}: {quote_status(quote)}")
    if quote is None:
        yield context(plain_text(f"{_shown(line.article)}{DOT}¶ {line.paragraph} of {line.paragraphs}"))
    else:
        words = cut(quote.text, BEGINNING)
        yield rich_text(rich_text_quote([rich_words(words)]))
        yield citation(quote, is_shortened=any(quote.omissions) or words != quote.text)
    for told in (strongest(line, receipt, MOST_TERMS), placed(line, MOST_PARTS), quote_location(line)):
        yield context(plain_text(_shown(told, SENTENCE_LIMIT)))


def _foot(kept: AnswerRecord, receipt: Receipt, archive: Archive) -> Iterator[Json]:
    yield context(plain_text(archive_now(receipt, archive)))
    yield context(plain_text(f"Answer {kept.id}; in the terminal: pullquote receipt {kept.id}"))


def _sentence(sentence: str) -> Json:
    return section(plain_text(shorten(sentence, SENTENCE_LIMIT)))


def _shown(text: str, limit: int = DETAIL_LIMIT) -> str:
    return isolate(shorten(text, limit))
