"""Using an app on the page: its elements, modals, shortcuts, commands and Home tab, down to what the app is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from bot.models import Json
from bot.playground.models import Channel
from bot.playground.workspace import GENERAL, YOU

from .conftest import Building, Visit
from .showcase import EVERYTHING, HOME

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def gallery_shown(visit: Visit) -> Locator:
    """The answer with every block in it."""
    visit.say("@Pullquote everything")
    answer = visit.thread.get_by_role("article").last
    expect(answer).to_contain_text("Every block")
    return answer


def told(visit: Visit, count: int = 1) -> list[Json]:
    """What the app was told, once it was told ``count`` things."""
    visit.slack.wait_until(lambda: len(visit.told) >= count)
    return visit.told


def test_every_block_is_shown(visit: Visit, gallery_shown: Locator) -> None:
    """Each block that Slack takes has its counterpart, and none is told to be unknown."""
    expect(gallery_shown.locator(".block")).to_have_count(len(EVERYTHING))
    expect(gallery_shown.locator(".unknown")).to_have_count(0)
    expect(gallery_shown.get_by_role("heading", name="Every block")).to_be_visible()
    expect(gallery_shown.locator("blockquote")).to_have_text("The ministers agreed on the headquarters.")
    expect(gallery_shown.locator("blockquote strong")).to_have_text("agreed")
    expect(gallery_shown.get_by_text("and <b>no markup</b> & *no stars*.")).to_be_visible()
    expect(gallery_shown.get_by_role("link", name="a link").first).to_have_attribute("rel", "noreferrer noopener")
    expect(gallery_shown.locator("pre")).to_have_text("score  = 1.0\nrank   = 2")
    expect(gallery_shown.locator("ol.rich-list")).to_have_attribute("start", "3")
    expect(gallery_shown.locator(".fields .text")).to_have_count(2)
    expect(gallery_shown.get_by_text("Picture: A map of the strait")).to_have_count(3)
    expect(gallery_shown.locator(".markdown td")).to_have_text(["1", "2"])


def test_a_block_that_the_page_does_not_know_is_warned_of(visit: Visit) -> None:
    """A carousel, an element and a rich text part of the future are named, beside what is known."""
    section = {"type": "section", "text": {"type": "plain_text", "text": "known"}, "accessory": {"type": "knob"}}
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_song", "elements": []}]}
    visit.slack.workspace.post(GENERAL, visit.slack.bot_user, "x", blocks=[{"type": "carousel"}, section, rich])
    message = visit.message("known")
    expect(message.locator(".unknown")).to_have_text(
        [
            "The playground cannot show this block: carousel",
            "The playground cannot show this element: knob",
            "The playground cannot show this rich text part: rich_text_song",
        ]
    )


# What is done in the answer with every block, and the action that the app is told of it
DEEDS: dict[str, tuple[Callable[[Locator], Any], dict[str, Any]]] = {
    "a menu's item": (
        lambda answer: (
            answer.get_by_role("button", name="More options").click(),
            answer.page.get_by_role("menuitem", name="Why").click(),
        ),
        {"type": "overflow", "selected_option": {"text": {"type": "plain_text", "text": "Why"}, "value": "why"}},
    ),
    "a select": (
        lambda answer: answer.get_by_label("Pick a kind").select_option("Reports"),
        {
            "type": "static_select",
            "selected_option": {"text": {"type": "plain_text", "text": "Reports"}, "value": "reports"},
        },
    ),
    "a checkbox": (
        lambda answer: answer.get_by_label("Notes").check(),
        {"type": "checkboxes", "action_id": "include"},
    ),
    "a radio button": (lambda answer: answer.get_by_label("Best").check(), {"type": "radio_buttons"}),
    "a date": (
        lambda answer: answer.get_by_label("Since").fill("2024-03-15"),
        {"type": "datepicker", "selected_date": "2024-03-15"},
    ),
    "a bin": (lambda answer: answer.get_by_role("button", name="Remove").click(), {"type": "icon_button"}),
    "praise": (
        lambda answer: answer.get_by_role("button", name="Helpful", exact=True).click(),
        {"type": "feedback_buttons", "value": "good"},
    ),
}


@pytest.mark.parametrize(("deed", "action"), DEEDS.values(), ids=DEEDS)
def test_an_element_tells_the_app(
    visit: Visit, gallery_shown: Locator, deed: Callable[[Locator], Any], action: Json
) -> None:
    """Whatever is pressed or chosen reaches the app's handler as Slack would put it."""
    deed(gallery_shown)
    (payload,) = told(visit)
    (done,) = payload["actions"]
    assert action.items() <= done.items()
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == ("block_actions", YOU, GENERAL)
    values = payload["state"]["values"]["choices"]
    wanted = ["articles", "notes"] if done["type"] == "checkboxes" else ["articles"]
    assert [option["value"] for option in values["include"]["selected_options"]] == wanted


def test_feedback_stays_pressed(visit: Visit, gallery_shown: Locator) -> None:
    """The button that was pressed shows it."""
    helpful = gallery_shown.get_by_role("button", name="Helpful", exact=True)
    helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "true")


def test_a_button_may_ask_first(visit: Visit, gallery_shown: Locator) -> None:
    """A confirmation is asked for, and only a yes reaches the app."""
    gallery_shown.get_by_role("button", name="Ask first").click()
    expect(visit.dialog).to_contain_text("Are you sure?")
    visit.dialog.get_by_role("button", name="No").click()
    expect(visit.dialog).to_have_count(0)
    assert visit.told == []
    gallery_shown.get_by_role("button", name="Ask first").click()
    visit.dialog.get_by_role("button", name="Yes").click()
    assert told(visit)[0]["actions"][0]["action_id"] == "ask_first"


def test_a_modal_is_filled_in_and_submitted(visit: Visit, gallery_shown: Locator) -> None:
    """A required input is asked for, the app's complaint is shown under its input, and then the modal closes."""
    gallery_shown.get_by_role("button", name="Open modal").click()
    expect(visit.dialog).to_be_visible()
    expect(visit.dialog.get_by_label("Words")).to_be_focused()
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_text("Please complete this required field.")).to_be_visible()
    visit.dialog.get_by_label("Words").fill("nothing")
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_text("Nothing is not enough.")).to_be_visible()
    visit.dialog.get_by_label("Words").fill("agreed")
    visit.dialog.get_by_label("Kind").select_option("Notes")
    visit.dialog.get_by_label("Reports").check()
    visit.dialog.get_by_label("Newest").check()
    visit.dialog.get_by_label("Words").press("Enter")
    expect(visit.dialog).to_be_hidden()
    values = told(visit, 3)[-1]["view"]["state"]["values"]
    assert values["words"]["words"]["value"] == "agreed"
    assert values["kind"]["kind"]["selected_option"]["value"] == "notes"
    assert values["since"]["since"]["selected_date"] == "2025-05-07"
    assert [one["value"] for one in values["include"]["include"]["selected_options"]] == ["articles", "reports"]
    assert values["order"]["order"]["selected_option"]["value"] == "newest"


def test_modals_stack_and_close_one_by_one(visit: Visit, gallery_shown: Locator) -> None:
    """A modal pushed on another goes away with Escape; what was typed below is still there; closing is told."""
    opener = gallery_shown.get_by_role("button", name="Open modal")
    opener.click()
    visit.dialog.get_by_label("Words").fill("half")
    visit.dialog.get_by_role("button", name="Push another").click()
    expect(visit.dialog.get_by_role("heading", name="Another")).to_be_visible()
    visit.tab.keyboard.press("Escape")
    expect(visit.dialog.get_by_label("Words")).to_have_value("half")
    visit.tab.keyboard.press("Escape")
    expect(visit.dialog).to_be_hidden()
    assert told(visit, 2)[-1]["type"] == "view_closed"
    expect(opener).to_be_focused()


def test_a_message_shortcut_tells_the_message(visit: Visit) -> None:
    """It stands in the more menu of a message, and may open a modal."""
    visit.say("who signed it")
    visit.choose("who signed it", "Find quotes for this")
    expect(visit.dialog.get_by_role("heading", name="Search the archive")).to_be_visible()
    payload = told(visit)[0]
    assert (payload["type"], payload["message"]["text"]) == ("message_action", "who signed it")


def test_a_global_shortcut_is_in_the_composer(visit: Visit) -> None:
    """It opens a modal from anywhere."""
    visit.tab.get_by_role("button", name="Shortcuts").click()
    visit.tab.get_by_role("menuitem", name="Ask the archive").click()
    expect(visit.dialog).to_be_visible()
    assert told(visit)[0]["type"] == "shortcut"


def test_a_command_is_completed_and_answered_privately(visit: Visit) -> None:
    """A slash suggests the app's commands; the answer is for one's own eyes; an unknown command is told of and kept."""
    visit.composer.press_sequentially("/q")
    expect(visit.tab.get_by_role("option")).to_have_text(["/quotewhat was agreed"])
    visit.composer.press("Tab")
    visit.composer.press_sequentially("ships and boats")
    visit.composer.press("Enter")
    expect(visit.message("Looked up: ships and boats")).to_contain_text("Only visible to you")
    assert told(visit)[0]["command"] == "/quote"
    visit.say("/nonsense")
    expect(visit.tab.get_by_role("alert").filter(has_text="is not a command")).to_be_visible()
    expect(visit.composer).to_have_value("/nonsense")


def test_somebody_is_brought_into_a_channel(visit: Visit) -> None:
    """Slack's own command brings in whom it names; whoever is there already, or unknown, is told of."""
    visit.slack.workspace.add_channel(Channel("C0ELSEWHERE", "elsewhere", "channel", frozenset({YOU})))
    visit.tab.get_by_role("button", name="elsewhere").click()
    for line, said in (
        ("/invite @Nobody", "Nobody here is called Nobody"),
        ("/invite @You", "Already in this channel: You"),
    ):
        visit.say(line)
        expect(visit.tab.get_by_role("alert").filter(has_text=said)).to_be_visible()
    visit.say("/invite @Pullquote")
    expect(visit.tab.locator(".notice").filter(has_text="has joined the channel")).to_be_visible()


def test_the_home_tab_is_the_apps(visit: Visit) -> None:
    """Opening the Home tab has the app publish it, and its buttons reach the app."""
    visit.tab.get_by_role("button", name="Home tab").click()
    home = visit.tab.get_by_role("region", name="Home tab")
    expect(home.get_by_role("heading", name="The archive at a glance")).to_be_visible()
    expect(home.locator(".block")).to_have_count(len(HOME["blocks"]))
    home.get_by_role("button", name="Refresh").click()
    payload = told(visit)[0]
    assert (payload["container"]["type"], payload["view"]["type"]) == ("view", "home")
    visit.tab.get_by_role("button", name="Messages").click()
    expect(visit.composer).to_be_visible()


def test_an_app_that_does_not_answer_is_told_of(building: Building) -> None:
    """A click that no handler takes ends in a notice, as in Slack."""
    with building.visit() as visit:
        odd = {"type": "button", "action_id": "nobody", "text": {"type": "plain_text", "text": "Nobody hears"}}
        visit.slack.workspace.post(GENERAL, visit.slack.bot_user, "x", blocks=[{"type": "actions", "elements": [odd]}])
        visit.tab.get_by_role("button", name="Nobody hears").click()
        expect(visit.tab.get_by_role("alert")).to_contain_text("Pullquote did not answer within 3 seconds.")
