"""The scenarios at desktop and phone width, with a screenshot and an accessibility check of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .appearance import WIDTHS, check_appearance, options
from .archive import answerer
from .scenarios import SCENARIOS
from .slack_page import SlackPage, served_bot

pytestmark = pytest.mark.long

# A group for each width: a browser for each, side by side.
_WIDTHS = [pytest.param(width, marks=pytest.mark.xdist_group(f"browser-{width}")) for width in WIDTHS]


@pytest.mark.parametrize("width", _WIDTHS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario(browser: Browser, tmp_path: Path, root: Path, axe: str, scenario: str, width: str) -> None:
    """The scenario succeeds, and the page is then tidy and accessible."""
    with served_bot(browser, tmp_path, answerer()) as served, served.visit(**options(width)) as visit:
        SCENARIOS[scenario](SlackPage(visit))
        check_appearance(visit, root / "build" / "screenshots" / f"bot-{scenario}-{width}.png", axe)
