"""What Slack says of blocks, a text or a view that break its rules; keeps secret that a library does the checking."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import MessageBlocks, ViewPayload


class RefusedError(Exception):
    """The call is refused, with Slack's error code and what Slack adds to it; ``answer`` is the body."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **details}


def checked_blocks(blocks: Any) -> tuple[Json, ...]:
    """A message's blocks, if Slack would take them; else ``RefusedError``."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RefusedError("invalid_blocks_format")
    faults = [*_faults(MessageBlocks, {"blocks": blocks}), *_repeated_ids(blocks)]
    if faults:
        raise RefusedError("invalid_blocks", errors=faults, response_metadata=_messages(faults))
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > limits.MARKDOWN_TEXT or sum(_text_lengths(blocks)) - markdown > limits.BLOCKS_TEXT:
        raise RefusedError("msg_blocks_too_long")
    return tuple(blocks)


def checked_view(view: Any, kind: str) -> Json:
    """A view of the given kind, ``modal`` or ``home``, if Slack would take it; else ``RefusedError``."""
    faults = [] if isinstance(view, dict) else ["must be an object [json-pointer:/view]"]
    if not faults:
        faults = [*_faults(ViewPayload, view, "/view"), *_repeated_ids(view.get("blocks", []), "/view/blocks")]
    if not faults and view["type"] != kind:
        faults = [f"must be of type {kind} [json-pointer:/view/type]"]
    if faults:
        raise invalid_arguments(*faults)
    return dict(view)


def checked_metadata(metadata: Any) -> Json:
    """A message's metadata, if Slack would take it; else ``RefusedError``."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or metadata.keys() - {"event_type", "event_payload"}:
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > limits.METADATA_BYTES:
        raise RefusedError("metadata_too_large")
    return metadata


def invalid_arguments(*faults: str) -> RefusedError:
    """What Slack answers to arguments that are missing or of the wrong kind."""
    return RefusedError("invalid_arguments", response_metadata=_messages(faults))


def _messages(faults: Sequence[str]) -> Json:
    return {"messages": [f"[ERROR] {fault}" for fault in faults]}


def _faults(model: type[BaseModel], value: Json, root: str = "") -> list[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [_fault(one, value, root) for one in error.errors()]
    return []


def _fault(error: ErrorDetails, value: Json, root: str) -> str:
    steps = _steps(error["loc"], value)
    told = error.get("ctx", {})
    kind = error["type"]
    if kind in ("missing", "extra_forbidden"):
        name = str(error["loc"][-1])
        steps = steps[:-1] if steps[-1:] == [name] else steps
        said = f"missing required field: {name}" if kind == "missing" else f"invalid additional property: {name}"
    elif kind == "string_too_long":
        said = f"must be less than {told['max_length'] + 1} characters"
    elif kind == "string_too_short":
        said = f"must be more than {told['min_length'] - 1} characters"
    elif kind == "too_long":
        said = f"no more than {told['max_length']} items allowed"
    elif kind == "union_tag_invalid":
        said = f"unsupported type: {told['tag']}"
    else:
        said = error["msg"].removeprefix("Value error, ")
    return f"{said} [json-pointer:{root}{''.join('/' + step for step in steps)}]"


def _steps(location: tuple[int | str, ...], value: Any) -> list[str]:
    """The way to a fault in the value itself, without the names of types that the checker puts in between."""
    steps: list[str] = []
    for part in location:
        if (isinstance(value, dict) and part in value) or (isinstance(part, int) and isinstance(value, list)):
            value = value[part]  # type: ignore[index]
            steps.append(str(part))
    return steps


def _repeated_ids(blocks: Any, root: str = "/blocks") -> Iterator[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks if isinstance(blocks, list) else []):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                yield f"block_id `{block_id}` already exists [json-pointer:{root}/{number}/block_id]"
            seen.add(block_id)
        elements = block.get("elements")
        actions = (
            [one.get("action_id") for one in elements if isinstance(one, dict)] if isinstance(elements, list) else []
        )
        named = [action for action in actions if isinstance(action, str)]
        if len(named) != len(set(named)):
            yield f"action_id already exists in this block [json-pointer:{root}/{number}/elements]"


def _text_lengths(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for one in value:
            yield from _text_lengths(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "text" and isinstance(one, str):
                yield len(one)
            else:
                yield from _text_lengths(one)
