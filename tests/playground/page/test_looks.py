"""How the page looks, and whether everyone can use it: screenshots into a build folder, and axe-core on each scene."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from .conftest import Building, Visit
from .looks import WIDTHS, assert_tidy, options
from .scenes import SCENES

pytestmark = pytest.mark.xdist_group("browser-looks")


THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_tidy_and_accessible(building: Building, root: Path, axe: str, scene: str, width: str) -> None:
    """In either theme nothing sticks out of the window, and axe-core finds no violation that is serious or worse."""
    with building.visit(**options(width)) as visit:
        SCENES[scene](visit)
        for theme in THEMES:
            visit.tab.emulate_media(color_scheme=theme)
            assert_tidy(visit, root / "build" / "screenshots" / f"{scene}-{width}-{theme}.png", axe)


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_switched(building: Building, theme: str) -> None:
    """The page follows the system, the switch turns it round, and a reload remembers."""

    def read(visit: Visit) -> str:
        return str(visit.tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    with building.visit(color_scheme=theme) as visit:
        before = read(visit)
        visit.tab.get_by_role("button", name="Light or dark").click()
        after = read(visit)
        assert before != after
        visit.tab.reload()
        visit.composer.wait_for()
        assert read(visit) == after
