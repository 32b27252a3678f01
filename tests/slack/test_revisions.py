"""Edits and deletions: the answer follows its question, and nothing else that Slack tells of a message moves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL

from .articles import BRIDGE, QUOTED, WHOLE, Scripted
from .conftest import EVERY_SCOPE, Room, shown

COST = "what does it cost"
SUBSCRIPTIONS = ("app_mention", "message.im", "message.channels", "message.groups")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Room]:
    """A room whose bot is told of every message in its channels."""
    with FakeSlack(scopes=EVERY_SCOPE, subscriptions=SUBSCRIPTIONS, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        room = Room(slack, Scripted(), tmp_path)
        with room.bot():
            yield room


def mentioning(room: Room, words: str) -> str:
    return f"{room.slack.mention} {words}"


def calls(room: Room, method: str) -> int:
    """How often the bot called ``method`` until all was quiet."""
    room.slack.wait_until_idle()
    return sum(call.method == method for call in room.slack.calls)


@pytest.mark.parametrize("variant", ["room", "full"])
def test_an_edited_mention_updates_its_answer(request: pytest.FixtureRequest, variant: str) -> None:
    """(A mention, edited: the same message now answers the new words.) However many events tell of it."""
    room: Room = request.getfixturevalue(variant)
    asked = room.ask(BRIDGE)
    before = room.reply_to(asked)
    room.slack.edit(asked, mentioning(room, COST))
    room.slack.wait_until(lambda: "chat.update" in {call.method for call in room.slack.calls})
    after = room.reply_to(asked)
    assert (after.ts, WHOLE.text in shown(after), QUOTED in shown(before)) == (before.ts, True, True)
    assert (calls(room, "chat.update"), calls(room, "chat.postMessage")) == (1, 1)


def test_the_text_of_a_changed_answer_is_left_as_it_is(room: Room) -> None:
    """(A mention, edited.) Slack is told not to parse the new text, which it does with a change unless told."""
    asked = room.ask(BRIDGE)
    room.reply_to(asked)
    room.slack.edit(asked, mentioning(room, COST))
    room.slack.wait_until(lambda: "chat.update" in {call.method for call in room.slack.calls})
    (call,) = [call for call in room.slack.calls if call.method == "chat.update"]
    assert call.arguments["parse"] == "none"


def test_an_edited_direct_message_updates_its_answer(room: Room) -> None:
    """(A direct message, edited twice: its one answer follows.)"""
    asked = room.slack.say(DM_YOU, BRIDGE)
    room.slack.wait_for_replies(DM_YOU)
    for words, answered in ((COST, WHOLE.text), (BRIDGE, QUOTED)):
        asked = room.slack.edit(asked, words)
        room.slack.wait_until(lambda answered=answered: answered in shown(room.slack.replies(DM_YOU)[0]))  # type: ignore[misc]
    room.slack.wait_until_idle()
    assert len(room.slack.replies(DM_YOU)) == 1


def test_an_edit_into_small_talk_and_back(room: Room) -> None:
    """(A question, edited into thanks: the how-to takes the answer's place; edited back: the answer is there again.)"""
    asked = room.slack.say(DM_YOU, BRIDGE)
    room.slack.wait_for_replies(DM_YOU)
    for words, answered in (("thanks", "Ask a question in plain words."), (BRIDGE, QUOTED)):
        asked = room.slack.edit(asked, words)
        room.slack.wait_until(lambda answered=answered: answered in shown(room.slack.replies(DM_YOU)[0]))  # type: ignore[misc]
    room.slack.wait_until_idle()
    assert len(room.slack.replies(DM_YOU)) == 1


def test_an_edit_that_loses_the_mention_is_followed(full: Room) -> None:
    """(A mention, edited without it: the bot, told of messages, still brings its answer up to date.)"""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    full.slack.edit(asked, COST)
    full.slack.wait_until(lambda: WHOLE.text in shown(full.slack.replies(GENERAL)[0]))
    assert calls(full, "chat.postMessage") == 1


def test_an_edit_while_the_first_answer_is_in_work(room: Room) -> None:
    """(A question, edited before its answer stands: one answer in the end, to the newest words.)"""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    room.librarian.before = hold
    asked = room.ask(BRIDGE)
    taken.wait(30)
    for words in ("why submarines", COST):
        asked = room.slack.edit(asked, mentioning(room, words))
    room.slack.wait_until_idle()
    may_go_on.set()
    room.slack.wait_until(lambda: WHOLE.text in "".join(map(shown, room.slack.replies(GENERAL))))
    room.reply_to(asked)
    assert (calls(room, "chat.postMessage"), calls(room, "chat.update")) == (1, 1)


def test_an_edit_after_a_removed_answer_is_answered_anew(room: Room) -> None:
    """(Somebody removed the answer, then the question is edited: it gets a new answer.)"""
    asked = room.slack.say(DM_YOU, BRIDGE)
    (reply,) = room.slack.wait_for_replies(DM_YOU)
    room.slack.delete(reply)
    room.slack.wait_until_idle()
    room.slack.edit(asked, COST)
    (again,) = room.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(again)


HARMLESS: dict[str, Callable[[Room, Message], object]] = {
    "an unfurled link": lambda room, asked: room.slack.unfurl(asked),
    "a recognised language": lambda room, asked: room.slack.detect_language(asked),
    "a count of replies": lambda room, asked: room.slack.count_replies(asked),
    "the same words": lambda room, asked: room.slack.edit(asked, mentioning(room, BRIDGE)),
    "a reaction": lambda room, asked: room.slack.react(asked, "eyes"),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_what_changes_no_word_changes_no_answer(full: Room, change: str) -> None:
    """Slack tells of previews, languages and replies as changes of a message; the bot does nothing on them."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    HARMLESS[change](full, asked)
    assert (calls(full, "chat.postMessage"), calls(full, "chat.update")) == (1, 0)


def test_other_peoples_edits_and_deletions_are_nothing(full: Room) -> None:
    """What was never asked of the bot may be edited and deleted, and the bot says nothing and keeps nothing of it."""
    talk = full.slack.say(GENERAL, "the bridge was approved")
    full.slack.delete(full.slack.edit(talk, "the bridge was refused"))
    full.slack.wait_until_idle()
    assert full.slack.replies(GENERAL) == []


@pytest.mark.parametrize("room_of", ["room", "full"])
def test_a_deleted_question_takes_its_answer_with_it(request: pytest.FixtureRequest, room_of: str) -> None:
    """(A question, answered, then deleted: the answer is deleted too.) In a channel, where the bot is told of it."""
    room: Room = request.getfixturevalue(room_of)
    written = room.slack.say(DM_YOU, BRIDGE)
    room.slack.wait_for_replies(DM_YOU)
    room.slack.delete(written)
    room.slack.wait_until(lambda: room.slack.replies(DM_YOU) == [])
    if room_of == "full":
        asked = room.ask(BRIDGE)
        room.reply_to(asked)
        room.slack.delete(asked)
        room.slack.wait_until(lambda: room.slack.replies(GENERAL) == [])


def test_a_question_deleted_before_its_answer_is_not_answered(room: Room) -> None:
    """(A question, deleted while its answer is sought: nothing is posted.)"""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    room.librarian.before = hold
    written = room.slack.say(DM_YOU, BRIDGE)
    taken.wait(30)
    room.slack.delete(written)
    room.slack.wait_until_idle()
    may_go_on.set()
    room.slack.say(DM_YOU, COST)
    (reply,) = room.slack.wait_for_replies(DM_YOU)
    assert WHOLE.text in shown(reply)
    assert calls(room, "chat.postMessage") == 1


def test_a_question_deleted_before_it_was_delivered_is_not_answered(offline: Room) -> None:
    """(A question whose deletion reaches the bot first: nothing.)"""
    written = offline.slack.say(DM_YOU, BRIDGE)
    event = offline.slack.deliveries[-1].event
    offline.slack.delete(written)
    offline.slack.wait_until_idle()
    with offline.bot():
        offline.slack.deliver(offline.slack.deliveries[-1].event)
        offline.slack.wait_until_idle()
        offline.slack.deliver(event)
        offline.slack.wait_until_idle()
        assert offline.slack.replies(DM_YOU) == []


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
def test_a_change_of_unknown_fate_is_made_again(room: Room, method: str) -> None:
    """Updating and deleting twice shows nothing twice, so both are simply tried again."""
    written = room.slack.say(DM_YOU, BRIDGE)
    room.slack.wait_for_replies(DM_YOU)
    room.slack.fail_next(method, is_applied=True)
    if method == "chat.update":
        room.slack.edit(written, COST)
        room.slack.wait_until(lambda: WHOLE.text in shown(room.slack.replies(DM_YOU)[0]))
    else:
        room.slack.delete(written)
        room.slack.wait_until(lambda: room.slack.replies(DM_YOU) == [])
    room.slack.wait_until(lambda: sum(call.method == method for call in room.slack.calls) == 2)
