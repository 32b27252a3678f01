"""How the page looks, and whether everyone can use it: screenshots into a build folder, and axe-core on each scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, missing

from .conftest import DESKTOP, PHONE, Building, Visit
from .scenes import SCENES

pytestmark = pytest.mark.xdist_group("browser-looks")

WIDTHS: dict[str, Any] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
}
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source, which is never shipped."""
    folder = Path(__file__).parent / "axe"
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        missing(f"axe-core (npm install --prefix {folder.relative_to(ROOT)})")
    return source.read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_tidy_and_accessible(
    building: Building, root: Path, axe: str, scene: str, width: str, theme: str
) -> None:
    """Nothing sticks out of the window, and axe-core finds no violation that is serious or worse."""
    options: dict[str, Any] = {**WIDTHS[width], "color_scheme": theme, "reduced_motion": "reduce"}
    with building.visit(**options) as visit:
        SCENES[scene](visit)
        folder = root / "build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        visit.tab.screenshot(path=folder / f"{scene}-{width}-{theme}.png")
        assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert _violations(visit, axe) == []


def _violations(visit: Visit, axe: str) -> list[str]:
    visit.tab.evaluate(axe)
    found = visit.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
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
