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

from .harness import EVERY_SCOPE, Harness, shown
from .samples import BRIDGE, QUOTED, ScriptedAnswerer

UNCONFIRMED = "Slack did not confirm that the answer to your question was posted"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness whose bot may read the channels it is in."""
    with FakeSlack(scopes=EVERY_SCOPE, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            yield harness


def event_of(message: Message, harness: Harness) -> Json:
    """The event of a mention, for delivering it by hand."""
    return message.to_json(harness.slack.workspace.team) | {"type": "app_mention", "channel": message.channel}


def test_five_questions_at_once_get_five_replies(harness: Harness) -> None:
    """Of questions asked at once in five channels each gets one reply, its own."""
    asked = [harness.ask(f"question {number}", channel=harness.slack.add_channel()) for number in range(5)]
    replies = [harness.reply_to(one) for one in asked]
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True] * 5


def test_the_same_event_three_times_is_answered_once(harness: Harness) -> None:
    """An event delivered three times, the first still in work, gets one reply; all three are acknowledged."""
    may_go_on = Event()
    harness.answerer.before = lambda: may_go_on.wait(30)
    asked = harness.ask(BRIDGE)
    event_id = harness.slack.deliveries[-1].event_id
    for retry in (1, 2):
        harness.slack.deliver(event_of(asked, harness), event_id=event_id, retry=retry)
    harness.slack.wait_until_idle()
    may_go_on.set()
    assert QUOTED in shown(harness.reply_to(asked))
    assert all(delivery.acked_at for delivery in harness.slack.deliveries)


def test_a_retry_after_a_restart_is_not_answered_again(offline_harness: Harness) -> None:
    """A delivery that comes again to a new process with the same records gets no second reply."""
    with offline_harness.bot():
        asked = offline_harness.ask(BRIDGE)
        offline_harness.reply_to(asked)
        event_id = offline_harness.slack.deliveries[-1].event_id
    with offline_harness.bot():
        offline_harness.slack.deliver(event_of(asked, offline_harness), event_id=event_id, retry=1)
        offline_harness.slack.wait_until_idle()
    assert len(offline_harness.slack.replies(GENERAL)) == 1


def test_being_told_to_slow_down_delays_the_reply(harness: Harness) -> None:
    """After a 429 the reply is posted as soon as Slack allows, once."""
    harness.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))


def test_a_message_that_slack_refuses_becomes_an_apology(harness: Harness) -> None:
    """Where Slack refuses a reply for its content, one sentence takes its place."""
    harness.slack.fail_next("chat.postMessage", status=200, error="msg_blocks_too_long")
    assert shown(harness.reply_to(harness.ask(BRIDGE))).startswith(
        "An error occurred and this question could not be answered"
    )


FATES: list[Json] = [
    {"status": 500, "is_applied": True},
    {"status": 500, "is_applied": False},
    {"status": 200, "error": "fatal_error", "is_applied": True},
    {"drop": True, "is_applied": True},
    {"drop": True, "is_applied": False},
]


@pytest.mark.parametrize("fate", FATES)
def test_a_reply_of_unknown_fate_is_looked_for(full: Harness, fate: Json) -> None:
    """After a failure that may have left the reply behind, the bot looks for it, and posts it where it is not there."""
    full.slack.fail_next("chat.postMessage", **fate)
    assert QUOTED in shown(full.reply_to(full.ask(BRIDGE)))


@pytest.mark.parametrize("fate", FATES)
def test_so_is_one_in_a_direct_message(harness: Harness, fate: Json) -> None:
    """Beside a direct message, and in a thread of one, the bot may look with the least of scopes."""
    harness.slack.fail_next("chat.postMessage", **fate)
    said = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.fail_next("chat.postMessage", **fate)
    asked = harness.slack.say(DM_YOU, BRIDGE, thread=said.ts)
    harness.slack.wait_for_replies(DM_YOU, thread=asked.thread_ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(DM_YOU)) == 2


def test_a_reply_is_found_beneath_others(full: Harness) -> None:
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
def test_where_it_may_not_look_it_says_so_to_the_asker(harness: Harness, *, kept: bool) -> None:
    """Without the scope to look in a channel nothing is posted twice; the asker alone is told to ask again."""
    harness.slack.fail_next("chat.postMessage", is_applied=kept)
    asked = harness.ask(BRIDGE)
    harness.slack.wait_until(lambda: harness.slack.workspace.ephemerals(asked.user) != ())
    harness.slack.deliver(event_of(asked, harness), event_id=harness.slack.deliveries[-1].event_id, retry=1)
    harness.slack.wait_until_idle()
    (told,) = harness.slack.workspace.ephemerals(asked.user)
    assert (told.text.startswith(UNCONFIRMED), told.thread_ts) == (True, None)
    assert len(harness.slack.replies(GENERAL)) == int(kept)


def test_a_reply_that_was_refused_is_tried_again(harness: Harness) -> None:
    """Where Slack refuses the reply for its place, and then no longer, it is posted all the same, once."""
    harness.slack.fail_next("chat.postMessage", status=200, error="restricted_action", times=2)
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))


def test_the_reply_names_its_question_and_is_left_as_it_is(harness: Harness) -> None:
    """The reply's metadata hold the question's timestamp; Slack is told to unfurl no links and to format no text."""
    asked = harness.ask(BRIDGE)
    reply = harness.reply_to(asked)
    assert reply.metadata == {"event_type": "pullquote_answer", "event_payload": {"question_ts": asked.ts}}
    (call,) = [call for call in harness.slack.calls if call.method == "chat.postMessage"]
    assert [call.arguments[name] for name in ("unfurl_links", "unfurl_media", "mrkdwn")] == [False] * 3


@pytest.mark.parametrize("way", ["drop_connections", "refresh_connections"])
def test_a_lost_connection_is_opened_again(harness: Harness, way: str) -> None:
    """After its websocket was cut or refreshed, the bot connects again and answers what was asked meanwhile."""
    getattr(harness.slack, way)()
    harness.slack.wait_until_connected(20)
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))


def test_stopping_finishes_the_question_in_hand(offline_harness: Harness) -> None:
    """A question taken before the end gets its answer."""
    taken, may_go_on = Event(), Event()

    def hold() -> None:
        taken.set()
        may_go_on.wait(30)

    offline_harness.answerer.before = hold
    with offline_harness.bot():
        asked = offline_harness.ask(BRIDGE)
        taken.wait(30)
        offline_harness.slack.wait_until_idle()
        may_go_on.set()
    assert QUOTED in shown(offline_harness.reply_to(asked))


def test_what_is_left_at_the_end_is_taken_up_at_the_next_start(offline_harness: Harness) -> None:
    """A question that still waits when the bot ends is answered by the next one, without Slack's help."""
    with offline_harness.bot(is_loaded=False):
        asked = offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until_idle()
    assert offline_harness.slack.replies(GENERAL) == []
    with offline_harness.bot():
        assert QUOTED in shown(offline_harness.reply_to(asked))


def test_a_question_waits_while_the_archive_is_loading(offline_harness: Harness) -> None:
    """What is asked before the archive is there is acknowledged, and answered once it is."""
    with offline_harness.bot(is_loaded=False) as bot:
        asked = offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until_idle()
        assert (bot.is_ready, offline_harness.slack.replies(GENERAL)) == (False, [])
        offline_harness.start_answering(bot)
        assert QUOTED in shown(offline_harness.reply_to(asked))
        assert bot.is_ready


def test_two_bots_with_one_ledger_answer_once(offline_harness: Harness) -> None:
    """Two processes that share a state folder, each given the same events, give one answer to each question."""
    with (
        offline_harness.bot(store=Store(offline_harness.state)),
        offline_harness.bot(store=Store(offline_harness.state), connections=2),
    ):
        asked = [offline_harness.ask(BRIDGE, channel=channel) for channel in (GENERAL, RESEARCH)]
        for message, delivery in zip(asked, offline_harness.slack.deliveries, strict=True):
            offline_harness.slack.deliver(event_of(message, offline_harness), event_id=delivery.event_id, retry=1)
        assert [QUOTED in shown(offline_harness.reply_to(message)) for message in asked] == [True, True]


@pytest.mark.parametrize("may_look", [True, False])
def test_what_a_killed_process_had_taken_is_completed(tmp_path: Path, *, may_look: bool) -> None:
    """A claim whose holder is gone is taken over: what stands is found, what does not is posted."""
    scopes = EVERY_SCOPE if may_look else ("app_mentions:read", "chat:write", "im:history", "users:read")
    with FakeSlack(scopes=scopes, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        asked, written = harness.ask(BRIDGE), slack.say(DM_YOU, BRIDGE)
        harness.leave_claimed(asked, written)
        with harness.bot():
            (beside,) = slack.wait_for_replies(DM_YOU)
            assert QUOTED in shown(beside)
            if may_look:
                assert QUOTED in shown(harness.reply_to(asked))
            else:
                slack.wait_until(lambda: slack.workspace.ephemerals(asked.user) != ())
                slack.wait_until_idle()
                assert slack.replies(GENERAL) == []


def test_a_reply_that_a_killed_process_had_posted_is_found(full: Harness) -> None:
    """Where the reply stands already, nothing is posted, and the question counts as answered."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    Store(full.state).delete_completed(None)
    full.leave_claimed(asked)
    with full.bot(connections=2):
        full.slack.wait_until(lambda: any(call.method == "conversations.replies" for call in full.slack.calls))
        assert QUOTED in shown(full.reply_to(asked))
