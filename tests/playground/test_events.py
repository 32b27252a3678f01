"""The events that Slack sends about what people do, as the app would find them in its hands."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import Channel
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, OTHER_BOT, YOU


def kinds(slack: FakeSlack) -> list[str]:
    """The events sent so far, each by its type and subtype."""
    events = [delivery.event for delivery in slack.deliveries]
    return [".".join([event["type"], *([event["subtype"]] if "subtype" in event else [])]) for event in events]


def last(slack: FakeSlack, kind: str) -> Json:
    return [one.event for one, found in zip(slack.deliveries, kinds(slack), strict=True) if found == kind][-1]


def test_a_mention_comes_twice_where_both_are_subscribed(slack: FakeSlack) -> None:
    """A mention in a channel is a message and an app_mention: two events with ids of their own, and one timestamp."""
    said = slack.say(GENERAL, f"{slack.mention} R&D")
    assert kinds(slack) == ["message", "app_mention"]
    message, mention = slack.deliveries
    assert message.event_id != mention.event_id
    assert message.event["ts"] == mention.event["ts"] == said.ts
    assert mention.event["text"] == f"{slack.mention} R&amp;D"
    assert (mention.event["channel"], mention.event["user"]) == (GENERAL, YOU)
    assert message.event["channel_type"] == "channel"


def test_a_direct_message_is_no_mention(slack: FakeSlack) -> None:
    """In a direct message a mention is an ordinary message of channel_type im."""
    slack.say(DM_YOU, f"{slack.mention} hello")
    assert kinds(slack) == ["message"]
    assert slack.deliveries[0].event["channel_type"] == "im"


def test_a_group_is_told_as_a_channel_of_its_own_kind(slack: FakeSlack) -> None:
    """In a direct message of several people talk is a message of channel_type mpim, and a mention both."""
    slack.say(GROUP, "talk", user=COLLEAGUE)
    slack.say(GROUP, f"{slack.mention} hello")
    assert kinds(slack) == ["message", "message", "app_mention"]
    assert [one.event.get("channel_type") for one in slack.deliveries] == ["mpim", "mpim", None]
    assert {one.event["channel"] for one in slack.deliveries} == {GROUP}


def test_an_event_comes_in_slacks_envelope(slack: FakeSlack) -> None:
    """Around the event stand the team, the app and for whom it is."""
    slack.say(DM_YOU, "hello")
    payload = slack.deliveries[0].payload
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == (
        "event_callback",
        slack.team,
        "A0PULLQUOTE",
    )
    assert payload["authorizations"][0]["user_id"] == slack.bot_user


def test_a_reply_names_its_thread(slack: FakeSlack) -> None:
    """A mention inside a thread carries the thread's timestamp, one in the channel does not."""
    root = slack.say(GENERAL, f"{slack.mention} root")
    assert "thread_ts" not in last(slack, "app_mention")
    slack.say(GENERAL, f"{slack.mention} reply", thread=root.ts)
    assert last(slack, "app_mention")["thread_ts"] == root.ts


def test_an_edited_mention_is_sent_again(slack: FakeSlack) -> None:
    """Editing a mention is a message_changed, and an app_mention with a new event id, the old timestamp and edited."""
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


def test_an_edit_that_changes_no_word_is_no_mention(slack: FakeSlack) -> None:
    """message_changed is also sent where the text stayed the same, as for an unfurled link."""
    said = slack.say(GENERAL, f"{slack.mention} hello")
    slack.edit(said, f"{slack.mention} hello")
    assert kinds(slack)[2:] == ["message.message_changed"]


def test_a_deleted_message_is_told(slack: FakeSlack) -> None:
    """message_deleted names the timestamp of what is gone."""
    said = slack.say(DM_YOU, "hello")
    slack.delete(said)
    assert last(slack, "message.message_deleted")["deleted_ts"] == said.ts


def test_a_deleted_root_leaves_a_tombstone(slack: FakeSlack) -> None:
    """A message with replies is changed into a tombstone instead, and its thread lives on."""
    root = slack.say(DM_YOU, "root")
    slack.say(DM_YOU, "reply", thread=root.ts)
    slack.delete(root)
    assert last(slack, "message.message_changed")["message"]["subtype"] == "tombstone"
    assert [one.text for one in slack.workspace.thread(DM_YOU, root.ts)] == ["This message was deleted.", "reply"]


def test_who_joins_is_announced_and_no_mention(slack: FakeSlack) -> None:
    """The notice about the bot's own joining holds its mention, and is a channel_join all the same."""
    slack.workspace.add_channel(Channel("C0NEW", "new", "channel", frozenset({YOU})))
    slack.join("C0NEW", slack.bot_user)
    assert kinds(slack) == ["message.channel_join", "member_joined_channel"]


def test_another_bots_mention_says_that_it_is_a_bot(slack: FakeSlack) -> None:
    """A bot's mention arrives like a person's, with a bot_id."""
    slack.say(GENERAL, f"{slack.mention} hello", user=OTHER_BOT)
    assert last(slack, "app_mention")["bot_id"] == "B0OTHERBOT"


def test_the_bots_own_messages_come_back(slack: FakeSlack, client: WebClient) -> None:
    """What the bot posts, changes and deletes in a direct message is sent to it too."""
    ts = client.chat_postMessage(channel=DM_YOU, text="hello")["ts"]
    client.chat_update(channel=DM_YOU, ts=ts, text="hello again")
    client.chat_delete(channel=DM_YOU, ts=ts)
    assert kinds(slack) == ["message", "message.message_changed", "message.message_deleted"]
    assert slack.deliveries[0].event["bot_id"] == "B0PULLQUOTE"


def test_reactions_and_an_opened_home_are_told(slack: FakeSlack) -> None:
    """A reaction and an opened tab are events of their own."""
    said = slack.say(DM_YOU, "hello")
    slack.react(said, "eyes")
    slack.react(said, "eyes")
    slack.open_home()
    assert kinds(slack) == ["message", "reaction_added", "app_home_opened"]
    assert last(slack, "app_home_opened")["tab"] == "home"


def test_channels_without_the_bot_are_silent(slack: FakeSlack) -> None:
    """A mention where the bot is no member reaches nobody."""
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
    """What the app did not ask for, or may not see, is not sent."""
    with FakeSlack(scopes=scopes, subscriptions=subscriptions, retry_after_seconds=()) as slack:
        slack.say(GENERAL, f"{slack.mention} hello")
        assert kinds(slack) == sent


def test_a_raw_event_is_delivered_as_it_is(slack: FakeSlack) -> None:
    """deliver sends any event, under the event id that it is given."""
    said = slack.deliver({"type": "message", "subtype": "me_message"}, event_id="Ev0AGAIN")
    again = slack.deliver(said.event, event_id=said.event_id, retry=1)
    assert [one.event_id for one in slack.deliveries] == ["Ev0AGAIN"] * 2
    assert said.event == again.event
