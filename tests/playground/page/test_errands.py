"""What people do with the bot, on the page: each deed at each width, kept as a picture and looked over by axe-core."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .archive import librarian
from .asking import Desk, asking
from .errands import ERRANDS
from .looks import WIDTHS, assert_tidy, options

pytestmark = pytest.mark.xdist_group("browser-errands")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("errand", ERRANDS)
def test_what_people_do_with_the_bot(
    browser: Browser, tmp_path: Path, root: Path, axe: str, errand: str, width: str
) -> None:
    """Each thing that a person does with the bot comes to its end on the page, and that is tidy and accessible."""
    with asking(browser, tmp_path, librarian()) as building, building.visit(**options(width)) as visit:
        ERRANDS[errand](Desk(visit))
        assert_tidy(visit, root / "build" / "screenshots" / f"bot-{errand}-{width}.png", axe)
