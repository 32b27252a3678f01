"""Take README's screenshots of the playground: ``python -m tests.playground.page.screenshots``."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from playwright.sync_api import expect, sync_playwright

from .process import ROOT, playground

FOLDER = ROOT / ".github"
QUESTION = "@Pullquote what was agreed on GCAP"
SCREENSHOTS: dict[str, dict[str, Any]] = {
    "playground.png": {"viewport": {"width": 1280, "height": 1040}},
    "playground-phone.png": {"viewport": {"width": 390, "height": 1060}, "is_mobile": True, "has_touch": True},
}


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, options in SCREENSHOTS.items():
        # A new playground for each: it shows one question only
        with playground() as running, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            tab = browser.new_context(color_scheme="light", reduced_motion="reduce", **options).new_page()
            tab.goto(running.address)
            tab.get_by_role("textbox").first.fill(QUESTION)
            tab.get_by_role("button", name="Send").click()
            expect(tab.locator("#thread blockquote").first).to_be_in_viewport()
            expect(tab.get_by_role("button", name="Show context")).to_be_in_viewport()
            tab.mouse.move(0, 0)
            tab.screenshot(path=FOLDER / name)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
