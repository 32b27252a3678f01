"""Each question is answered once, whatever Slack redelivers, refuses, delays or disconnects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from bot.errors import ArchiveGoneError
from bot.models import Json
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH
from bot.slack.transports import WEBSOCKETS
from bot.store.store import Store

from .harness import EVERY_SCOPE, Harness, shown
from .reconnect import WAYS
from .samples import BRIDGE, QUOTED, FixedCorpus, ScriptedAnswerer

UNCONFIRMED = "Slack did not confirm that the answer to your question was posted"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness whose bot may read the channels it is in."""
    with FakeSlack(scopes=EVERY_SCOPE, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            yield harness


def event_of(message: Message, harness: Harness) -> Json:
    """The event of a mention, to deliver it again."""
    return message.to_json(harness.slack.workspace.team) | {"type": "app_mention", "channel": message.channel}


def test_five_questions_at_once_get_five_replies(harness: Harness) -> None:
    """Questions asked at once in five channels get one reply each."""
    asked = [harness.ask(f"question {number}", channel=harness.slack.add_channel()) for number in range(5)]
    replies = [harness.reply_to(one) for one in asked]
    assert [f'"question {number}"' in reply.text for number, reply in enumerate(replies)] == [True] * 5


def test_the_same_event_three_times_is_answered_once(harness: Harness) -> None:
    """An event delivered three times while the first is in progress gets one reply; all are acknowledged."""
    may_continue = Event()
    harness.answerer.before = lambda: may_continue.wait(30)
    asked = harness.ask(BRIDGE)
    event_id = harness.slack.deliveries[-1].event_id
    for retry in (1, 2):
        harness.slack.deliver(event_of(asked, harness), event_id=event_id, retry=retry)
    harness.slack.wait_until_idle()
    may_continue.set()
    assert QUOTED in shown(harness.reply_to(asked))
    assert all(delivery.acked_at for delivery in harness.slack.deliveries)


def test_a_retry_after_a_restart_is_not_answered_again(offline_harness: Harness) -> None:
    """An event redelivered to a new process with the same database gets no second reply."""
    with offline_harness.bot():
        asked = offline_harness.ask(BRIDGE)
        offline_harness.reply_to(asked)
        event_id = offline_harness.slack.deliveries[-1].event_id
    with offline_harness.bot():
        offline_harness.slack.deliver(event_of(asked, offline_harness), event_id=event_id, retry=1)
        offline_harness.slack.wait_until_idle()
    assert len(offline_harness.slack.replies(GENERAL)) == 1


def test_a_rate_limit_delays_the_reply(harness: Harness) -> None:
    """After a 429 the reply is posted as soon as Slack allows, once."""
    harness.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))


def test_a_reply_refused_for_its_content_becomes_an_apology(harness: Harness) -> None:
    """If Slack refuses a reply for its content, one sentence is posted instead."""
    harness.slack.fail_next("chat.postMessage", status=200, error="msg_blocks_too_long")
    assert shown(harness.reply_to(harness.ask(BRIDGE))).startswith(
        "An error occurred and this question could not be answered"
    )


FAILURES: list[Json] = [
    {"status": 500, "is_applied": True},
    {"status": 500, "is_applied": False},
    {"status": 200, "error": "fatal_error", "is_applied": True},
    {"drop": True, "is_applied": True},
    {"drop": True, "is_applied": False},
]


@pytest.mark.parametrize("failure", FAILURES)
def test_an_unconfirmed_reply_is_searched_for(full: Harness, failure: Json) -> None:
    """After a failure that may have posted the reply, the bot searches for it and posts it only if it is missing."""
    full.slack.fail_next("chat.postMessage", **failure)
    assert QUOTED in shown(full.reply_to(full.ask(BRIDGE)))


@pytest.mark.parametrize("failure", FAILURES)
def test_an_unconfirmed_reply_in_a_direct_message_is_searched_for(harness: Harness, failure: Json) -> None:
    """In direct messages and their threads, the scopes of the base variant are enough to search."""
    harness.slack.fail_next("chat.postMessage", **failure)
    said = harness.slack.say(DM_YOU, BRIDGE)
    harness.slack.wait_for_replies(DM_YOU)
    harness.slack.fail_next("chat.postMessage", **failure)
    asked = harness.slack.say(DM_YOU, BRIDGE, thread=said.ts)
    harness.slack.wait_for_replies(DM_YOU, thread=asked.thread_ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(DM_YOU)) == 2


def test_a_reply_is_found_among_others(full: Harness) -> None:
    """A reply is recognised by the question in its metadata."""
    root = full.slack.say(GENERAL, "about the bridge")
    full.reply_to(full.ask("why submarines", thread=root.ts))
    full.slack.fail_next("chat.postMessage", is_applied=True)
    full.ask(BRIDGE, thread=root.ts)
    full.slack.wait_for_replies(GENERAL, 2, thread=root.ts)
    full.slack.wait_until_idle()
    first, second = full.slack.replies(GENERAL, root.ts)
    assert ("submarines" in first.text, QUOTED in shown(second)) == (True, True)


@pytest.mark.parametrize("is_applied", [True, False])
def test_without_the_scope_to_search_the_asker_is_notified(harness: Harness, *, is_applied: bool) -> None:
    """Without the scope to search a channel nothing is posted twice; a private notice says to ask again."""
    harness.slack.fail_next("chat.postMessage", is_applied=is_applied)
    asked = harness.ask(BRIDGE)
    harness.slack.wait_until(lambda: harness.slack.workspace.ephemerals(asked.user) != ())
    harness.slack.deliver(event_of(asked, harness), event_id=harness.slack.deliveries[-1].event_id, retry=1)
    harness.slack.wait_until_idle()
    (notice,) = harness.slack.workspace.ephemerals(asked.user)
    assert (notice.text.startswith(UNCONFIRMED), notice.thread_ts) == (True, None)
    assert len(harness.slack.replies(GENERAL)) == int(is_applied)


def test_a_reply_refused_in_its_channel_is_retried(harness: Harness) -> None:
    """If Slack refuses a reply in its channel and later accepts it, it is posted once."""
    harness.slack.fail_next("chat.postMessage", status=200, error="some_error", times=2)
    assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))


def test_the_reply_has_metadata_and_no_formatting(harness: Harness) -> None:
    """The metadata wait the question's timestamp; Slack does not unfurl links or format the text."""
    asked = harness.ask(BRIDGE)
    reply = harness.reply_to(asked)
    assert reply.metadata == {"event_type": "pullquote_answer", "event_payload": {"question_ts": asked.ts}}
    (call,) = [call for call in harness.slack.calls if call.method == "chat.postMessage"]
    assert [call.arguments[name] for name in ("unfurl_links", "unfurl_media", "mrkdwn")] == [False] * 3


@pytest.mark.parametrize("way", WAYS)
def test_a_lost_connection_is_replaced(harness: Harness, way: str) -> None:
    """However its websockets end, the bot opens new ones, and answers what Slack delivers over them again."""
    opened = harness.slack.socket_count
    WAYS[way](harness, None)
    asked = harness.ask(BRIDGE)
    harness.slack.wait_until(lambda: harness.slack.socket_count == opened + WEBSOCKETS)
    harness.slack.deliver(event_of(asked, harness), event_id=harness.slack.deliveries[-1].event_id, retry=1)
    assert QUOTED in shown(harness.reply_to(asked))


def test_readiness_follows_the_token_and_the_archive(offline_harness: Harness) -> None:
    """A bot whose token is revoked, or whose archive cannot be read, is not ready and says why."""
    corpus = FixedCorpus(offline_harness.answerer, problem="The folder archive does not exist.")
    with offline_harness.bot() as bot:
        assert bot.bot.find_problem() is None
        bot.start_answering(corpus)
        assert bot.bot.find_problem() == "The folder archive does not exist."
        offline_harness.start_answering(bot)
        offline_harness.slack.revoke_token()
        asked = offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until(lambda: not bot.is_ready)
        assert "Slack refuses the bot token" in str(bot.bot.find_problem())
    offline_harness.slack.install_again("xoxb-new")
    with offline_harness.bot():
        assert QUOTED in shown(offline_harness.reply_to(asked))


def test_a_refused_token_ends_no_delivery(harness: Harness) -> None:
    """A search for a reply, a deletion and a private message are tried again: a new installation may take them."""
    refused: Json = {"status": 200, "error": "token_revoked"}
    slack = harness.slack
    slack.fail_next("chat.postMessage", drop=True, is_applied=True)
    slack.fail_next("conversations.history", **refused)
    asked = slack.say(DM_YOU, BRIDGE)
    slack.wait_until(lambda: sum(call.method == "conversations.history" for call in slack.calls) == 2)
    slack.fail_next("chat.delete", **refused)
    slack.delete(asked)
    slack.wait_until(lambda: not slack.replies(DM_YOU))
    guest = slack.add_person(channels=[GENERAL], guest="multi-channel")
    slack.fail_next("chat.postEphemeral", **refused)
    slack.say(GENERAL, f"{slack.mention} {BRIDGE}", user=guest)
    slack.wait_until(lambda: bool(slack.workspace.ephemerals(guest)))


def test_stopping_finishes_the_question_in_progress(offline_harness: Harness) -> None:
    """A question taken before the stop is answered."""
    taken, may_continue = Event(), Event()

    def wait() -> None:
        taken.set()
        may_continue.wait(30)

    offline_harness.answerer.before = wait
    with offline_harness.bot():
        asked = offline_harness.ask(BRIDGE)
        taken.wait(30)
        offline_harness.slack.wait_until_idle()
        may_continue.set()
    assert QUOTED in shown(offline_harness.reply_to(asked))


def test_unanswered_questions_are_answered_after_the_next_start(offline_harness: Harness) -> None:
    """A question that waits when the bot stops is answered by the next one, without a redelivery."""
    with offline_harness.bot(is_loaded=False):
        asked = offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until_idle()
    assert offline_harness.slack.replies(GENERAL) == []
    with offline_harness.bot():
        assert QUOTED in shown(offline_harness.reply_to(asked))


def test_a_question_waits_while_the_archive_is_loading(offline_harness: Harness) -> None:
    """A question asked while the archive loads is acknowledged, and answered afterwards."""
    with offline_harness.bot(is_loaded=False) as bot:
        asked = offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until_idle()
        assert (bot.is_ready, offline_harness.slack.replies(GENERAL)) == (False, [])
        offline_harness.start_answering(bot)
        assert QUOTED in shown(offline_harness.reply_to(asked))
        assert bot.is_ready


def test_two_bots_with_one_database_answer_once(offline_harness: Harness) -> None:
    """Two processes with one state folder that get the same events give one answer to each question."""
    with (
        offline_harness.bot(store=Store(offline_harness.state)),
        offline_harness.bot(store=Store(offline_harness.state), bots=2),
    ):
        asked = [offline_harness.ask(BRIDGE, channel=channel) for channel in (GENERAL, RESEARCH)]
        for message, delivery in zip(asked, offline_harness.slack.deliveries, strict=True):
            offline_harness.slack.deliver(event_of(message, offline_harness), event_id=delivery.event_id, retry=1)
        assert [QUOTED in shown(offline_harness.reply_to(message)) for message in asked] == [True, True]


@pytest.mark.parametrize("can_search", [True, False])
def test_claims_of_a_killed_process_are_completed(tmp_path: Path, *, can_search: bool) -> None:
    """An expired claim is taken over: its reply is found, or posted if it is missing."""
    scopes = EVERY_SCOPE if can_search else ("app_mentions:read", "chat:write", "im:history", "users:read")
    with FakeSlack(scopes=scopes, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        asked, direct = harness.ask(BRIDGE), slack.say(DM_YOU, BRIDGE)
        harness.leave_claimed(asked, direct)
        with harness.bot():
            (reply,) = slack.wait_for_replies(DM_YOU)
            assert QUOTED in shown(reply)
            if can_search:
                assert QUOTED in shown(harness.reply_to(asked))
            else:
                slack.wait_until(lambda: slack.workspace.ephemerals(asked.user) != ())
                slack.wait_until_idle()
                assert slack.replies(GENERAL) == []


def test_a_reply_of_a_killed_process_is_found(full: Harness) -> None:
    """If the reply was posted already, nothing is posted, and the question is completed."""
    asked = full.ask(BRIDGE)
    full.reply_to(asked)
    Store(full.state).delete_completed(None)
    full.leave_claimed(asked)
    with full.bot(bots=2):
        full.slack.wait_until(lambda: any(call.method == "conversations.replies" for call in full.slack.calls))
        assert QUOTED in shown(full.reply_to(asked))


def test_articles_that_are_gone_are_not_quoted(offline_harness: Harness) -> None:
    """A question gets one sentence that says so."""
    gone = FixedCorpus(offline_harness.answerer, is_gone=True)
    with offline_harness.bot(is_loaded=False) as bot:
        bot.start_answering(gone)
        assert shown(offline_harness.reply_to(offline_harness.ask(BRIDGE))) == str(ArchiveGoneError())
