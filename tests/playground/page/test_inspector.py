"""The inspector: its log, and its buttons that inject faults."""

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


def test_events_and_calls_are_logged(visit: Visit, inspector: Locator) -> None:
    """A question adds the event with its acknowledgement and the app's call; each opens as JSON."""
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
    """The button sends the same event with the same id, as Slack's retry does."""
    visit.say("@Pullquote hello")
    inspector.get_by_role("button").filter(has_text="app_mention").click()
    inspector.get_by_role("button", name="Deliver again").click()
    expect(inspector.get_by_role("button").filter(has_text="app_mention")).to_have_count(2)
    again = [one for one in visit.slack.deliveries if one.event["type"] == "app_mention"]
    assert again[0].event_id == again[1].event_id
    visit.slack.wait_until(lambda: len(again) == 2 and visit.slack.deliveries[-1].is_settled)
    assert visit.slack.deliveries[again[1].id].attempts[0].number == 1


def test_the_connection_is_dropped_and_restored(visit: Visit, inspector: Locator) -> None:
    """After the connection is dropped the app reconnects."""
    inspector.get_by_role("button", name="Drop the connection").click()
    visit.slack.wait_until(lambda: len([one for one in visit.slack.calls if one.method == "apps.connections.open"]) > 1)
    expect(visit.tab.get_by_text("Pullquote is connected")).to_be_visible()


def test_the_next_call_is_rate_limited(visit: Visit, inspector: Locator) -> None:
    """The selected method is refused once with 429."""
    inspector.get_by_role("button", name="Rate-limit the next call of").click()
    expect(
        visit.tab.locator("#toasts").get_by_text("The next call of chat.postMessage will be rate-limited.")
    ).to_be_visible()
    visit.slack.say(GENERAL, f"{visit.slack.mention} hello")
    expect(inspector.get_by_role("button").filter(has_text="429 ratelimited")).to_be_visible()


def test_it_opens_and_closes_by_keyboard(visit: Visit, inspector: Locator) -> None:
    """Escape closes the drawer and gives the focus back."""
    expect(inspector.get_by_role("button", name="All", exact=True)).to_be_focused()
    visit.tab.keyboard.press("Escape")
    expect(inspector).to_be_hidden()
    expect(visit.tab.get_by_role("button", name="Inspector", exact=True)).to_be_focused()
