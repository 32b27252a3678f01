"""Each question is answered once: whatever Slack delivers twice, refuses, delays or cuts off."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Event

import pytest

from bot.playground.cast import GENERAL, RESEARCH
from bot.playground.nouns import Json, Message
from bot.records import Delivery, Records
from bot.slack.connection import connect
from bot.slack.listeners import Desk
from bot.slack.questions import Asked

from .articles import BRIDGE, QUOTED, verify
from .conftest import Room, shown


def event_of(message: Message, room: Room) -> Json:
    """The event of a mention, for delivering it by hand."""
    return message.shown(room.slack.workspace.team) | {"type": "app_mention", "channel": message.channel}


def test_five_questions_at_once_do_not_wait_for_each_other(room: Room) -> None:
    """Five questions are in work at the same time, and each gets one reply of its own."""
    together = Barrier(5)
    room.librarian.before = lambda: together.wait(timeout=30)
    asked = [room.ask(f"question {number}", channel=(GENERAL, RESEARCH)[number % 2]) for number in range(5)]
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
    room.slack.quiet()
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
        offline.slack.quiet()
    assert len(offline.slack.replies(GENERAL)) == 1


def test_being_told_to_slow_down_delays_the_reply(room: Room) -> None:
    """After a 429 the reply is posted as soon as Slack allows, once."""
    room.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    assert QUOTED in shown(room.reply_to(room.ask(BRIDGE)))


def test_a_message_that_slack_refuses_becomes_an_apology(room: Room) -> None:
    """Where Slack refuses a reply for its content, one sentence takes its place."""
    room.slack.fail_next("chat.postMessage", status=200, error="msg_blocks_too_long")
    assert shown(room.reply_to(room.ask(BRIDGE))).startswith("Sorry, this question could not be answered")


@pytest.mark.parametrize(("kept", "drop"), [(True, False), (False, False), (True, True)])
def test_a_reply_of_unknown_fate_is_not_posted_twice(room: Room, *, kept: bool, drop: bool) -> None:
    """After a 500 or a connection cut during the reply nothing is posted again, also not by a retry."""
    room.slack.fail_next("chat.postMessage", status=500, kept=kept, drop=drop)
    asked = room.ask(BRIDGE)
    room.slack.quiet()
    room.slack.deliver(event_of(asked, room), event_id=room.slack.deliveries[-1].event_id, retry=1)
    room.slack.quiet()
    assert len(room.slack.replies(GENERAL)) == int(kept)


def test_a_reply_that_was_refused_leaves_the_question_open(room: Room) -> None:
    """Where Slack refused the reply, nothing stands, and Slack's next delivery of the question is answered."""
    room.slack.fail_next("chat.postMessage", status=200, error="restricted_action")
    asked = room.ask(BRIDGE)
    room.slack.quiet()
    assert room.slack.replies(GENERAL) == []
    room.slack.deliver(event_of(asked, room), event_id=room.slack.deliveries[-1].event_id, retry=1)
    assert QUOTED in shown(room.reply_to(asked))


def test_the_reply_names_its_question_and_unfurls_nothing(room: Room) -> None:
    """The reply's metadata hold the question's timestamp, and Slack is told not to unfurl links."""
    asked = room.ask(BRIDGE)
    reply = room.reply_to(asked)
    assert reply.metadata == {"event_type": "pullquote_answer", "event_payload": {"question_ts": asked.ts}}
    (call,) = [call for call in room.slack.calls if call.method == "chat.postMessage"]
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)


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
        offline.slack.quiet()
        may_go_on.set()
    assert QUOTED in shown(offline.reply_to(asked))


def test_without_records_a_question_is_answered_all_the_same(offline: Room, tmp_path: Path) -> None:
    """Where the ledger can no longer be written, the question still gets its answer."""
    broken = Records(tmp_path)
    broken.close()
    client = connect(offline.slack.bot_token, offline.slack.api_url)
    asked = Asked(Delivery("Ev1", offline.slack.team, GENERAL, "1.0"), None, BRIDGE)
    Desk(client, offline.librarian, verify, broken).take(asked)
    (reply,) = offline.slack.replies(GENERAL)
    assert QUOTED in shown(reply)
