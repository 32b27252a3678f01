"""Parsing of edits and deletions: a newer version of a question, a deletion, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.events import DeletedQuestion, IncomingQuestion, parse_event
from bot.store.models import MessageRef

from .test_events import BOT, parse_mention


def parse_change(**parts: Any) -> IncomingQuestion | DeletedQuestion | None:
    """Parse the edit of a direct message, with ``parts`` replacing fields of the event."""
    before = {"user": "U1", "ts": "10.0", "text": "what now"}
    now = before | {"text": "what then", "edited": {"user": "U1", "ts": "20.0"}}
    event = {"type": "message", "subtype": "message_changed", "channel": "D1", "channel_type": "im", "ts": "20.1"}
    fields = event | {"message": now, "previous_message": before} | parts
    return parse_event({"event_id": "Ev1", "team_id": "T1", "event": fields}, bot_user=BOT)


UNCHANGED: list[dict[str, Any]] = [
    {"message": {"user": "U1", "ts": "10.0", "text": "what now", "attachments": [{"id": 1}]}},
    {"message": {"user": "U1", "ts": "10.0", "text": "what now", "edited": {"user": "U1", "ts": "20.0"}}},
    {"message": {"user": BOT, "ts": "10.0", "text": "what then", "bot_id": "B1"}},
    {"message": {"user": "U1", "ts": "10.0", "text": "what then", "subtype": "bot_message"}},
    {"message": None},
    {"previous_message": None},
]


@pytest.mark.parametrize("parts", UNCHANGED)
def test_a_change_without_new_text_is_ignored(parts: dict[str, Any]) -> None:
    """Slack reports previews, replies, languages and changes by bots as edits; they are ignored."""
    assert parse_change(**parts) is None


def test_an_edit_is_a_newer_version_of_the_same_question() -> None:
    """An edit has the message of the original; its version is the time of the edit."""
    asked, mentioned = parse_change(), parse_mention("what then", edited={"user": "U1", "ts": "20.0"}, channel="D1")
    assert isinstance(asked, IncomingQuestion)
    assert mentioned is not None
    assert (asked.ref, asked.event.version, asked.text) == (MessageRef("T1", "D1", "10.0"), "20.0", "what then")
    assert (mentioned.ref, mentioned.event.version) == (asked.ref, "20.0")


ADDRESSED: list[tuple[str, str, str, bool]] = [
    ("im", "so", "now", False),
    ("channel", f"<@{BOT}> so", "now", False),
    ("channel", "so", f"<@{BOT}> now", False),
    ("channel", f"<@{BOT}|pullquote> so", "now", False),
    ("channel", "so", "now", True),
]


@pytest.mark.parametrize(("kind", "before", "now", "is_unaddressed_edit"), ADDRESSED)
def test_edits_of_messages_to_others(kind: str, before: str, now: str, *, is_unaddressed_edit: bool) -> None:
    """An edit of a message that never mentions the bot matters only if the bot answered it before."""
    message = {"user": "U1", "ts": "10.0", "edited": {"ts": "20.0"}}
    parts = {"message": message | {"text": now}, "previous_message": message | {"text": before}}
    asked = parse_change(channel="C1", channel_type=kind, **parts)
    assert isinstance(asked, IncomingQuestion)
    assert asked.is_unaddressed_edit == is_unaddressed_edit


def test_changes_of_a_workflows_message() -> None:
    """An edit is a newer version, a deletion a deletion; without the setting both are ignored."""
    before = {"bot_id": "B1", "workflow_id": "Wf1", "subtype": "bot_message", "ts": "10.0", "text": f"<@{BOT}> so"}
    event = {"type": "message", "subtype": "message_changed", "channel": "C1", "channel_type": "channel", "ts": "20.1"}
    event |= {"previous_message": before, "message": before | {"text": f"<@{BOT}> what then"}}
    body = {"event_id": "Ev1", "team_id": "T1", "event": event}
    asked = parse_event(body, bot_user=BOT)
    assert isinstance(asked, IncomingQuestion)
    assert (asked.user, asked.event.version, asked.text) == ("Wf1", "20.1", "what then")
    deletion = {"subtype": "message_deleted", "deleted_ts": "10.0", "message": None}
    deleted = parse_event(body | {"event": event | deletion}, bot_user=BOT)
    assert deleted == DeletedQuestion(MessageRef("T1", "C1", "10.0"), True)
    for change in (event, event | deletion):
        assert parse_event(body | {"event": change}, bot_user=BOT, workflows=False) is None


DELETIONS: list[tuple[dict[str, Any], DeletedQuestion | None]] = [
    ({"previous_message": {"user": BOT, "ts": "10.0", "bot_id": "B1"}}, None),
    ({"previous_message": {"user": "U1", "ts": "10.0"}}, DeletedQuestion(MessageRef("T1", "D1", "10.0"), True)),
    ({"previous_message": None}, DeletedQuestion(MessageRef("T1", "D1", "10.0"), False)),
    (
        {"channel": "C1", "channel_type": "channel", "previous_message": {"user": "U1", "ts": "10.0", "text": "so"}},
        DeletedQuestion(MessageRef("T1", "C1", "10.0"), False),
    ),
    (
        {
            "channel": "C1",
            "channel_type": "channel",
            "previous_message": {"user": "U1", "ts": "10.0", "text": f"<@{BOT}> so"},
        },
        DeletedQuestion(MessageRef("T1", "C1", "10.0"), True),
    ),
    (
        {
            "channel": "C1",
            "channel_type": "channel",
            "previous_message": {"user": "U1", "ts": "10.0", "text": "so", "edited": {"user": "U1", "ts": "20.0"}},
        },
        DeletedQuestion(MessageRef("T1", "C1", "10.0"), True),
    ),
]


@pytest.mark.parametrize(("parts", "deletion"), DELETIONS)
def test_a_deletion(parts: dict[str, Any], deletion: DeletedQuestion | None) -> None:
    """Only the deletion of a person's message counts; it says if the message was for the bot, where that is visible."""
    assert parse_change(subtype="message_deleted", deleted_ts="10.0", message=None, **parts) == deletion


def test_a_deleted_root_with_replies() -> None:
    """Slack replaces it by a placeholder and reports an edit; it is parsed as a deletion."""
    placeholder = {"user": "USLACKBOT", "ts": "10.0", "text": "This message was deleted.", "subtype": "tombstone"}
    assert parse_change(message=placeholder) == DeletedQuestion(MessageRef("T1", "D1", "10.0"), True)
