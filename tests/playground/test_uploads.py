"""Files that the app uploads, with slack_sdk's client."""

from __future__ import annotations

import urllib.request
from urllib.error import HTTPError

import pytest
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import Message, UploadedFile
from bot.playground.server import FakeSlack
from bot.playground.web_api import UPLOAD_URL
from bot.playground.workspace import DM_YOU, GENERAL

from .helpers import error_of

PICTURE = b"\x89PNG picture"


def upload(client: WebClient, **arguments: str) -> str:
    """Upload the picture as ``page.png``; returns its id."""
    done = client.files_upload_v2(filename="page.png", content=PICTURE, alt_txt="A page", **arguments)
    return str(done["files"][0]["id"])


def only_file(message: Message) -> UploadedFile:
    (file,) = message.files
    assert isinstance(file, UploadedFile)
    return file


def test_a_file_is_uploaded_into_a_direct_message(slack: FakeSlack, client: WebClient) -> None:
    """The message of the bot has the comment, and the file with title and description; its content is as sent."""
    file_id = upload(client, channel=DM_YOU, title="Page 2", initial_comment="The page")
    (message,) = slack.replies(DM_YOU)
    expected = UploadedFile("page.png", "image/png", len(PICTURE), file_id, "Page 2", "A page")
    assert (message.text, only_file(message)) == ("The page", expected)
    assert slack.uploads.content(file_id) == PICTURE
    (event,) = [one.event for one in slack.deliveries]
    (shown,) = event["files"]
    assert (event["subtype"], shown["id"], shown["title"], shown["alt_txt"]) == (
        "file_share",
        file_id,
        "Page 2",
        "A page",
    )


def test_a_file_can_go_into_a_thread_or_stay_private(slack: FakeSlack, client: WebClient) -> None:
    """With thread_ts the message is a reply; without a channel there is none."""
    root = slack.say(GENERAL, "root")
    upload(client, channel=GENERAL, thread_ts=root.ts)
    upload(client)
    (message,) = slack.replies(GENERAL, root.ts)
    assert only_file(message).title == "page.png"
    assert len(slack.workspace.messages(GENERAL)) == 2


def test_an_upload_is_completed_once(slack: FakeSlack, client: WebClient) -> None:
    """A second call with the same file is refused and posts nothing."""
    file_id = upload(client, channel=DM_YOU)
    complete = client.files_completeUploadExternal
    assert error_of(complete, files=[{"id": file_id}], channel_id=DM_YOU) == "file_not_found"
    assert len(slack.replies(DM_YOU)) == 1


def test_a_deleted_file_leaves_a_tombstone(slack: FakeSlack, client: WebClient) -> None:
    """files.delete deletes the content; the message stays, and says that its file is gone."""
    file_id = upload(client, channel=DM_YOU, initial_comment="The page")
    client.files_delete(file=file_id)
    (message,) = client.conversations_history(channel=DM_YOU)["messages"]
    assert (message["text"], message["files"]) == ("The page", [{"id": file_id, "mode": "tombstone"}])
    assert slack.uploads.content(file_id) is None
    assert error_of(client.files_delete, file=file_id) == "file_not_found"


@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 403}], ids=str)
def test_an_upload_can_fail(slack: FakeSlack, client: WebClient, failure: Json) -> None:
    """The upload itself can be made to fail like a method, and is logged like one."""
    slack.fail_next(UPLOAD_URL, **failure)
    with pytest.raises(HTTPError):
        upload(client, channel=DM_YOU)
    assert [call.status for call in slack.calls if call.method == UPLOAD_URL] == [failure["status"]]
    assert slack.replies(DM_YOU) == []


@pytest.mark.parametrize("content", [b"another length", b""])
def test_a_file_must_have_the_announced_length(slack: FakeSlack, client: WebClient, content: bytes) -> None:
    """A file of another length is refused, and cannot be completed."""
    answer = client.files_getUploadURLExternal(filename="page.png", length=3)
    request = urllib.request.Request(answer["upload_url"], data=content, method="POST")
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    assert error_of(client.files_completeUploadExternal, files=[{"id": answer["file_id"]}]) == "file_not_found"


def test_uploading_needs_a_scope() -> None:
    """Without files:write each of the three methods is refused."""
    with FakeSlack() as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        assert error_of(client.files_getUploadURLExternal, filename="a", length=1) == "missing_scope"
        assert error_of(client.files_completeUploadExternal, files=[{"id": "F1"}]) == "missing_scope"
        assert error_of(client.files_delete, file="F1") == "missing_scope"
