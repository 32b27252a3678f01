"""Each question is answered once: whatever Slack delivers twice, refuses, delays or cuts off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.models import Json
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH
from bot.store.store import Store

from .articles import BRIDGE, QUOTED, Scripted
from .conftest import EVERY_SCOPE, Room, shown

UNCONFIRMED = "Slack did not confirm that the answer to your question was posted"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Room]:
    """A room whose bot may read the channels it is in."""
    with FakeSlack(scopes=EVERY_SCOPE, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        room = Room(slack, Scripted(), tmp_path)
        with room.bot():
            yield room


def event_of(message: Message, room: Room) -> Json:
    """The event of a mention, for delivering it by hand."""
    return message.to_json(room.slack.workspace.team) | {"type": "app_mention", "channel": message.channel}


def test_five_questions_at_once_get_five_replies(room: Room) -> None:
    """Of questions asked at once in five channels each gets one reply, its own."""
    asked = [room.ask(f"question {number}", channel=room.slack.add_channel()) for number in range(5)]
    replies = [room.reply_to(one) for one in asked]
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True] * 5


def test_the_same_event_three_times_is_answered_once(room: Room) -> None:
    """An event delivered three times, the first still in work, gets one reply; all three are acknowledged."""
    may_go_on = Event()
    room.librarian.before = lambda: may_go_on.wait(30)
    asked = room.ask(BRIDGE)
    event_id = room.slack.deliveries[-1].event_id
    for retry in (1, 2):
        room.slack.deliver(event_of(asked, room), event_id=event_id, retry=retry)
    room.slack.wait_until_idle()
    may_go_on.set()
    assert QUOTED in shown(room.reply_to(asked))
    assert all(delivery.acked_at for delivery in room.slack.deliveries)


def test_a_retry_after_a_restart_is_not_answered_again(offline: Room) -> None:
    """A delivery that comes again to a new process with the same records gets no second reply."""
    with offline.bot():
        asked = offline.ask(BRIDGE)
        offline.reply_to(asked)
        event_id = offline.slack.deliveries[-1].event_id
    with offline.bot():
        offline.slack.deliver(event_of(asked, offline), event_id=event_id, retry=1)
        offline.slack.wait_until_idle()
    assert len(offline.slack.replies(GENERAL)) == 1


def test_being_told_to_slow_down_delays_the_reply(room: Room) -> None:
    """After a 429 the reply is posted as soon as Slack allows, once."""
    room.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    assert QUOTED in shown(room.reply_to(room.ask(BRIDGE)))


def test_a_message_that_slack_refuses_becomes_an_apology(room: Room) -> None:
    """Where Slack refuses a reply for its content, one sentence takes its place."""
    room.slack.fail_next("chat.postMessage", status=200, error="msg_blocks_too_long")
    assert shown(room.reply_to(room.ask(BRIDGE))).startswith("Sorry, this question could not be answered")


FATES: list[Json] = [
    {"status": 500, "is_applied": True},
    {"status": 500, "is_applied": False},
    {"status": 200, "error": "fatal_error", "is_applied": True},
    {"drop": True, "is_applied": True},
    {"drop": True, "is_applied": False},
]


@pytest.mark.parametrize("fate", FATES)
def test_a_reply_of_unknown_fate_is_looked_for(full: Room, fate: Json) -> None:
    """After a failure that may have left the reply behind, the bot looks for it, and posts it where it is not there."""
    full.slack.fail_next("chat.postMessage", **fate)
    assert QUOTED in shown(full.reply_to(full.ask(BRIDGE)))


@pytest.mark.parametrize("fate", FATES)
def test_so_is_one_in_a_direct_message(room: Room, fate: Json) -> None:
    """Beside a direct message, and in a thread of one, the bot may look with the least of scopes."""
    room.slack.fail_next("chat.postMessage", **fate)
    said = room.slack.say(DM_YOU, BRIDGE)
    room.slack.wait_for_replies(DM_YOU)
    room.slack.fail_next("chat.postMessage", **fate)
    asked = room.slack.say(DM_YOU, BRIDGE, thread=said.ts)
    room.slack.wait_for_replies(DM_YOU, thread=asked.thread_ts)
    room.slack.wait_until_idle()
    assert len(room.slack.replies(DM_YOU)) == 2


def test_a_reply_is_found_beneath_others(full: Room) -> None:
    """The bot knows its reply by the question it names, and takes no other's for it."""
    root = full.slack.say(GENERAL, "about the bridge")
    full.reply_to(full.ask("why submarines", thread=root.ts))
    full.slack.fail_next("chat.postMessage", is_applied=True)
    full.ask(BRIDGE, thread=root.ts)
    full.slack.wait_for_replies(GENERAL, 2, thread=root.ts)
    full.slack.wait_until_idle()
    first, second = full.slack.replies(GENERAL, root.ts)
    assert ("submarines" in first.text, QUOTED in shown(second)) == (True, True)


@pytest.mark.parametrize("kept", [True, False])
def test_where_it_may_not_look_it_says_so_to_the_asker(room: Room, *, kept: bool) -> None:
    """Without the scope to look in a channel nothing is posted twice; the asker alone is told to ask again."""
    room.slack.fail_next("chat.postMessage", is_applied=kept)
    asked = room.ask(BRIDGE)
    room.slack.wait_until(lambda: room.slack.workspace.ephemerals(asked.user) != ())
    room.slack.deliver(event_of(asked, room), event_id=room.slack.deliveries[-1].event_id, retry=1)
    room.slack.wait_until_idle()
    (told,) = room.slack.workspace.ephemerals(asked.user)
    assert (told.text.startswith(UNCONFIRMED), told.thread_ts) == (True, None)
    assert len(room.slack.replies(GENERAL)) == int(kept)


def test_a_reply_that_was_refused_is_tried_again(room: Room) -> None:
    """Where Slack refuses the reply for its place, and then no longer, it is posted all the same, once."""
    room.slack.fail_next("chat.postMessage", status=200, error="restricted_action", times=2)
    assert QUOTED in shown(room.reply_to(room.ask(BRIDGE)))


def test_the_reply_names_its_question_and_is_left_as_it_is(room: Room) -> None:
    """The reply's metadata hold the question's timestamp; Slack is told to unfurl no links and to format no text."""
    asked = room.ask(BRIDGE)
    reply = room.reply_to(asked)
    assert reply.metadata == {"event_type": "pullquote_answer", "event_payload": {"question_ts": asked.ts}}
    (call,) = [call for call in room.slack.calls if call.method == "chat.postMessage"]
    assert [call.arguments[name] for name in ("unfurl_links", "unfurl_media", "mrkdwn")] == [False] * 3


@pytest.mark.parametrize("way", ["drop_connections", "refresh_connections"])
def test_a_lost_connection_is_opened_again(room: Room, way: str) -> None:
    """After its websocket was cut or refreshed, the bot connects again and answers what was asked meanwhile."""
    getattr(room.slack, way)()
    room.slack.wait_until_connected(20)
    assert QUOTED in shown(room.reply_to(room.ask(BRIDGE)))


def test_stopping_finishes_the_question_in_hand(offline: Room) -> None:
    """A question taken before the end gets its answer."""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    offline.librarian.before = hold
    with offline.bot():
        asked = offline.ask(BRIDGE)
        taken.wait(30)
        offline.slack.wait_until_idle()
        may_go_on.set()
    assert QUOTED in shown(offline.reply_to(asked))


def test_what_is_left_at_the_end_is_taken_up_at_the_next_start(offline: Room) -> None:
    """A question that still waits when the bot ends is answered by the next one, without Slack's help."""
    with offline.bot(is_loaded=False):
        asked = offline.ask(BRIDGE)
        offline.slack.wait_until_idle()
    assert offline.slack.replies(GENERAL) == []
    with offline.bot():
        assert QUOTED in shown(offline.reply_to(asked))


def test_a_question_waits_while_the_archive_is_loading(offline: Room) -> None:
    """What is asked before the archive is there is acknowledged, and answered once it is."""
    with offline.bot(is_loaded=False) as bot:
        asked = offline.ask(BRIDGE)
        offline.slack.wait_until_idle()
        assert (bot.is_ready, offline.slack.replies(GENERAL)) == (False, [])
        offline.open(bot)
        assert QUOTED in shown(offline.reply_to(asked))
        assert bot.is_ready


def test_two_bots_with_one_ledger_answer_once(offline: Room) -> None:
    """Two processes that share a state folder, each given the same events, give one answer to each question."""
    with offline.bot(store=Store(offline.state)), offline.bot(store=Store(offline.state), connections=2):
        asked = [offline.ask(BRIDGE, channel=channel) for channel in (GENERAL, RESEARCH)]
        for message, delivery in zip(asked, offline.slack.deliveries, strict=True):
            offline.slack.deliver(event_of(message, offline), event_id=delivery.event_id, retry=1)
        assert [QUOTED in shown(offline.reply_to(message)) for message in asked] == [True, True]


@pytest.mark.parametrize("may_look", [True, False])
def test_what_a_killed_process_had_taken_is_completed(tmp_path: Path, *, may_look: bool) -> None:
    """A claim whose holder is gone is taken over: what stands is found, what does not is posted."""
    scopes = EVERY_SCOPE if may_look else ("app_mentions:read", "chat:write", "im:history", "users:read")
    with FakeSlack(scopes=scopes, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        room = Room(slack, Scripted(), tmp_path)
        asked, written = room.ask(BRIDGE), slack.say(DM_YOU, BRIDGE)
        room.leave_claimed(asked, written)
        with room.bot():
            (beside,) = slack.wait_for_replies(DM_YOU)
            assert QUOTED in shown(beside)
            if may_look:
                assert QUOTED in shown(room.reply_to(asked))
            else:
                slack.wait_until(lambda: slack.workspace.ephemerals(asked.user) != ())
                slack.wait_until_idle()
                assert slack.replies(GENERAL) == []


def test_a_reply_that_a_killed_process_had_posted_is_found(full: Room) -> None:
    """Where the reply stands already, nothing is posted, and the question counts as answered."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    Store(full.state).forget(None)
    full.leave_claimed(asked)
    with full.bot(connections=2):
        full.slack.wait_until(lambda: any(call.method == "conversations.replies" for call in full.slack.calls))
        assert QUOTED in shown(full.reply_to(asked))
