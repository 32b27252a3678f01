"""The error codes of the Web API, seen with slack_sdk's client."""

from __future__ import annotations

import json
import urllib.request

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import limits
from bot.playground.models import Channel
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU

from .helpers import error_of

VIEW = '{"type": "modal", "title": {"type": "plain_text", "text": "Quotes"}, "blocks": []}'
NOWHERE = "1700000000.000000"
REFUSALS: dict[str, tuple[str, str, dict[str, str]]] = {
    "unknown method": ("unknown_method", "chat.shout", {}),
    "no text": ("no_text", "chat.postMessage", {"channel": GENERAL, "text": " "}),
    "no channel": ("invalid_arguments", "chat.postMessage", {"text": "x"}),
    "unknown channel": ("channel_not_found", "chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}),
    "unknown person": ("channel_not_found", "chat.postMessage", {"channel": "U0NOBODY", "text": "x"}),
    "bad blocks": ("invalid_blocks", "chat.postMessage", {"channel": GENERAL, "blocks": '[{"type": "x"}]'}),
    "no list": ("invalid_blocks_format", "chat.postMessage", {"channel": GENERAL, "blocks": '{"type": "header"}'}),
    "no JSON": ("invalid_arguments", "chat.postMessage", {"channel": GENERAL, "blocks": "["}),
    "bad metadata": ("invalid_metadata_format", "chat.postMessage", {"channel": GENERAL, "text": "x", "metadata": "1"}),
    "no timestamp": ("invalid_thread_ts", "chat.postMessage", {"channel": GENERAL, "text": "x", "thread_ts": "0"}),
    "no thread": ("thread_not_found", "chat.postMessage", {"channel": GENERAL, "text": "x", "thread_ts": NOWHERE}),
    "no thread to read": ("thread_not_found", "conversations.replies", {"channel": GENERAL, "ts": NOWHERE}),
    "bad cursor": ("invalid_cursor", "conversations.history", {"channel": GENERAL, "cursor": "x"}),
    "no page": ("invalid_limit", "conversations.history", {"channel": GENERAL, "limit": "0"}),
    "no number": ("invalid_arguments", "conversations.history", {"channel": GENERAL, "limit": "x"}),
    "no time": ("invalid_ts_oldest", "conversations.history", {"channel": GENERAL, "oldest": "x"}),
    "update nothing": ("message_not_found", "chat.update", {"channel": GENERAL, "ts": NOWHERE, "text": "x"}),
    "delete nothing": ("message_not_found", "chat.delete", {"channel": GENERAL, "ts": NOWHERE}),
    "link to nothing": ("message_not_found", "chat.getPermalink", {"channel": GENERAL, "message_ts": NOWHERE}),
    "a stranger": ("user_not_in_channel", "chat.postEphemeral", {"channel": DM_YOU, "user": COLLEAGUE, "text": "x"}),
    "unknown user": ("user_not_found", "users.info", {"user": "U0NOBODY"}),
    "made-up trigger": ("invalid_trigger_id", "views.open", {"trigger_id": "1.2", "view": VIEW}),
    "a method that the bot does not call": ("unknown_method", "reactions.add", {}),
    "no such view": ("not_found", "views.update", {"view_id": "V0", "view": VIEW}),
    "a modal at home": ("invalid_arguments", "views.publish", {"user_id": YOU, "view": VIEW}),
    "a home for nobody": ("invalid_arguments", "views.publish", {"user_id": "U0NOBODY", "view": VIEW}),
    "no file name": ("invalid_arguments", "files.getUploadURLExternal", {"length": "1"}),
    "an empty file": ("invalid_arguments", "files.getUploadURLExternal", {"filename": "a.png", "length": "0"}),
    "no files": ("invalid_arguments", "files.completeUploadExternal", {"channel_id": DM_YOU}),
    "files without ids": ("invalid_arguments", "files.completeUploadExternal", {"files": "[{}]"}),
    "a file that was not uploaded": ("file_not_found", "files.completeUploadExternal", {"files": '[{"id": "F1"}]'}),
    "a person as a channel": (
        "invalid_arguments",
        "files.completeUploadExternal",
        {"files": '[{"id": "F1"}]', "channel_id": YOU},
    ),
    "a file for nobody": (
        "channel_not_found",
        "files.completeUploadExternal",
        {"files": '[{"id": "F1"}]', "channel_id": "D0NOBODY"},
    ),
    "delete no file": ("file_not_found", "files.delete", {"file": "F1"}),
    "no prompts": ("invalid_arguments", "assistant.threads.setSuggestedPrompts", {"channel_id": DM_YOU}),
}


@pytest.mark.parametrize(("error", "method", "arguments"), REFUSALS.values(), ids=REFUSALS)
def test_each_error_has_slacks_code(client: WebClient, error: str, method: str, arguments: dict[str, str]) -> None:
    """A call that Slack refuses is refused with the same error code."""
    assert error_of(client.api_call, method, params=arguments) == error


def test_a_method_that_reads_forms_ignores_json(client: WebClient) -> None:
    """A JSON body is ignored by methods that only read forms."""
    assert error_of(client.api_call, "users.info", json={"user": YOU}) == "invalid_arguments"


def test_a_bot_changes_only_its_own_messages(slack: FakeSlack, client: WebClient) -> None:
    """The bot can neither edit nor delete a person's message."""
    ts = slack.say(GENERAL, "mine").ts
    assert error_of(client.chat_update, channel=GENERAL, ts=ts, text="x") == "cant_update_message"
    assert error_of(client.chat_delete, channel=GENERAL, ts=ts) == "cant_delete_message"


def test_a_reply_is_not_a_thread(slack: FakeSlack, client: WebClient) -> None:
    """thread_ts must name a thread's root."""
    reply = slack.say(GENERAL, "reply", thread=slack.say(GENERAL, "root").ts)
    assert error_of(client.chat_postMessage, channel=GENERAL, text="x", thread_ts=reply.ts) == "thread_not_found"


def test_a_bot_posts_only_where_it_is_a_member(slack: FakeSlack, client: WebClient) -> None:
    """The error is not_in_channel for a public channel and channel_not_found for a private one."""
    slack.workspace.add_channel(Channel("C0OTHER", "other", "channel", frozenset({YOU})))
    slack.workspace.add_channel(Channel("C0SECRET", "secret", "group", frozenset({YOU})))
    assert error_of(client.chat_postMessage, channel="C0OTHER", text="x") == "not_in_channel"
    assert error_of(client.conversations_history, channel="C0OTHER") == "not_in_channel"
    assert client.conversations_info(channel="C0OTHER")["channel"]["is_member"] is False
    assert error_of(client.chat_postMessage, channel="C0SECRET", text="x") == "channel_not_found"
    assert error_of(client.conversations_info, channel="C0SECRET") == "channel_not_found"


def test_a_long_text_is_truncated_with_a_warning(slack: FakeSlack, client: WebClient) -> None:
    """A text is truncated to 40,000 characters, with a warning in the response."""
    whole = client.chat_postMessage(channel=GENERAL, text="x" * limits.MESSAGE_TEXT)
    cut = client.chat_postMessage(channel=GENERAL, text="x" * (limits.MESSAGE_TEXT + 1))
    assert [len(one.text) for one in slack.replies(GENERAL)] == [limits.MESSAGE_TEXT] * 2
    assert (whole.get("warning"), cut.get("warning")) == (None, "message_truncated")


def test_a_long_update_is_refused(slack: FakeSlack, client: WebClient) -> None:
    """chat.update takes 4,000 characters; one more is msg_too_long."""
    ts = client.chat_postMessage(channel=GENERAL, text="x")["ts"]
    client.chat_update(channel=GENERAL, ts=ts, text="x" * limits.UPDATE_TEXT)
    assert error_of(client.chat_update, channel=GENERAL, ts=ts, text="x" * (limits.UPDATE_TEXT + 1)) == "msg_too_long"


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        (None, "auth.test", "not_authed"),
        ("xoxb-made-up", "auth.test", "invalid_auth"),
        (FakeSlack.app_token, "auth.test", "not_allowed_token_type"),
        (FakeSlack.bot_token, "apps.connections.open", "not_allowed_token_type"),
        (None, "chat.shout", "unknown_method"),
    ],
)
def test_tokens_are_checked(slack: FakeSlack, token: str | None, method: str, error: str) -> None:
    """A missing, an unknown and a wrong type of token have different errors."""
    assert error_of(WebClient(token=token, base_url=slack.api_url).api_call, method) == error


def test_a_missing_scope_is_named() -> None:
    """A call without its scope is refused, with the needed and the granted scopes."""
    with FakeSlack(scopes=["im:history", "chat:write"]) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        with pytest.raises(SlackApiError) as refused:
            client.users_info(user=YOU)
        answer = refused.value.response
        assert (answer["error"], answer["needed"], answer["provided"]) == (
            "missing_scope",
            "users:read",
            "chat:write,im:history",
        )
        client.conversations_history(channel=DM_YOU)
        with pytest.raises(SlackApiError) as refused:
            client.conversations_history(channel=GENERAL)
        assert refused.value.response["needed"] == "channels:history"


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/plain", b"x", "invalid_post_type"),
    ],
)
def test_an_unreadable_body_is_refused(slack: FakeSlack, kind: str, body: bytes, error: str) -> None:
    """Invalid JSON, JSON of another type and another content type have different errors."""
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": kind}
    request = urllib.request.Request(f"{slack.api_url}chat.postMessage", data=body, headers=headers)
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["error"] == error
