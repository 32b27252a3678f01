"""Fixtures: a workspace with the sample app, its page, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect, sync_playwright
from playwright.sync_api import Page as Tab

from bot.models import Json
from bot.playground.page.server import PlaygroundPage
from bot.playground.server import FakeSlack
from tests.conftest import ROOT, skip_missing

from .sample_app import SampleApp, sample_slack

EXAMPLES = ("what was agreed on GCAP", "who signed the treaty", "how many ships were counted")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Milliseconds to wait for the page; long enough for slow machines, as no test measures time
TIMEOUT = 30_000
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        skip_missing("a Chromium browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A person's tab; ``payloads`` are the interactions that the sample app received."""

    tab: Tab
    slack: FakeSlack
    payloads: list[Json]

    @property
    def message_box(self) -> Locator:
        return self.tab.get_by_role("textbox").first

    @property
    def thread(self) -> Locator:
        return self.tab.locator("#thread")

    @property
    def dialog(self) -> Locator:
        return self.tab.get_by_role("dialog")

    def say(self, text: str) -> None:
        self.message_box.fill(text)
        self.message_box.press("Enter")

    def message(self, text: str) -> Locator:
        """Return the newest message with this text, in any pane."""
        return self.tab.get_by_role("article").filter(has_text=text).last

    def choose_action(self, text: str, name: str) -> None:
        """Choose ``name`` from the menu "More actions" of the message with this text."""
        message = self.message(text)
        message.hover()
        message.get_by_role("button", name="More actions").click()
        self.tab.get_by_role("menuitem", name=name).click()


@dataclass
class ServedPage:
    """A page that is served; opens tabs of it."""

    browser: Browser
    address: str
    slack: FakeSlack
    payloads: list[Json] = field(default_factory=list)

    @contextmanager
    def visit(self, query: str = "", **options: Any) -> Iterator[Visit]:
        """Open a tab; afterwards it must have sent requests to no other host, and logged no errors."""
        context = self.browser.new_context(**{"viewport": DESKTOP, **options})
        context.set_default_timeout(TIMEOUT)
        requests, errors = _watch(context)
        tab = context.new_page()
        tab.goto(self.address + query)
        tab.get_by_role("textbox").first.wait_for()
        yield Visit(tab, self.slack, self.payloads)
        context.close()
        assert {urlsplit(url).netloc for url in requests} == {urlsplit(self.address).netloc}
        assert errors == []


def _watch(context: BrowserContext) -> tuple[list[str], list[str]]:
    requests: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    return requests, errors


@pytest.fixture
def served(browser: Browser) -> Iterator[ServedPage]:
    """The page of a workspace with the sample app."""
    with (
        sample_slack() as slack,
        SampleApp(slack).connected(slack) as app,
        PlaygroundPage(slack, examples=EXAMPLES) as page,
    ):
        yield ServedPage(browser, page.address, slack, app.payloads)


@pytest.fixture
def visit(served: ServedPage) -> Iterator[Visit]:
    """A tab of the person You at desktop width."""
    with served.visit() as visit:
        yield visit


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    folder = Path(__file__).parent / "axe"
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        skip_missing(f"axe-core (npm install --prefix {folder.relative_to(ROOT)})")
    return source.read_text(encoding="utf-8")
