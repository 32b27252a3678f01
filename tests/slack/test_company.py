"""Where the bot is among several people: in their direct message, and as somebody new in a channel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.models import Channel, Message
from bot.playground.workspace import BOT, COLLEAGUE, GENERAL, YOU
from bot.slack.access import AccessRules

from .harness import Harness, full_harness, shown
from .samples import BRIDGE, QUOTED


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted, without the bot."""
    with full_harness(tmp_path) as harness:
        yield harness


def new_channel(harness: Harness, *, shared_with: frozenset[str] = frozenset()) -> str:
    """A channel in which people are, and the bot is not yet."""
    channel = Channel("C0NEW", "new", "channel", frozenset({YOU, COLLEAGUE}), shared_with)
    harness.slack.workspace.add_channel(channel)
    return channel.id


def spoken(harness: Harness, channel: str) -> list[Message]:
    """What the bot has said there, without Slack's own notice of its coming."""
    return [message for message in harness.slack.replies(channel) if message.subtype is None]


def test_a_group_is_answered_only_where_the_bot_is_mentioned(idle: Harness) -> None:
    """(talk, nothing; a mention of which Slack tells twice, one answer in its thread)."""
    with idle.bot():
        group = idle.slack.add_channel(kind="mpim")
        idle.slack.say(group, BRIDGE)
        asked = idle.ask(BRIDGE, channel=group)
        assert QUOTED in shown(idle.reply_to(asked))
        assert len(idle.slack.replies(group)) == 1
    kinds = {delivery.event["type"] for delivery in idle.slack.deliveries if delivery.event.get("ts") == asked.ts}
    assert kinds == {"app_mention", "message"}


def test_a_mention_in_a_group_that_comes_as_a_message_alone_is_answered(idle: Harness) -> None:
    """Where Slack tells a group's mention as a message only, it is answered as well."""
    with idle.bot():
        group = idle.slack.add_channel(kind="mpim")
        said = idle.slack.workspace.post(group, YOU, f"{idle.slack.mention} {BRIDGE}")
        event = said.to_json(idle.slack.workspace.team) | {
            "channel": group,
            "channel_type": "mpim",
            "event_ts": said.ts,
        }
        idle.slack.deliver(event)
        assert QUOTED in shown(idle.reply_to(said))


def test_who_is_added_says_how_to_ask_once(idle: Harness) -> None:
    """(the bot is invited, one how-to in the channel); somebody else comes, or the event comes again, nothing."""
    channel = new_channel(idle)
    with idle.bot():
        idle.slack.join(channel, BOT, inviter=YOU)
        idle.slack.wait_until(lambda: spoken(idle, channel) != [])
        idle.slack.wait_until_idle()
        joined = next(one for one in idle.slack.deliveries if one.event["type"] == "member_joined_channel")
        idle.slack.deliver(joined.event, event_id=joined.payload["event_id"], retry=1)
        idle.slack.join(channel, idle.slack.add_person())
        idle.slack.wait_until_idle()
        (said,) = spoken(idle, channel)
        assert shown(said).startswith("Ask a question in plain words.")
        assert (said.thread_ts, said.seen_by) == (None, None)
        assert idle.slack.replies(GENERAL) == []


def test_who_is_added_where_nothing_is_answered_tells_the_inviter_alone(idle: Harness) -> None:
    """In a channel that the bot was not set up for, only whoever invited it is told so."""
    channel = new_channel(idle)
    with idle.bot(rules=AccessRules(channels=frozenset({GENERAL}))):
        idle.slack.join(channel, BOT, inviter=COLLEAGUE)
        idle.slack.wait_until(lambda: idle.slack.workspace.ephemerals(COLLEAGUE) != ())
        idle.slack.wait_until_idle()
        (told,) = idle.slack.workspace.ephemerals(COLLEAGUE)
        assert "not answered in this channel" in shown(told)
        assert spoken(idle, channel) == []
