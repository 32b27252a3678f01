"""The part of Block Kit that the bot uses: what Slack accepts, the ids that Slack adds, and the values of elements.

A type or field that is missing here is refused: add it here, and to ``page/static/blocks.js``, when the bot begins to
send it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import CoreSchema, ErrorDetails, SchemaValidator, ValidationError, core_schema

from bot.models import Json
from bot.playground import limits
from bot.playground.models import RefusedError

# What Slack accepts

Schemas = dict[str, CoreSchema]
"""The schemas of fields by name, or of objects by their ``type``."""


def _text(longest: int | None = None, *, shortest: int = 1) -> CoreSchema:
    return core_schema.str_schema(min_length=shortest, max_length=longest)


def _items(item: CoreSchema, most: int | None = None, *, least: int = 1) -> CoreSchema:
    return core_schema.list_schema(item, min_length=least, max_length=most)


def _object(required: Schemas, **optional: CoreSchema) -> CoreSchema:
    """Return the schema of an object with these fields and no others; an optional one may be null."""
    fields = {name: core_schema.typed_dict_field(schema) for name, schema in required.items()}
    for name, schema in optional.items():
        fields[name] = core_schema.typed_dict_field(core_schema.nullable_schema(schema), required=False)
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid")


def _typed(kind: str, required: Schemas, **optional: CoreSchema) -> Schemas:
    return {kind: _object({"type": core_schema.literal_schema([kind])} | required, **optional)}


def _block(kind: str, required: Schemas, **optional: CoreSchema) -> Schemas:
    return _typed(kind, required, block_id=_text(limits.BLOCK_ID), **optional)


def _any_of(types: Schemas) -> CoreSchema:
    return core_schema.tagged_union_schema(types, "type")


def _plain(longest: int) -> CoreSchema:
    return _typed("plain_text", {"text": _text(longest)}, emoji=core_schema.bool_schema())["plain_text"]


_MRKDWN = _typed("mrkdwn", {"text": _text(limits.TEXT_OBJECT)}, verbatim=core_schema.bool_schema())
_TEXT = _any_of({"plain_text": _plain(limits.TEXT_OBJECT)} | _MRKDWN)

_STYLE = _object({}, bold=core_schema.bool_schema())
_RUN = _any_of(
    _typed("text", {"text": _text()}, style=_STYLE)
    | _typed("link", {"url": _text(limits.LINK_URL)}, text=_text(shortest=0), style=_STYLE)
)
_RUNS: Schemas = {"elements": core_schema.list_schema(_RUN)}
_LINE = _typed("rich_text_section", _RUNS)
_LINES = core_schema.list_schema(_LINE["rich_text_section"])
_LIST = _typed("rich_text_list", {"style": core_schema.literal_schema(["bullet"]), "elements": _LINES})
_RICH_TEXT = _any_of(_LINE | _typed("rich_text_quote", _RUNS) | _LIST)

_ACTION_ID = _text(limits.ACTION_ID)
_BUTTON_TEXT = _plain(limits.BUTTON_TEXT)
_BUTTON = _typed(
    "button",
    {"text": _BUTTON_TEXT},
    action_id=_ACTION_ID,
    value=_text(limits.BUTTON_VALUE, shortest=0),
    style=core_schema.literal_schema(["primary", "danger"]),
)
_OPTION = _object({"text": _plain(limits.OPTION_TEXT), "value": _text(limits.OPTION_VALUE)})
_OVERFLOW = _typed("overflow", {"options": _items(_OPTION, limits.OVERFLOW_OPTIONS)}, action_id=_ACTION_ID)
_SIDE = _object({"text": _BUTTON_TEXT, "value": _text(limits.BUTTON_VALUE)})
_FEEDBACK = _typed("feedback_buttons", {"positive_button": _SIDE, "negative_button": _SIDE}, action_id=_ACTION_ID)
_INPUT = _typed(
    "plain_text_input",
    {},
    action_id=_ACTION_ID,
    initial_value=_text(limits.INPUT_TEXT, shortest=0),
    multiline=core_schema.bool_schema(),
    min_length=core_schema.int_schema(ge=0, le=limits.INPUT_TEXT),
    max_length=core_schema.int_schema(ge=1, le=limits.INPUT_TEXT),
    placeholder=_plain(limits.PLACEHOLDER),
)

_LABEL = _plain(limits.INPUT_LABEL)
_BLOCKS = (
    _block("section", {"text": _TEXT})
    | _block("header", {"text": _plain(limits.HEADER_TEXT)})
    | _block("context", {"elements": _items(_TEXT, limits.CONTEXT_ELEMENTS)})
    | _block("actions", {"elements": _items(_any_of(_BUTTON | _OVERFLOW), limits.ACTIONS_ELEMENTS)})
    | _block("rich_text", {"elements": core_schema.list_schema(_RICH_TEXT)})
)
_MESSAGE_BLOCKS = _BLOCKS | _block(
    "context_actions", {"elements": _items(_FEEDBACK["feedback_buttons"], limits.CONTEXT_ACTIONS_ELEMENTS)}
)
_VIEW_BLOCKS = _BLOCKS | _block(
    "input", {"label": _LABEL, "element": _INPUT["plain_text_input"]}, hint=_LABEL, optional=core_schema.bool_schema()
)
_MESSAGE = SchemaValidator(_object({"blocks": _items(_any_of(_MESSAGE_BLOCKS), limits.MESSAGE_BLOCKS, least=0)}))
_VIEW = SchemaValidator(
    _object(
        {
            "type": core_schema.literal_schema(["modal", "home"]),
            "blocks": _items(_any_of(_VIEW_BLOCKS), limits.VIEW_BLOCKS, least=0),
        },
        title=_plain(limits.VIEW_TITLE),
        submit=_plain(limits.VIEW_TITLE),
        close=_plain(limits.VIEW_TITLE),
        private_metadata=_text(limits.VIEW_METADATA, shortest=0),
        callback_id=_text(limits.CALLBACK_ID, shortest=0),
        clear_on_close=core_schema.bool_schema(),
        notify_on_close=core_schema.bool_schema(),
    )
)


def validate_blocks(blocks: Any) -> tuple[Json, ...]:
    """Return a message's blocks if they are valid; raises RefusedError."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RefusedError("invalid_blocks_format")
    if errors := _errors(_MESSAGE, {"blocks": blocks}) or [*_repeated_ids(blocks, "/blocks")]:
        raise RefusedError("invalid_blocks", *errors, errors=errors)
    if _text_length(blocks) > limits.BLOCKS_TEXT:
        raise RefusedError("msg_blocks_too_long")
    return tuple(blocks)


def validate_view(view: Any, kind: str) -> Json:
    """Return ``view`` if it is a valid view of this kind, ``modal`` or ``home``; raises RefusedError."""
    if not isinstance(view, dict):
        raise RefusedError("invalid_arguments", "must be an object [json-pointer:/view]")
    errors = _errors(_VIEW, view, "/view") or [*_repeated_ids(view["blocks"], "/view/blocks")]
    if not errors and view["type"] != kind:
        errors = [f"must be of type {kind} [json-pointer:/view/type]"]
    elif not errors and kind == "modal":
        has_input = any(block["type"] == "input" for block in view["blocks"])
        required = ("title", "submit") if has_input else ("title",)
        errors = [f"missing required field: {name} [json-pointer:/view]" for name in required if not view.get(name)]
    if errors:
        raise RefusedError("invalid_arguments", *errors)
    return dict(view)


def _errors(schema: SchemaValidator, value: Json, root: str = "") -> list[str]:
    try:
        schema.validate_python(value, strict=True)
    except ValidationError as error:
        return [_message(one, value, root) for one in error.errors()]
    return []


def _message(error: ErrorDetails, value: Json, root: str) -> str:
    """Slack's words for one error of pydantic's, with the JSON pointer to it."""
    path = _json_path(error["loc"], value)
    context = error.get("ctx", {})
    kind = error["type"]
    if kind in ("missing", "extra_forbidden"):
        name = str(error["loc"][-1])
        path = path[:-1] if path[-1:] == [name] else path
        message = f"missing required field: {name}" if kind == "missing" else f"invalid additional property: {name}"
    elif kind == "string_too_long":
        message = f"must be less than {context['max_length'] + 1} characters"
    elif kind == "string_too_short":
        message = f"must be more than {context['min_length'] - 1} characters"
    elif kind == "too_long":
        message = f"no more than {context['max_length']} items allowed"
    elif kind == "union_tag_invalid":
        message = f"unsupported type: {context['tag']}"
    elif kind == "literal_error" and error["loc"][-1] == "type":
        message = f"unsupported type: {error['input']}"
    else:
        message = error["msg"].removeprefix("Value error, ")
    return f"{message} [json-pointer:{root}{''.join('/' + step for step in path)}]"


def _json_path(location: tuple[int | str, ...], value: Any) -> list[str]:
    """The steps of ``location`` that exist in ``value``; pydantic adds the names of union members."""
    path: list[str] = []
    for part in location:
        if (isinstance(value, dict) and part in value) or (isinstance(part, int) and isinstance(value, list)):
            value = value[part]  # type: ignore[index]
            path.append(str(part))
    return path


def _repeated_ids(blocks: Iterable[Json], root: str) -> Iterator[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            yield f"block_id `{block_id}` already exists [json-pointer:{root}/{number}/block_id]"
        elif block_id is not None:
            seen.add(block_id)
        action_ids = [one["action_id"] for one in block.get("elements", ()) if one.get("action_id") is not None]
        if len(action_ids) != len(set(action_ids)):
            yield f"action_id already exists in this block [json-pointer:{root}/{number}/elements]"


def _text_length(value: Any, name: str = "") -> int:
    """The length of all strings called ``text`` in a structure."""
    if isinstance(value, list):
        return sum(map(_text_length, value))
    if isinstance(value, dict):
        return sum(_text_length(one, name) for name, one in value.items())
    return len(value) if name == "text" and isinstance(value, str) else 0


# Ids and values of the elements of a block that is on display

# What was typed into inputs, by block_id and action_id
InputValues = Mapping[str, Mapping[str, str | None]]


class ElementNotFoundError(LookupError):
    """A person used an element, an option or a view that is not on display."""


def add_ids(blocks: Iterable[Json], prefix: str) -> tuple[Json, ...]:
    """Return ``blocks``, each with a ``block_id``. The bot gives every element its ``action_id``."""
    return tuple({"block_id": f"{prefix}-{number}", **block} for number, block in enumerate(blocks))


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[str, Json]:
    """Return the id of the block and the first element with this id; ElementNotFoundError if there is none."""
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
                return str(block["block_id"]), element
    raise ElementNotFoundError(f"There is no element {action_id}.")


def action_of(blocks: Iterable[Json], action_id: str, block_id: str | None, value: str | None, action_ts: str) -> Json:
    """Return the item of a payload's ``actions`` for using an element; ElementNotFoundError if it is not there."""
    block_id, element = find_element(blocks, action_id, block_id)
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
    match element["type"]:
        case "button":
            action |= {name: element[name] for name in ("text", "value", "style") if name in element}
        case "feedback_buttons":
            sides = [element["positive_button"], element["negative_button"]]
            action |= {name: _option(sides, value)[name] for name in ("text", "value")}
        case "overflow":
            action |= {"selected_option": _option(element["options"], value)}
    return action | {"action_ts": action_ts}


def input_state(blocks: Iterable[Json], values: InputValues) -> Json:
    """Return ``state.values``: of each input what was typed, or else its initial value."""
    state: dict[str, Json] = {}
    for block in blocks:
        if block["type"] == "input":
            block_id, element = block["block_id"], block["element"]
            text = values.get(block_id, {}).get(element["action_id"], element.get("initial_value"))
            state[block_id] = {element["action_id"]: {"type": element["type"], "value": text or None}}
    return state


def input_errors(blocks: Iterable[Json], state: Json) -> dict[str, str]:
    """Return what Slack shows below each invalid input before the app is asked, by block_id."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            text: str = state[block["block_id"]][element["action_id"]]["value"] or ""
            if not text:
                if not block.get("optional"):
                    errors[block["block_id"]] = "Please complete this required field."
            elif len(text) < element.get("min_length", 0):
                errors[block["block_id"]] = f"Please enter at least {element['min_length']} characters."
            elif len(text) > element.get("max_length", len(text)):
                errors[block["block_id"]] = f"Please enter at most {element['max_length']} characters."
    return errors


def _option(options: Iterable[Json], value: str | None) -> Json:
    for option in options:
        if option["value"] == value:
            return option
    raise ElementNotFoundError(f"There is no option {value}.")
