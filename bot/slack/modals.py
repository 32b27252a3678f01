"""The windows that buttons open: a quote among its neighbours, a sentence, what was wrong with an answer.

Keeps secret how much of an article is shown at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.archive import Archive
from bot.models import Paragraph, Quote
from bot.slack.blockkit import (
    Json,
    button,
    buttons,
    context,
    modal,
    plain_text,
    rich_text,
    rich_text_quote,
    rich_words,
    section,
)
from bot.slack.blocks import QUOTE_LIMIT, SENTENCE_LIMIT
from bot.slack.citations import citation
from bot.slack.markup import cut, shorten
from bot.slack.phrases import WHAT_WAS_WRONG
from bot.slack.references import Rating, Showing, find, value_of

PREVIOUS_QUOTE, NEXT_QUOTE = "previous_quote", "next_quote"
NOTE_MODAL, NOTE = "note_modal", "note"

# Paragraphs before the quote's, and after it.
NEIGHBOURS = 2
# Of each of them, and of the words before and after the quote in its own.
AROUND_LIMIT = 1_000
# Of what is typed into an input.
NOTE_LIMIT = 1_000


def context_modal(archive: Archive, showing: Showing) -> Json:
    """The quote that is looked at, bold, among the paragraphs around it. VerificationError where it is not there."""
    quote = find(archive, showing.quotes[showing.at])
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


def note_modal(rating: Rating) -> Json:
    """Asks what was wrong with a reply; nobody need say it."""
    typed = {"action_id": NOTE, "max_length": NOTE_LIMIT, "multiline": True, "type": "plain_text_input"}
    asked = {"element": typed, "label": plain_text(WHAT_WAS_WRONG), "optional": True, "type": "input"}
    about = {"callback_id": NOTE_MODAL, "private_metadata": value_of(rating), "submit": plain_text("Send")}
    return modal("Not helpful", [asked]) | about


def _label(paragraph: Paragraph) -> Json:
    return context(plain_text(f"¶ {paragraph.number} of {paragraph.of}"))


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


def _turns(showing: Showing) -> Iterator[Json]:
    """The buttons to the quotes before and after; none where there is but one."""
    turns = (("Previous quote", PREVIOUS_QUOTE, -1), ("Next quote", NEXT_QUOTE, 1))
    shown = [
        button(text, action, value_of(there)) for text, action, by in turns if (there := showing.turned(by)) is not None
    ]
    if shown:
        yield context(plain_text(f"Quote {showing.at + 1} of {len(showing.quotes)}"))
        yield buttons(*shown)
