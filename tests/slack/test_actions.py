"""What people do with a reply's buttons, as they see it: what is pressed and what is then shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import VerificationError
from bot.index.archive import Archive
from bot.models import Article, Json, Quote
from bot.playground.models import Message
from bot.playground.validation import validate_view
from bot.playground.workspace import COLLEAGUE, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.buttons import RATE, SHOW_CONTEXT, VALUE_LIMIT, ContextRef, context_ref, encode_value, find_quote
from bot.slack.layout import texts_in
from bot.slack.modals import NEXT_QUOTE, NOTE, PREVIOUS_QUOTE, context_modal
from bot.store.models import Feedback, MessageRef
from bot.store.store import Store
from tests.factories import archive_of, article

from .harness import Harness
from .hostile import untimed
from .samples import ScriptedAnswerer, answer, quote_all
from .samples import find as span_of

ASKED = "did the council approve the Tarn bridge on Monday"
BRIDGE = article(
    "The valley waited ten years.",
    "A first plan was drawn and dropped.",
    "Money was short. The council approved the Tarn bridge on Monday. Nobody spoke against it.",
    "Work begins in June.",
    "Trains will cross it in two years.",
    "Tickets will cost more.",
    id="bridge.txt",
)
LATER = article("The bridge has a history. It was approved twice.", "It opens soon.", id="later.txt")
REF = MessageRef("T1", "C1", "1.0")


@dataclass
class Shelved(ScriptedAnswerer):
    """An answerer that replies as told, and has an archive to look things up in."""

    archive: Archive = field(default_factory=lambda: archive_of([BRIDGE, LATER]))


def quoted(article: Article, words: str) -> Quote:
    """The quote that is ``words``, from the paragraph that holds them."""
    span = span_of(article, words)
    return next(
        Quote(paragraph, span) for paragraph in archive_of([article]).paragraphs if paragraph.span.contains(span)
    )


QUOTES = (quoted(BRIDGE, "The council approved the Tarn bridge on Monday."), quoted(LATER, "It was approved twice."))


@pytest.fixture
def shelved(offline_harness: Harness) -> Harness:
    """A harness whose bot, not yet started, answers with two quotes from two articles."""
    offline_harness.answerer = Shelved({ASKED: answer(*QUOTES)})
    return offline_harness


@pytest.fixture
def answered(shelved: Harness) -> Iterator[Harness]:
    """The same harness with the bot in it."""
    with shelved.bot():
        yield shelved


def press(harness: Harness, reply: Message, action: str, value: str | None = None, *, user: str = YOU) -> None:
    outcome = harness.slack.interactivity.click(reply, action, value, user=user)
    assert outcome.failure is None


def window(harness: Harness, user: str = YOU) -> Json:
    """The modal that the person sees, once there is one."""
    harness.slack.wait_until(lambda: bool(harness.slack.views.open_modals(user)))
    return harness.slack.views.open_modals(user)[-1]


def turned(harness: Harness, view: Json, action: str) -> Json:
    """What the modal shows after a press in it."""
    assert harness.slack.interactivity.click_in_view(view, action, user=YOU).failure is None
    harness.slack.wait_until(lambda: window(harness)["hash"] != view["hash"])
    return window(harness)


def lines(view: Json) -> list[str]:
    """What is to be read in a modal but its buttons: a line for each block."""
    return [" ".join(texts_in(block)) for block in view["blocks"] if block["type"] != "actions"]


def bold(view: Json) -> list[str]:
    """The words that stand in bold."""
    quotes = [part for block in view["blocks"] if block["type"] == "rich_text" for part in block["elements"]]
    return [words["text"] for part in quotes for words in part["elements"] if words.get("style") == {"bold": True}]


def ratings(harness: Harness, asked: Message) -> tuple[Feedback, ...]:
    """What is kept, read by another process."""
    store = Store(harness.state)
    found = store.find_feedback(MessageRef(harness.slack.team, asked.channel, asked.ts))
    store.close()
    return found


def rating_of(reply: Message, *, useful: bool) -> str:
    """The value of a thumb below ``reply``."""
    thumbs = next(block["elements"][0] for block in reply.blocks if block["type"] == "context_actions")
    value: str = thumbs["positive_button" if useful else "negative_button"]["value"]
    return value


def test_show_context_opens_the_paragraphs_around_the_quote(answered: Harness) -> None:
    """(Show context, the quote bold among two paragraphs before and after, with its source and its place)."""
    reply = answered.reply_to(answered.ask(ASKED))
    press(answered, reply, SHOW_CONTEXT)
    view = window(answered)
    read = lines(view)
    assert "¶ 3 of 6" in read[0]
    assert [line for line in read if line.startswith("¶")] == [f"¶ {number} of 6" for number in (1, 2, 3, 4, 5)]
    assert bold(view) == [QUOTES[0].text]
    assert "".join(read).count("The council approved the Tarn bridge") == 1
    assert read[-1] == "Quote 1 of 2"


def test_next_and_previous_turn_from_quote_to_quote(answered: Harness) -> None:
    """(Next quote, the second quote) and (Previous quote, the first again); the last has no next one."""
    reply = answered.reply_to(answered.ask(ASKED))
    press(answered, reply, SHOW_CONTEXT)
    first = window(answered)
    second = turned(answered, first, NEXT_QUOTE)
    assert (bold(second), lines(second)[-1]) == (
        [QUOTES[1].text],
        "Quote 2 of 2",
    )
    offered = [
        element["action_id"]
        for block in second["blocks"]
        for element in block.get("elements", [])[:2]
        if "action_id" in element
    ]
    assert offered == [PREVIOUS_QUOTE]
    assert lines(turned(answered, second, PREVIOUS_QUOTE)) == lines(first)


def test_the_context_is_shown_by_a_bot_that_was_started_again(shelved: Harness) -> None:
    """Another process, which never saw the question, shows the context of an answer all the same."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot():
        press(shelved, reply, SHOW_CONTEXT)
        assert "The council approved" in "".join(bold(window(shelved)))


def test_presses_come_in_at_an_address_too(shelved: Harness) -> None:
    """(Show context, the modal) where Slack sends signed requests to the bot's own address."""
    with shelved.http_bot():
        press(shelved, shelved.reply_to(shelved.ask(ASKED)), SHOW_CONTEXT)
        assert bold(window(shelved)) == [QUOTES[0].text]


def test_a_source_that_has_changed_is_not_shown_as_it_was(shelved: Harness) -> None:
    """Where the archive no longer holds the text that was quoted, the modal says so and shows none of it."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    changed = replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday"))
    shelved.answerer = Shelved(archive=archive_of([changed, LATER]))
    with shelved.bot():
        press(shelved, reply, SHOW_CONTEXT)
        assert lines(window(shelved)) == ["The source has changed since this answer was given; ask again."]


def test_a_source_that_changes_while_it_is_looked_at_is_told_in_the_same_window(shelved: Harness) -> None:
    """(Next quote, whose article has gone meanwhile: the sentence that says so, and no second window)."""
    with shelved.bot() as bot:
        reply = shelved.reply_to(shelved.ask(ASKED))
        press(shelved, reply, SHOW_CONTEXT)
        view = window(shelved)
        shelved.answerer = Shelved(archive=archive_of([BRIDGE]))
        shelved.start_answering(bot)
        told = turned(shelved, view, NEXT_QUOTE)
        assert lines(told) == ["The source has changed since this answer was given; ask again."]
        assert (told["id"], len(shelved.slack.views.open_modals(YOU))) == (view["id"], 1)


def test_who_may_not_ask_may_not_read_on(shelved: Harness) -> None:
    """(Show context in a channel that was closed to questions, the sentence that says so)."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        press(shelved, reply, SHOW_CONTEXT)
        (sentence,) = lines(window(shelved))
    assert sentence.startswith("Questions are not answered in this channel")


def test_a_press_before_the_archive_is_read_says_so(shelved: Harness) -> None:
    """(Show context while the archive is being read, one sentence that asks for patience)."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot(is_loaded=False):
        press(shelved, reply, SHOW_CONTEXT)
        assert lines(window(shelved)) == ["The archive is still loading. Click again in a moment."]


def test_a_thumb_is_kept_and_the_later_one_counts(shelved: Harness) -> None:
    """(👍 by two, both kept), (👎 by one of them, the second thought counts and a modal asks what was wrong)."""
    with shelved.bot():
        asked = shelved.ask(ASKED)
        reply = shelved.reply_to(asked)
        for user in (YOU, COLLEAGUE):
            press(shelved, reply, RATE, rating_of(reply, useful=True), user=user)
    assert ratings(shelved, asked) == (Feedback(True), Feedback(True))
    with shelved.bot():
        press(shelved, reply, RATE, rating_of(reply, useful=False))
        view = window(shelved)
    assert lines(view) == ["What was wrong, or what were you looking for?"]
    assert ratings(shelved, asked) == (Feedback(False), Feedback(True))
    with shelved.bot():
        entered = {view["blocks"][0]["block_id"]: {NOTE: "the cost"}}
        assert shelved.slack.interactivity.submit(view["id"], entered).failure is None
    assert shelved.slack.views.open_modals(YOU) == ()
    assert ratings(shelved, asked) == (Feedback(False, "the cost"), Feedback(True))


def test_a_value_of_another_version_is_told_from_a_fault(answered: Harness) -> None:
    """A button whose value cannot be read leads to one sentence, which says to ask again."""
    button = {"type": "button", "action_id": SHOW_CONTEXT, "value": "{}", "text": {"type": "plain_text", "text": "Old"}}
    message = answered.slack.workspace.post(
        GENERAL, answered.slack.bot_user, "An answer", blocks=[{"type": "actions", "elements": [button]}]
    )
    press(answered, message, SHOW_CONTEXT)
    assert lines(window(answered)) == ["This button is from another version of the bot. Ask your question again."]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=3_000)


@untimed
@given(st.lists(WORDS, min_size=1, max_size=6), st.integers(0, 5))
def test_slack_takes_the_context_of_any_quote(texts: list[str], at: int) -> None:
    """Whatever paragraphs hold and however long they are, Slack takes the modal, which quotes the archive alone."""
    archive = archive_of([article(*(f"word {text}" for text in texts), id="a")])
    paragraphs = archive.paragraphs
    chosen = paragraphs[at % len(paragraphs)]
    quote = replace(quote_all(chosen.article), paragraph=chosen, span=chosen.span)
    showing = context_ref(REF, [quote])
    assert showing
    view = context_modal(archive, showing)
    validate_view(view, "modal")
    for block in view["blocks"]:
        if block["type"] == "rich_text":
            assert "".join(texts_in(block)) in chosen.article.text


@given(st.lists(st.text(max_size=600), max_size=9))
def test_a_value_holds_as_many_quotes_as_slack_takes(ids: list[str]) -> None:
    """Values keep to Slack's limit, however long the ids are, and read back to the quotes that they name."""
    quotes = [quote_all(Article(name, "A title", "a.txt", "Words.")) for name in ids]
    showing = context_ref(REF, quotes)
    if showing is not None:
        value = encode_value(showing)
        assert len(value.encode("utf-16-le")) // 2 <= VALUE_LIMIT
        assert ContextRef.model_validate_json(value) == showing
    assert (showing is None) == (not quotes)


def test_what_no_paragraph_holds_is_not_found() -> None:
    """A reference across two paragraphs, or to an article that is not there, names no quote."""
    archive = archive_of([BRIDGE])
    whole = find_quote(archive, context_ref(REF, [quote_all(BRIDGE)]).quotes[0]._replace(start=0, end=10))  # type: ignore
    assert whole.text == "The valley"
    for reference in (context_ref(REF, [quote_all(BRIDGE)]), context_ref(REF, [quote_all(LATER)])):
        assert reference
        with pytest.raises(VerificationError):
            find_quote(archive, reference.quotes[0])
