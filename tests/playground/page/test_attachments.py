"""Attaching files and forwarding messages on the page."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from playwright.sync_api import FilePayload, JSHandle, Locator, Route, expect
from slack_sdk import WebClient

from bot.playground.models import File
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU

from .conftest import Visit

pytestmark = pytest.mark.xdist_group("browser-app")

PLAN: FilePayload = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": bytes(1500)}


def choose(visit: Visit, *files: FilePayload) -> None:
    with visit.tab.expect_file_chooser() as chooser:
        visit.tab.get_by_role("button", name="Attach files").first.click()
    chooser.value.set_files(files)


def chosen(visit: Visit) -> Locator:
    """The files attached to the new message."""
    return visit.tab.get_by_role("list", name="Attached files").first.get_by_role("listitem")


def data_transfer(visit: Visit) -> JSHandle:
    """An image as the data of a paste or a drop."""
    return visit.tab.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["x"], "pasted.png", { type: "image/png" }));
          return data;
        }"""
    )


def test_a_file_is_attached_by_keyboard_alone(visit: Visit) -> None:
    """Tab moves to the button, the focus returns to the message box, and Enter sends text and file."""
    keys = visit.tab.keyboard
    expect(visit.message_box).to_be_focused()
    with visit.tab.expect_file_chooser() as chooser:
        keys.press("Tab")
        expect(visit.tab.get_by_role("button", name="Attach files").first).to_be_focused()
        keys.press("Enter")
    chooser.value.set_files(PLAN)
    expect(chosen(visit)).to_have_count(1)
    expect(visit.message_box).to_be_focused()
    keys.type("the plan")
    keys.press("Enter")
    expect(visit.message("the plan")).to_contain_text("PDF file · 1.5 KB")
    expect(chosen(visit)).to_have_count(0)
    (said,) = visit.slack.workspace.messages(GENERAL)
    assert (said.text, said.files) == ("the plan", (File("plan.pdf", "application/pdf", 1500),))


def test_a_refused_message_is_restored(visit: Visit) -> None:
    """Text and files of a refused message return, before what was added since."""
    pending: list[Route] = []

    def delay(route: Route) -> None:
        pending.append(route)

    visit.tab.route("**/actions/attach", delay)
    choose(visit, PLAN)
    with visit.tab.expect_request("**/actions/attach"):
        visit.say("the plan")
    choose(visit, {"name": "map.png", "mimeType": "image/png", "buffer": bytes(10)})
    visit.message_box.fill("and the map")
    pending[0].fulfill(json={"failure": "Slack is away."})
    expect(visit.tab.get_by_role("alert")).to_contain_text("Slack is away.")
    expect(visit.message_box).to_have_value("the plan\nand the map")
    expect(chosen(visit)).to_have_text([re.compile("plan.pdf"), re.compile("map.png")])


def test_files_are_pasted_and_dropped(visit: Visit) -> None:
    """Files of any type can be pasted into the message box and dropped on the conversation."""
    visit.message_box.evaluate(
        """(box, data) => box.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""",
        data_transfer(visit),
    )
    visit.tab.locator("#conversation .scroller").dispatch_event("drop", {"dataTransfer": data_transfer(visit)})
    choose(visit, {"name": "LICENSE", "mimeType": "", "buffer": b"x"})
    expect(chosen(visit)).to_have_count(3)
    visit.message_box.press("Enter")
    expect(visit.tab.locator("article .file")).to_have_count(3)
    (said,) = visit.slack.workspace.messages(GENERAL)
    assert [one.mimetype for one in said.files] == ["image/png", "image/png", "application/octet-stream"]


def test_a_message_has_at_most_ten_files(visit: Visit) -> None:
    """The eleventh is not attached, with a warning."""
    choose(visit, *[PLAN] * 11)
    expect(chosen(visit)).to_have_count(10)
    expect(visit.tab.get_by_role("alert")).to_contain_text("ten files")


def test_attached_files_are_part_of_the_draft(visit: Visit) -> None:
    """They remain when another conversation is opened and when a command is run."""
    choose(visit, PLAN)
    visit.tab.get_by_role("button", name="research").click()
    expect(chosen(visit)).to_have_count(0)
    visit.tab.get_by_role("button", name="general").click()
    visit.say("/quote ships")
    expect(visit.message("Looked up: ships")).to_be_visible()
    expect(chosen(visit)).to_have_count(1)
    assert visit.slack.workspace.messages(GENERAL) == ()


def test_a_file_in_a_thread_stays_in_it(visit: Visit) -> None:
    """A file attached to a reply is shown in the thread only."""
    visit.say("@Pullquote hello")
    expect(visit.thread.get_by_role("article")).to_have_count(2)
    with visit.tab.expect_file_chooser() as chooser:
        visit.thread.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(PLAN)
    visit.thread.get_by_role("button", name="Send").click()
    expect(visit.thread.locator("article .file")).to_have_count(1)
    expect(visit.tab.locator("#conversation article .file")).to_have_count(0)


def test_a_message_is_forwarded(visit: Visit) -> None:
    """A message is forwarded to the selected conversation, which opens; Escape cancels."""
    said = visit.slack.say(GENERAL, "read this", user=COLLEAGUE, files=[File("plan.pdf", "application/pdf", 1)])
    visit.choose_action("read this", "Forward message")
    expect(visit.dialog.get_by_label("Send to")).to_be_focused()
    visit.tab.keyboard.press("Escape")
    expect(visit.dialog).to_have_count(0)
    visit.choose_action("read this", "Forward message")
    visit.dialog.get_by_label("Send to").select_option("Pullquote")
    visit.dialog.get_by_role("button", name="Forward").click()
    expect(visit.tab.get_by_role("heading", name="Pullquote", exact=True)).to_be_visible()
    shared = visit.tab.get_by_role("figure", name="Forwarded message by Colleague")
    expect(shared).to_contain_text("read this")
    expect(shared.locator(".file")).to_contain_text("1 byte")
    forwarded, *_ = visit.slack.workspace.messages(DM_YOU)
    assert (forwarded.text, forwarded.attachments[0]["ts"]) == ("", said.ts)


def test_an_ephemeral_message_is_not_forwarded(visit: Visit) -> None:
    """The menu of an ephemeral message has no item to forward it."""
    visit.say("@Pullquote a secret")
    visit.message("For your eyes only.").hover()
    visit.message("For your eyes only.").get_by_role("button", name="More actions").click()
    expect(visit.tab.get_by_role("menuitem", name="Notification text")).to_be_visible()
    expect(visit.tab.get_by_role("menuitem", name="Forward message")).to_have_count(0)


def test_a_link_preview_is_shown(visit: Visit) -> None:
    """The preview that Slack adds is shown below the message."""
    visit.slack.unfurl(visit.slack.say(GENERAL, "see https://example.org", user=COLLEAGUE))
    expect(visit.message("see https").get_by_role("figure", name="Link preview")).to_have_text("Example")


def upload(visit: Visit, title: str = "Page 2", alt_text: str = "A page with a box") -> str:
    """Upload a picture of 2 x 3 pixels into the person's direct message, as the app; returns its id."""
    picture = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAAAAACcgYFdAAAADUlEQVR4nGP438AARgAU+gR+3ZidhQAAAABJRU5ErkJggg=="
    client = WebClient(token=visit.slack.bot_token, base_url=visit.slack.api_url)
    done = client.files_upload_v2(
        filename="page.png", content=b64decode(picture), alt_txt=alt_text, title=title, channel=DM_YOU
    )
    return str(done["files"][0]["id"])


def test_an_uploaded_picture_is_shown(visit: Visit) -> None:
    """The picture has its title above it and its description for those who do not see it; a click enlarges it."""
    visit.tab.locator("#sidebar").get_by_role("button", name="Pullquote", exact=True).click()
    upload(visit)
    picture = visit.tab.get_by_role("img", name="A page with a box")
    expect(picture).to_be_visible()
    expect(visit.tab.locator(".picture figcaption")).to_have_text("Page 2")
    expect(picture).to_have_js_property("naturalHeight", 3)
    visit.tab.get_by_role("button", name="A page with a box").click()
    expect(visit.dialog.get_by_role("heading", name="Page 2")).to_be_visible()
    expect(visit.dialog.get_by_role("img", name="A page with a box")).to_be_visible()
    visit.dialog.get_by_role("button", name="Close").click()
    expect(visit.dialog).to_have_count(0)


def test_a_deleted_file_is_not_shown_any_more(visit: Visit) -> None:
    """In place of the picture the page says that it was deleted."""
    visit.tab.locator("#sidebar").get_by_role("button", name="Pullquote", exact=True).click()
    file_id = upload(visit)
    picture = visit.tab.get_by_role("img", name="A page with a box")
    expect(picture).to_have_js_property("complete", True)  # else it may be deleted before the browser asks for it
    WebClient(token=visit.slack.bot_token, base_url=visit.slack.api_url).files_delete(file=file_id)
    expect(visit.tab.get_by_text("This file was deleted.")).to_be_visible()
    expect(picture).to_have_count(0)


def test_a_picture_is_for_those_in_the_conversation(visit: Visit) -> None:
    """Its address gives nothing to a person who is not in the direct message that it was uploaded to."""
    file_id = upload(visit)
    for person, status in ((YOU, 200), (COLLEAGUE, 404), ("U0NOBODY", 404)):
        answer = visit.tab.request.get(f"{visit.tab.url.split('?')[0]}files/{file_id}?as={person}")
        assert answer.status == status


def test_a_file_name_is_shown_literally(visit: Visit) -> None:
    """Markup in a file name is shown as text."""
    hostile = '<img src=x onerror="alert(1)">.png'
    visit.slack.say(GENERAL, "look", user=COLLEAGUE, files=[File(hostile, "image/png", 0)])
    expect(visit.message("look").locator(".file-name")).to_have_text(hostile)
    expect(visit.message("look")).to_contain_text("PNG image · 0 bytes")
    expect(visit.tab.locator("#conversation img")).to_have_count(0)
