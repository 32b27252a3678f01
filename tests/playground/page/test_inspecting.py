"""The inspector: what passed between the stand-in and the app, and the hard cases at one's fingertips."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from bot.playground.workspace import GENERAL

from .conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def inspector(visit: Visit) -> Locator:
    """The open inspector."""
    visit.tab.get_by_role("button", name="Inspector", exact=True).click()
    drawer = visit.tab.get_by_role("region", name="Inspector")
    expect(drawer).to_be_visible()
    return drawer


def test_events_and_calls_are_listed_as_they_pass(visit: Visit, inspector: Locator) -> None:
    """A question shows as the event, its acknowledgement and the app's call; each opens as JSON."""
    visit.say("@Pullquote hello")
    event = inspector.get_by_role("button").filter(has_text="app_mention")
    expect(event).to_contain_text("acknowledged in")
    event.click()
    expect(inspector.locator(".detail pre")).to_contain_text('"type": "app_mention"')
    call = inspector.get_by_role("button").filter(has_text="chat.postMessage")
    expect(call).to_contain_text("200")
    call.click()
    expect(inspector.locator(".detail pre")).to_contain_text('"ok": true')
    inspector.get_by_role("button", name="Events").click()
    expect(call).to_have_count(0)


def test_an_event_is_delivered_again(visit: Visit, inspector: Locator) -> None:
    """The button sends the same event, by the same id, as Slack's retry does."""
    visit.say("@Pullquote hello")
    inspector.get_by_role("button").filter(has_text="app_mention").click()
    inspector.get_by_role("button", name="Deliver this again").click()
    expect(inspector.get_by_role("button").filter(has_text="app_mention")).to_have_count(2)
    again = [one for one in visit.slack.deliveries if one.event["type"] == "app_mention"]
    assert again[0].event_id == again[1].event_id
    visit.slack.wait_until(lambda: len(again) == 2 and visit.slack.deliveries[-1].is_settled)
    assert visit.slack.deliveries[again[1].id].attempts[0].number == 1


def test_the_connection_is_dropped_and_comes_back(visit: Visit, inspector: Locator) -> None:
    """Dropping the connection shows, until the app has connected again."""
    inspector.get_by_role("button", name="Drop the connection").click()
    visit.slack.wait_until(lambda: len([one for one in visit.slack.calls if one.method == "apps.connections.open"]) > 1)
    expect(visit.tab.get_by_text("Pullquote is connected")).to_be_visible()


def test_the_next_call_is_answered_with_429(visit: Visit, inspector: Locator) -> None:
    """The chosen method is refused once, with a Retry-After."""
    inspector.get_by_role("button", name="Answer the next call with 429").click()
    expect(visit.tab.locator("#toasts").get_by_text("The next chat.postMessage is answered with 429.")).to_be_visible()
    visit.slack.say(GENERAL, f"{visit.slack.mention} hello")
    expect(inspector.get_by_role("button").filter(has_text="429 ratelimited")).to_be_visible()


def test_it_opens_and_closes_by_keyboard(visit: Visit, inspector: Locator) -> None:
    """Escape closes the drawer and gives the focus back."""
    expect(inspector.get_by_role("button", name="All", exact=True)).to_be_focused()
    visit.tab.keyboard.press("Escape")
    expect(inspector).to_be_hidden()
    expect(visit.tab.get_by_role("button", name="Inspector", exact=True)).to_be_focused()
