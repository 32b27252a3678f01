"""The command ``pullquote playground`` with the real bot."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.models import Answer, Question, Quote
from bot.wiring import open_corpus

from .conftest import DESKTOP, PHONE
from .process import Playground, playground

pytestmark = pytest.mark.xdist_group("browser-app")
QUESTION = "@Pullquote what was agreed on GCAP"


@pytest.fixture(scope="module")
def quote(root: Path) -> Quote:
    """The first quote of the answer."""
    reply = open_corpus([root / "corpus"]).with_current(lambda one: one).answer(Question("what was agreed on GCAP"))
    assert isinstance(reply, Answer)
    return reply.quotes[0]


@pytest.fixture(scope="module")
def running() -> Iterator[Playground]:
    """The command with the sample archive."""
    with playground() as running:
        yield running


@pytest.fixture
def tab(browser: Browser, running: Playground) -> Iterator[Page]:
    """A tab of its page."""
    context = browser.new_context(viewport=DESKTOP)
    tab = context.new_page()
    tab.goto(running.address)
    yield tab
    context.close()


def test_it_prints_an_answer_and_the_pages_address(running: Playground) -> None:
    """It prints the answer to the first example before the address."""
    question, *answer = running.printed.strip().splitlines()
    assert question
    assert re.search(r"· ¶ \d+ of \d+", " ".join(answer))
    assert running.address


def test_a_question_is_answered_with_quotes(tab: Page, quote: Quote) -> None:
    """A mention in the first text box is answered with quotes and their sources."""
    tab.get_by_role("textbox").first.fill(QUESTION)
    tab.keyboard.press("Enter")
    answer = tab.locator("#thread article").last
    expect(answer.locator("blockquote").first).to_have_text(quote.text)
    expect(answer.locator("blockquote").first).to_be_in_viewport()
    expect(answer.locator("blockquote strong").first).to_be_visible()
    expect(answer).to_contain_text(quote.article.title)
    expect(answer).to_contain_text(f"¶ {quote.paragraph.number} of {quote.paragraph.total}")
    expect(answer.locator(".unknown")).to_have_count(0)


def test_the_three_examples_are_answered(tab: Page) -> None:
    """Each example in the introduction is answered with quotes."""
    examples = tab.locator(".example")
    expect(examples).to_have_count(3)
    for number in range(3):
        examples.nth(number).click()
        expect(tab.locator("#thread article").first).to_contain_text(examples.nth(number).inner_text())
        expect(tab.locator("#thread blockquote").first).to_be_visible()


def test_an_answer_follows_its_question(tab: Page, quote: Quote) -> None:
    """In a direct message, editing a question updates its answer, and deleting it deletes the answer."""
    tab.get_by_role("button", name="Pullquote", exact=True).click()
    tab.get_by_role("textbox").first.fill("what was agreed on GCAP")
    tab.keyboard.press("Enter")
    answer = tab.locator("#conversation article").last
    expect(answer.locator("blockquote").first).to_have_text(quote.text)
    tab.keyboard.press("ArrowUp")
    tab.get_by_role("textbox", name="Edit message").fill("why submarines in Antarctica")
    tab.keyboard.press("Enter")
    expect(answer).to_contain_text("Not in the archive")
    mine = tab.locator("#conversation article").filter(has_text="why submarines")
    mine.hover()
    mine.get_by_role("button", name="More actions").click()
    tab.get_by_role("menuitem", name="Delete message").click()
    tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(tab.locator("#conversation article")).to_have_count(0)


def test_on_a_phone_the_answer_is_visible(browser: Browser, running: Playground) -> None:
    """On a phone the answer is visible without another tap."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    tab = context.new_page()
    tab.goto(running.address)
    tab.get_by_role("textbox").first.fill(QUESTION)
    tab.keyboard.press("Enter")
    expect(tab.locator("#thread blockquote").first).to_be_in_viewport()
    context.close()


def test_a_new_folder_is_searched(browser: Browser, tmp_path: Path) -> None:
    """A folder that is moved into the archive while the page is open is searched for the next question."""
    corpus, filled = tmp_path / "corpus", tmp_path / "filled"
    for folder in (corpus, filled):
        folder.mkdir()
    sentence = "The mill of Ostra was flooded in the spring."
    (corpus / "ferry.txt").write_text("The ferry to Tarn sailed at seven in the morning.")
    os.utime(corpus / "ferry.txt", (1, 1))
    (filled / "mill.txt").write_text(sentence)
    context, state = browser.new_context(viewport=DESKTOP), tmp_path / "state"
    with playground(corpus=corpus, state=state) as running:
        tab = context.new_page()
        tab.goto(running.address)
        tab.get_by_role("textbox").first.fill("@Pullquote what happened to the mill of Ostra")
        tab.keyboard.press("Enter")
        expect(tab.locator("#thread article").last).to_contain_text("Not in the archive")
        filled.rename(corpus / "filled")
        while not list(state.glob("*.2.snapshot")):  # a saved index is in use
            tab.wait_for_timeout(20)
        tab.get_by_role("textbox").first.fill("@Pullquote the mill of Ostra")
        tab.keyboard.press("Enter")
        expect(tab.locator("#thread blockquote").first).to_have_text(sentence)
        assert running.stop() == 0
    context.close()


def test_the_page_opens_in_a_browser(tmp_path: Path) -> None:
    """A graphical browser is opened at the page's address, a text browser is not."""
    windowed, in_terminal = tmp_path / "windowed", tmp_path / "lynx"
    for program in (windowed, in_terminal):
        program.write_text('#!/bin/sh\necho "showing $1"\n')
        program.chmod(0o755)
    with playground(browser=str(windowed)) as running:
        assert running.next_line() == f"showing {running.address}\n"
        running.stop()
    with playground(browser=str(in_terminal)) as running:
        assert running.stop() == 0
        assert running.next_line() == ""


def test_ctrl_c_stops_it(browser: Browser) -> None:
    """It ends with status 0 while a page is open, which then says that the playground does not respond."""
    context = browser.new_context()
    with playground() as running:
        tab = context.new_page()
        tab.goto(running.address)
        expect(tab.get_by_text("Pullquote is connected")).to_be_visible()
        assert running.stop() == 0
    expect(tab.get_by_role("banner")).to_contain_text("does not respond")
    context.close()
