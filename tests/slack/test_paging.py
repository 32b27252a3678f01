"""Further passages, shown in place of the answer."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import Answer, Question
from bot.playground.models import Message
from bot.playground.workspace import DM_YOU, YOU
from bot.slack.blocks import texts_in
from bot.slack.features import scopes
from bot.slack.interactions import find_page
from bot.slack.layout import MORE_PASSAGES, PREVIOUS_PASSAGES, can_reread
from bot.slack.layout import MessageContent as Shown
from bot.store.store import Store
from tests.factories import article, build_answerer

from .harness import Harness, shown
from .hostile import quoted as words_of

ASKED = "who approved the bridge"
HOLDING = (
    "Trains ran late until the council approved the bridge in spring.",
    "Farmers cheered when the county approved the bridge near their mill.",
    "Nobody knew which minister approved the bridge, or why it took so long.",
    "After ten years of quarrel the harbour board approved the bridge.",
    "A judge approved the bridge once its noise had been measured twice.",
    "Tourists heard that the mayor approved the bridge during a storm.",
    "The bank approved the bridge only with a loan of nine million.",
    "Engineers approved the bridge after the last of forty tests.",
)
OTHERS = (
    "Bakers sell bread in the morning.",
    "The river froze in January and thawed in March.",
    "A museum of clocks opened its doors.",
    "Schools close early on Fridays.",
    "Gardens were watered by night.",
    "Cats sleep on warm roofs.",
)
PIERS = (
    (14, "Ode"),
    (15, "Lund"),
    (16, "Berg"),
    (17, "Dahl, who was asked again about it in the long debate of that year on roads"),
)
ARTICLES = [article(text, id=f"{number}.txt") for number, text in enumerate((*HOLDING, *OTHERS))]


@pytest.fixture
def offline(offline_harness: Harness) -> Harness:
    """A harness whose bot, not yet started, finds more passages than an answer shows."""
    offline_harness.answerer = build_answerer(ARTICLES)  # type: ignore[assignment]
    return offline_harness


def ask_in_dm(harness: Harness) -> Message:
    """Ask in a direct message and return the reply."""
    harness.slack.say(DM_YOU, ASKED)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    return reply


def click(harness: Harness, reply: Message, action: str) -> Message:
    """Click a button and return the changed reply."""
    assert harness.slack.interactivity.click(reply, action, user=YOU).failure is None
    harness.slack.wait_until(lambda: current_reply(harness).blocks != reply.blocks)
    return current_reply(harness)


def current_reply(harness: Harness) -> Message:
    (reply,) = harness.slack.replies(DM_YOU)
    return reply


def quoted(reply: Message) -> list[str]:
    """The text of each passage."""
    return words_of(Shown(reply.text, list(reply.blocks)))


# In the three-dot menu of every page.
WHY_SHOWN = "Why this answer?"


def button_names(reply: Message) -> list[str]:
    """The names of the buttons below the reply."""
    rows = [block for block in reply.blocks if block["type"] == "actions"]
    return [name for row in rows for name in texts_in(row)]


def test_more_passages_replace_the_answer(offline: Harness) -> None:
    """More passages shows the next three in the same message, each once; Previous passages goes back."""
    with offline.bot():
        first = ask_in_dm(offline)
        assert button_names(first) == ["Show context", "More passages", WHY_SHOWN]
        second = click(offline, first, MORE_PASSAGES)
        assert shown(second).startswith("Passages 4–6 of 8:")
        assert button_names(second) == ["Show context", "Previous passages", "More passages", WHY_SHOWN]
        third = click(offline, second, MORE_PASSAGES)
        assert shown(third).startswith("Passages 7–8 of 8:")
        assert button_names(third) == ["Show context", "Previous passages", WHY_SHOWN]
        every = [words for reply in (first, second, third) for words in quoted(reply)]
        assert sorted(every) == sorted(HOLDING)
        assert quoted(click(offline, third, PREVIOUS_PASSAGES)) == quoted(second)
        assert shown(click(offline, current_reply(offline), PREVIOUS_PASSAGES)) == shown(first)


FEW = [
    pytest.param(HOLDING[:1], False, id="one"),
    pytest.param(HOLDING[:3], False, id="as many as are shown"),
    pytest.param((*HOLDING[:3], HOLDING[0]), False, id="one of them twice"),
    pytest.param(HOLDING[:4], True, id="one more"),
]


@pytest.mark.parametrize(("holding", "has_more"), FEW)
def test_more_passages_is_offered_if_there_are_any(
    offline_harness: Harness, holding: tuple[str, ...], *, has_more: bool
) -> None:
    """Hits that match too little of the question, or repeat a quote, are not further passages."""
    weak = ("The bridge froze in January.", *OTHERS)
    found = build_answerer([article(text, id=f"{number}.txt") for number, text in enumerate((*holding, *weak))])
    offline_harness.answerer = found  # type: ignore[assignment]
    reply = found.answer(Question(ASKED))
    assert isinstance(reply, Answer)
    assert len(reply.trace.hits) > len(reply.quotes)
    with offline_harness.bot():
        assert ("More passages" in button_names(ask_in_dm(offline_harness))) is has_more
    assert (find_page(found, Question(ASKED), 1) is not None) is has_more


def test_further_passages_have_no_newer_article() -> None:
    """The newer article is mentioned above the answer only."""
    cost = [f"The pier at Skarvik cost {number} million crowns, says {who}." for number, who in PIERS]
    dated = [article(one, id=f"{at}.txt", published=date(2020 + at, 1, 1)) for at, one in enumerate(cost)]
    pages = [find_page(build_answerer(dated), Question("what did the pier at Skarvik cost"), at) for at in (0, 1)]
    first, second = (page.reply for page in pages if page is not None)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert first.newer_article is not None
    assert (second.newer_article, second.warning) == (None, None)


def test_paging_after_a_restart(offline: Harness) -> None:
    """A restarted bot with an empty store reads the question in Slack again and shows the next page."""
    with offline.bot():
        first = ask_in_dm(offline)
    with offline.bot(store=Store(None)):
        assert shown(click(offline, first, MORE_PASSAGES)).startswith("Passages 4–6 of 8:")


def test_a_deleted_question_has_no_further_passages(offline: Harness) -> None:
    """If the question was deleted, a modal says so."""
    with offline.bot():
        question = offline.slack.say(DM_YOU, ASKED)
        (reply,) = offline.slack.wait_for_replies(DM_YOU)
        offline.slack.workspace.delete(DM_YOU, question.ts)
        assert offline.slack.interactivity.click(reply, MORE_PASSAGES, user=YOU).failure is None
        offline.slack.wait_until(lambda: bool(offline.slack.views.open_modals(YOU)))
        (view,) = offline.slack.views.open_modals(YOU)
        assert list(texts_in(view["blocks"])) == ["The question no longer exists. Ask it again."]


def test_slack_rejects_the_page(offline: Harness) -> None:
    """If Slack rejects the update, a modal says so and the answer stays."""
    with offline.bot():
        first = ask_in_dm(offline)
        offline.slack.fail_next("chat.update", status=200, error="cant_update_message")
        assert offline.slack.interactivity.click(first, MORE_PASSAGES, user=YOU).failure is None
        offline.slack.wait_until(lambda: bool(offline.slack.views.open_modals(YOU)))
        (view,) = offline.slack.views.open_modals(YOU)
        (sentence,) = texts_in(view["blocks"])
        assert sentence.startswith("Slack did not accept the further passages")
        assert current_reply(offline).blocks == first.blocks


def test_no_paging_where_the_bot_cannot_read(offline: Harness) -> None:
    """With the base variant, a reply in a channel has no More passages button."""
    with offline.bot():
        assert button_names(offline.reply_to(offline.ask(ASKED))) == ["Show context", WHY_SHOWN]


READS = [
    ("C1", None, False),
    ("D1", None, False),
    ("C1", scopes("base"), False),
    ("C1", ("channels:history",), False),
    ("D1", scopes("base"), True),
    ("C1", scopes("full"), True),
]


@pytest.mark.parametrize(("channel", "granted", "may"), READS)
def test_where_a_question_can_be_read_again(channel: str, granted: tuple[str, ...] | None, may: bool) -> None:
    """Direct messages need im:history; channels need the scopes for public and private channels."""
    assert can_reread(channel, None if granted is None else frozenset(granted)) is may
