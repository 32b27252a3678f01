"""The ids that Slack gives to blocks and elements that came without; keeps secret where in a block elements stand.

What a person chose and typed, as Slack's payloads tell it; keeps secret how each type of element is written down.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping

from bot.models import Json

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


# What was typed, or the value of what was chosen; several where several may be; None for nothing
ElementState = str | list[str] | None
# By block_id and action_id
ElementStates = Mapping[str, Mapping[str, ElementState]]

_STATEFUL = frozenset({"checkboxes", "datepicker", "plain_text_input", "radio_buttons", "static_select"})
_REQUIRED = "Please complete this required field."


class ElementNotFoundError(LookupError):
    """A person cannot act on what is not shown, nor choose what is not offered."""


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[str, Json]:
    """The element of that name, or the first of several, with its block's id; NotThereError if there is none."""
    for block in blocks:
        for element in interactive_elements(block):
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return str(block["block_id"]), element
    raise ElementNotFoundError(f"no element {action_id} is shown")


def action(block_id: str, element: Json, entry: ElementState, action_ts: str) -> Json:
    """The item of ``actions`` in a payload, for what was done to ``element``."""
    done: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
    return done | _told(element, entry) | {"action_ts": action_ts}


def state_of(blocks: Iterable[Json], entries: ElementStates) -> Json:
    """``state.values``: of each element that holds something, what was entered or else what it began with."""
    values: dict[str, Json] = {}
    for block in blocks:
        for element in interactive_elements(block):
            if element["type"] in _STATEFUL:
                given = entries.get(block["block_id"], {})
                name = element["action_id"]
                entry = given[name] if name in given else _initial(element)
                values.setdefault(block["block_id"], {})[name] = {"type": element["type"], **_told(element, entry)}
    return values


def complaints(blocks: Iterable[Json], values: Json) -> dict[str, str]:
    """What Slack itself says under an input before it lets a modal be submitted, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            entered = values[block["block_id"]][element["action_id"]]
            what = next(entered[name] for name in entered if name != "type")
            if not what and not block.get("optional"):
                found[block["block_id"]] = _REQUIRED
            elif isinstance(what, str) and len(what) < element.get("min_length", 0):
                found[block["block_id"]] = f"Please enter at least {element['min_length']} characters."
            elif isinstance(what, str) and len(what) > element.get("max_length", len(what)):
                found[block["block_id"]] = f"Please enter at most {element['max_length']} characters."
    return found


def _initial(element: Json) -> ElementState:
    match element["type"]:
        case "plain_text_input":
            return element.get("initial_value")
        case "datepicker":
            return element.get("initial_date")
        case "checkboxes":
            return [option["value"] for option in element.get("initial_options", ())]
        case _:
            return (element.get("initial_option") or {}).get("value")


def _told(element: Json, entry: ElementState) -> Json:
    match element["type"]:
        case "button" | "icon_button":
            return {name: element[name] for name in ("text", "value", "style", "icon") if name in element}
        case "feedback_buttons":
            return _feedback(element, entry)
        case "plain_text_input":
            return {"value": entry or None}
        case "datepicker":
            return {"selected_date": entry or None}
        case "checkboxes":
            return {"selected_options": list(_options(element, entry or []))}
        case _:
            return {"selected_option": next(_options(element, [entry]), None) if isinstance(entry, str) else None}


def _feedback(element: Json, entry: ElementState) -> Json:
    for pressed in (element["positive_button"], element["negative_button"]):
        if pressed["value"] == entry:
            return {"text": pressed["text"], "value": pressed["value"]}
    raise ElementNotFoundError(f"no feedback button has the value {entry}")


def _options(element: Json, values: Iterable[str]) -> Iterator[Json]:
    offered = {option["value"]: option for option in element["options"]}
    for value in values:
        if value not in offered:
            raise ElementNotFoundError(f"{value} is not offered by {element['action_id']}")
        yield offered[value]
