"""Files and forwarded messages in events and API responses."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import File
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, RESEARCH, YOU

HEADER = {"type": "header", "text": {"type": "plain_text", "text": "Quotes"}}
PLAN = File("The plan & more.pdf", "application/pdf", 48_211)
PICTURE = File("harbour.png", "image/png", 12)


def events(slack: FakeSlack) -> list[Json]:
    return [delivery.event for delivery in slack.deliveries]


def test_a_message_with_files_is_a_file_share(slack: FakeSlack) -> None:
    """The message event has the text and lists the files, each with an id."""
    said = slack.say(DM_YOU, "see this", files=[PLAN, PICTURE])
    (event,) = events(slack)
    assert (event["type"], event["subtype"], event["channel_type"]) == ("message", "file_share", "im")
    assert (event["text"], event["upload"], event["display_as_bot"]) == ("see this", False, False)
    plan, picture = event["files"]
    expected = {"name": PLAN.name, "title": PLAN.name, "mimetype": PLAN.mimetype, "filetype": "pdf", "size": PLAN.size}
    expected |= {"user": YOU, "mode": "hosted", "created": int(float(said.ts)), "file_access": "visible"}
    assert expected.items() <= plan.items()
    assert plan["permalink"].endswith(f"/{YOU}/{plan['id']}/The%20plan%20%26%20more.pdf")
    assert (picture["filetype"], picture["id"] == plan["id"]) == ("png", False)


@pytest.mark.parametrize("channel", [GENERAL, GROUP])
def test_a_mention_with_files_is_an_ordinary_mention(slack: FakeSlack, channel: str) -> None:
    """Only the message event is a file_share; the mention has the files and no subtype."""
    slack.say(channel, f"{slack.mention} see this", files=[PLAN])
    message, mention = events(slack)
    assert (message["subtype"], "subtype" in mention) == ("file_share", False)
    assert message["files"] == mention["files"]


def test_files_stay_with_their_message(slack: FakeSlack, client: WebClient) -> None:
    """They are in the channel's history and remain after an edit, which changes the text alone."""
    said = slack.say(GENERAL, "", files=[PLAN])
    slack.edit(said, "the plan")
    (message,) = client.conversations_history(channel=GENERAL)["messages"]
    assert (message["text"], [one["name"] for one in message["files"]]) == ("the plan", [PLAN.name])
    assert "subtype" not in message


# A file's name and its type in Slack
FILETYPES = [
    ("notes.txt", "text"),
    ("photo.JPEG", "jpg"),
    ("notes.md", "markdown"),
    ("sheet.xlsx", "xlsx"),
    ("LICENSE", "binary"),
]


def test_a_filetype_comes_from_the_extension(slack: FakeSlack) -> None:
    """The filetype is the extension, except for a few with another name."""
    slack.say(DM_YOU, "", files=[File(name, "text/plain", 1) for name, _ in FILETYPES])
    assert [(one["name"], one["filetype"]) for one in events(slack)[0]["files"]] == FILETYPES


def test_a_forwarded_message_is_an_attachment(slack: FakeSlack, client: WebClient) -> None:
    """The attachment has the author, text and channel of the original; the message has its own text."""
    original = slack.say(GENERAL, "<b> & so on", user=COLLEAGUE)
    slack.forward(original, RESEARCH, f"{slack.mention} is it so")
    _, message, mention = events(slack)
    assert (message["text"], "subtype" in message) == (f"{slack.mention} is it so", False)
    assert message["attachments"] == mention["attachments"]
    (shared,) = message["attachments"]
    link = client.chat_getPermalink(channel=GENERAL, message_ts=original.ts)["permalink"]
    expected = {"is_share": True, "is_msg_unfurl": True, "from_url": link, "text": "&lt;b&gt; &amp; so on"}
    expected |= {"author_id": COLLEAGUE, "author_name": "Colleague", "channel_id": GENERAL, "channel_name": "general"}
    assert (expected | {"footer": "Posted in #general", "ts": original.ts}).items() <= shared.items()
    assert "files" not in shared


def test_a_private_conversation_is_not_named(slack: FakeSlack) -> None:
    """A message forwarded from a direct message has its files, but not the name of the conversation."""
    slack.forward(slack.say(DM_YOU, "see this", files=[PLAN]), GROUP)
    *_, message = events(slack)
    (shared,) = message["attachments"]
    assert (message["text"], shared["footer"], "channel_name" in shared) == ("", "Slack Conversation", False)
    assert ([one["name"] for one in shared["files"]], "files" in message) == ([PLAN.name], False)


def test_a_bots_message_is_forwarded_with_its_blocks(slack: FakeSlack, client: WebClient) -> None:
    """The blocks of the original are in the attachment, not in the message."""
    ts = client.chat_postMessage(channel=GENERAL, text="a quote", blocks=[HEADER])["ts"]
    slack.forward(slack.workspace.message(GENERAL, ts), RESEARCH, "look")
    *_, message = events(slack)
    (original,) = message["attachments"][0]["message_blocks"]
    assert (original["channel"], original["ts"], original["message"]["blocks"][0]["type"]) == (GENERAL, ts, "header")
    assert "blocks" not in message
