"""Markup, control characters and long texts in articles and questions are shown literally and have no effect."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given

from bot.models import Answer, Article, Paragraph, Question, Quote, Reply, Span
from bot.playground.workspace import GENERAL
from bot.slack.blocks import URL_LIMIT, escape, isolate, safe_url
from bot.slack.events import to_plain_text
from bot.slack.layout import (
    BUTTONS_SIZE,
    AnswerRef,
    MessageContent,
    PageRef,
    add_buttons,
    build_how_to,
    build_reply,
    build_sentence,
)
from bot.store.models import MessageRef
from tests.factories import answerer, article, build_answerer, read_articles

from .harness import Harness
from .hostile import (
    HOSTILE_PIECES,
    LONGEST,
    MIXTURES,
    NAMES,
    SENTENCES,
    assert_harmless,
    citation_texts,
    is_directional,
    outside_isolates,
    quoted,
    quotes,
    replies,
)
from .samples import answer, quote_all

REF = MessageRef("T1", "C1", "1.0")


@given(replies(), SENTENCES)
def test_a_reply_shows_its_quotes_literally(reply: Reply, note: str) -> None:
    """For any article, Slack accepts the reply, and its quotes are characters of the article."""
    page = PageRef(ref=REF, version="", at=1)
    message = build_reply(reply, (note,), reserved=BUTTONS_SIZE)
    message = add_buttons(message, AnswerRef(ref=REF, version=""), reply.shown_quotes, before=page, after=page)
    assert_harmless(message, reply.shown_quotes)
    words = quoted(message)
    assert all(quote.text.startswith(one) for quote, one in zip(reply.shown_quotes, words, strict=False))
    assert bool(words) == bool(reply.shown_quotes)


@given(MIXTURES, NAMES)
def test_the_bots_own_messages_are_harmless(example: str, sentence: str) -> None:
    """The same is true of the how-to and of sentences that contain a name."""
    assert_harmless(build_how_to((example, "a bridge"), ("Attached files were not read.",)))
    assert_harmless(build_sentence(f"There is no {sentence}."))


@given(quotes())
def test_metadata_cannot_reorder_other_text(quote: Quote) -> None:
    """Right-to-left text and overrides stay inside isolates, in the citation and in the notification."""
    message = build_reply(answer(quote))
    (texts,) = citation_texts(message)
    assert not any(is_directional(outside_isolates(text)) for text in (*texts, message.text))
    assert f"¶ {quote.paragraph.number} of {quote.paragraph.total}" in outside_isolates(texts[-1])


ISOLATED = [
    ("", ""),
    ("plain", "plain"),
    ("naïve – 7 May", "naïve – 7 May"),
    ("\u200bzero", "\u200bzero"),
    ("שלום", "\u2068שלום\u2069"),
    ("a\u202eb", "\u2068a\u202eb\u2069"),
    ("a\u2067b", "\u2068a\u2067b\u2069\u2069"),
    ("a\u2069\u202eb", "\u2068\u2068a\u2069\u202eb\u2069"),
    ("a\u2069b\u2067", "\u2068\u2068a\u2069b\u2067\u2069\u2069"),
    ("a\n\u202eb\nc", "a\n\u2068\u202eb\u2069\nc"),
]


@pytest.mark.parametrize(("text", "isolated"), ISOLATED)
def test_directional_text_is_isolated(text: str, isolated: str) -> None:
    """Left-to-right text is unchanged; other text is wrapped in isolates and otherwise unchanged."""
    assert isolate(text) == isolated


@given(MIXTURES)
def test_isolated_text_stays_inside_its_isolate(text: str) -> None:
    """The text before and after the isolate is outside it and contains nothing directional."""
    around = outside_isolates(f"before {isolate(text)} after")
    assert around.startswith("before ")
    assert around.endswith(" after")
    assert not is_directional(around)


INVISIBLE = ["\u200b", " \u2060\ufeff", "\u202e", "\u2066\u2069", "\u3164"]


@pytest.mark.parametrize("title", INVISIBLE)
def test_an_invisible_title_counts_as_no_title(title: str) -> None:
    """A title of invisible characters would give an invisible link, so "untitled" is shown."""
    (texts,) = citation_texts(
        build_reply(answer(quote_all(Article("a", title, "a.txt", "Words.", url="https://e.example/"))))
    )
    assert texts[0] == "untitled"


FILLINGS = ("\u2069", "&", "ש&", "𝕳", "\u202e", "*", "]")


@pytest.mark.parametrize("name", FILLINGS)
@pytest.mark.parametrize("words", FILLINGS)
def test_the_longest_reply_shows_its_first_quote(words: str, name: str) -> None:
    """If all texts have their maximum size, the first quote is still shown."""
    text, long = words * 3_000, name * 3_000
    url = "https://example.org/".ljust(URL_LIMIT, "a")
    harm = Article("a", long, f"b{long}", text, author=f"c{long}", url=url, published=date(2025, 9, 30))
    whole = Span(0, len(text))
    other = Paragraph(Article("d", long, long, text), 1, 1, whole)
    quote = Quote(Paragraph(harm, 1, 1, whole, whole), whole, (), (long,), ((long, long),), (other,))
    message = build_reply(answer(quote, quote, caution=long), (long, long))
    assert_harmless(message, (quote,))
    assert len(quoted(message)) == 1


ENCODED = [
    ("https://example.org/`a`", "https://example.org/%60a%60"),
    ("https://example.org/\u202egpj.exe", "https://example.org/%E2%80%AEgpj.exe"),
    ("https://example.org/\u200b", "https://example.org/%E2%80%8B"),
    ("https://good.example\\@evil.example/", "https://good.example%5C@evil.example/"),
    ("https://example.org/\x00", "https://example.org/%00"),
    ("\x01https://example.org/", None),
    ("https://example.org/ü", "https://example.org/ü"),
]


@pytest.mark.parametrize(("url", "address"), ENCODED)
def test_urls_are_encoded(url: str, address: str | None) -> None:
    """Invisible and ambiguous characters of a URL are encoded; letters stay."""
    assert safe_url(url) == address


BRIDGE = article(
    f"The <!channel> council *approved* the bridge at <https://evil.example|bank>. {' '.join(HOSTILE_PIECES)}",
    "Work on the `bridge` begins &amp; ends in \u202eJune\u202c, says <@U123>. :smile:",
    title="<!here> *bridge*",
)
ANSWERER = answerer(BRIDGE)


def test_the_hostile_archive_answers() -> None:
    """The hostile archive answers the question, so that the tests below test an answer too."""
    assert isinstance(ANSWERER.answer(Question("who approved the bridge")), Answer)


@given(MIXTURES)
def test_a_question_is_never_markup(text: str) -> None:
    """A reply repeats parts of any question only as literal text."""
    for said in (text, escape(text)):
        words = to_plain_text(f"{said} bridge")
        for question in (
            Question(words),
            Question("and who?", previous_questions=(words,)),
            Question(words, previous_questions=(said,)),
        ):
            reply = ANSWERER.answer(question)
            assert_harmless(build_reply(reply), reply.shown_quotes)


HOSTILE_QUESTIONS = [
    "who approved the bridge <!channel> <@U0YOU> <!here|x>",
    "*approved* _the_ ~council~ ```bridge``` &lt;!channel&gt; &amp;amp;",
    "<https://evil.example|council approved bridge> \u202egnorw\u202c \u2067 \u200b\u200f",
    "council approved bridge :smile: " + "`" * 500 + "<>|&" * 500,
    "submarines <!everyone> " + "bridge *x* " * (LONGEST // 11),
]


def _hostile_archive(folder: Path) -> tuple[Article, ...]:
    line = {
        "text": BRIDGE.text,
        "title": "*Bridge* <!channel> \u202e :smile: " + "<@U123>" * 6_000,
        "author": "<!here|x>",
        "source": "\u2069\u202eValley `Courier`",
        "url": "https://example.org/`*b*`\u202e",
    }
    folder.joinpath("a.jsonl").write_text(json.dumps(line), encoding="utf-8")
    name = os.fsdecode("r\u202e<!channel>*caf".encode() + b"\xe9\x1b.txt")
    folder.joinpath(name).write_text("Submarines, says <!everyone>, need no bridge.\n\n" + "`" * LONGEST)
    return read_articles([folder]).articles


def test_hostile_questions_get_one_literal_answer_each(offline_harness: Harness, tmp_path: Path) -> None:
    """Each mention gets one public reply that Slack accepts and that shows its quotes literally."""
    folder = tmp_path / "articles"
    folder.mkdir()
    archive = _hostile_archive(folder)
    offline_harness.answerer = build_answerer(archive)  # type: ignore[assignment]
    with offline_harness.bot():
        for text in HOSTILE_QUESTIONS:
            reply = offline_harness.reply_to(offline_harness.ask(text))
            message = MessageContent(reply.text, [_as_sent(block) for block in reply.blocks])
            held = [quote_all(one) for one in archive]
            assert_harmless(message, held)
            assert quoted(message)
            assert all(any(words in one.text for one in archive) for words in quoted(message))
    assert "An error occurred" not in "".join(one.text for one in offline_harness.slack.replies(GENERAL))


def _as_sent(block: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in block.items() if name != "block_id"}
