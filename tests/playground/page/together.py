"""What people do in the direct message that they share with the bot; each a deed (see errands)."""

from __future__ import annotations

from playwright.sync_api import expect

from bot.playground.workspace import COLLEAGUE, GROUP

from .archive import AGREED
from .asking import TOGETHER, Desk


def group(desk: Desk) -> None:
    """In a direct message of several people talk draws nothing, and a mention is answered in its thread."""
    desk.go(TOGETHER)
    for said in ("Do you know what became of the new fighter?", f"@Pullquote {AGREED}"):
        desk.visit.say(said)
        expect(desk.visit.message(said)).to_be_visible()
    thread = desk.visit.thread
    expect(desk.answer(thread).locator("blockquote").first).to_be_visible()
    thread.get_by_role("textbox").fill("and on the headquarters?")
    thread.get_by_role("textbox").press("Enter")
    expect(thread.get_by_role("article")).to_have_count(3)
    desk.visit.slack.wait_until_idle()
    assert len(desk.visit.slack.replies(GROUP)) == 1


def group_elsewhere(desk: Desk) -> None:
    """Whoever is elsewhere is told of the group's answer, and finds it there."""
    desk.visit.slack.say(GROUP, f"{desk.visit.slack.mention} {AGREED}", user=COLLEAGUE)
    notice = desk.visit.tab.locator(".toast").filter(has_text=TOGETHER)
    expect(notice).to_be_visible()
    notice.get_by_role("button").first.click()
    expect(desk.answer(desk.visit.thread).locator("blockquote").first).to_be_visible()


DEEDS = (group, group_elsewhere)
