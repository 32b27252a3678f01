"""The main states of the page, for screenshots and accessibility checks: one function for each."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL

from .conftest import Visit


def channel(visit: Visit) -> None:
    """A channel with messages, a reaction and an ephemeral message."""
    slack = visit.slack
    asked = slack.say(GENERAL, "Does anyone know what the two ministers agreed?", user=COLLEAGUE)
    slack.say(GENERAL, "Let me ask *the archive*: see https://articles.example/treaty")
    slack.react(asked, "eyes")
    visit.say("@Pullquote a secret")
    expect(visit.message("For your eyes only.")).to_be_visible()


def thread(visit: Visit) -> None:
    """An answer with every block, in its thread."""
    visit.say("@Pullquote everything")
    expect(visit.thread.get_by_text("Every block")).to_be_visible()
    expect(visit.thread.locator("blockquote")).to_be_visible()


def modal(visit: Visit) -> None:
    """A modal with inputs and an error."""
    thread(visit)
    visit.thread.get_by_role("button", name="Open modal").click()
    visit.dialog.get_by_role("button", name="Search").click()
    expect(visit.dialog.get_by_text("Please complete")).to_be_visible()


def home(visit: Visit) -> None:
    """The app's Home tab."""
    _open_sidebar(visit)
    visit.tab.get_by_role("button", name="Home tab").click()
    expect(visit.tab.get_by_role("heading", name="The archive at a glance")).to_be_visible()


def inspector(visit: Visit) -> None:
    """The inspector with a selected event."""
    visit.slack.say(GENERAL, f"{visit.slack.mention} hello", user=COLLEAGUE)
    _open_sidebar(visit)
    visit.tab.get_by_role("button", name="Inspector", exact=True).click()
    visit.tab.locator(".log-row").filter(has_text="app_mention").click()
    expect(visit.tab.get_by_role("button", name="Deliver again")).to_be_visible()


def menu(visit: Visit) -> None:
    """The menu of a message."""
    visit.say("a message of mine")
    visit.message("a message of mine").hover()
    visit.message("a message of mine").get_by_role("button", name="More actions").click()
    expect(visit.tab.get_by_role("menuitem", name="Edit message")).to_be_focused()


def sidebar(visit: Visit) -> None:
    """The sidebar, and a notice of a message in another conversation."""
    visit.slack.say(DM_YOU, "anything new")
    expect(visit.tab.locator(".toast")).to_be_visible()
    _open_sidebar(visit)
    expect(visit.tab.get_by_role("button", name="Pullquote 1 unread")).to_be_in_viewport()


def _open_sidebar(visit: Visit) -> None:
    opener = visit.tab.get_by_role("button", name="Open the sidebar")
    if opener.is_visible():
        opener.click()


STATES: dict[str, Callable[[Visit], None]] = {
    "channel": channel,
    "thread": thread,
    "modal": modal,
    "home": home,
    "inspector": inspector,
    "menu": menu,
    "sidebar": sidebar,
}
