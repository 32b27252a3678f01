"""The button below a quote from a PDF, and the picture of its page in a direct message."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Json, PageStart
from bot.playground.block_kit import validate_blocks
from bot.playground.models import Message, UploadedFile
from bot.playground.web_api import UPLOAD_URL
from bot.playground.workspace import COLLEAGUE, DM_COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack import strings
from bot.slack.access import AccessRules
from bot.slack.blocks import texts_in
from bot.slack.layout import BUTTONS_SIZE, SHOW_PAGE, AnswerRef, add_buttons, build_reply
from bot.store.models import MessageRef
from bot.store.store import Store
from bot.wiring import open_corpus
from tests.factories import archive_of, article
from tests.pictures import check_marked_words
from tests.sample_documents import CORPUS, PDF_NAME

from .harness import Harness, full_harness, run_command, shown
from .samples import FixedCorpus, answer
from .test_interactions import ArchiveAnswerer, click, modal_lines, quote_of, wait_for_modal

ASKED = "when does the Tarn bridge open"
REPORT = replace(
    article("The old bridge was closed in spring.", "The new one opens in May. Trains will cross it.", id="report.pdf"),
    title="Report on the bridge",
    pages=(PageStart(0, 1), PageStart(38, 2)),
)
NEWS = article("The Tarn bridge opens in May, it was said.", id="news.txt")
FROM_PDF, FROM_TEXT = quote_of(REPORT, "The new one opens in May."), quote_of(NEWS, "The Tarn bridge opens in May")
HOURS = 3_600.0
# More than the attempts of one call.
TIMES = 9


def report_answerer() -> ArchiveAnswerer:
    return ArchiveAnswerer({ASKED: answer(FROM_TEXT, FROM_PDF)}, archive=archive_of([REPORT, NEWS]))


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the full variant, whose bot, not yet started, quotes a text and page 2 of a PDF."""
    with full_harness(tmp_path) as harness:
        harness.answerer = report_answerer()
        yield harness


@pytest.fixture
def online(offline: Harness) -> Iterator[Harness]:
    """The same harness with the bot started."""
    with offline.bot():
        yield offline


def action_ids(message: Message) -> list[list[str]]:
    """For each block of a message, the action ids in it."""
    return [[one["action_id"] for one in block.get("elements", ()) if "action_id" in one] for block in message.blocks]


def pictures(harness: Harness, channel: str) -> list[UploadedFile]:
    """The files in a conversation."""
    files = [file for message in harness.slack.workspace.messages(channel) for file in message.files]
    return [file for file in files if isinstance(file, UploadedFile)]


def private_texts(harness: Harness, user: str = YOU) -> list[str]:
    """What only this person sees: ephemeral messages, and open modals."""
    modals = [line for view in harness.slack.views.open_modals(user) for line in modal_lines(view)]
    return [*(message.text for message in harness.slack.workspace.ephemerals(user)), *modals]


def show_page(harness: Harness, reply: Message, *, user: str = YOU) -> None:
    """Click the button, and wait until something is said about it privately or, in a direct message, shown."""
    before = len(private_texts(harness, user))
    click(harness, reply, SHOW_PAGE, user=user)
    harness.slack.wait_until(
        lambda: len(private_texts(harness, user)) > before or (reply.channel == DM_YOU and pictures(harness, DM_YOU))
    )
    harness.slack.wait_until_idle()


def test_a_quote_from_a_pdf_has_a_button(online: Harness) -> None:
    """The button is right below that quote's source, and no other quote has one."""
    reply = online.reply_to(online.ask(ASKED))
    assert [block["type"] for block in reply.blocks[:5]] == ["rich_text", "context", "rich_text", "context", "actions"]
    assert action_ids(reply)[:5] == [[], [], [], [], [SHOW_PAGE]]
    assert "p. 2" in shown(reply)


def test_a_message_with_many_pages_fits() -> None:
    """Slack accepts a message with as many quotes from a PDF as fit, and the last line counts the others."""
    ref = MessageRef("T1", "C1", "1.0")
    message = build_reply(answer(*[FROM_PDF] * 20), reserved=BUTTONS_SIZE, ref=ref)
    whole = add_buttons(message, AnswerRef(ref=ref, version=""), [FROM_PDF] * 20)
    validate_blocks(list(whole.blocks))
    assert "7 more quotes were left out to keep this message short." in list(texts_in(message.blocks[-1]))


def test_the_base_variant_has_no_button(offline_harness: Harness) -> None:
    """Without files:write, a quote from a PDF has its page in the source line, and no button."""
    offline_harness.answerer = report_answerer()
    with offline_harness.bot():
        reply = offline_harness.reply_to(offline_harness.ask(ASKED))
    assert SHOW_PAGE not in [name for names in action_ids(reply) for name in names]
    assert "p. 2" in shown(reply)


def test_the_page_comes_as_a_direct_message(online: Harness) -> None:
    """Whoever clicks gets the source and the picture; the channel gets nothing, and they are told where it is."""
    reply = online.reply_to(online.ask(ASKED))
    before = online.slack.workspace.messages(GENERAL)
    show_page(online, reply, user=COLLEAGUE)
    note, message = online.slack.workspace.messages(DM_COLLEAGUE)
    assert (note.text, shown(note).splitlines()[-1]) == (
        "Page 2 of Report on the bridge",
        "The box on the page marks the quote. The picture is deleted after 24 hours.",
    )
    assert "p. 2" in shown(note)
    (file,) = message.files
    assert isinstance(file, UploadedFile)
    assert (file.title, file.mimetype) == ("Page 2 of Report on the bridge", "image/png")
    assert file.alt_text == "Page 2 of Report on the bridge. The box marks: “The new one opens in May.”"
    assert online.slack.uploads.content(file.id) == FixedCorpus(online.answerer).picture
    assert online.slack.workspace.messages(GENERAL) == before
    assert online.slack.workspace.messages(DM_YOU) == ()
    assert private_texts(online, COLLEAGUE) == ["The page is in your direct messages with Pullquote."]


def test_in_a_direct_message_the_page_follows_the_answer(online: Harness) -> None:
    """Nothing else is said there."""
    online.slack.say(DM_YOU, ASKED)
    (reply,) = online.slack.wait_for_replies(DM_YOU)
    online.slack.wait_until_idle()
    show_page(online, reply)
    assert len(pictures(online, DM_YOU)) == 1
    assert private_texts(online) == []


def test_a_private_answer_has_the_button_too(online: Harness) -> None:
    """Below the answer to a command it works as below a public one."""
    reply = run_command(online, GENERAL, ASKED)
    show_page(online, reply)
    assert len(pictures(online, DM_YOU)) == 1
    assert private_texts(online)[1:] == [strings.PAGE_SENT]


def test_who_may_not_ask_any_more_gets_no_page(offline: Harness) -> None:
    """If the channel was closed to questions since the answer, a click says so and uploads nothing."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        show_page(offline, reply)
        (sentence,) = modal_lines(wait_for_modal(offline))
    assert sentence.startswith("Questions are not answered in this channel")
    assert [call.method for call in offline.slack.calls if call.method.startswith("files.")] == []


def test_a_changed_article_has_no_page_to_show(offline: Harness) -> None:
    """If the quote is no longer in the archive as it was, a modal says so and nothing is uploaded."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    changed = replace(REPORT, text=REPORT.text.replace("May", "June"))
    offline.answerer = ArchiveAnswerer(archive=archive_of([changed, NEWS]))
    with offline.bot():
        show_page(offline, reply)
        assert modal_lines(wait_for_modal(offline)) == [
            "The source has changed since this answer was given; ask again."
        ]
    assert pictures(offline, DM_YOU) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive of one file, the PDF of the sample archive."""
    folder = tmp_path / "archive"
    folder.mkdir()
    shutil.copy(CORPUS / PDF_NAME, folder / PDF_NAME)
    return folder


def test_the_picture_shows_the_quote_on_its_page(offline: Harness, folder: Path) -> None:
    """A question is answered from a file, and the words in the box are the quote's, by the boxes of its characters."""
    with offline.bot(is_loaded=False) as bot:
        offline.start_answering(bot, open_corpus([folder]))
        reply = offline.reply_to(offline.ask("what did Tokyo promise the Philippine navy"))
        show_page(offline, reply)
    assert "p. 2" in shown(reply)
    (file,) = pictures(offline, DM_YOU)
    words = "In November 2023, Tokyo had promised the Philippine navy coastal radars for 600 million yen."
    assert file.alt_text.endswith(f"The box marks: “{words}”")
    check_marked_words(offline.slack.uploads.content(file.id) or b"", (folder / PDF_NAME).read_bytes(), 2, words)


def test_a_quote_over_a_page_break(offline: Harness, folder: Path) -> None:
    """The page where it begins is shown, with a sentence about the other one."""
    with offline.bot(is_loaded=False) as bot:
        offline.start_answering(bot, open_corpus([folder]))
        reply = offline.reply_to(offline.ask("when did the RAA with Britain come into force"))
        show_page(offline, reply)
    assert "pp. 1–2" in shown(reply)
    note, _ = offline.slack.workspace.messages(DM_YOU)
    assert "marks the quote, which goes on to page 2." in shown(note)
    (file,) = pictures(offline, DM_YOU)
    assert "The box marks the beginning of: “Kishida and Rishi Sunak signed" in file.alt_text
    words = "Kishida and Rishi Sunak signed the second RAA at the Tower of London on 11 January 2023. It"
    check_marked_words(offline.slack.uploads.content(file.id) or b"", (folder / PDF_NAME).read_bytes(), 1, words)


def test_a_file_that_has_changed_is_not_shown(offline: Harness, folder: Path) -> None:
    """If the file is another one than was read, one sentence says so; once it was read again, the page is shown."""
    corpus = open_corpus([folder])
    with offline.bot(is_loaded=False) as bot:
        offline.start_answering(bot, corpus)
        reply = offline.reply_to(offline.ask("what did Tokyo promise the Philippine navy"))
        with (folder / PDF_NAME).open("ab") as file:
            file.write(b"%")
        show_page(offline, reply)
        assert private_texts(offline) == ["The file has changed since this answer was given; ask again."]
        assert pictures(offline, DM_YOU) == []
        assert corpus.refresh() is False
        show_page(offline, reply)
        assert len(pictures(offline, DM_YOU)) == 1


REFUSED: dict[str, tuple[str, Json]] = {
    "no URL": ("files.getUploadURLExternal", {"status": 200, "error": "missing_scope"}),
    "no URL in time": ("files.getUploadURLExternal", {"status": 500}),
    "an upload that is refused": (UPLOAD_URL, {"status": 403}),
    "an upload that breaks": (UPLOAD_URL, {"drop": True}),
    "no direct message": ("chat.postMessage", {"status": 200, "error": "channel_not_found"}),
    "a file that cannot be shared": ("files.completeUploadExternal", {"status": 200, "error": "file_not_found"}),
}


@pytest.mark.parametrize(("method", "failure"), REFUSED.values(), ids=REFUSED)
def test_a_failure_is_one_private_sentence(online: Harness, method: str, failure: Json) -> None:
    """Whatever Slack refuses, the person is told once, and nothing of it stays in the direct message."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next(method, times=TIMES, **failure)
    show_page(online, reply)
    assert private_texts(online) == [strings.PAGE_NOT_SENT]
    assert online.slack.workspace.messages(DM_YOU) == ()


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", UPLOAD_URL, "files.completeUploadExternal"])
@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 429, "retry_after": 0}, {"drop": True}], ids=str)
def test_a_failure_that_passes_is_not_seen(online: Harness, method: str, failure: Json) -> None:
    """One failed call costs a moment; the picture comes once."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next(method, **failure)
    show_page(online, reply)
    assert len(pictures(online, DM_YOU)) == 1
    assert private_texts(online) == [strings.PAGE_SENT]


def test_a_picture_that_slack_does_not_confirm(online: Harness) -> None:
    """If the connection breaks after Slack shared the picture, it stays, and the person is told to look."""
    reply = online.reply_to(online.ask(ASKED))
    online.slack.fail_next("files.completeUploadExternal", drop=True, is_applied=True)
    show_page(online, reply)
    assert len(pictures(online, DM_YOU)) == 1
    assert private_texts(online) == [strings.PAGE_NOT_CONFIRMED]


def bot_after(harness: Harness, hours: float) -> Store:
    """The store of a bot that is started this much later."""
    return Store(harness.state, clock=lambda: time.time() + hours * HOURS)


def test_a_picture_is_deleted_after_a_day(offline: Harness) -> None:
    """A bot that is started later deletes it after 24 hours, not before; the message says that it is gone."""
    with offline.bot():
        show_page(offline, offline.reply_to(offline.ask(ASKED)))
    with offline.bot(store=bot_after(offline, 23.9)):
        offline.slack.wait_until_idle()
    assert [file.is_deleted for file in pictures(offline, DM_YOU)] == [False]
    with offline.bot(store=bot_after(offline, 24.1)):
        offline.slack.wait_until(lambda: pictures(offline, DM_YOU)[0].is_deleted)
        offline.slack.wait_until_idle()
    with offline.bot(store=bot_after(offline, 24.2)):
        offline.slack.wait_until_idle()
    assert [call.method for call in offline.slack.calls].count("files.delete") == 1


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        ({"status": 200, "error": "missing_scope"}, 2),
        ({"status": 200, "error": "file_not_found"}, 1),
        ({"status": 200, "error": "file_deleted"}, 1),
    ],
    ids=str,
)
def test_a_deletion_that_fails_is_repeated(offline: Harness, failure: Json, attempts: int) -> None:
    """It is tried again at the next start, or later, until Slack says that the picture is gone."""
    with offline.bot():
        show_page(offline, offline.reply_to(offline.ask(ASKED)))
    offline.slack.fail_next("files.delete", **failure)
    for _ in range(2):
        with offline.bot(store=bot_after(offline, 24.1)):
            offline.slack.wait_until_idle()
    assert [call.method for call in offline.slack.calls].count("files.delete") == attempts


def test_without_the_store_no_picture_is_sent(offline: Harness) -> None:
    """A picture that could not be deleted later is not uploaded; a modal says that the store is missing."""
    store = Store(offline.state)
    with offline.bot(store=store):
        reply = offline.reply_to(offline.ask(ASKED))
        store.close()
        show_page(offline, reply)
        assert modal_lines(wait_for_modal(offline)) == [strings.STORE_UNAVAILABLE]
    assert pictures(offline, DM_YOU) == []
