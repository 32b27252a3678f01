"""Checks of blocks, views and metadata, with the error messages that Slack gives."""

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
    """Slack refuses the call: ``error`` is its code, ``answer`` the response body with any ``details``."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **details}


def validate_blocks(blocks: Any) -> tuple[Json, ...]:
    """Return a message's blocks if they are valid; raises RefusedError."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RefusedError("invalid_blocks_format")
    errors = [*_errors(MessageBlocks, {"blocks": blocks}), *_repeated_ids(blocks)]
    if errors:
        raise RefusedError("invalid_blocks", errors=errors, response_metadata=_messages(errors))
    if sum(_text_lengths(blocks)) > limits.BLOCKS_TEXT:
        raise RefusedError("msg_blocks_too_long")
    return tuple(blocks)


def validate_view(view: Any, kind: str) -> Json:
    """Return ``view`` if it is a valid view of this kind, ``modal`` or ``home``; raises RefusedError."""
    errors = [] if isinstance(view, dict) else ["must be an object [json-pointer:/view]"]
    if not errors:
        errors = [*_errors(ViewPayload, view, "/view"), *_repeated_ids(view.get("blocks", []), "/view/blocks")]
    if not errors and view["type"] != kind:
        errors = [f"must be of type {kind} [json-pointer:/view/type]"]
    if errors:
        raise invalid_arguments(*errors)
    return dict(view)


def validate_metadata(metadata: Any) -> Json:
    """Return a message's metadata if it is valid; raises RefusedError."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or metadata.keys() - {"event_type", "event_payload"}:
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > limits.METADATA_BYTES:
        raise RefusedError("metadata_too_large")
    return metadata


def invalid_arguments(*errors: str) -> RefusedError:
    """Return the error for arguments that are missing or of the wrong type."""
    return RefusedError("invalid_arguments", response_metadata=_messages(errors))


def _messages(errors: Sequence[str]) -> Json:
    return {"messages": [f"[ERROR] {error}" for error in errors]}


def _errors(model: type[BaseModel], value: Json, root: str = "") -> list[str]:
    try:
        model.model_validate(value)
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
        found = (
            [one.get("action_id") for one in elements if isinstance(one, dict)] if isinstance(elements, list) else []
        )
        action_ids = [action_id for action_id in found if isinstance(action_id, str)]
        if len(action_ids) != len(set(action_ids)):
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
