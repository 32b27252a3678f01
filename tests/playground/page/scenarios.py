"""What people do with the bot on the page: one function for each scenario."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import FilePayload, Locator, expect

from bot.playground.workspace import COLLEAGUE, GENERAL, GROUP

from .archive import AGREED, LIT
from .slack_page import ELSEWHERE, TOGETHER, SlackPage

IMAGE: FilePayload = {"name": "harbour.png", "mimeType": "image/png", "buffer": bytes(48_211)}
NOTES: FilePayload = {
    "name": "Minutes of the meeting of all who have a say in the new harbour.txt",
    "mimeType": "text/plain",
    "buffer": b"1. The pier",
}
RECORDING: FilePayload = {"name": "interview.mp3", "mimeType": "audio/mpeg", "buffer": bytes(2_400_000)}


def mention(page: SlackPage) -> None:
    """A mention is answered in its thread, with quotes that link to their text."""
    answer = page.ask(AGREED)
    expect(answer.locator("blockquote strong").first).to_be_visible()
    link = answer.get_by_role("link").first
    expect(link).to_have_attribute("href", re.compile(re.escape("#:~:text=Minoru%20Kihara")))


def abstention(page: SlackPage) -> None:
    """An abstention says that it is not in the archive."""
    expect(page.ask("why submarines in Antarctica")).to_contain_text("Not in the archive")


def mention_in_thread(page: SlackPage) -> None:
    """A mention inside a thread is answered there."""
    page.visit.slack.say(GENERAL, "About the new fighter, then.", user=COLLEAGUE)
    root = page.visit.message("About the new fighter")
    root.hover()
    root.get_by_role("button", name="Reply in thread").click()
    thread = page.visit.thread
    thread.get_by_role("textbox").fill(f"@Pullquote {AGREED}")
    thread.get_by_role("textbox").press("Enter")
    expect(page.answer(thread).locator("blockquote").first).to_be_visible()
    expect(thread.get_by_role("article")).to_have_count(3)


def direct_message(page: SlackPage) -> None:
    """A direct message needs no mention."""
    page.go("Pullquote")
    page.visit.say(AGREED)
    expect(page.answer(page.conversation).locator("blockquote").first).to_be_visible()


def command(page: SlackPage) -> Locator:
    """A command gets an ephemeral answer with a button that shares it."""
    page.visit.say(f"/pullquote {AGREED}")
    private = page.conversation.get_by_role("article").filter(has_text="Only visible to you").last
    expect(private.get_by_role("button", name="Share in channel")).to_be_visible()
    return private


def shared(page: SlackPage) -> None:
    """The button posts the answer with the question and the person."""
    command(page).get_by_role("button", name="Share in channel").click()
    public = page.conversation.get_by_role("article").filter(has_text="who asked:").last
    expect(public.locator("blockquote").first).to_be_visible()


def not_shared(page: SlackPage) -> None:
    """Where the bot is not a member, it says how to invite it."""
    page.go(ELSEWHERE)
    command(page).get_by_role("button", name="Share in channel").click()
    expect(page.visit.message("Pullquote is not in this channel")).to_contain_text("/invite @Pullquote")


def shared_after_invitation(page: SlackPage) -> None:
    """After the invitation the bot says how to ask, and the same button shares the answer."""
    not_shared(page)
    page.visit.say("/invite @Pullquote")
    expect(page.visit.message("Ask a question in plain words.")).to_be_visible()
    page.conversation.get_by_role("button", name="Share in channel").click()
    public = page.conversation.get_by_role("article").filter(has_text="who asked:").last
    expect(public.locator("blockquote").first).to_be_visible()


def shortcut(page: SlackPage) -> None:
    """The shortcut on a colleague's message shows its quotes in an ephemeral message."""
    page.visit.slack.say(GENERAL, AGREED, user=COLLEAGUE)
    page.visit.choose_action(AGREED, "Find quotes for this")
    private = page.conversation.get_by_role("article").filter(has_text="Only visible to you").last
    expect(private.locator("blockquote").first).to_be_visible()


def prompts(page: SlackPage) -> None:
    """The Messages tab suggests questions, and a click asks one."""
    page.go("Pullquote")
    page.visit.slack.wait_until(lambda: bool(page.visit.slack.views.prompts("D0YOU")))
    page.visit.tab.locator(".example").first.click()
    expect(page.answer(page.conversation).locator("blockquote").first).to_be_visible()


def joined(page: SlackPage) -> None:
    """When invited to a channel, the bot says how to ask."""
    page.go(ELSEWHERE)
    page.visit.say("/invite @Pullquote")
    expect(page.visit.message("Ask a question in plain words.")).to_be_visible()


def ignored(page: SlackPage) -> None:
    """The parts of a message that were not read are listed above the quotes."""
    answer = page.ask(f"{AGREED} https://articles.example/treaty")
    expect(answer).to_contain_text("Not read: linked pages.")
    expect(answer).not_to_contain_text("Not in the archive")
    expect(answer.locator("blockquote").first).to_be_visible()


def operators(page: SlackPage) -> None:
    """The answer shows how operators were understood."""
    expect(page.ask('"GCAP headquarters" after:2023-01 -Quad')).to_contain_text(
        'Searched: "GCAP headquarters" · without "Quad" · published since 1 January 2023'
    )


def later(page: SlackPage) -> None:
    """An article newer than all quoted ones is named."""
    expect(page.ask(LIT)).to_contain_text("An evening at the council")


def context(page: SlackPage) -> None:
    """The context of a quote is shown with the quote in bold, and so is the next quote."""
    page.ask(AGREED).get_by_role("button", name="Show context").click()
    dialog = page.visit.dialog
    expect(dialog.locator("blockquote strong")).to_contain_text("They agreed that the GCAP headquarters")
    dialog.get_by_role("button", name="Next quote").click()
    expect(dialog.get_by_text("Quote 2 of 3")).to_be_visible()
    expect(dialog.locator("blockquote strong")).to_contain_text("ruling parties")
    dialog.get_by_role("button", name="Previous quote").scroll_into_view_if_needed()


def more(page: SlackPage) -> None:
    """Further passages replace the first ones, with a button back."""
    answer = page.ask("GCAP")
    first = answer.locator("blockquote").first.inner_text()
    answer.get_by_role("button", name="More passages").click()
    expect(answer.get_by_role("button", name="Previous passages")).to_be_visible()
    expect(answer.locator("blockquote").first).not_to_have_text(first)
    expect(answer).not_to_contain_text("A later article")


def unhelpful(page: SlackPage) -> None:
    """Negative feedback asks what was wrong."""
    page.ask(AGREED).get_by_role("button", name="Not helpful").click()
    box = page.visit.dialog.get_by_role("textbox")
    box.fill("I looked for the date of the treaty.")
    expect(page.visit.dialog.get_by_role("button", name="Send")).to_be_enabled()


def home(page: SlackPage) -> None:
    """The Home tab shows what is in the archive and how to ask."""
    page.go("Home tab")
    expect(page.visit.tab.get_by_role("heading", name="How to ask")).to_be_visible()
    expect(page.conversation).to_contain_text("20 articles")


def why(page: SlackPage) -> None:
    """The menu of a reply explains what was searched and verifies each quote."""
    page.ask(AGREED).get_by_role("button", name="More options").click()
    page.visit.tab.get_by_role("menuitem", name="Why this answer?").click()
    expect(page.visit.dialog).to_contain_text("verified")
    expect(page.visit.dialog).to_contain_text("pullquote receipt")


def follow_up(page: SlackPage) -> None:
    """In a thread with an answer, a follow-up needs neither a mention nor a subject."""
    page.ask(AGREED)
    thread = page.visit.thread
    for said in ("thanks, that helps", "and on the headquarters?"):
        thread.get_by_role("textbox").fill(said)
        thread.get_by_role("textbox").press("Enter")
    expect(thread.get_by_role("article")).to_have_count(5)
    expect(page.answer(thread)).to_contain_text("Searched: headquarters + GCAP")


def own_questions(page: SlackPage) -> None:
    """The Home tab lists the person's questions and their outcomes."""
    page.go("Pullquote")
    for question in (AGREED, "why submarines in Antarctica"):
        page.visit.say(question)
        expect(page.visit.message(question)).to_be_visible()
        page.answer(page.conversation)
    page.visit.slack.wait_until_idle()
    page.go("Home tab")
    page.conversation.get_by_text("not in the archive").scroll_into_view_if_needed()
    expect(page.conversation).to_contain_text(f"{AGREED} · answered")
    expect(page.conversation).to_contain_text("why submarines in Antarctica · not in the archive")


def unanswered(page: SlackPage) -> None:
    """An editor's Home tab lists unanswered questions, and unhelpful answers with their notes."""
    unhelpful(page)
    page.visit.dialog.get_by_role("button", name="Send").click()
    expect(page.visit.dialog).to_be_hidden()
    page.close_thread()
    page.ask("why submarines in Antarctica")
    page.close_thread()
    page.visit.slack.wait_until_idle()
    page.go("Colleague")
    page.go("Home tab")
    page.visit.tab.get_by_role("heading", name="Gaps in the archive").scroll_into_view_if_needed()
    expect(page.conversation).to_contain_text("note: I looked for the date of the treaty.")
    expect(page.conversation).to_contain_text("why submarines in Antarctica · ")


def group(page: SlackPage) -> None:
    """In a group message the bot ignores messages without a mention, and answers a mention in its thread."""
    page.go(TOGETHER)
    for said in ("Do you know what became of the new fighter?", f"@Pullquote {AGREED}"):
        page.visit.say(said)
        expect(page.visit.message(said)).to_be_visible()
    thread = page.visit.thread
    expect(page.answer(thread).locator("blockquote").first).to_be_visible()
    thread.get_by_role("textbox").fill("and on the headquarters?")
    thread.get_by_role("textbox").press("Enter")
    expect(thread.get_by_role("article")).to_have_count(3)
    page.visit.slack.wait_until_idle()
    assert len(page.visit.slack.replies(GROUP)) == 1


def group_elsewhere(page: SlackPage) -> None:
    """A person in another channel gets a notice of the group's answer, and opens it."""
    page.visit.slack.say(GROUP, f"{page.visit.slack.mention} {AGREED}", user=COLLEAGUE)
    notice = page.visit.tab.locator(".toast").filter(has_text=TOGETHER)
    expect(notice).to_be_visible()
    notice.get_by_role("button").first.click()
    expect(page.answer(page.visit.thread).locator("blockquote").first).to_be_visible()


def attached(page: SlackPage) -> None:
    """A question with files is answered, below a line that says what was not read."""
    attach(page, IMAGE, NOTES)
    answer = page.ask(AGREED)
    expect(answer).to_contain_text("Not read: attached images and attached files.")
    expect(answer.locator("blockquote").first).to_be_visible()
    root = page.visit.thread.get_by_role("article").first
    root.scroll_into_view_if_needed()
    expect(root.locator(".file")).to_have_text(
        [re.compile("harbour.png.*PNG image"), re.compile("Minutes of the meeting.*TXT file")]
    )


def choosing_files(page: SlackPage) -> None:
    """Chosen files are listed until the message is sent, and can be removed."""
    attach(page, IMAGE, NOTES, RECORDING)
    page.visit.tab.get_by_role("button", name=f"Remove {NOTES['name']}").click()
    page.visit.message_box.fill(f"@Pullquote {AGREED}")
    expect(page.visit.tab.get_by_role("list", name="Attached files").get_by_role("listitem")).to_have_count(2)


def image_alone(page: SlackPage) -> None:
    """An image without text is not a question: the bot says how to ask."""
    page.go("Pullquote")
    attach(page, IMAGE)
    page.visit.tab.get_by_role("button", name="Send").first.click()
    expect(page.visit.message("Not read: attached images.")).to_contain_text("Ask a question in plain words.")


def forwarded(page: SlackPage) -> None:
    """A message is forwarded with a question; the question is answered, the forwarded text is not read."""
    page.visit.slack.say(GENERAL, "The ministers met in *Rome* last week, or so I have read.", user=COLLEAGUE)
    choose_to_forward(page, "The ministers met", "#research", f"@Pullquote {AGREED}")
    page.visit.dialog.get_by_role("button", name="Forward").click()
    expect(page.visit.tab.get_by_role("heading", name="#research", exact=True)).to_be_attached()
    expect(page.answer(page.visit.thread)).to_contain_text("Not read: forwarded messages.")
    root = page.visit.thread.get_by_role("article").first
    expect(root.get_by_role("figure", name="Forwarded message by Colleague")).to_contain_text("Posted in #general")
    root.scroll_into_view_if_needed()


def forwarding(page: SlackPage) -> None:
    """The dialog to forward an answer to a group is filled in."""
    answer = page.ask(AGREED)
    expect(answer.locator("blockquote").first).to_be_visible()
    choose_to_forward(page, "They agreed that", TOGETHER, "This is what I meant.")


def attach(page: SlackPage, *files: FilePayload) -> None:
    """Attach files to the new message."""
    with page.visit.tab.expect_file_chooser() as chooser:
        page.visit.tab.get_by_role("button", name="Attach files").first.click()
    chooser.value.set_files(files)


def choose_to_forward(page: SlackPage, words: str, to: str, comment: str) -> None:
    """Fill in the dialog that forwards the message with this text."""
    page.visit.choose_action(words, "Forward message")
    page.visit.dialog.get_by_label("Send to").select_option(to)
    page.visit.dialog.get_by_label("Add a message").fill(comment)


SCENARIOS: dict[str, Callable[[SlackPage], object]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        mention,
        abstention,
        mention_in_thread,
        direct_message,
        group,
        group_elsewhere,
        command,
        shared,
        not_shared,
        shared_after_invitation,
        shortcut,
        prompts,
        joined,
        ignored,
        attached,
        choosing_files,
        image_alone,
        forwarded,
        forwarding,
        operators,
        later,
        context,
        more,
        unhelpful,
        home,
        why,
        follow_up,
        own_questions,
        unanswered,
    )
}
