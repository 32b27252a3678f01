"""Guests, other organisations, and changes that Slack makes to a message by itself."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import Guest
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH, YOU

from .helpers import error_of

ELSEWHERE = "T0ELSEWHERE"


def payload(slack: FakeSlack) -> Json:
    """Return the payload of the last delivery."""
    return slack.deliveries[-1].payload


@pytest.mark.parametrize(
    ("guest", "restricted", "ultra"),
    [(None, False, False), ("multi-channel", True, False), ("single-channel", True, True)],
)
def test_a_guest_has_two_flags(
    slack: FakeSlack, client: WebClient, guest: Guest | None, restricted: bool, ultra: bool
) -> None:
    """users.info marks a guest as restricted, and one of a single channel as ultra restricted too."""
    user = client.users_info(user=slack.add_person(guest=guest))["user"]
    assert (user["is_restricted"], user["is_ultra_restricted"]) == (restricted, ultra)


def test_a_person_of_another_organisation_has_another_team(slack: FakeSlack, client: WebClient) -> None:
    """users.info has the other team; is_stranger is false for members of a shared channel."""
    user = client.users_info(user=slack.add_person(team=ELSEWHERE))["user"]
    assert (user["team_id"], user["is_stranger"]) == (ELSEWHERE, False)
    assert client.users_info(user=YOU)["user"]["team_id"] == slack.team


def test_an_event_of_an_internal_channel_has_no_user_team(slack: FakeSlack) -> None:
    """Without other organisations an event has no user_team, and its envelope has this team."""
    slack.say(GENERAL, f"{slack.mention} hello")
    assert "user_team" not in payload(slack)["event"]
    assert (payload(slack)["team_id"], payload(slack)["is_ext_shared_channel"]) == (slack.team, False)


def test_an_event_of_a_shared_channel_has_the_authors_team(slack: FakeSlack, client: WebClient) -> None:
    """The envelope has the author's team and ours as the context; the event always has the author's team."""
    shared = slack.add_channel(shared_with=[ELSEWHERE])
    assert client.conversations_info(channel=shared)["channel"]["is_ext_shared"]
    partner = slack.add_person(channels=[shared], team=ELSEWHERE)
    for user, team in ((partner, ELSEWHERE), (YOU, slack.team)):
        slack.say(shared, f"{slack.mention} hello", user=user)
        delivered = payload(slack)
        assert (delivered["event"]["user_team"], delivered["event"]["source_team"]) == (team, team)
        assert (delivered["team_id"], delivered["context_team_id"]) == (team, slack.team)
        assert delivered["authorizations"][0]["team_id"] == slack.team
        assert delivered["is_ext_shared_channel"]


def test_a_direct_message_with_another_organisation_is_shared(slack: FakeSlack) -> None:
    """A direct message with a person of another organisation is externally shared."""
    partner = slack.add_person(team=ELSEWHERE)
    slack.say(slack.open_dm(partner), "hello", user=partner)
    assert payload(slack)["is_ext_shared_channel"]
    assert payload(slack)["event"]["user_team"] == ELSEWHERE


def test_changes_in_a_shared_channel_have_the_authors_team(slack: FakeSlack) -> None:
    """Edits and deletions of a person of another organisation are delivered with that team's id."""
    shared = slack.add_channel(shared_with=[ELSEWHERE])
    said = slack.say(shared, "hello", user=slack.add_person(channels=[shared], team=ELSEWHERE))
    slack.edit(said, "hello again")
    assert (payload(slack)["team_id"], payload(slack)["event"]["message"]["user_team"]) == (ELSEWHERE, ELSEWHERE)
    slack.delete(said)
    assert (payload(slack)["team_id"], payload(slack)["event"]["subtype"]) == (ELSEWHERE, "message_deleted")


def test_a_new_person_is_in_the_given_channels(slack: FakeSlack, client: WebClient) -> None:
    """Only members get ephemeral messages; everyone has a direct message with the bot."""
    person = slack.add_person(channels=[GENERAL])
    client.chat_postEphemeral(channel=GENERAL, user=person, text="for you only")
    assert [message.text for message in slack.workspace.ephemerals(person)] == ["for you only"]
    assert error_of(client.chat_postEphemeral, channel=RESEARCH, user=person, text="x") == "user_not_in_channel"
    client.chat_postMessage(channel=slack.open_dm(person), text="hello")
    assert [message.text for message in slack.replies(slack.open_dm(person))] == ["hello"]


def test_every_person_has_a_direct_message(slack: FakeSlack) -> None:
    """500 people have 500 direct messages."""
    assert len({slack.open_dm(slack.add_person()) for _ in range(500)}) == 500


@pytest.mark.parametrize("change", ["unfurl", "detect_language", "count_replies"])
def test_slack_changes_a_message_by_itself(slack: FakeSlack, change: str) -> None:
    """A preview, a language or a new reply is a message_changed with the same text, no edit and no new mention."""
    said = slack.say(GENERAL, f"{slack.mention} see https://example.org")
    slack.say(GENERAL, "a reply", thread=said.ts)
    before = len(slack.deliveries)
    getattr(slack, change)(said)
    (delivery,) = slack.deliveries[before:]
    event = delivery.event
    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert "edited" not in event["message"]
    field = {"unfurl": "attachments", "detect_language": "language", "count_replies": "reply_count"}[change]
    assert event["message"][field]


def test_slacks_changes_are_stored(slack: FakeSlack, client: WebClient) -> None:
    """The preview and the language of a message are in the history, and remain after an edit."""
    said = slack.say(DM_YOU, "see https://example.org")
    slack.unfurl(said)
    slack.detect_language(said, "de")
    slack.edit(said, "see here")
    (message,) = client.conversations_history(channel=DM_YOU)["messages"]
    assert (message["language"]["locale"], len(message["attachments"])) == ("de", 1)
