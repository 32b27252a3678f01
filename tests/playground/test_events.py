"""The events that are sent for what people do."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import Channel
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, OTHER_BOT, YOU


def kinds(slack: FakeSlack) -> list[str]:
    """Return the type and subtype of each event so far."""
    events = [delivery.event for delivery in slack.deliveries]
    return [".".join([event["type"], *([event["subtype"]] if "subtype" in event else [])]) for event in events]


def last(slack: FakeSlack, kind: str) -> Json:
    return [one.event for one, found in zip(slack.deliveries, kinds(slack), strict=True) if found == kind][-1]


def test_a_mention_is_two_events(slack: FakeSlack) -> None:
    """A mention in a channel is a message and an app_mention with different event ids and the same timestamp."""
    said = slack.say(GENERAL, f"{slack.mention} R&D")
    assert kinds(slack) == ["message", "app_mention"]
    message, mention = slack.deliveries
    assert message.event_id != mention.event_id
    assert message.event["ts"] == mention.event["ts"] == said.ts
    assert mention.event["text"] == f"{slack.mention} R&amp;D"
    assert (mention.event["channel"], mention.event["user"]) == (GENERAL, YOU)
    assert message.event["channel_type"] == "channel"


def test_a_direct_message_is_not_a_mention(slack: FakeSlack) -> None:
    """A mention in a direct message is a message of channel_type im."""
    slack.say(DM_YOU, f"{slack.mention} hello")
    assert kinds(slack) == ["message"]
    assert slack.deliveries[0].event["channel_type"] == "im"


def test_a_group_message_has_its_own_channel_type(slack: FakeSlack) -> None:
    """In a direct message of several people a message has channel_type mpim, and a mention is two events."""
    slack.say(GROUP, "talk", user=COLLEAGUE)
    slack.say(GROUP, f"{slack.mention} hello")
    assert kinds(slack) == ["message", "message", "app_mention"]
    assert [one.event.get("channel_type") for one in slack.deliveries] == ["mpim", "mpim", None]
    assert {one.event["channel"] for one in slack.deliveries} == {GROUP}


def test_an_event_has_slacks_envelope(slack: FakeSlack) -> None:
    """The envelope has the team, the app and the authorizations."""
    slack.say(DM_YOU, "hello")
    payload = slack.deliveries[0].payload
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == (
        "event_callback",
        slack.team,
        "A0PULLQUOTE",
    )
    assert payload["authorizations"][0]["user_id"] == slack.bot_user


def test_a_reply_names_its_thread(slack: FakeSlack) -> None:
    """A mention in a thread has the thread's timestamp, one in the channel has none."""
    root = slack.say(GENERAL, f"{slack.mention} root")
    assert "thread_ts" not in last(slack, "app_mention")
    slack.say(GENERAL, f"{slack.mention} reply", thread=root.ts)
    assert last(slack, "app_mention")["thread_ts"] == root.ts


def test_an_edited_mention_is_sent_again(slack: FakeSlack) -> None:
    """Editing a mention sends message_changed, and an app_mention with a new event id and the same timestamp."""
    said = slack.say(GENERAL, f"{slack.mention} what was agred")
    slack.edit(said, f"{slack.mention} what was agreed")
    assert kinds(slack) == ["message", "app_mention", "message.message_changed", "app_mention"]
    first, second = slack.deliveries[1], slack.deliveries[3]
    assert first.event_id != second.event_id
    assert first.event["ts"] == second.event["ts"]
    assert second.event["edited"]["user"] == YOU
    changed = last(slack, "message.message_changed")
    assert changed["previous_message"]["text"] == f"{slack.mention} what was agred"
    assert changed["message"]["text"] == f"{slack.mention} what was agreed"
    assert changed["ts"] != said.ts


def test_an_edit_without_a_change_is_not_a_mention(slack: FakeSlack) -> None:
    """If the text did not change, only message_changed is sent."""
    said = slack.say(GENERAL, f"{slack.mention} hello")
    slack.edit(said, f"{slack.mention} hello")
    assert kinds(slack)[2:] == ["message.message_changed"]


def test_a_deleted_message_is_an_event(slack: FakeSlack) -> None:
    """message_deleted has the timestamp of the deleted message."""
    said = slack.say(DM_YOU, "hello")
    slack.delete(said)
    assert last(slack, "message.message_deleted")["deleted_ts"] == said.ts


def test_a_deleted_root_becomes_a_tombstone(slack: FakeSlack) -> None:
    """A deleted root with replies becomes a tombstone, and its replies remain."""
    root = slack.say(DM_YOU, "root")
    slack.say(DM_YOU, "reply", thread=root.ts)
    slack.delete(root)
    assert last(slack, "message.message_changed")["message"]["subtype"] == "tombstone"
    assert [one.text for one in slack.workspace.thread(DM_YOU, root.ts)] == ["This message was deleted.", "reply"]


def test_joining_is_two_events_and_not_a_mention(slack: FakeSlack) -> None:
    """When the bot joins, the channel_join message contains its mention but is not an app_mention."""
    slack.workspace.add_channel(Channel("C0NEW", "new", "channel", frozenset({YOU})))
    slack.join("C0NEW", slack.bot_user)
    assert kinds(slack) == ["message.channel_join", "member_joined_channel"]


def test_a_mention_by_a_bot_has_a_bot_id(slack: FakeSlack) -> None:
    """A mention by a bot is like a person's, with a bot_id."""
    slack.say(GENERAL, f"{slack.mention} hello", user=OTHER_BOT)
    assert last(slack, "app_mention")["bot_id"] == "B0OTHERBOT"


def test_the_bots_own_messages_are_events(slack: FakeSlack, client: WebClient) -> None:
    """The bot gets events for its own messages in a direct message."""
    ts = client.chat_postMessage(channel=DM_YOU, text="hello")["ts"]
    client.chat_update(channel=DM_YOU, ts=ts, text="hello again")
    client.chat_delete(channel=DM_YOU, ts=ts)
    assert kinds(slack) == ["message", "message.message_changed", "message.message_deleted"]
    assert slack.deliveries[0].event["bot_id"] == "B0PULLQUOTE"


def test_reactions_and_opened_tabs_are_events(slack: FakeSlack) -> None:
    """A reaction is sent once, and so is an opened tab."""
    said = slack.say(DM_YOU, "hello")
    slack.react(said, "eyes")
    slack.react(said, "eyes")
    slack.open_home()
    assert kinds(slack) == ["message", "reaction_added", "app_home_opened"]
    assert last(slack, "app_home_opened")["tab"] == "home"


def test_channels_without_the_bot_send_no_events(slack: FakeSlack) -> None:
    """A mention in a channel without the bot is not sent."""
    slack.workspace.add_channel(Channel("C0OTHER", "other", "channel", frozenset({YOU})))
    slack.say("C0OTHER", f"{slack.mention} hello")
    assert slack.deliveries == ()


@pytest.mark.parametrize(
    ("scopes", "subscriptions", "sent"),
    [
        ([], ["app_mention", "message.channels"], []),
        (["app_mentions:read"], [], []),
        (["app_mentions:read"], ["app_mention"], ["app_mention"]),
        (["channels:history"], ["app_mention", "message.channels"], ["message"]),
    ],
    ids=["no scope", "no subscription", "mentions", "messages"],
)
def test_an_event_needs_a_subscription_and_its_scope(
    scopes: list[str], subscriptions: list[str], sent: list[str]
) -> None:
    """Events without a subscription or without a scope are not sent."""
    with FakeSlack(scopes=scopes, subscriptions=subscriptions, retry_after_seconds=()) as slack:
        slack.say(GENERAL, f"{slack.mention} hello")
        assert kinds(slack) == sent


def test_any_event_can_be_delivered(slack: FakeSlack) -> None:
    """deliver sends any event with the given event id."""
    first = slack.deliver({"type": "message", "subtype": "me_message"}, event_id="Ev0AGAIN")
    again = slack.deliver(first.event, event_id=first.event_id, retry=1)
    assert [one.event_id for one in slack.deliveries] == ["Ev0AGAIN"] * 2
    assert first.event == again.event
