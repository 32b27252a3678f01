"""Blocks, views and metadata at Slack's limits: the largest value is valid, one more is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import validate_blocks, validate_view
from bot.playground.methods import validate_metadata
from bot.playground.models import RefusedError


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


HEADER = {"type": "header", "text": plain(1)}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(1), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(number: int = 0, **more: Any) -> Json:
    return {"text": plain(1), "value": str(number), **more}


def overflow(*options: Json) -> Json:
    return actions({"type": "overflow", "options": list(options)})


def rich(*elements: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements), **more}]}


def feedback(value: int) -> Json:
    side = {"text": plain(1), "value": "x" * value}
    elements = [{"type": "feedback_buttons", "positive_button": side, "negative_button": side}]
    return {"type": "context_actions", "elements": elements}


WORDS = {"type": "text", "text": "in the article's own words"}
ITEM = {"type": "rich_text_section", "elements": [WORDS]}

VALID: dict[str, Json] = {
    "a section": section(),
    "a header": HEADER,
    "a context": {"type": "context", "elements": [mrkdwn(1), plain(1)]},
    "a verbatim text": section(text=mrkdwn(1) | {"verbatim": True}),
    "buttons": actions(button(action_id="a"), button(action_id="b", style="primary", value="1")),
    "a menu": overflow(option()),
    "feedback": feedback(1),
    "a quote": rich(WORDS, WORDS | {"style": {"bold": True}}, kind="rich_text_quote"),
    "a link": rich({"type": "link", "url": "https://x.example", "text": "x"}),
    "a list": rich(ITEM, kind="rich_text_list", style="bullet"),
}


@pytest.mark.parametrize("block", VALID.values(), ids=VALID)
def test_valid_blocks_are_unchanged(block: Json) -> None:
    """A valid block is returned as it is."""
    assert validate_blocks([block]) == (block,)


BLOCK_LIMITS: dict[str, tuple[int, Any]] = {
    "section text": (limits.TEXT_OBJECT, lambda n: section(text=mrkdwn(n))),
    "header text": (limits.HEADER_TEXT, lambda n: {"type": "header", "text": plain(n)}),
    "context elements": (limits.CONTEXT_ELEMENTS, lambda n: {"type": "context", "elements": [plain(1)] * n}),
    "actions elements": (limits.ACTIONS_ELEMENTS, lambda n: actions(*[button()] * n)),
    "context actions": (
        limits.CONTEXT_ACTIONS_ELEMENTS,
        lambda n: {"type": "context_actions", "elements": feedback(1)["elements"] * n},
    ),
    "feedback value": (limits.BUTTON_VALUE, feedback),
    "button text": (limits.BUTTON_TEXT, lambda n: actions(button(text=plain(n)))),
    "button value": (limits.BUTTON_VALUE, lambda n: actions(button(value="x" * n))),
    "link url": (limits.LINK_URL, lambda n: rich({"type": "link", "url": "x" * n})),
    "block id": (limits.BLOCK_ID, lambda n: section(block_id="x" * n)),
    "action id": (limits.ACTION_ID, lambda n: actions(button(action_id="x" * n))),
    "overflow options": (limits.OVERFLOW_OPTIONS, lambda n: overflow(*map(option, range(n)))),
    "option text": (limits.OPTION_TEXT, lambda n: overflow(option(text=plain(n)))),
    "option value": (limits.OPTION_VALUE, lambda n: overflow(option(value="x" * n))),
}


@pytest.mark.parametrize(("limit", "block"), BLOCK_LIMITS.values(), ids=BLOCK_LIMITS)
def test_a_limit_is_valid_and_one_more_is_refused(limit: int, block: Any) -> None:
    """A block at a limit is valid, one past it is invalid_blocks."""
    validate_blocks([block(limit)])
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        validate_blocks([block(limit + 1)])


def test_a_message_has_at_most_fifty_blocks() -> None:
    """The fiftieth block is valid, the fifty-first is invalid_blocks."""
    validate_blocks([HEADER] * limits.MESSAGE_BLOCKS)
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        validate_blocks([HEADER] * (limits.MESSAGE_BLOCKS + 1))


REFUSED: dict[str, tuple[Json, str]] = {
    "an unknown block": ({"type": "quote"}, "unsupported type: quote [json-pointer:/blocks/0]"),
    "an unsupported block": ({"type": "divider"}, "unsupported type: divider [json-pointer:/blocks/0]"),
    "an unsupported element": (
        actions({"type": "static_select"}),
        "unsupported type: static_select [json-pointer:/blocks/0/elements/0]",
    ),
    "an unsupported context action": (
        {"type": "context_actions", "elements": [{"type": "icon_button"}]},
        "unsupported type: icon_button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "no type": ({"text": "x"}, "[json-pointer:/blocks/0]"),
    "an empty section": ({"type": "section"}, "missing required field: text [json-pointer:/blocks/0]"),
    "an empty text": (section(text=mrkdwn(0)), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "a long text": (section(text=mrkdwn(3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "mrkdwn in a header": (
        {"type": "header", "text": mrkdwn(1)},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "an unknown field": (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    "a null": (rich(None), "[json-pointer:/blocks/0/elements/0/elements/0]"),  # type: ignore[arg-type]
    "a quote in a section": (
        rich({"type": "rich_text_quote", "elements": []}),
        "unsupported type: rich_text_quote [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
    "a button in a context": ({"type": "context", "elements": [button()]}, "unsupported type: button"),
    "no value": (overflow({"text": plain(1)}), "missing required field: value [json-pointer:/blocks/0/elements/0/"),
    "a repeated action id": (actions(button(action_id="a"), button(action_id="a")), "action_id already exists"),
}


@pytest.mark.parametrize(("block", "error"), REFUSED.values(), ids=REFUSED)
def test_an_error_names_its_place(block: Json, error: str) -> None:
    """An invalid block is invalid_blocks, and the answer says what is wrong and where, as Slack's does."""
    with pytest.raises(RefusedError) as refused:
        validate_blocks([block])
    answer = refused.value.answer
    assert answer["error"] == "invalid_blocks"
    assert any(error in one for one in answer["errors"])
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {one}" for one in answer["errors"]]


def test_block_ids_are_unique() -> None:
    """Two blocks of one message cannot share a block_id."""
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        validate_blocks([section(block_id="a"), section(block_id="a")])


@pytest.mark.parametrize("blocks", ["text", HEADER, ["header"]], ids=["a string", "one block", "strings"])
def test_blocks_are_a_list_of_objects(blocks: Any) -> None:
    """Anything else is invalid_blocks_format."""
    with pytest.raises(RefusedError, match=r"^invalid_blocks_format$"):
        validate_blocks(blocks)


def test_the_text_of_all_blocks_is_limited() -> None:
    """Blocks that are each valid may together be msg_blocks_too_long, wherever their text is."""
    words = rich(WORDS | {"text": "x" * 10_000}, kind="rich_text_quote")
    rest = limits.BLOCKS_TEXT - 10_000
    validate_blocks([words, section(text=mrkdwn(rest))])
    with pytest.raises(RefusedError, match=r"^msg_blocks_too_long$"):
        validate_blocks([words, section(text=mrkdwn(rest + 1))])


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain(1), "blocks": [HEADER], **more}


VIEW_LIMITS: dict[str, tuple[int, Any]] = {
    "blocks": (limits.VIEW_BLOCKS, lambda n: modal(blocks=[HEADER] * n)),
    "title": (limits.VIEW_TITLE, lambda n: modal(title=plain(n))),
    "private metadata": (limits.VIEW_METADATA, lambda n: modal(private_metadata="x" * n)),
    "callback id": (limits.CALLBACK_ID, lambda n: modal(callback_id="x" * n)),
}


@pytest.mark.parametrize(("limit", "view"), VIEW_LIMITS.values(), ids=VIEW_LIMITS)
def test_a_view_has_limits(limit: int, view: Any) -> None:
    """A view at a limit is valid, one past it is invalid_arguments."""
    validate_view(view(limit), "modal")
    with pytest.raises(RefusedError, match=r"^invalid_arguments$"):
        validate_view(view(limit + 1), "modal")


INPUT = {"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}}


@pytest.mark.parametrize(
    "view",
    [None, modal(title=None), modal(type="home"), modal(blocks=[INPUT])],
    ids=["none", "no title", "another kind", "an input without a submit button"],
)
def test_a_view_has_its_required_fields(view: Any) -> None:
    """A modal without a required field is invalid_arguments."""
    validate_view(modal(blocks=[INPUT], submit=plain(1)), "modal")
    with pytest.raises(RefusedError, match=r"^invalid_arguments$"):
        validate_view(view, "modal")


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("x", "invalid_metadata_format"),
        ({"event_type": "answer"}, "invalid_metadata_format"),
        ({"event_type": 1, "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "answer", "event_payload": {}, "more": 1}, "invalid_metadata_format"),
        ({"event_type": "answer", "event_payload": {"x": "x" * limits.METADATA_BYTES}}, "metadata_too_large"),
    ],
)
def test_metadata_has_a_type_and_a_payload(metadata: Any, error: str) -> None:
    """Metadata of another shape or too much of it is refused."""
    with pytest.raises(RefusedError, match=f"^{error}$"):
        validate_metadata(metadata)
