"""Messages, threads, reactions and notices on the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from bot.playground.page.server import PlaygroundPage
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU

from .conftest import PHONE, ServedPage, Visit

pytestmark = pytest.mark.xdist_group("browser")


def test_a_mention_opens_the_thread_with_the_answer(visit: Visit) -> None:
    """After a mention in the first text box and Enter, the thread with the answer opens by itself."""
    visit.say("@Pullquote what was agreed on GCAP")
    expect(visit.thread.get_by_text("The ministers agreed on the headquarters.")).to_be_visible()
    asked = visit.slack.workspace.messages(GENERAL)[0]
    assert asked.text == f"{visit.slack.mention} what was agreed on GCAP"
    expect(visit.message_box).to_be_focused()
    expect(visit.message_box).to_have_value("")


def test_an_example_is_asked_with_a_click(visit: Visit) -> None:
    """The introduction has three examples; a click asks one."""
    expect(visit.tab.locator(".example")).to_have_count(3)
    visit.tab.get_by_role("button", name="who signed the treaty").click()
    expect(visit.thread.get_by_role("article")).to_have_count(2)
    expect(visit.thread.get_by_role("article").first).to_contain_text("@Pullquote who signed the treaty")


def test_a_reply_is_posted_in_the_thread(visit: Visit) -> None:
    """A message in the thread pane is a reply, and the channel shows the number of replies."""
    visit.say("@Pullquote hello")
    visit.thread.get_by_role("textbox").fill("thanks")
    visit.thread.get_by_role("textbox").press("Enter")
    expect(visit.thread.get_by_role("article")).to_have_count(3)
    expect(visit.tab.get_by_role("button", name=re.compile("2 replies"))).to_be_visible()


def test_a_direct_message_needs_no_mention(visit: Visit) -> None:
    """In a direct message the answer is below the question."""
    visit.tab.get_by_role("button", name="Pullquote", exact=True).click()
    visit.say("what was agreed")
    expect(visit.message("Answered directly.")).to_be_visible()
    expect(visit.thread).to_be_hidden()
    assert [one.channel for one in visit.slack.replies(DM_YOU)] == [DM_YOU]


def test_an_ephemeral_message_is_visible_to_one_person(visit: Visit) -> None:
    """It is labelled, another person does not see it, and it can be dismissed."""
    visit.say("@Pullquote a secret")
    private = visit.message("For your eyes only.")
    expect(private).to_contain_text("Only visible to you")
    visit.tab.get_by_role("button", name="Colleague", exact=True).click()
    expect(visit.message("a secret")).to_be_visible()
    expect(private).to_have_count(0)
    visit.tab.get_by_role("button", name="You", exact=True).click()
    private.get_by_role("button", name="Dismiss").click()
    expect(private).to_have_count(0)


def test_each_person_has_a_direct_message(visit: Visit) -> None:
    """The colleague does not see your direct messages with the bot."""
    visit.tab.get_by_role("button", name="Pullquote", exact=True).click()
    visit.say("between us")
    expect(visit.message("Answered directly.")).to_be_visible()
    visit.tab.get_by_role("button", name="Colleague", exact=True).click()
    visit.tab.get_by_role("button", name="Pullquote", exact=True).click()
    expect(visit.tab.get_by_role("heading", name="Ask Pullquote directly")).to_be_visible()
    expect(visit.tab.get_by_text("between us")).to_have_count(0)


def test_changes_of_others_are_live(visit: Visit) -> None:
    """A message of another person, its edit, a reaction and its deletion appear without a reload."""
    said = visit.slack.say(GENERAL, "a first draft", user=COLLEAGUE)
    expect(visit.message("a first draft")).to_contain_text("Colleague")
    visit.slack.edit(said, "a second draft")
    expect(visit.message("a second draft")).to_contain_text("(edited)")
    visit.slack.react(said, "eyes", user=COLLEAGUE)
    expect(visit.message("a second draft").get_by_role("button", name="eyes: 1, by Colleague")).to_be_visible()
    visit.slack.delete(said)
    expect(visit.message("a second draft")).to_have_count(0)


def test_a_message_is_edited_in_place(visit: Visit) -> None:
    """The editor has the text as it was typed, and replaces it."""
    visit.say("tell @Colleague & <all>")
    visit.choose_action("tell @Colleague & <all>", "Edit message")
    box = visit.tab.get_by_role("textbox", name="Edit message")
    expect(box).to_have_value("tell @Colleague & <all>")
    box.fill("tell nobody")
    box.press("Enter")
    expect(visit.message("tell nobody")).to_contain_text("(edited)")
    assert [one.text for one in visit.slack.workspace.messages(GENERAL)] == ["tell nobody"]


def test_a_message_is_deleted_after_confirmation(visit: Visit) -> None:
    """Deleting needs a confirmation; other people's messages can be neither edited nor deleted."""
    visit.say("a slip")
    visit.choose_action("a slip", "Delete message")
    visit.dialog.get_by_role("button", name="Cancel").click()
    expect(visit.message("a slip")).to_be_visible()
    visit.choose_action("a slip", "Delete message")
    visit.dialog.get_by_role("button", name="Delete").click()
    expect(visit.message("a slip")).to_have_count(0)
    visit.slack.say(GENERAL, "not yours", user=COLLEAGUE)
    visit.message("not yours").hover()
    visit.message("not yours").get_by_role("button", name="More actions").click()
    expect(visit.tab.get_by_role("menuitem", name="Notification text")).to_be_visible()
    expect(visit.tab.get_by_role("menuitem", name="Edit message")).to_have_count(0)


def test_a_reaction_is_added_and_removed(visit: Visit) -> None:
    """A reaction is added from the toolbar and removed with a click."""
    said = visit.slack.say(GENERAL, "well done", user=COLLEAGUE)
    visit.message("well done").hover()
    visit.message("well done").get_by_role("button", name="Add a reaction").click()
    visit.tab.get_by_role("menuitem", name="tada").click()
    chip = visit.message("well done").get_by_role("button", name="tada: 1, by You")
    expect(chip).to_have_attribute("aria-pressed", "true")
    chip.click()
    expect(chip).to_have_count(0)
    assert visit.slack.workspace.message(GENERAL, said.ts).reactions == ()


def test_an_answer_elsewhere_is_a_notice(visit: Visit) -> None:
    """An answer in another conversation is a notice, an unread count and an announcement; a click opens it."""
    visit.slack.say(DM_YOU, "anything new")
    notice = visit.tab.locator(".toast").filter(has_text="Answered directly.")
    expect(notice).to_be_visible()
    expect(visit.tab.get_by_role("button", name="Pullquote 1 unread")).to_be_visible()
    expect(visit.tab.locator("#announcer")).to_have_text("Pullquote: Answered directly.")
    notice.get_by_role("button").first.click()
    expect(visit.message("Answered directly.")).to_be_visible()
    expect(visit.tab.get_by_role("button", name="Pullquote", exact=True)).to_have_attribute("aria-current", "page")


def test_the_notification_text_can_be_shown(visit: Visit) -> None:
    """The menu of a message shows its notification text."""
    visit.say("@Pullquote hello")
    expect(visit.message("The ministers")).to_be_visible()
    visit.choose_action("The ministers", "Notification text")
    expect(visit.dialog).to_contain_text("“The ministers agreed” — The Gazette")


def test_names_are_completed(visit: Visit) -> None:
    """After an at sign names are suggested; the arrow keys and Enter choose one."""
    visit.message_box.press_sequentially("ask @")
    expect(visit.tab.get_by_role("option")).to_have_text(["PullquoteApp", "You", "Colleague", "Other botApp"])
    visit.message_box.press("ArrowDown")
    visit.message_box.press("ArrowDown")
    visit.message_box.press("Enter")
    expect(visit.message_box).to_have_value("ask @Colleague ")
    visit.message_box.press("Enter")
    expect(visit.message("ask @Colleague")).to_be_visible()
    assert visit.slack.workspace.messages(GENERAL)[0].text == f"ask <@{COLLEAGUE}> "


def test_a_hostile_text_is_shown_literally(visit: Visit) -> None:
    """Markup in messages is shown as text, and no link runs a script."""
    hostile = '<img src=x onerror="alert(1)"> [x](javascript:alert(1))'
    visit.say(hostile)
    expect(visit.message(hostile)).to_be_visible()
    visit.slack.workspace.post(GENERAL, YOU, "<javascript:alert(1)|harmless>")
    expect(visit.message("harmless")).to_be_visible()
    expect(visit.message("harmless").get_by_role("link")).to_have_count(0)
    expect(visit.tab.locator("#conversation img")).to_have_count(0)


def test_a_question_is_asked_by_keyboard_alone(visit: Visit) -> None:
    """From the message box: ask, edit the question, close the thread, and return to the message box."""
    keys = visit.tab.keyboard
    expect(visit.message_box).to_be_focused()
    keys.type("@Pullquote hello")
    keys.press("Enter")
    expect(visit.thread.get_by_text("The ministers agreed")).to_be_visible()
    keys.press("ArrowUp")
    expect(visit.tab.get_by_role("textbox", name="Edit message")).to_be_focused()
    keys.press("Escape")
    expect(visit.tab.locator("#conversation article")).to_be_focused()
    visit.thread.get_by_role("textbox").focus()
    keys.press("Escape")
    expect(visit.thread).to_be_hidden()
    expect(visit.message_box).to_be_focused()


def test_a_reaction_is_added_by_keyboard_alone(visit: Visit) -> None:
    """The arrow keys move between messages, Tab moves to the actions, and the focus returns."""
    for text in ("the first", "the second"):
        visit.slack.say(GENERAL, text, user=COLLEAGUE)
        expect(visit.message(text)).to_be_visible()
    keys = visit.tab.keyboard
    keys.press("Shift+Tab")
    expect(visit.message("the second")).to_be_focused()
    keys.press("ArrowUp")
    expect(visit.message("the first")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(visit.message("the first").get_by_role("button", name="-1: 1, by You")).to_be_visible()
    expect(visit.message("the first")).to_be_focused()


def test_a_stopped_playground_is_a_warning(browser: Browser) -> None:
    """When the playground stops, the page says so and does not lose the text."""
    context = browser.new_context()
    with FakeSlack() as slack, PlaygroundPage(slack) as page:
        tab = context.new_page()
        tab.goto(page.address)
        expect(tab.get_by_role("textbox").first).to_be_visible()
    expect(tab.get_by_role("banner")).to_contain_text("does not respond")
    tab.get_by_role("textbox").first.fill("hello")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("Is it still running?")
    expect(tab.get_by_role("textbox").first).to_have_value("hello")
    context.close()


def test_on_a_phone_the_thread_covers_the_channel(served: ServedPage) -> None:
    """On a phone the answer is visible at once, a button leads back, and the sidebar opens."""
    with served.visit(viewport=PHONE, has_touch=True, is_mobile=True) as visit:
        visit.say("@Pullquote what was agreed on GCAP")
        answer = visit.thread.get_by_text("The ministers agreed on the headquarters.")
        expect(answer).to_be_in_viewport()
        visit.thread.get_by_role("button", name="Close the thread").tap()
        expect(visit.thread).to_be_hidden()
        expect(visit.message("what was agreed on GCAP")).to_be_in_viewport()
        visit.tab.get_by_role("button", name="Open the sidebar").tap()
        visit.tab.get_by_role("button", name="research").tap()
        expect(visit.tab.get_by_role("heading", name="#research", exact=True)).to_be_visible()
        assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
