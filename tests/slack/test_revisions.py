"""Edits and deletions of questions update and delete their answers; other changes do not."""

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
    """A harness whose bot receives every message in its channels."""
    with FakeSlack(scopes=EVERY_SCOPE, subscriptions=SUBSCRIPTIONS, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            yield harness


def with_mention(harness: Harness, text: str) -> str:
    return f"{harness.slack.mention} {text}"


def calls(harness: Harness, method: str) -> int:
    """Number of calls of ``method``, once nothing is in progress."""
    harness.slack.wait_until_idle()
    return sum(call.method == method for call in harness.slack.calls)


@pytest.mark.parametrize("variant", ["harness", "full"])
def test_an_edited_mention_updates_its_answer(request: pytest.FixtureRequest, variant: str) -> None:
    """(A mention, edited: the same reply now answers the new text.) Once, however many events report the edit."""
    harness: Harness = request.getfixturevalue(variant)
    asked = harness.ask(BRIDGE)
    before = harness.reply_to(asked)
    harness.slack.edit(asked, with_mention(harness, COST))
    harness.slack.wait_until(lambda: "chat.update" in {call.method for call in harness.slack.calls})
    after = harness.reply_to(asked)
    assert (after.ts, WHOLE.text in shown(after), QUOTED in shown(before)) == (before.ts, True, True)
    assert (calls(harness, "chat.update"), calls(harness, "chat.postMessage")) == (1, 1)


def test_the_text_of_an_updated_answer_is_not_parsed(harness: Harness) -> None:
    """(A mention, edited.) The update sets ``parse`` to "none", because Slack parses updated text by default."""
    asked = harness.ask(BRIDGE)
    harness.reply_to(asked)
    harness.slack.edit(asked, with_mention(harness, COST))
    harness.slack.wait_until(lambda: "chat.update" in {call.method for call in harness.slack.calls})
    (call,) = [call for call in harness.slack.calls if call.method == "chat.update"]
    assert call.arguments["parse"] == "none"


def test_an_edited_direct_message_updates_its_answer(harness: Harness) -> None:
    """(A direct message, edited twice: its one answer is updated.)"""
    asked = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    for text, answered in ((COST, WHOLE.text), (BRIDGE, QUOTED)):
        asked = harness.slack.edit(asked, text)
        harness.slack.wait_until(lambda answered=answered: answered in shown(harness.slack.replies(DM_YOU)[0]))  # type: ignore[misc]
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(DM_YOU)) == 1


@pytest.mark.parametrize("fixture_name", ["harness", "full"])
@pytest.mark.parametrize("text", ["never mind", "Never mind, found it!", "thanks", ":wave:"])
def test_an_edit_takes_the_question_back(request: pytest.FixtureRequest, fixture_name: str, text: str) -> None:
    """(A question, edited into "never mind": the answer is deleted; edited back: the answer again.)"""
    harness: Harness = request.getfixturevalue(fixture_name)
    for channel in (DM_YOU, GENERAL):
        mention = "" if channel == DM_YOU else harness.slack.mention
        asked = harness.slack.say(channel, f"{mention} {BRIDGE}")
        harness.slack.wait_for_replies(channel, thread=None if channel == DM_YOU else asked.ts)
        harness.slack.wait_until_idle()
        asked = harness.slack.edit(asked, f"{mention} {text}")
        harness.slack.wait_until(lambda channel=channel: harness.slack.replies(channel) == [])  # type: ignore[misc]
        harness.slack.wait_until_idle()
        harness.slack.edit(asked, f"{mention} {BRIDGE}")
        harness.slack.wait_until(lambda channel=channel: harness.slack.replies(channel) != [])  # type: ignore[misc]
        harness.slack.wait_until_idle()
        (reply,) = harness.slack.replies(channel)
        assert QUOTED in shown(reply)
    assert (calls(harness, "chat.delete"), calls(harness, "chat.postMessage")) == (2, 4)


def test_an_edit_that_removes_all_but_the_mention(full: Harness) -> None:
    """(A mention, edited to nothing at all: the answer is deleted.)"""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    full.slack.edit(asked, "")
    full.slack.wait_until(lambda: full.slack.replies(GENERAL) == [])
    assert calls(full, "chat.postMessage") == 1


def test_an_edit_that_removes_the_mention_updates_the_answer(full: Harness) -> None:
    """(A mention, edited without it: the bot, which receives messages, still updates its answer.)"""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    full.slack.edit(asked, COST)
    full.slack.wait_until(lambda: WHOLE.text in shown(full.slack.replies(GENERAL)[0]))
    assert calls(full, "chat.postMessage") == 1


def test_an_edit_before_the_first_answer(harness: Harness) -> None:
    """(A question, edited before its answer is posted: one answer, to the newest text.)"""
    taken, may_continue = Event(), Event()

    def wait() -> None:
        taken.set()
        may_continue.wait(30)

    harness.answerer.before = wait
    asked = harness.ask(BRIDGE)
    taken.wait(30)
    for text in ("why submarines", COST):
        asked = harness.slack.edit(asked, with_mention(harness, text))
    harness.slack.wait_until_idle()
    may_continue.set()
    harness.slack.wait_until(lambda: WHOLE.text in "".join(map(shown, harness.slack.replies(GENERAL))))
    harness.reply_to(asked)
    assert (calls(harness, "chat.postMessage"), calls(harness, "chat.update")) == (1, 1)


def test_an_edit_after_a_deleted_answer_gets_a_new_answer(harness: Harness) -> None:
    """(The answer is deleted, then the question edited: a new answer.)"""
    asked = harness.slack.say(DM_YOU, BRIDGE)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    harness.slack.delete(reply)
    harness.slack.wait_until_idle()
    harness.slack.edit(asked, COST)
    (again,) = harness.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(again)


OTHER_CHANGES: dict[str, Callable[[Harness, Message], object]] = {
    "an unfurled link": lambda harness, asked: harness.slack.unfurl(asked),
    "a recognised language": lambda harness, asked: harness.slack.detect_language(asked),
    "a count of replies": lambda harness, asked: harness.slack.count_replies(asked),
    "the same text": lambda harness, asked: harness.slack.edit(asked, with_mention(harness, BRIDGE)),
    "a reaction": lambda harness, asked: harness.slack.react(asked, "eyes"),
}


@pytest.mark.parametrize("change", OTHER_CHANGES)
def test_changes_without_new_text_are_ignored(full: Harness, change: str) -> None:
    """Slack reports previews, languages and replies as changes of a message; the bot ignores them."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    OTHER_CHANGES[change](full, asked)
    assert (calls(full, "chat.postMessage"), calls(full, "chat.update")) == (1, 0)


def test_edits_and_deletions_of_other_messages_are_ignored(full: Harness) -> None:
    """A message that was never a question is edited and deleted without a reply."""
    talk = full.slack.say(GENERAL, "the bridge was approved")
    full.slack.delete(full.slack.edit(talk, "the bridge was refused"))
    full.slack.wait_until_idle()
    assert full.slack.replies(GENERAL) == []


@pytest.mark.parametrize("fixture_name", ["harness", "full"])
def test_the_answer_to_a_deleted_question_is_deleted(request: pytest.FixtureRequest, fixture_name: str) -> None:
    """(A question, answered, then deleted: the answer is deleted too.) In channels, if the bot receives messages."""
    harness: Harness = request.getfixturevalue(fixture_name)
    question = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.delete(question)
    harness.slack.wait_until(lambda: harness.slack.replies(DM_YOU) == [])
    if fixture_name == "full":
        asked = harness.ask(BRIDGE)
        harness.reply_to(asked)
        harness.slack.delete(asked)
        harness.slack.wait_until(lambda: harness.slack.replies(GENERAL) == [])


def test_a_question_deleted_before_its_answer_is_not_answered(harness: Harness) -> None:
    """(A question, deleted while it is answered: nothing is posted.)"""
    taken, may_continue = Event(), Event()

    def wait() -> None:
        taken.set()
        may_continue.wait(30)

    harness.answerer.before = wait
    question = harness.slack.say(DM_YOU, BRIDGE)
    taken.wait(30)
    harness.slack.delete(question)
    harness.slack.wait_until_idle()
    may_continue.set()
    harness.slack.say(DM_YOU, COST)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(reply)
    assert calls(harness, "chat.postMessage") == 1


def test_a_question_deleted_before_it_was_delivered_is_not_answered(offline_harness: Harness) -> None:
    """(A question whose deletion arrives first: nothing is posted.)"""
    question = offline_harness.slack.say(DM_YOU, BRIDGE)
    event = offline_harness.slack.deliveries[-1].event
    offline_harness.slack.delete(question)
    offline_harness.slack.wait_until_idle()
    with offline_harness.bot():
        offline_harness.slack.deliver(offline_harness.slack.deliveries[-1].event)
        offline_harness.slack.wait_until_idle()
        offline_harness.slack.deliver(event)
        offline_harness.slack.wait_until_idle()
        assert offline_harness.slack.replies(DM_YOU) == []


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
def test_an_unconfirmed_update_or_deletion_is_repeated(harness: Harness, method: str) -> None:
    """Updates and deletions are safe to repeat, so they are retried."""
    question = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.fail_next(method, is_applied=True)
    if method == "chat.update":
        harness.slack.edit(question, COST)
        harness.slack.wait_until(lambda: WHOLE.text in shown(harness.slack.replies(DM_YOU)[0]))
    else:
        harness.slack.delete(question)
        harness.slack.wait_until(lambda: harness.slack.replies(DM_YOU) == [])
    harness.slack.wait_until(lambda: sum(call.method == method for call in harness.slack.calls) == 2)
