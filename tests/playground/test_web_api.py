"""The Web API, called with slack_sdk's client."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient

from bot.playground import limits
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, YOU

from .helpers import error_of

HEADER = {"type": "header", "text": {"type": "plain_text", "text": "Quotes"}}
VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "Quotes"}, "blocks": [HEADER]}
HOME = {"type": "home", "blocks": [HEADER]}


def test_auth_test_identifies_the_bot(slack: FakeSlack, client: WebClient) -> None:
    """auth.test returns the team and the bot, and the scopes in a header."""
    answer = client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user, slack.team)
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


def test_a_posted_message_is_stored_completely(slack: FakeSlack, client: WebClient) -> None:
    """Text, blocks and metadata of a message are as posted; blocks get ids."""
    metadata = {"event_type": "answer", "event_payload": {"question": "1.2"}}
    answer = client.chat_postMessage(channel=GENERAL, text="said", blocks=[HEADER], metadata=metadata)
    (message,) = slack.replies(GENERAL)
    assert (message.text, message.ts, message.metadata) == ("said", answer["ts"], metadata)
    assert [block["type"] for block in message.blocks] == ["header"]
    assert message.blocks[0]["block_id"]


def test_forms_and_json_are_read_alike(slack: FakeSlack, client: WebClient) -> None:
    """A form's blocks come as JSON in a string."""
    form = {"channel": GENERAL, "text": "said", "blocks": json.dumps([HEADER])}
    client.api_call("chat.postMessage", params=form)
    client.api_call("chat.postMessage", json=form | {"blocks": [HEADER]})
    first, second = slack.replies(GENERAL)
    assert [block["type"] for block in first.blocks] == [block["type"] for block in second.blocks] == ["header"]


def test_a_reply_is_in_its_thread(slack: FakeSlack, client: WebClient) -> None:
    """A message with thread_ts is in the thread, and not in the channel's history."""
    question = slack.say(GENERAL, "what was agreed?")
    client.chat_postMessage(channel=GENERAL, text="in the thread", thread_ts=question.ts)
    client.chat_postMessage(channel=GENERAL, text="in the channel")
    assert [one.text for one in slack.replies(GENERAL, thread=question.ts)] == ["in the thread"]
    thread = client.conversations_replies(channel=GENERAL, ts=question.ts)["messages"]
    assert [one["text"] for one in thread] == ["what was agreed?", "in the thread"]
    assert thread[0]["reply_count"] == 1
    history = client.conversations_history(channel=GENERAL)["messages"]
    assert [one["text"] for one in history] == ["in the channel", "what was agreed?"]


def test_metadata_is_returned_on_request(slack: FakeSlack, client: WebClient) -> None:
    """conversations.replies returns metadata only with include_all_metadata."""
    metadata = {"event_type": "answer", "event_payload": {}}
    ts = client.chat_postMessage(channel=GENERAL, text="said", metadata=metadata)["ts"]
    assert "metadata" not in client.conversations_replies(channel=GENERAL, ts=ts)["messages"][0]
    (shown,) = client.conversations_replies(channel=GENERAL, ts=ts, include_all_metadata=True)["messages"]
    assert shown["metadata"] == metadata


def test_history_is_paginated(slack: FakeSlack, client: WebClient) -> None:
    """The pages contain each message once, newest first."""
    said = [slack.say(GENERAL, str(number)).text for number in range(5)]
    read = [one["text"] for page in client.conversations_history(channel=GENERAL, limit=2) for one in page["messages"]]
    assert read == said[::-1]


def test_history_is_limited_by_time(slack: FakeSlack, client: WebClient) -> None:
    """oldest and latest are exclusive unless inclusive is given."""
    first, second, third = (slack.say(GENERAL, text).ts for text in "abc")
    inner = client.conversations_history(channel=GENERAL, oldest=first, latest=third)["messages"]
    outer = client.conversations_history(channel=GENERAL, oldest=first, latest=third, inclusive=True)["messages"]
    assert [one["ts"] for one in inner] == [second]
    assert [one["ts"] for one in outer] == [third, second, first]


def test_an_update_changes_only_what_is_given(slack: FakeSlack, client: WebClient) -> None:
    """chat.update with a text only does not change the blocks; the message is marked as edited."""
    ts = client.chat_postMessage(channel=GENERAL, text="old", blocks=[HEADER])["ts"]
    client.chat_update(channel=GENERAL, ts=ts, text="new")
    (message,) = slack.replies(GENERAL)
    assert message.text == "new"
    assert message.blocks
    assert message.edited_ts


def test_a_deleted_message_is_gone(slack: FakeSlack, client: WebClient) -> None:
    """chat.delete deletes a message of the bot."""
    ts = client.chat_postMessage(channel=GENERAL, text="said")["ts"]
    client.chat_delete(channel=GENERAL, ts=ts)
    assert slack.replies(GENERAL) == []


def test_an_ephemeral_message_is_for_one_person(slack: FakeSlack, client: WebClient) -> None:
    """chat.postEphemeral shows a message to one person, and adds none to the channel."""
    client.chat_postEphemeral(channel=GENERAL, user=YOU, text="for you")
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["for you"]
    assert not slack.workspace.ephemerals(COLLEAGUE)
    assert not slack.replies(GENERAL)


def test_people_and_channels_can_be_looked_up(client: WebClient) -> None:
    """users.info and conversations.info return people and channels."""
    assert client.users_info(user=YOU)["user"]["name"] == "you"
    assert client.conversations_info(channel=GENERAL)["channel"]["is_member"]
    group = client.conversations_info(channel=GROUP)["channel"]
    assert (group["is_mpim"], group["is_group"], group["is_private"]) == (True, False, True)
    assert group["name"] == "mpdm-you--colleague--pullquote-1"


def test_a_message_to_a_person_goes_to_their_direct_message(slack: FakeSlack, client: WebClient) -> None:
    """A user id as the channel means the direct message with that person."""
    assert client.chat_postMessage(channel=YOU, text="hello")["channel"] == DM_YOU


def test_a_permalink_names_the_thread(slack: FakeSlack, client: WebClient) -> None:
    """A reply's permalink contains its thread."""
    root = slack.say(GENERAL, "root")
    reply = slack.say(GENERAL, "reply", thread=root.ts)
    link = client.chat_getPermalink(channel=GENERAL, message_ts=reply.ts)["permalink"]
    assert link.endswith(f"/{GENERAL}/p{reply.ts.replace('.', '')}?thread_ts={root.ts}&cid={GENERAL}")


def test_a_modal_opens_once_with_a_trigger(slack: FakeSlack, client: WebClient) -> None:
    """A trigger_id opens one modal; views.update changes it if the hash is current."""
    trigger = slack.views.issue_trigger(YOU)
    opened = client.views_open(trigger_id=trigger, view=VIEW)["view"]
    assert error_of(client.views_open, trigger_id=trigger, view=VIEW) == "exchanged_trigger_id"
    client.views_update(view_id=opened["id"], hash=opened["hash"], view=VIEW | {"callback_id": "x"})
    assert error_of(client.views_update, view_id=opened["id"], hash=opened["hash"], view=VIEW) == "hash_conflict"
    (shown,) = slack.views.open_modals(YOU)
    assert shown["callback_id"] == "x"


def test_a_home_tab_is_each_persons_own(slack: FakeSlack, client: WebClient) -> None:
    """views.publish shows a Home tab to one person."""
    client.views_publish(user_id=YOU, view=HOME)
    home = slack.views.home(YOU)
    assert home is not None
    assert [block["type"] for block in home["blocks"]] == ["header"]
    assert slack.views.home(COLLEAGUE) is None


def test_prompts_are_suggested(slack: FakeSlack, client: WebClient) -> None:
    """Up to four prompts are accepted."""
    prompts = [{"title": "Example", "message": "what was agreed"}] * limits.SUGGESTED_PROMPTS
    client.assistant_threads_setSuggestedPrompts(channel_id=DM_YOU, prompts=prompts)
    suggested = slack.views.prompts(DM_YOU)
    assert suggested is not None
    assert suggested["prompts"] == prompts
    over = [*prompts, prompts[0]]
    suggest = client.assistant_threads_setSuggestedPrompts
    assert error_of(suggest, channel_id=DM_YOU, prompts=over) == "invalid_arguments"


def test_an_incomplete_request_has_no_effect(slack: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    """A request whose connection closes before its end has no effect and logs no error."""
    address = urlsplit(slack.api_url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        connection.sendall(
            b"POST /api/chat.postMessage HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nchannel="
        )
        slack.wait_until(lambda: slack.handler.active_calls == 1)
    slack.wait_until(lambda: slack.handler.active_calls == 0)
    (call,) = slack.calls
    assert (call.method, call.arguments, call.answer) == ("chat.postMessage", {}, None)
    assert caplog.records == []
