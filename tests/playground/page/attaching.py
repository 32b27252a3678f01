"""What people bring along with a question: files, pictures and messages of others; each a deed (see errands)."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, expect

from bot.playground.workspace import COLLEAGUE, GENERAL

from .archive import AGREED
from .asking import TOGETHER, Desk

PICTURE: FilePayload = {"name": "harbour.png", "mimeType": "image/png", "buffer": bytes(48_211)}
NOTES: FilePayload = {
    "name": "Minutes of the meeting of all who have a say in the new harbour.txt",
    "mimeType": "text/plain",
    "buffer": b"1. The pier",
}
RECORDING: FilePayload = {"name": "interview.mp3", "mimeType": "audio/mpeg", "buffer": bytes(2_400_000)}


def attached(desk: Desk) -> None:
    """A question with a picture and a file is answered, below a line that says what was not read."""
    attach(desk, PICTURE, NOTES)
    answer = desk.ask(AGREED)
    expect(answer).to_contain_text("Not read: attached images and attached files.")
    expect(answer.locator("blockquote").first).to_be_visible()
    root = desk.visit.thread.get_by_role("article").first
    root.scroll_into_view_if_needed()
    expect(root.locator(".file")).to_have_text(
        [re.compile("harbour.png.*PNG picture"), re.compile("Minutes of the meeting.*TXT file")]
    )


def choosing(desk: Desk) -> None:
    """What was chosen stands in the composer until it is sent, and can be taken out again."""
    attach(desk, PICTURE, NOTES, RECORDING)
    desk.visit.tab.get_by_role("button", name=f"Remove {NOTES['name']}").click()
    desk.visit.composer.fill(f"@Pullquote {AGREED}")
    expect(desk.visit.tab.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)


def picture_alone(desk: Desk) -> None:
    """A picture without a word asks nothing: the bot says how to ask."""
    desk.go("Pullquote")
    attach(desk, PICTURE)
    desk.visit.tab.get_by_role("button", name="Send").first.click()
    expect(desk.visit.message("Not read: attached images.")).to_contain_text("Ask a question in plain words.")


def forwarded(desk: Desk) -> None:
    """A colleague's message is forwarded with a question, which is answered; what was forwarded is not read."""
    desk.visit.slack.say(GENERAL, "The ministers met in *Rome* last week, or so I have read.", user=COLLEAGUE)
    choose_to_forward(desk, "The ministers met", "#research", f"@Pullquote {AGREED}")
    desk.visit.dialog.get_by_role("button", name="Forward").click()
    expect(desk.visit.tab.get_by_role("heading", name="#research", exact=True)).to_be_attached()
    expect(desk.answer(desk.visit.thread)).to_contain_text("Not read: forwarded messages.")
    root = desk.visit.thread.get_by_role("article").first
    expect(root.get_by_role("figure", name="Forwarded message by Colleague")).to_contain_text("Posted in #general")
    root.scroll_into_view_if_needed()


def forwarding(desk: Desk) -> None:
    """An answer is about to be forwarded to the two of you and the bot."""
    answer = desk.ask(AGREED)
    expect(answer.locator("blockquote").first).to_be_visible()
    choose_to_forward(desk, "They agreed that", TOGETHER, "This is what I meant.")


def attach(desk: Desk, *files: FilePayload) -> None:
    """Choose files for the message that is being written."""
    with desk.visit.tab.expect_file_chooser() as chooser:
        desk.visit.tab.get_by_role("button", name="Attach files").first.click()
    chooser.value.set_files(files)


def choose_to_forward(desk: Desk, words: str, to: str, comment: str) -> None:
    """Fill in the dialog that forwards a message."""
    desk.visit.choose(words, "Forward message")
    desk.visit.dialog.get_by_label("Send to").select_option(to)
    desk.visit.dialog.get_by_label("Add a message").fill(comment)


DEEDS = (attached, choosing, picture_alone, forwarded, forwarding)
