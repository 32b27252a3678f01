"""Clicks on the buttons below a reply, and the modals that they open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import VerificationError
from bot.index.archive import Archive
from bot.models import Article, Json, Quote
from bot.playground.block_kit import validate_view
from bot.playground.models import Message
from bot.playground.workspace import COLLEAGUE, GENERAL, RESEARCH, YOU
from bot.slack import strings
from bot.slack.access import AccessRules
from bot.slack.blocks import texts_in
from bot.slack.layout import RATE, SHOW_CONTEXT, VALUE_LIMIT, ContextRef, context_ref, encode_value, find_quote
from bot.slack.modals import NEXT_QUOTE, NOTE, PREVIOUS_QUOTE, context_modal
from bot.store.models import Feedback, MessageRef
from bot.store.store import Store
from tests.factories import all_paragraphs, archive_of, article, find_feedback

from .harness import Harness
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
class ArchiveAnswerer(ScriptedAnswerer):
    """An answerer with scripted replies and an archive."""

    archive: Archive = field(default_factory=lambda: archive_of([BRIDGE, LATER]))


def quote_of(article: Article, words: str) -> Quote:
    """The quote with these words from the paragraph that contains them."""
    span = span_of(article, words)
    return next(
        Quote(paragraph, span)
        for paragraph in archive_of([article]).paragraphs_of(article.id)
        if paragraph.span.contains(span)
    )


QUOTES = (
    quote_of(BRIDGE, "The council approved the Tarn bridge on Monday."),
    quote_of(LATER, "It was approved twice."),
)


@pytest.fixture
def offline(offline_harness: Harness) -> Harness:
    """A harness whose bot, not yet started, answers with two quotes from two articles."""
    offline_harness.answerer = ArchiveAnswerer({ASKED: answer(*QUOTES)})
    return offline_harness


@pytest.fixture
def online(offline: Harness) -> Iterator[Harness]:
    """The same harness with the bot started."""
    with offline.bot():
        yield offline


def click(harness: Harness, reply: Message, action: str, value: str | None = None, *, user: str = YOU) -> None:
    outcome = harness.slack.interactivity.click(reply, action, value, user=user)
    assert outcome.failure is None


def wait_for_modal(harness: Harness, user: str = YOU) -> Json:
    """The modal that ``user`` sees, once there is one."""
    harness.slack.wait_until(lambda: bool(harness.slack.views.open_modals(user)))
    return harness.slack.views.open_modals(user)[-1]


def click_in_modal(harness: Harness, view: Json, action: str) -> Json:
    """The modal after a click on one of its buttons."""
    assert harness.slack.interactivity.click_in_view(view, action, user=YOU).failure is None
    harness.slack.wait_until(lambda: wait_for_modal(harness)["hash"] != view["hash"])
    return wait_for_modal(harness)


def modal_lines(view: Json) -> list[str]:
    """The text of each block of a modal, without buttons."""
    return [" ".join(texts_in(block)) for block in view["blocks"] if block["type"] != "actions"]


def bold_text(view: Json) -> list[str]:
    """The bold texts."""
    quotes = [part for block in view["blocks"] if block["type"] == "rich_text" for part in block["elements"]]
    return [words["text"] for part in quotes for words in part["elements"] if words.get("style") == {"bold": True}]


def stored_ratings(harness: Harness, asked: Message) -> tuple[Feedback, ...]:
    """The stored ratings, read by another store."""
    store = Store(harness.state)
    found = find_feedback(store, MessageRef(harness.slack.team, asked.channel, asked.ts))
    store.close()
    return found


def rating_value(reply: Message, *, useful: bool) -> str:
    """The value of a thumb below ``reply``."""
    thumbs = next(block["elements"][0] for block in reply.blocks if block["type"] == "context_actions")
    value: str = thumbs["positive_button" if useful else "negative_button"]["value"]
    return value


def test_show_context_opens_the_neighbouring_paragraphs(online: Harness) -> None:
    """Show context: a modal has the quote in bold, two paragraphs before and after it, and the citation."""
    reply = online.reply_to(online.ask(ASKED))
    click(online, reply, SHOW_CONTEXT)
    view = wait_for_modal(online)
    read = modal_lines(view)
    assert "¶ 3 of 6" in read[0]
    assert [line for line in read if line.startswith("¶")] == [f"¶ {number} of 6" for number in (1, 2, 3, 4, 5)]
    assert bold_text(view) == [QUOTES[0].text]
    assert "".join(read).count("The council approved the Tarn bridge") == 1
    assert read[-1] == "Quote 1 of 2"


def test_a_person_who_cannot_be_looked_up_is_looked_up_again(online: Harness) -> None:
    """A click by another person: the modal opens although the first call of users.info fails."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next("users.info", drop=True)
    click(online, reply, SHOW_CONTEXT, user=COLLEAGUE)
    assert bold_text(wait_for_modal(online, COLLEAGUE)) == [QUOTES[0].text]


def test_next_and_previous_quote(online: Harness) -> None:
    """Next quote and Previous quote move between quotes; the last quote has no Next button."""
    reply = online.reply_to(online.ask(ASKED))
    click(online, reply, SHOW_CONTEXT)
    first = wait_for_modal(online)
    second = click_in_modal(online, first, NEXT_QUOTE)
    assert (bold_text(second), modal_lines(second)[-1]) == (
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
    assert modal_lines(click_in_modal(online, second, PREVIOUS_QUOTE)) == modal_lines(first)


def test_context_after_a_restart(offline: Harness) -> None:
    """A restarted bot, which never saw the question, shows the context of its answer."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot():
        click(offline, reply, SHOW_CONTEXT)
        assert "The council approved" in "".join(bold_text(wait_for_modal(offline)))


def test_interactions_in_http_mode(offline: Harness) -> None:
    """In HTTP mode, Show context opens the same modal."""
    with offline.http_bot():
        click(offline, offline.reply_to(offline.ask(ASKED)), SHOW_CONTEXT)
        assert bold_text(wait_for_modal(offline)) == [QUOTES[0].text]


def test_a_changed_source_is_not_shown(offline: Harness) -> None:
    """If the archive no longer has the quoted text, the modal says so and shows no text."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    changed = replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday"))
    offline.answerer = ArchiveAnswerer(archive=archive_of([changed, LATER]))
    with offline.bot():
        click(offline, reply, SHOW_CONTEXT)
        assert modal_lines(wait_for_modal(offline)) == [
            "The source has changed since this answer was given; ask again."
        ]


def test_a_source_that_changes_while_the_modal_is_open(offline: Harness) -> None:
    """If the next quote has disappeared, the open modal says so and no second modal opens."""
    with offline.bot() as bot:
        reply = offline.reply_to(offline.ask(ASKED))
        click(offline, reply, SHOW_CONTEXT)
        view = wait_for_modal(offline)
        offline.answerer = ArchiveAnswerer(archive=archive_of([BRIDGE]))
        offline.start_answering(bot)
        changed_view = click_in_modal(offline, view, NEXT_QUOTE)
        assert modal_lines(changed_view) == ["The source has changed since this answer was given; ask again."]
        assert (changed_view["id"], len(offline.slack.views.open_modals(YOU))) == (view["id"], 1)


def test_context_is_refused_where_questions_are_not_answered(offline: Harness) -> None:
    """In a channel that was closed to questions, Show context only says so."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        click(offline, reply, SHOW_CONTEXT)
        (sentence,) = modal_lines(wait_for_modal(offline))
    assert sentence.startswith("Questions are not answered in this channel")


def test_a_click_while_the_archive_is_loading(offline: Harness) -> None:
    """While the archive is loading, Show context only says so."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot(is_loaded=False):
        click(offline, reply, SHOW_CONTEXT)
        assert modal_lines(wait_for_modal(offline)) == ["The archive is still loading. Click again in a moment."]


def test_the_latest_rating_of_a_person_counts(offline: Harness) -> None:
    """Each person has one rating, the latest; a negative one opens a modal that asks for a note."""
    with offline.bot():
        asked = offline.ask(ASKED)
        reply = offline.reply_to(asked)
        for user in (YOU, COLLEAGUE):
            click(offline, reply, RATE, rating_value(reply, useful=True), user=user)
    assert stored_ratings(offline, asked) == (Feedback(True), Feedback(True))
    with offline.bot():
        click(offline, reply, RATE, rating_value(reply, useful=False))
        view = wait_for_modal(offline)
    assert modal_lines(view) == ["What was wrong, or what were you looking for?"]
    assert stored_ratings(offline, asked) == (Feedback(False), Feedback(True))
    with offline.bot():
        entered = {view["blocks"][0]["block_id"]: {NOTE: "the cost"}}
        assert offline.slack.interactivity.submit(view["id"], entered).failure is None
    assert offline.slack.views.open_modals(YOU) == ()
    assert stored_ratings(offline, asked) == (Feedback(False, "the cost"), Feedback(True))


def test_a_button_of_another_version(online: Harness) -> None:
    """If the value of a button cannot be read, a modal says to ask again."""
    button = {"type": "button", "action_id": SHOW_CONTEXT, "value": "{}", "text": {"type": "plain_text", "text": "Old"}}
    message = online.slack.workspace.post(
        GENERAL, online.slack.bot_user, "An answer", blocks=[{"type": "actions", "elements": [button]}]
    )
    click(online, message, SHOW_CONTEXT)
    assert modal_lines(wait_for_modal(online)) == [
        "This button is from another version of the bot. Ask your question again."
    ]


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=3_000)


@given(st.lists(WORDS, min_size=1, max_size=6), st.integers(0, 5))
def test_slack_accepts_the_context_of_any_quote(texts: list[str], at: int) -> None:
    """For any paragraphs, Slack accepts the modal, and all quoted text is from the archive."""
    archive = archive_of([article(*(f"word {text}" for text in texts), id="a")])
    paragraphs = all_paragraphs(archive)
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
def test_a_button_value_fits_the_limit(ids: list[str]) -> None:
    """A value is within the limit of Slack for article ids of any length, and can be parsed back."""
    quotes = [quote_all(Article(name, "A title", "a.txt", "Words.")) for name in ids]
    showing = context_ref(REF, quotes)
    if showing is not None:
        value = encode_value(showing)
        assert len(value.encode("utf-16-le")) // 2 <= VALUE_LIMIT
        assert ContextRef.model_validate_json(value) == showing
    assert (showing is None) == (not quotes)


def test_a_reference_outside_a_paragraph_is_not_found() -> None:
    """A reference across paragraphs, or to a missing article, raises VerificationError."""
    archive = archive_of([BRIDGE])
    whole = find_quote(archive, context_ref(REF, [quote_all(BRIDGE)]).quotes[0]._replace(start=0, end=10))  # type: ignore
    assert whole.text == "The valley"
    for reference in (context_ref(REF, [quote_all(BRIDGE)]), context_ref(REF, [quote_all(LATER)])):
        assert reference
        with pytest.raises(VerificationError):
            find_quote(archive, reference.quotes[0])


@pytest.mark.parametrize(
    "failure", [{"status": 500}, {"status": 200, "error": "expired_trigger_id"}, {"drop": True}], ids=str
)
def test_a_modal_that_slack_does_not_open_becomes_a_private_message(online: Harness, failure: Json) -> None:
    """What the modal would say is sent to the person alone, without its buttons and forms."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next("views.open", times=9, **failure)
    click(online, reply, SHOW_CONTEXT)
    online.slack.wait_until(lambda: len(online.slack.workspace.ephemerals(YOU)) == 1)
    (message,) = online.slack.workspace.ephemerals(YOU)
    assert "Money was short. " in list(texts_in(list(message.blocks)))
    assert not any(block["type"] == "actions" for block in message.blocks)


def test_a_modal_is_opened_again_after_a_failure(online: Harness) -> None:
    """One failure costs a moment; nothing is said in a message then."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next("views.open", status=500)
    click(online, reply, SHOW_CONTEXT)
    online.slack.wait_until(lambda: bool(online.slack.views.open_modals(YOU)))
    online.slack.wait_until_idle()
    assert online.slack.workspace.ephemerals(YOU) == ()


def test_a_modal_that_was_opened_is_not_opened_twice(online: Harness) -> None:
    """If Slack opened the modal and its answer was lost, nothing more happens."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next("views.open", status=500, is_applied=True)
    click(online, reply, SHOW_CONTEXT)
    online.slack.wait_until(lambda: sum(call.method == "views.open" for call in online.slack.calls) == 2)
    online.slack.wait_until_idle()
    assert (bool(online.slack.views.open_modals(YOU)), online.slack.workspace.ephemerals(YOU)) == (True, ())


def test_people_of_other_organisations_cannot_click(online: Harness) -> None:
    """They are refused as their mentions are, although the payload of a click names the bot's own team."""
    stranger = online.slack.add_person(channels=[GENERAL], team="T0ELSEWHERE")
    reply = online.reply_to(online.ask(ASKED))
    click(online, reply, SHOW_CONTEXT, user=stranger)
    assert modal_lines(wait_for_modal(online, stranger)) == [strings.OTHER_ORGANISATION]


def test_a_click_elsewhere_shows_nothing(online: Harness) -> None:
    """A message elsewhere, with the button of a reply in this channel, opens no quote of it."""
    reply = online.reply_to(online.ask(ASKED))
    elsewhere = online.slack.workspace.post(RESEARCH, online.slack.workspace.bot.id, "x", blocks=reply.blocks)
    click(online, elsewhere, SHOW_CONTEXT)
    assert modal_lines(wait_for_modal(online)) == [strings.UNKNOWN_BUTTON]
