"""The messages built from replies: their order, their size and their verbatim quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.models import Abstention, Answer, Article, Paragraph, Quote, Reply, Span
from bot.playground.block_kit import validate_blocks
from bot.slack.blocks import texts_in
from bot.slack.layout import MESSAGE_LIMIT, QUOTE_LIMIT, MessageContent, build_how_to, build_reply, build_sentence

from .samples import APPROVED, TARN, WHOLE, abstention, answer, paragraph, quote_all, trace


def quoted(message: MessageContent) -> list[str]:
    """The text of each quote in a message."""
    return [
        "".join(part["text"] for part in element["elements"])
        for block in message.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        if element["type"] == "rich_text_quote"
    ]


def citations(message: MessageContent) -> list[str]:
    return ["|".join(texts_in(block)) for block in message.blocks if block["type"] == "context"]


def test_matched_words_are_bold_and_nothing_else() -> None:
    """A quote consists of text elements; only matched words are bold."""
    (block, _) = build_reply(answer(APPROVED)).blocks
    bold = {"bold": True}
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "The council "},
        {"type": "text", "text": "approved", "style": bold},
        {"type": "text", "text": " the Tarn "},
        {"type": "text", "text": "bridge", "style": bold},
        {"type": "text", "text": " on Monday."},
    ]


def test_a_full_answer_starts_with_its_first_quote() -> None:
    """Without notes or warnings, an answer is its quotes in order, each with its citation."""
    message = build_reply(answer(APPROVED, WHOLE))
    assert [block["type"] for block in message.blocks] == ["rich_text", "context"] * 2
    assert quoted(message) == [APPROVED.text, WHOLE.text]


def test_notes_come_first() -> None:
    """Notes on unread parts of the question come before the warning."""
    message = build_reply(answer(APPROVED, caution="No passage holds both."), ("Attached files were not read.",))
    assert [block["text"]["text"] for block in message.blocks[:2]] == [
        "Attached files were not read.",
        "No passage holds both. Nearest, in the articles' own words:",
    ]


CITED: list[tuple[Quote, str]] = [
    (quote_all(Article("a", "A title", "a.txt", "Words.")), "A title · a.txt · undated · ¶ 1 of 1"),
    (quote_all(Article("a", "a.txt", "a.txt", "Words.")), "a.txt · undated · ¶ 1 of 1"),
    (
        quote_all(Article("a", "A title", "a.txt", "Words.", url="javascript:alert(1)", published=date(2025, 11, 12))),
        "A title · a.txt · 12 November 2025 · ¶ 1 of 1",
    ),
    (
        replace(
            quote_all(Article("a", "A title", "a.txt", "Words.")),
            matched_expansions=(("Global Combat Air Program", "GCAP"),),
        ),
        "A title · a.txt · undated · ¶ 1 of 1 · found as: Global Combat Air Program = GCAP",
    ),
    (
        replace(
            quote_all(Article("a", "A title", "a.txt", "Words."), missing=("agreed", "cost")),
            also_in=(paragraph(TARN, "Nobody spoke against it."),) * 2,
        ),
        "A title · a.txt · undated · ¶ 1 of 1 · not in this passage: agreed, cost"
        " · also in A bridge for Tarn (Valley Courier)",
    ),
    (
        quote_all(Article("a", "A *bold* title", "a.txt", "Words.", url="https://example.org/")),
        "A *bold* title|<https://example.org/#:~:text=Words.|open the article>|a.txt · undated · ¶ 1 of 1",
    ),
]


@pytest.mark.parametrize(("quote", "line"), CITED)
def test_citation(quote: Quote, line: str) -> None:
    """A citation has the known metadata, without duplicates, and links only to web addresses."""
    assert citations(build_reply(answer(quote))) == [line]


def test_a_long_quote_is_cut_to_a_verbatim_part() -> None:
    """A quote beyond the limit is cut after a whole word, and its citation says that it is a part."""
    article = Article("a", "A title", "a.txt", "bridge " * 2_000)
    message = build_reply(answer(quote_all(article)))
    (words,) = quoted(message)
    assert article.text.startswith(words)
    assert words.endswith("bridge")
    assert QUOTE_LIMIT - 10 < len(words) <= QUOTE_LIMIT
    assert "part of the paragraph" in citations(message)[0]


def test_quotes_that_do_not_fit_are_counted() -> None:
    """Quotes that do not fit are left out, and the last line says how many."""
    many = [quote_all(Article(str(number), "A title", "a.txt", "bridge " * 200)) for number in range(9)]
    message = build_reply(answer(*many))
    left_out = 9 - len(quoted(message))
    assert left_out > 0
    assert message.blocks[-1]["text"]["text"] == f"{left_out} more quotes were left out to keep this message short."


def test_an_omission_in_the_notification_is_outside_the_quotation_marks() -> None:
    """A long first quote is cut in the notification; the ellipsis comes after the closing quotation mark."""
    article = Article("a", "A title", "a.txt", "bridge " * 200)
    words, _, rest = build_reply(answer(quote_all(article))).text.removeprefix("“").partition("”")
    assert article.text.startswith(words)
    assert rest == " … — A title · a.txt · undated"


def test_the_how_to_without_examples() -> None:
    """Without examples, the how-to does not announce any."""
    assert [block["type"] for block in build_how_to(()).blocks] == ["section"]


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
LONG = st.builds(lambda text, times: text * times, TEXT, st.integers(1, 4_000)).map(lambda text: text[:12_000])
NASTY = st.sampled_from(["&" * 9_000, "<!channel>" * 900, "`" * 9_000, "\u202e" * 50, "a" * 40_000, "|<>" * 3_000, " "])
WORDS = TEXT | LONG | NASTY
MAYBE = st.none() | WORDS
SENTENCE = WORDS.filter(str.strip)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    text = draw(WORDS)
    url = draw(MAYBE | st.just("https://example.org/?" + "&" * 990) | st.just("https://example.org/" + "|" * 400))
    about: dict[str, Any] = {"author": draw(MAYBE), "published": draw(st.none() | st.dates()), "url": url}
    article = Article(draw(TEXT), draw(WORDS), draw(WORDS), text, **about)
    heading = Span(0, len(text)) if draw(st.booleans()) else None
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    marks = tuple(Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))
    lists = st.lists(WORDS, max_size=5).map(tuple)
    whole = Paragraph(article, 1, 1, Span(0, len(text)), heading)
    matched_expansions = tuple((form, form) for form in draw(lists))
    return Quote(whole, whole.span, marks, draw(lists), matched_expansions, (whole,) * draw(st.integers(0, 5)))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    some = tuple(draw(st.lists(quotes(), min_size=1, max_size=4))) * draw(st.sampled_from([1, 1, 20]))
    if draw(st.booleans()):
        return Answer(some, 0.5, draw(st.none() | SENTENCE), trace())
    return Abstention(draw(SENTENCE), some[: draw(st.integers(0, 2))], 0.1, trace())


@given(replies(), st.lists(SENTENCE, max_size=2).map(tuple))
def test_every_reply_fits_and_is_verbatim(reply: Reply, notes: tuple[str, ...]) -> None:
    """For any articles, Slack accepts the message, its size is within the limit and its quotes are verbatim."""
    message = build_reply(reply, notes)
    validate_blocks(message.blocks)
    assert len(message.text) + sum(map(len, texts_in(message.blocks))) <= MESSAGE_LIMIT
    assert not set("<>") & set(message.text)
    shown = reply.shown_quotes
    words = quoted(message)
    assert all(quote.text.startswith(one) for quote, one in zip(shown, words, strict=False))
    assert bool(words) == bool(shown)


@given(replies(), st.lists(SENTENCE, max_size=2).map(tuple))
def test_the_sdk_makes_the_same_blocks(reply: Reply, words: tuple[str, ...]) -> None:
    """Parsing the blocks with slack_sdk and serializing them again gives the same JSON."""
    for message in (build_reply(reply, words), build_how_to(words, words)):
        assert [block.to_dict() for block in Block.parse_all(message.blocks)] == message.blocks


@given(st.lists(WORDS, max_size=3).map(tuple), SENTENCE)
def test_the_bots_own_messages_fit(examples: tuple[str, ...], sentence: str) -> None:
    """Slack accepts the how-to and single sentences."""
    validate_blocks(build_how_to(examples).blocks)
    validate_blocks(build_sentence(sentence).blocks)


def test_an_abstention_without_nearest_misses_is_its_reason() -> None:
    """Without nearest misses, the message is the reason only."""
    message = build_reply(abstention('Not in the archive: "submarines".'))
    assert (len(message.blocks), message.text) == (1, 'Not in the archive: "submarines".')
