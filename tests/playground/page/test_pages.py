"""A question answered from the PDF of the sample archive, and the picture of its page, on desktop and phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from bot.wiring import open_corpus
from tests.pictures import check_marked_words
from tests.sample_documents import CORPUS, PDF_NAME

from .appearance import WIDTHS, check_appearance, options
from .conftest import Visit
from .slack_page import SlackPage, served_bot

pytestmark = pytest.mark.xdist_group("browser-app")

ASKED = "what did Tokyo promise the Philippine navy"
TITLE = "Visiting forces: Japan’s reciprocal access agreements"
WORDS = "In November 2023, Tokyo had promised the Philippine navy coastal radars for 600 million yen."


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SlackPage]:
    """The page of a workspace whose bot answers from the files of the sample archive."""
    corpus = open_corpus([CORPUS])
    answers = corpus.with_current(lambda answerer: answerer)
    with (
        served_bot(browser, tmp_path, answers, corpus) as served,
        served.visit(**options(request.param)) as visit,
    ):
        yield SlackPage(visit)


def picture_in(visit: Visit, where: Locator) -> bytes:
    """The picture as the browser shows it there."""
    shown = where.get_by_role("img")
    expect(shown).to_have_js_property("complete", True)
    address = str(shown.evaluate("image => image.currentSrc"))
    assert shown.evaluate("image => image.naturalWidth") == 1_200
    return visit.tab.request.get(address).body()


def open_picture(page: SlackPage) -> Locator:
    """Ask, and click "Show page"; returns the message with the picture."""
    answer = page.ask(ASKED)
    expect(answer.locator("blockquote").first).to_have_text(WORDS)
    expect(answer).to_contain_text("p. 2")
    answer.get_by_role("button", name="Show page").click()
    expect(page.visit.message("The page is in your direct messages with Pullquote.")).to_be_visible()
    page.close_thread()
    page.go("Pullquote")
    message = page.conversation.get_by_role("article").last
    expect(message.get_by_role("img")).to_be_visible()
    return message


def test_show_page_shows_the_page_with_the_quote_boxed(page: SlackPage) -> None:
    """The button below the quote sends the page to the direct message, where a click enlarges it.

    What is marked are the quote's own characters, by their boxes in the PDF.
    """
    visit, message = page.visit, open_picture(page)
    expect(message.get_by_role("img")).to_have_attribute("alt", f"Page 2 of {TITLE}. The box marks: “{WORDS}”")
    check_marked_words(picture_in(visit, message), (CORPUS / PDF_NAME).read_bytes(), 2, WORDS)
    message.get_by_role("button", name=f"Page 2 of {TITLE}").click()
    expect(visit.dialog.get_by_role("img")).to_be_visible()
    assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.dialog.get_by_role("button", name="Close").click()
    expect(visit.dialog).to_have_count(0)


@pytest.mark.long
def test_the_picture_is_tidy_and_accessible(page: SlackPage, root: Path, axe: str) -> None:
    """In the conversation and enlarged, nothing overflows, and axe-core finds no serious violation."""
    visit, message = page.visit, open_picture(page)
    size = "x".join(map(str, (visit.tab.viewport_size or {}).values()))
    check_appearance(visit, root / "build" / "screenshots" / f"bot-page-{size}.png", axe)
    message.get_by_role("button", name=f"Page 2 of {TITLE}").click()
    expect(visit.dialog.get_by_role("img")).to_be_visible()
    check_appearance(visit, root / "build" / "screenshots" / f"bot-page-enlarged-{size}.png", axe)
