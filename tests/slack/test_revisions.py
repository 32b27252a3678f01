"""Edits and deletions: the answer follows its question, and nothing else that Slack tells of a message moves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL

from .harness import EVERY_SCOPE, Harness, shown
from .samples import BRIDGE, QUOTED, WHOLE, ScriptedAnswerer

COST = "what does it cost"
SUBSCRIPTIONS = ("app_mention", "message.im", "message.channels", "message.groups")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness whose bot is told of every message in its channels."""
    with FakeSlack(scopes=EVERY_SCOPE, subscriptions=SUBSCRIPTIONS, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            yield harness


def mentioning(harness: Harness, words: str) -> str:
    return f"{harness.slack.mention} {words}"


def calls(harness: Harness, method: str) -> int:
    """How often the bot called ``method`` until all was quiet."""
    harness.slack.wait_until_idle()
    return sum(call.method == method for call in harness.slack.calls)


@pytest.mark.parametrize("variant", ["harness", "full"])
def test_an_edited_mention_updates_its_answer(request: pytest.FixtureRequest, variant: str) -> None:
    """(A mention, edited: the same message now answers the new words.) However many events tell of it."""
    harness: Harness = request.getfixturevalue(variant)
    asked = harness.ask(BRIDGE)
    before = harness.reply_to(asked)
    harness.slack.edit(asked, mentioning(harness, COST))
    harness.slack.wait_until(lambda: "chat.update" in {call.method for call in harness.slack.calls})
    after = harness.reply_to(asked)
    assert (after.ts, WHOLE.text in shown(after), QUOTED in shown(before)) == (before.ts, True, True)
    assert (calls(harness, "chat.update"), calls(harness, "chat.postMessage")) == (1, 1)


def test_the_text_of_a_changed_answer_is_left_as_it_is(harness: Harness) -> None:
    """(A mention, edited.) Slack is told not to parse the new text, which it does with a change unless told."""
    asked = harness.ask(BRIDGE)
    harness.reply_to(asked)
    harness.slack.edit(asked, mentioning(harness, COST))
    harness.slack.wait_until(lambda: "chat.update" in {call.method for call in harness.slack.calls})
    (call,) = [call for call in harness.slack.calls if call.method == "chat.update"]
    assert call.arguments["parse"] == "none"


def test_an_edited_direct_message_updates_its_answer(harness: Harness) -> None:
    """(A direct message, edited twice: its one answer follows.)"""
    asked = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    for words, answered in ((COST, WHOLE.text), (BRIDGE, QUOTED)):
        asked = harness.slack.edit(asked, words)
        harness.slack.wait_until(lambda answered=answered: answered in shown(harness.slack.replies(DM_YOU)[0]))  # type: ignore[misc]
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(DM_YOU)) == 1


def test_an_edit_into_small_talk_and_back(harness: Harness) -> None:
    """(A question, edited into thanks: the how-to takes the answer's place; edited back: the answer is there again.)"""
    asked = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    for words, answered in (("thanks", "Ask a question in plain words."), (BRIDGE, QUOTED)):
        asked = harness.slack.edit(asked, words)
        harness.slack.wait_until(lambda answered=answered: answered in shown(harness.slack.replies(DM_YOU)[0]))  # type: ignore[misc]
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(DM_YOU)) == 1


def test_an_edit_that_loses_the_mention_is_followed(full: Harness) -> None:
    """(A mention, edited without it: the bot, told of messages, still brings its answer up to date.)"""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    full.slack.edit(asked, COST)
    full.slack.wait_until(lambda: WHOLE.text in shown(full.slack.replies(GENERAL)[0]))
    assert calls(full, "chat.postMessage") == 1


def test_an_edit_while_the_first_answer_is_in_work(harness: Harness) -> None:
    """(A question, edited before its answer stands: one answer in the end, to the newest words.)"""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    harness.answerer.before = hold
    asked = harness.ask(BRIDGE)
    taken.wait(30)
    for words in ("why submarines", COST):
        asked = harness.slack.edit(asked, mentioning(harness, words))
    harness.slack.wait_until_idle()
    may_go_on.set()
    harness.slack.wait_until(lambda: WHOLE.text in "".join(map(shown, harness.slack.replies(GENERAL))))
    harness.reply_to(asked)
    assert (calls(harness, "chat.postMessage"), calls(harness, "chat.update")) == (1, 1)


def test_an_edit_after_a_removed_answer_is_answered_anew(harness: Harness) -> None:
    """(Somebody removed the answer, then the question is edited: it gets a new answer.)"""
    asked = harness.slack.say(DM_YOU, BRIDGE)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    harness.slack.delete(reply)
    harness.slack.wait_until_idle()
    harness.slack.edit(asked, COST)
    (again,) = harness.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(again)


HARMLESS: dict[str, Callable[[Harness, Message], object]] = {
    "an unfurled link": lambda harness, asked: harness.slack.unfurl(asked),
    "a recognised language": lambda harness, asked: harness.slack.detect_language(asked),
    "a count of replies": lambda harness, asked: harness.slack.count_replies(asked),
    "the same words": lambda harness, asked: harness.slack.edit(asked, mentioning(harness, BRIDGE)),
    "a reaction": lambda harness, asked: harness.slack.react(asked, "eyes"),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_changes_no_word_changes_no_answer(full: Harness, change: str) -> None:
    """Slack tells of previews, languages and replies as changes of a message; the bot does nothing on them."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    HARMLESS[change](full, asked)
    assert (calls(full, "chat.postMessage"), calls(full, "chat.update")) == (1, 0)


def test_other_peoples_edits_and_deletions_are_nothing(full: Harness) -> None:
    """What was never asked of the bot may be edited and deleted, and the bot says nothing and keeps nothing of it."""
    talk = full.slack.say(GENERAL, "the bridge was approved")
    full.slack.delete(full.slack.edit(talk, "the bridge was refused"))
    full.slack.wait_until_idle()
    assert full.slack.replies(GENERAL) == []


@pytest.mark.parametrize("fixture_name", ["harness", "full"])
def test_a_deleted_question_takes_its_answer_with_it(request: pytest.FixtureRequest, fixture_name: str) -> None:
    """(A question, answered, then deleted: the answer is deleted too.) In a channel, where the bot is told of it."""
    harness: Harness = request.getfixturevalue(fixture_name)
    written = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.delete(written)
    harness.slack.wait_until(lambda: harness.slack.replies(DM_YOU) == [])
    if fixture_name == "full":
        asked = harness.ask(BRIDGE)
        harness.reply_to(asked)
        harness.slack.delete(asked)
        harness.slack.wait_until(lambda: harness.slack.replies(GENERAL) == [])


def test_a_question_deleted_before_its_answer_is_not_answered(harness: Harness) -> None:
    """(A question, deleted while its answer is sought: nothing is posted.)"""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    harness.answerer.before = hold
    written = harness.slack.say(DM_YOU, BRIDGE)
    taken.wait(30)
    harness.slack.delete(written)
    harness.slack.wait_until_idle()
    may_go_on.set()
    harness.slack.say(DM_YOU, COST)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(reply)
    assert calls(harness, "chat.postMessage") == 1


def test_a_question_deleted_before_it_was_delivered_is_not_answered(offline_harness: Harness) -> None:
    """(A question whose deletion reaches the bot first: nothing.)"""
    written = offline_harness.slack.say(DM_YOU, BRIDGE)
    event = offline_harness.slack.deliveries[-1].event
    offline_harness.slack.delete(written)
    offline_harness.slack.wait_until_idle()
    with offline_harness.bot():
        offline_harness.slack.deliver(offline_harness.slack.deliveries[-1].event)
        offline_harness.slack.wait_until_idle()
        offline_harness.slack.deliver(event)
        offline_harness.slack.wait_until_idle()
        assert offline_harness.slack.replies(DM_YOU) == []


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
def test_a_change_of_unknown_fate_is_made_again(harness: Harness, method: str) -> None:
    """Updating and deleting twice shows nothing twice, so both are simply tried again."""
    written = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.fail_next(method, is_applied=True)
    if method == "chat.update":
        harness.slack.edit(written, COST)
        harness.slack.wait_until(lambda: WHOLE.text in shown(harness.slack.replies(DM_YOU)[0]))
    else:
        harness.slack.delete(written)
        harness.slack.wait_until(lambda: harness.slack.replies(DM_YOU) == [])
    harness.slack.wait_until(lambda: sum(call.method == method for call in harness.slack.calls) == 2)
