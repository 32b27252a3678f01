"""Modals opened by buttons: the context of a quote, "Why this answer?", a note on a rating, a single sentence."""

from __future__ import annotations

from collections.abc import Iterator

from bot.index.archive import Archive
from bot.models import Json, Quote
from bot.search import receipts
from bot.search.receipts import ExpansionLine, QuoteLine, Receipt
from bot.slack.blocks import (
    SENTENCE_LIMIT,
    bullet_list,
    button,
    context,
    header,
    isolate,
    modal,
    plain_text,
    quotation,
    sentence_block,
    shorten,
    text_element,
    texts_in,
    total_size,
    truncate,
)
from bot.slack.layout import (
    DETAIL_LIMIT,
    MESSAGE_LIMIT,
    QUOTE_LIMIT,
    ContextRef,
    MessageContent,
    RatingRef,
    build_sentence,
    citation_block,
    encode_value,
    find_quote,
)
from bot.slack.strings import NOTE_NOT_ASKED, WHAT_WAS_WRONG
from bot.store.models import AnswerRecord

# Action and callback ids.
PREVIOUS_QUOTE, NEXT_QUOTE = "previous_quote", "next_quote"
NOTE_MODAL, NOTE = "note_modal", "note"

# The context of a quote: paragraphs before and after its own, and characters of each of them. The same number of
# characters is shown before and after the quote in its own paragraph.
CONTEXT_PARAGRAPHS = 2
CONTEXT_LIMIT = 1_000
NOTE_LIMIT = 1_000
# Slack accepts 50 blocks in a message and 100 in a modal.
MAX_BLOCKS = 50
# Of a long receipt. Quotes are shown whole in the reply, so their beginning is enough here.
MAX_EXPANSIONS, MAX_TERMS, MAX_FEATURES = 20, 5, 3
QUOTE_START_LIMIT = 300


def sentence_modal(sentence: str) -> Json:
    """A modal with one sentence."""
    return modal("Pullquote", [sentence_block(sentence)])


def modal_as_message(view: Json) -> MessageContent:
    """What a modal says as a message, without its form and buttons, and cut where a message is full."""
    shown: list[Json] = []
    for block in view["blocks"]:
        if block["type"] in {"input", "actions"}:
            continue
        if len(shown) == MAX_BLOCKS or total_size([*shown, block]) > MESSAGE_LIMIT:
            break
        shown.append(block)
    if not shown:
        return build_sentence(NOTE_NOT_ASKED)
    return MessageContent(" ".join(texts_in(shown[0])), shown)


def note_modal(rating: RatingRef) -> Json:
    """An optional form that asks what was wrong with a reply."""
    element = {"action_id": NOTE, "max_length": NOTE_LIMIT, "multiline": True, "type": "plain_text_input"}
    block = {"element": element, "label": plain_text(WHAT_WAS_WRONG), "optional": True, "type": "input"}
    form = {"callback_id": NOTE_MODAL, "private_metadata": encode_value(rating), "submit": plain_text("Send")}
    return modal("Not helpful", [block]) | form


def context_modal(archive: Archive, ref: ContextRef) -> Json:
    """The selected quote in bold, between its neighbouring paragraphs.

    Raises ``VerificationError`` if its source has changed.
    """
    quote = find_quote(archive, ref.quotes[ref.at])
    paragraphs = archive.paragraphs_of(quote.article.id)
    index = quote.paragraph.number - 1
    blocks = [citation_block(quote, is_shortened=False)]
    for paragraph in paragraphs[max(0, index - CONTEXT_PARAGRAPHS) : index + CONTEXT_PARAGRAPHS + 1]:
        blocks.append(_small(f"¶ {paragraph.number} of {paragraph.total}"))
        if paragraph.number == quote.paragraph.number:
            blocks += _quoted_paragraph(quote)
            continue
        text = truncate(paragraph.text, CONTEXT_LIMIT)
        blocks.append(quotation(text_element(text)))
        if text != paragraph.text:
            blocks.append(_small("… the paragraph continues"))
    return modal("Context", [*blocks, *_quote_buttons(ref)])


def _quoted_paragraph(quote: Quote) -> Iterator[Json]:
    """The quote's own paragraph. Omissions are shown outside the quotation."""
    text, whole = quote.article.text, quote.paragraph.span
    before = text[max(whole.start, quote.span.start - CONTEXT_LIMIT) : quote.span.start]
    bold = truncate(quote.text, QUOTE_LIMIT)
    after = truncate(text[quote.span.end : whole.end], CONTEXT_LIMIT) if bold == quote.text else ""
    parts = [(before, False), (bold, True), (after, False)]
    if len(before) < quote.span.start - whole.start:
        yield _small("the paragraph starts earlier …")
    yield quotation(*(text_element(part, is_bold=is_bold) for part, is_bold in parts if part))
    if quote.span.start + len(bold) + len(after) < whole.end:
        yield _small("… the paragraph continues")


def _quote_buttons(ref: ContextRef) -> Iterator[Json]:
    directions = (("Previous quote", PREVIOUS_QUOTE, -1), ("Next quote", NEXT_QUOTE, 1))
    row = [
        button(text, action, encode_value(target))
        for text, action, by in directions
        if (target := ref.move(by)) is not None
    ]
    if row:
        yield _small(f"Quote {ref.at + 1} of {len(ref.quotes)}")
        yield {"elements": row, "type": "actions"}


def explanation_modal(record: AnswerRecord, archive: Archive) -> Json:
    """How a stored answer was found, with each quote verified in ``archive`` now.

    Raises pydantic's ``ValidationError`` if another version of the bot wrote the receipt in a form unknown to this one.
    """
    receipt = Receipt.model_validate_json(record.receipt)
    asked = f"Asked: {_shown(receipt.question, SENTENCE_LIMIT)}"
    lines = [asked, receipts.describe_outcome(receipt), receipt.said or ""]
    blocks = [sentence_block(line) for line in lines if line.strip()]
    blocks += _searched_expansions(receipt)
    checked = zip(receipt.quotes, receipts.check_quotes(receipt, archive), strict=True)
    for number, (line, quote) in enumerate(checked, 1):
        blocks += _explained_quote(number, line, quote, receipt)
    blocks.append(_small(receipts.describe_archive(receipt, archive)))
    blocks.append(_small(f"Answer {record.id}; in the terminal: pullquote receipt {record.id}"))
    return modal("Why this answer?", blocks)


def _searched_expansions(receipt: Receipt) -> Iterator[Json]:
    yield header("Searched")
    items = [_expansion_line(expansion, receipt) for expansion in receipt.forms[:MAX_EXPANSIONS]]
    if len(receipt.forms) > MAX_EXPANSIONS:
        items.append(f"and {len(receipt.forms) - MAX_EXPANSIONS:,} more")
    if items:
        yield bullet_list([[text_element(item)] for item in items])
    else:
        yield sentence_block("The question has no words that can be searched for.")
    if filters := receipts.describe_narrowing(receipt.filters):
        yield sentence_block(filters)


def _expansion_line(expansion: ExpansionLine, receipt: Receipt) -> str:
    typed = receipts.covered_words(expansion, receipt)
    origin = expansion.origin if expansion.origin == "typed" or not typed else f"{expansion.origin} of {_shown(typed)}"
    if expansion.origin == "thread":
        origin = "from the previous question"
    return f"{_shown(expansion.shown) or '–'} · weight {expansion.weight:.2f} · {origin}"


def _explained_quote(number: int, line: QuoteLine, quote: Quote | None, receipt: Receipt) -> Iterator[Json]:
    kind = "Quote" if receipt.outcome == "answer" else "Nearest passage"
    yield header(f"{kind} {number} of {len(receipt.quotes)}: {receipts.quote_status(quote, receipt)}")
    if quote is None:
        yield _small(f"{_shown(line.article)} · ¶ {line.paragraph} of {line.paragraphs}")
    else:
        text = truncate(quote.text, QUOTE_START_LIMIT)
        yield quotation(text_element(text))
        yield citation_block(quote, is_shortened=any(quote.omissions) or text != quote.text)
    score, rank = receipts.describe_search_score(line, receipt, MAX_TERMS), receipts.describe_rank(line, MAX_FEATURES)
    for detail in (score, rank, receipts.quote_location(line)):
        yield _small(_shown(detail, SENTENCE_LIMIT))


def _small(text: str) -> Json:
    return context(plain_text(text))


def _shown(text: str, limit: int = DETAIL_LIMIT) -> str:
    return isolate(shorten(text, limit))
