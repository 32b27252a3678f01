"""Using an app on the page: elements, modals, shortcuts, commands and the Home tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from bot.models import Json
from bot.playground.models import Channel
from bot.playground.workspace import GENERAL, YOU

from .conftest import ServedPage, Visit
from .sample_blocks import ALL_BLOCKS, HOME, plain

pytestmark = pytest.mark.xdist_group("browser-app")


@pytest.fixture
def answer(visit: Visit) -> Locator:
    """The answer with every block."""
    visit.say("@Pullquote everything")
    answer = visit.thread.get_by_role("article").last
    expect(answer).to_contain_text("Every block")
    return answer


def received(visit: Visit, count: int = 1) -> list[Json]:
    """Wait until the app has received ``count`` interactions, and return their payloads."""
    visit.slack.wait_until(lambda: len(visit.payloads) >= count)
    return visit.payloads


def test_every_block_is_shown(visit: Visit, answer: Locator) -> None:
    """Each block is shown, and none as unsupported."""
    expect(answer.locator(".block")).to_have_count(len(ALL_BLOCKS))
    expect(answer.locator(".unsupported")).to_have_count(0)
    expect(answer.get_by_role("heading", name="Every block")).to_be_visible()
    expect(answer.locator("blockquote")).to_have_text("The ministers agreed on the headquarters.")
    expect(answer.locator("blockquote strong")).to_have_text("agreed")
    expect(answer.get_by_text("and <b>no markup</b> & *no stars*.")).to_be_visible()
    expect(answer.get_by_role("link", name="a link").first).to_have_attribute("rel", "noreferrer noopener")
    expect(answer.locator("ul.rich-list li")).to_have_text(["first", "second"])
    expect(answer.locator(".context .text")).to_have_text(["The Gazette", "7 May 2025 · ¶ 5 of 7"])


def test_an_unsupported_type_is_a_warning(visit: Visit) -> None:
    """An unsupported block, element and rich text part are named, beside the supported blocks."""
    section = {"type": "section", "text": plain("known")}
    actions = {"type": "actions", "elements": [{"type": "knob"}]}
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_song", "elements": []}]}
    blocks = [{"type": "carousel"}, section, actions, rich]
    visit.slack.workspace.post(GENERAL, visit.slack.bot_user, "x", blocks=blocks)
    message = visit.message("known")
    expect(message.locator(".unsupported")).to_have_text(
        [
            "The playground does not support this block: carousel",
            "The playground does not support this element: knob",
            "The playground does not support this rich text part: rich_text_song",
        ]
    )


# How an element of the answer is used, and the fields of the action in the payload
USES: dict[str, tuple[Callable[[Locator], None], dict[str, Any]]] = {}


def use(name: str, action: dict[str, Any]) -> Callable[[Callable[[Locator], None]], Callable[[Locator], None]]:
    """Register a use of an element."""

    def register(function: Callable[[Locator], None]) -> Callable[[Locator], None]:
        USES[name] = (function, action)
        return function

    return register


@use("a menu", {"type": "overflow", "selected_option": {"text": plain("Why"), "value": "why"}})
def use_menu(answer: Locator) -> None:
    answer.get_by_role("button", name="More options").click()
    answer.page.get_by_role("menuitem", name="Why").click()


@use("feedback", {"type": "feedback_buttons", "value": "good"})
def use_feedback(answer: Locator) -> None:
    answer.get_by_role("button", name="Helpful", exact=True).click()


@use("a button", {"type": "button", "action_id": "open_modal"})
def use_button(answer: Locator) -> None:
    answer.get_by_role("button", name="Open modal").click()


@pytest.mark.parametrize(("use_element", "action"), USES.values(), ids=USES)
def test_using_an_element_sends_an_action(
    visit: Visit, answer: Locator, use_element: Callable[[Locator], None], action: Json
) -> None:
    """The app receives Slack's payload for each element that is used."""
    use_element(answer)
    (payload,) = received(visit)
    (done,) = payload["actions"]
    assert action.items() <= done.items()
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == ("block_actions", YOU, GENERAL)


def test_feedback_stays_selected(visit: Visit, answer: Locator) -> None:
    """The feedback button that was clicked stays selected."""
    helpful = answer.get_by_role("button", name="Helpful", exact=True)
    helpful.click()
    expect(helpful).to_have_attribute("aria-pressed", "true")


def test_a_modal_is_filled_in_and_submitted(visit: Visit, answer: Locator) -> None:
    """Errors of Slack and of the app are shown below the input; a valid submission closes the modal."""
    answer.get_by_role("button", name="Open modal").click()
    expect(visit.dialog).to_be_visible()
    expect(visit.dialog.get_by_label("Words")).to_be_focused()
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_text("Please complete this required field.")).to_be_visible()
    visit.dialog.get_by_label("Words").fill("nothing")
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_text("Nothing is not enough.")).to_be_visible()
    visit.dialog.get_by_label("Words").fill("agreed")
    visit.dialog.get_by_label("Notes").fill("All of them.")
    visit.dialog.get_by_label("Words").press("Enter")
    expect(visit.dialog).to_be_hidden()
    values = received(visit, 3)[-1]["view"]["state"]["values"]
    assert values["words"]["words"]["value"] == "agreed"
    assert values["notes"]["notes"]["value"] == "All of them."


def test_modals_stack_and_close_one_by_one(visit: Visit, answer: Locator) -> None:
    """Escape closes the top modal; the text typed in the one below is preserved; the app gets view_closed."""
    opener = answer.get_by_role("button", name="Open modal")
    opener.click()
    visit.dialog.get_by_label("Words").fill("more")
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_role("heading", name="Another")).to_be_visible()
    visit.tab.keyboard.press("Escape")
    expect(visit.dialog.get_by_label("Words")).to_have_value("more")
    visit.tab.keyboard.press("Escape")
    expect(visit.dialog).to_be_hidden()
    assert received(visit, 3)[-1]["type"] == "view_closed"
    expect(opener).to_be_focused()


def test_a_message_shortcut_sends_the_message(visit: Visit) -> None:
    """A message shortcut is in the menu of a message, and can open a modal."""
    visit.say("who signed it")
    visit.choose_action("who signed it", "Find quotes for this")
    expect(visit.dialog.get_by_role("heading", name="Search the archive")).to_be_visible()
    payload = received(visit)[0]
    assert (payload["type"], payload["message"]["text"]) == ("message_action", "who signed it")


def test_a_global_shortcut_is_below_the_message_box(visit: Visit) -> None:
    """A global shortcut can open a modal."""
    visit.tab.get_by_role("button", name="Shortcuts").click()
    visit.tab.get_by_role("menuitem", name="Ask the archive").click()
    expect(visit.dialog).to_be_visible()
    assert received(visit)[0]["type"] == "shortcut"


def test_a_command_is_completed_and_answered_privately(visit: Visit) -> None:
    """A slash suggests commands; the answer is ephemeral; an unknown command is a warning, and its text remains."""
    visit.message_box.press_sequentially("/q")
    expect(visit.tab.get_by_role("option")).to_have_text(["/quotewhat was agreed"])
    visit.message_box.press("Tab")
    visit.message_box.press_sequentially("ships and boats")
    visit.message_box.press("Enter")
    expect(visit.message("Looked up: ships and boats")).to_contain_text("Only visible to you")
    assert received(visit)[0]["command"] == "/quote"
    visit.say("/nonsense")
    expect(visit.tab.get_by_role("alert").filter(has_text="is not a command")).to_be_visible()
    expect(visit.message_box).to_have_value("/nonsense")


def test_a_member_is_invited(visit: Visit) -> None:
    """/invite adds a person to the channel; for a member or an unknown name it is a warning."""
    visit.slack.workspace.add_channel(Channel("C0ELSEWHERE", "elsewhere", "channel", frozenset({YOU})))
    visit.tab.get_by_role("button", name="elsewhere").click()
    for line, warning in (
        ("/invite @Nobody", "There is nobody called Nobody"),
        ("/invite @You", "You is already in this channel"),
    ):
        visit.say(line)
        expect(visit.tab.get_by_role("alert").filter(has_text=warning)).to_be_visible()
    visit.say("/invite @Pullquote")
    expect(visit.tab.locator(".notice").filter(has_text="has joined the channel")).to_be_visible()


def test_the_app_publishes_the_home_tab(visit: Visit) -> None:
    """The app publishes the Home tab when it is opened, and receives clicks in it."""
    visit.tab.get_by_role("button", name="Home tab").click()
    home = visit.tab.get_by_role("region", name="Home tab")
    expect(home.get_by_role("heading", name="The archive at a glance")).to_be_visible()
    expect(home.locator(".block")).to_have_count(len(HOME["blocks"]))
    home.get_by_role("button", name="Refresh").click()
    payload = received(visit)[0]
    assert (payload["container"]["type"], payload["view"]["type"]) == ("view", "home")
    visit.tab.get_by_role("button", name="Messages").click()
    expect(visit.message_box).to_be_visible()


def test_an_app_that_does_not_respond_is_a_warning(served: ServedPage) -> None:
    """A click without a listener in the app ends in a warning, as in Slack."""
    with served.visit() as visit:
        button = {"type": "button", "action_id": "unknown", "text": plain("No listener")}
        visit.slack.workspace.post(
            GENERAL, visit.slack.bot_user, "x", blocks=[{"type": "actions", "elements": [button]}]
        )
        visit.tab.get_by_role("button", name="No listener").click()
        expect(visit.tab.get_by_role("alert")).to_contain_text("Pullquote did not respond within 3 seconds.")
