"""The bot in group direct messages, and when it is added to a channel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.models import Channel, ChannelKind, Message
from bot.playground.workspace import BOT, COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import AccessRules

from .harness import Harness, full_harness, shown
from .samples import BRIDGE, QUOTED


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Harness]:
    """A harness with all scopes; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", "im"])
def test_a_me_message(offline: Harness, kind: ChannelKind) -> None:
    """("/me @bot …"; one answer), wherever it is said; "/me" to others is ignored."""
    with offline.bot():
        channel = DM_YOU if kind == "im" else offline.slack.add_channel(kind=kind)
        if kind != "im":
            offline.slack.say(channel, f"asks {BRIDGE}", subtype="me_message")
        said = offline.slack.say(channel, f"{offline.slack.mention} {BRIDGE}", subtype="me_message")
        offline.slack.wait_for_replies(channel, thread=None if kind == "im" else said.ts)
        offline.slack.wait_until_idle()
        (reply,) = offline.slack.replies(channel)
        assert QUOTED in shown(reply)


def new_channel(harness: Harness, *, shared_with: frozenset[str] = frozenset()) -> str:
    """A channel with people but without the bot."""
    channel = Channel("C0NEW", "new", "channel", frozenset({YOU, COLLEAGUE}), shared_with)
    harness.slack.workspace.add_channel(channel)
    return channel.id


def bot_messages(harness: Harness, channel: str) -> list[Message]:
    """The messages of the bot, without the notice that it joined."""
    return [message for message in harness.slack.replies(channel) if message.subtype is None]


def test_a_group_needs_a_mention(offline: Harness) -> None:
    """In a group, only a mention is answered, once, although Slack sends two events for it."""
    with offline.bot():
        group = offline.slack.add_channel(kind="mpim")
        offline.slack.say(group, BRIDGE)
        asked = offline.ask(BRIDGE, channel=group)
        assert QUOTED in shown(offline.reply_to(asked))
        assert len(offline.slack.replies(group)) == 1
        labelled = offline.slack.say(group, f"<@{BOT}|pullquote> {BRIDGE}")
        assert QUOTED in shown(offline.reply_to(labelled))
    kinds = {delivery.event["type"] for delivery in offline.slack.deliveries if delivery.event.get("ts") == asked.ts}
    assert kinds == {"app_mention", "message"}


def test_a_group_mention_as_a_single_message_event(offline: Harness) -> None:
    """A mention for which Slack sends only a message event is answered as well."""
    with offline.bot():
        group = offline.slack.add_channel(kind="mpim")
        said = offline.slack.workspace.post(group, YOU, f"{offline.slack.mention} {BRIDGE}")
        event = said.to_json(offline.slack.workspace.team) | {
            "channel": group,
            "channel_type": "mpim",
            "event_ts": said.ts,
        }
        offline.slack.deliver(event)
        assert QUOTED in shown(offline.reply_to(said))


def test_the_how_to_is_posted_once_on_joining(offline: Harness) -> None:
    """The bot posts one how-to when invited, and nothing when another person joins or the event repeats."""
    channel = new_channel(offline)
    with offline.bot():
        offline.slack.join(channel, BOT, inviter=YOU)
        offline.slack.wait_until(lambda: bot_messages(offline, channel) != [])
        offline.slack.wait_until_idle()
        joined = next(one for one in offline.slack.deliveries if one.event["type"] == "member_joined_channel")
        offline.slack.deliver(joined.event, event_id=joined.payload["event_id"], retry=1)
        offline.slack.join(channel, offline.slack.add_person())
        offline.slack.wait_until_idle()
        (said,) = bot_messages(offline, channel)
        assert shown(said).startswith("Ask a question in plain words.")
        assert (said.thread_ts, said.seen_by) == (None, None)
        assert offline.slack.replies(GENERAL) == []


def test_joining_a_closed_channel(offline: Harness) -> None:
    """If the bot does not answer in the channel, only the person who invited it sees a message."""
    channel = new_channel(offline)
    with offline.bot(rules=AccessRules(channels=frozenset({GENERAL}))):
        offline.slack.join(channel, BOT, inviter=COLLEAGUE)
        offline.slack.wait_until(lambda: offline.slack.workspace.ephemerals(COLLEAGUE) != ())
        offline.slack.wait_until_idle()
        (notice,) = offline.slack.workspace.ephemerals(COLLEAGUE)
        assert "not answered in this channel" in shown(notice)
        assert bot_messages(offline, channel) == []
