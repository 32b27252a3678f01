"""What people do with the bot, each as a person does it on the page: one function a deed, for screenshots and axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Pattern

from playwright.sync_api import Locator, expect

from bot.playground.workspace import COLLEAGUE, GENERAL

from . import attaching, together
from .archive import AGREED, LIT
from .asking import ELSEWHERE, Desk


def mention(desk: Desk) -> None:
    """A mention is answered in its thread, with quotes that are linked to their words."""
    answer = desk.ask(AGREED)
    expect(answer.locator("blockquote strong").first).to_be_visible()
    link = answer.get_by_role("link").first
    expect(link).to_have_attribute("href", re_directive("They agreed that"))


def abstention(desk: Desk) -> None:
    """What the archive does not hold is said."""
    expect(desk.ask("why submarines in Antarctica")).to_contain_text("Not in the archive")


def in_thread(desk: Desk) -> None:
    """A mention inside a thread is answered there."""
    desk.visit.slack.say(GENERAL, "About the new fighter, then.", user=COLLEAGUE)
    root = desk.visit.message("About the new fighter")
    root.hover()
    root.get_by_role("button", name="Reply in thread").click()
    thread = desk.visit.thread
    thread.get_by_role("textbox").fill(f"@Pullquote {AGREED}")
    thread.get_by_role("textbox").press("Enter")
    expect(desk.answer(thread).locator("blockquote").first).to_be_visible()
    expect(thread.get_by_role("article")).to_have_count(3)


def direct(desk: Desk) -> None:
    """In the direct message no mention is needed."""
    desk.go("Pullquote")
    desk.visit.say(AGREED)
    expect(desk.answer(desk.conversation).locator("blockquote").first).to_be_visible()


def command(desk: Desk) -> Locator:
    """A command is answered to its asker alone, with a button that shares the answer."""
    desk.visit.say(f"/pullquote {AGREED}")
    private = desk.conversation.get_by_role("article").filter(has_text="Only visible to you").last
    expect(private.get_by_role("button", name="Share in channel")).to_be_visible()
    return private


def shared(desk: Desk) -> None:
    """Pressed, the button shows the answer to the channel, below who asked what."""
    command(desk).get_by_role("button", name="Share in channel").click()
    public = desk.conversation.get_by_role("article").filter(has_text="who asked:").last
    expect(public.locator("blockquote").first).to_be_visible()


def not_shared(desk: Desk) -> None:
    """Where the bot is not a member, it says what to do."""
    desk.go(ELSEWHERE)
    command(desk).get_by_role("button", name="Share in channel").click()
    expect(desk.visit.message("Pullquote is not in this channel")).to_contain_text("/invite @Pullquote")


def shared_at_last(desk: Desk) -> None:
    """Whoever does that brings the bot in, which says how to ask; the same button then shares the answer."""
    not_shared(desk)
    desk.visit.say("/invite @Pullquote")
    expect(desk.visit.message("Ask a question in plain words.")).to_be_visible()
    desk.conversation.get_by_role("button", name="Share in channel").click()
    public = desk.conversation.get_by_role("article").filter(has_text="who asked:").last
    expect(public.locator("blockquote").first).to_be_visible()


def shortcut(desk: Desk) -> None:
    """ "Find quotes for this" on a colleague's message shows its quotes to whoever chose it."""
    desk.visit.slack.say(GENERAL, AGREED, user=COLLEAGUE)
    desk.visit.choose(AGREED, "Find quotes for this")
    private = desk.conversation.get_by_role("article").filter(has_text="Only visible to you").last
    expect(private.locator("blockquote").first).to_be_visible()


def prompts(desk: Desk) -> None:
    """The tab Messages suggests questions, and a press asks one."""
    desk.go("Pullquote")
    desk.visit.slack.wait_until(lambda: bool(desk.visit.slack.views.prompts("D0YOU")))
    desk.visit.tab.locator(".example").first.click()
    expect(desk.answer(desk.conversation).locator("blockquote").first).to_be_visible()


def joined(desk: Desk) -> None:
    """Brought into a channel, the bot says how to ask."""
    desk.go(ELSEWHERE)
    desk.visit.say("/invite @Pullquote")
    expect(desk.visit.message("Ask a question in plain words.")).to_be_visible()


def ignored(desk: Desk) -> None:
    """What of a message was not read is said above the quotes."""
    answer = desk.ask(f"{AGREED} https://articles.example/treaty")
    expect(answer).to_contain_text("Not read: linked pages.")
    expect(answer).not_to_contain_text("Not in the archive")
    expect(answer.locator("blockquote").first).to_be_visible()


def operators(desk: Desk) -> None:
    """What the operators were read as is shown."""
    expect(desk.ask('"GCAP headquarters" after:2023-01 -Quad')).to_contain_text(
        'Searched: "GCAP headquarters" · without "Quad" · published from 1 January 2023'
    )


def later(desk: Desk) -> None:
    """An article that is later than all that are quoted is named."""
    expect(desk.ask(LIT)).to_contain_text("An evening at the council")


def context(desk: Desk) -> None:
    """The paragraphs around a quote, the quote marked, and on to the next quote."""
    desk.ask(AGREED).get_by_role("button", name="Show context").click()
    dialog = desk.visit.dialog
    expect(dialog.locator("blockquote strong")).to_contain_text("They agreed that the GCAP headquarters")
    dialog.get_by_role("button", name="Next quote").click()
    expect(dialog.get_by_text("Quote 2 of 3")).to_be_visible()
    expect(dialog.locator("blockquote strong")).to_contain_text("ruling parties")
    dialog.get_by_role("button", name="Previous quote").scroll_into_view_if_needed()


def more(desk: Desk) -> None:
    """Further passages take the place of the first, and lead back."""
    answer = desk.ask("GCAP")
    first = answer.locator("blockquote").first.inner_text()
    answer.get_by_role("button", name="More passages").click()
    expect(answer.get_by_role("button", name="Previous passages")).to_be_visible()
    expect(answer.locator("blockquote").first).not_to_have_text(first)
    expect(answer).not_to_contain_text("A newer article")


def unhelpful(desk: Desk) -> None:
    """A thumb down asks what was wrong."""
    desk.ask(AGREED).get_by_role("button", name="Not helpful").click()
    box = desk.visit.dialog.get_by_role("textbox")
    box.fill("I looked for the date of the treaty.")
    expect(desk.visit.dialog.get_by_role("button", name="Send")).to_be_enabled()


def home(desk: Desk) -> None:
    """The Home tab tells what the archive holds and how to ask it."""
    desk.go("Home tab")
    expect(desk.visit.tab.get_by_role("heading", name="How to ask")).to_be_visible()
    expect(desk.conversation).to_contain_text("20 articles")


def why(desk: Desk) -> None:
    """A reply's menu explains it: what was searched, and each quote verified now."""
    desk.ask(AGREED).get_by_role("button", name="More options").click()
    desk.visit.tab.get_by_role("menuitem", name="Why this answer?").click()
    expect(desk.visit.dialog).to_contain_text("verified")
    expect(desk.visit.dialog).to_contain_text("pullquote receipt")


def follow_up(desk: Desk) -> None:
    """In a thread that the bot has answered in, a short question needs no mention and no subject."""
    desk.ask(AGREED)
    thread = desk.visit.thread
    for said in ("thanks, that helps", "and on the headquarters?"):
        thread.get_by_role("textbox").fill(said)
        thread.get_by_role("textbox").press("Enter")
    expect(thread.get_by_role("article")).to_have_count(5)
    expect(desk.answer(thread)).to_contain_text("Searched: headquarters + GCAP")


def own_questions(desk: Desk) -> None:
    """The Home tab lists what one has asked, and how that ended."""
    desk.go("Pullquote")
    for question in (AGREED, "why submarines in Antarctica"):
        desk.visit.say(question)
        expect(desk.visit.message(question)).to_be_visible()
        desk.answer(desk.conversation)
    desk.visit.slack.wait_until_idle()
    desk.go("Home tab")
    desk.conversation.get_by_text("not in the archive").scroll_into_view_if_needed()
    expect(desk.conversation).to_contain_text(f"{AGREED} · answered")
    expect(desk.conversation).to_contain_text("why submarines in Antarctica · not in the archive")


def lacking(desk: Desk) -> None:
    """An editor's Home tab lists what found no answer, and what was found unhelpful, with its note."""
    unhelpful(desk)
    desk.visit.dialog.get_by_role("button", name="Send").click()
    expect(desk.visit.dialog).to_be_hidden()
    desk.close_thread()
    desk.ask("why submarines in Antarctica")
    desk.close_thread()
    desk.visit.slack.wait_until_idle()
    desk.go("Colleague")
    desk.go("Home tab")
    desk.visit.tab.get_by_role("heading", name="Gaps in the archive").scroll_into_view_if_needed()
    expect(desk.conversation).to_contain_text("note: I looked for the date of the treaty.")
    expect(desk.conversation).to_contain_text("why submarines in Antarctica · ")


def re_directive(words: str) -> Pattern[str]:
    return re.compile(re.escape("#:~:text=" + words.replace(" ", "%20")))


ERRANDS: dict[str, Callable[[Desk], object]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        mention,
        abstention,
        in_thread,
        direct,
        *together.DEEDS,
        command,
        shared,
        not_shared,
        shared_at_last,
        shortcut,
        prompts,
        joined,
        ignored,
        *attaching.DEEDS,
        operators,
        later,
        context,
        more,
        unhelpful,
        home,
        why,
        follow_up,
        own_questions,
        lacking,
    )
}
