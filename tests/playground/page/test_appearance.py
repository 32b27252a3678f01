"""The appearance and accessibility of the page in its main states."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from .appearance import WIDTHS, check_appearance, options
from .conftest import ServedPage, Visit
from .page_states import STATES

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser-appearance")]


THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_each_state_is_tidy_and_accessible(served: ServedPage, root: Path, axe: str, state: str, width: str) -> None:
    """In both themes nothing overflows the window, and axe-core finds no serious violation."""
    with served.visit(**options(width)) as visit:
        STATES[state](visit)
        for theme in THEMES:
            visit.tab.emulate_media(color_scheme=theme)
            check_appearance(visit, root / "build" / "screenshots" / f"{state}-{width}-{theme}.png", axe)


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_switched(served: ServedPage, theme: str) -> None:
    """The page has the system's theme, the button switches it, and a reload preserves it."""

    def read(visit: Visit) -> str:
        return str(visit.tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    with served.visit(color_scheme=theme) as visit:
        before = read(visit)
        visit.tab.get_by_role("button", name="Light or dark").click()
        after = read(visit)
        assert before != after
        visit.tab.reload()
        visit.message_box.wait_for()
        assert read(visit) == after
