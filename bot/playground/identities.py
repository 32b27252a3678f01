"""The ids that Slack gives to blocks and elements that came without; keeps secret where in a block elements stand."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from bot.playground.nouns import Json

# The types of element that a person acts on, each of which is found again by its action_id
INTERACTIVE = frozenset(
    {
        "button",
        "checkboxes",
        "datepicker",
        "feedback_buttons",
        "icon_button",
        "overflow",
        "plain_text_input",
        "radio_buttons",
        "static_select",
    }
)


def with_ids(blocks: Iterable[Json], prefix: str) -> tuple[Json, ...]:
    """``blocks``, each with a ``block_id`` and each of its interactive elements with an ``action_id``."""
    return tuple({"block_id": f"{prefix}-{number}", **_named(block)} for number, block in enumerate(blocks))


def interactive_elements(block: Json) -> Iterator[Json]:
    """The elements of ``block`` that a person acts on."""
    yield from (one for one in (*block.get("elements", ()), block.get("accessory"), block.get("element")) if _acts(one))


def _acts(element: object) -> bool:
    return isinstance(element, dict) and element.get("type") in INTERACTIVE


def _named(block: Json) -> Json:
    named = dict(block)
    for place in ("accessory", "element"):
        if _acts(named.get(place)):
            named[place] = _with_action_id(named[place])
    if any(_acts(one) for one in named.get("elements", ())):
        named["elements"] = [_with_action_id(one) if _acts(one) else one for one in named["elements"]]
    return named


def _with_action_id(element: Json) -> Json:
    return element if element.get("action_id") else {**element, "action_id": secrets.token_urlsafe(4)}
