"""What an edit and a deletion are: a newer version of a question, its withdrawal, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.events import DeletedQuestion, IncomingQuestion, parse_event
from bot.store.models import MessageRef

from .test_events import BOT, delivered


def changed(**parts: Any) -> IncomingQuestion | DeletedQuestion | None:
    """What is made of a change of a direct message, with these parts on top of an ordinary edit's."""
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
def test_a_change_of_no_persons_words_is_nothing(parts: dict[str, Any]) -> None:
    """Previews, replies, languages and bots' own changes are told in the same way, and are no revision."""
    assert changed(**parts) is None


def test_a_revision_is_the_same_question_in_a_newer_version() -> None:
    """An edit keeps its message's place; its version is the time of the edit, however it is told."""
    asked, mentioned = changed(), delivered("what then", edited={"user": "U1", "ts": "20.0"}, channel="D1")
    assert isinstance(asked, IncomingQuestion)
    assert mentioned is not None
    assert (asked.ref, asked.event.version, asked.text) == (MessageRef("T1", "D1", "10.0"), "20.0", "what then")
    assert (mentioned.ref, mentioned.event.version) == (asked.ref, "20.0")


KNOWN: list[tuple[str, str, str, bool]] = [
    ("im", "so", "now", False),
    ("channel", f"<@{BOT}> so", "now", False),
    ("channel", "so", f"<@{BOT}> now", False),
    ("channel", "so", "now", True),
]


@pytest.mark.parametrize(("kind", "before", "now", "is_unaddressed_edit"), KNOWN)
def test_whom_a_change_concerns(kind: str, before: str, now: str, *, is_unaddressed_edit: bool) -> None:
    """A change of what was or is said to the bot concerns it; any other, only where the bot has answered it before."""
    message = {"user": "U1", "ts": "10.0", "edited": {"ts": "20.0"}}
    parts = {"message": message | {"text": now}, "previous_message": message | {"text": before}}
    asked = changed(channel="C1", channel_type=kind, **parts)
    assert isinstance(asked, IncomingQuestion)
    assert asked.is_unaddressed_edit == is_unaddressed_edit


WITHDRAWN: list[tuple[dict[str, Any], DeletedQuestion | None]] = [
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


@pytest.mark.parametrize(("parts", "withdrawn"), WITHDRAWN)
def test_a_deletion_withdraws_what_a_person_said(parts: dict[str, Any], withdrawn: DeletedQuestion | None) -> None:
    """A person's message is withdrawn, and known to have been for the bot where that is to be seen; a bot's is not."""
    assert changed(subtype="message_deleted", deleted_ts="10.0", message=None, **parts) == withdrawn


def test_a_deleted_root_that_has_replies_is_withdrawn_too() -> None:
    """Slack puts a placeholder in its place, and tells of that as a change."""
    placeholder = {"user": "USLACKBOT", "ts": "10.0", "text": "This message was deleted.", "subtype": "tombstone"}
    assert changed(message=placeholder) == DeletedQuestion(MessageRef("T1", "D1", "10.0"), True)
