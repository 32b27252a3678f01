"""A workspace, its page and a real browser; keeps secret how the browser is found and what it must not ask for."""

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
from tests.conftest import ROOT, missing

from .gallery import Gallery, gallery_slack

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
# Milliseconds for what the page is to show in the end: a slow machine fails no test, as none of them measures time.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        missing("a Chromium browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's tab on the page, and the stand-in behind it; ``told`` is what the gallery was told."""

    tab: Tab
    slack: FakeSlack
    told: list[Json]

    @property
    def composer(self) -> Locator:
        return self.tab.get_by_role("textbox").first

    @property
    def thread(self) -> Locator:
        return self.tab.locator("#thread")

    @property
    def dialog(self) -> Locator:
        return self.tab.get_by_role("dialog")

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def message(self, text: str) -> Locator:
        """The newest message with this text, wherever it stands."""
        return self.tab.get_by_role("article").filter(has_text=text).last

    def choose(self, text: str, name: str) -> None:
        """Choose from the "more" menu of a message."""
        message = self.message(text)
        message.hover()
        message.get_by_role("button", name="More actions").click()
        self.tab.get_by_role("menuitem", name=name).click()


@dataclass
class Building:
    """Opens tabs on a page, and holds them to what every tab must keep to."""

    browser: Browser
    address: str
    slack: FakeSlack
    told: list[Json] = field(default_factory=list)

    @contextmanager
    def visit(self, query: str = "", **options: Any) -> Iterator[Visit]:
        """A tab; afterwards it must have asked no other host, and have met no error."""
        context = self.browser.new_context(**{"viewport": DESKTOP, **options})
        context.set_default_timeout(PATIENCE)
        asked, errors = _watched(context)
        tab = context.new_page()
        tab.goto(self.address + query)
        tab.get_by_role("textbox").first.wait_for()
        yield Visit(tab, self.slack, self.told)
        context.close()
        assert {urlsplit(url).netloc for url in asked} == {urlsplit(self.address).netloc}
        assert errors == []


def _watched(context: BrowserContext) -> tuple[list[str], list[str]]:
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    return asked, errors


@pytest.fixture
def building(browser: Browser) -> Iterator[Building]:
    """A workspace with the gallery in it, and its page."""
    with (
        gallery_slack() as slack,
        Gallery(slack).connected(slack) as gallery,
        PlaygroundPage(slack, examples=EXAMPLES) as page,
    ):
        yield Building(browser, page.address, slack, gallery.told)


@pytest.fixture
def visit(building: Building) -> Iterator[Visit]:
    """A tab of yours at desktop width."""
    with building.visit() as visit:
        yield visit


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source, which is never shipped."""
    folder = Path(__file__).parent / "axe"
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        missing(f"axe-core (npm install --prefix {folder.relative_to(ROOT)})")
    return source.read_text(encoding="utf-8")
