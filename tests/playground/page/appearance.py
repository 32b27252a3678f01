"""Screenshots and accessibility checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .conftest import PHONE, Visit

WIDTHS: dict[str, Any] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
}
SERIOUS = {"serious", "critical"}


def options(width: str) -> dict[str, Any]:
    """Return the browser options for this width, in the light theme."""
    return {**WIDTHS[width], "color_scheme": "light", "reduced_motion": "reduce"}


def check_appearance(visit: Visit, screenshot: Path, axe: str) -> None:
    """Save a screenshot; nothing may overflow or be unsupported, and axe-core may find no serious violation."""
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    visit.tab.mouse.move(0, 0)
    visit.tab.screenshot(path=screenshot)
    assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.tab.locator(".unsupported").count() == 0
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
