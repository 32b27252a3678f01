"""A message's blocks at the border of Slack's limits: the most that is taken, and one more, which is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bot.models import Json
from bot.playground import limits
from bot.playground.validation import RefusedError, checked_blocks


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(1), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(1), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(number: int = 0, **more: Any) -> Json:
    return {"text": plain(1), "value": str(number), **more}


def options(count: int) -> list[Json]:
    return [option(number) for number in range(count)]


def rich(*elements: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements), **more}]}


def feedback(value: int) -> Json:
    side = {"text": plain(1), "value": "x" * value}
    elements = [{"type": "feedback_buttons", "positive_button": side, "negative_button": side}]
    return {"type": "context_actions", "elements": elements}


WORDS = {"type": "text", "text": "in the article's own words"}

TAKEN: dict[str, Json] = {
    "a section": section(),
    "a section with an image": section(accessory={"type": "image", "image_url": "https://x.example", "alt_text": "x"}),
    "a header": {"type": "header", "text": plain(1)},
    "a divider": {"type": "divider"},
    "a context": {"type": "context", "elements": [mrkdwn(1), plain(1)]},
    "a verbatim text": section(text=mrkdwn(1) | {"verbatim": True}),
    "buttons": actions(button(action_id="a"), button(action_id="b", style="primary", value="1")),
    "feedback": feedback(1),
    "a quote": rich(WORDS, WORDS | {"style": {"bold": True}}, kind="rich_text_quote"),
    "a quote with a border": rich(WORDS, kind="rich_text_quote", border=1),
    "a link": rich({"type": "link", "url": "https://x.example", "text": "x"}),
    "a date": rich({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "x"}),
    "preformatted text": rich(WORDS, kind="rich_text_preformatted"),
    "an image": {"type": "image", "image_url": "https://x.example", "alt_text": "x", "title": plain(1)},
    "markdown": {"type": "markdown", "text": "x"},
}


@pytest.mark.parametrize("block", TAKEN.values(), ids=TAKEN)
def test_good_blocks_are_taken(block: Json) -> None:
    """A block that Slack knows is taken as it is."""
    assert checked_blocks([block]) == (block,)


BORDERS: dict[str, tuple[int, Any]] = {
    "section text": (limits.TEXT_OBJECT, lambda n: section(text=mrkdwn(n))),
    "section fields": (limits.SECTION_FIELDS, lambda n: {"type": "section", "fields": [plain(1)] * n}),
    "field text": (limits.FIELD_TEXT, lambda n: {"type": "section", "fields": [mrkdwn(n)]}),
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
    "button url": (limits.BUTTON_URL, lambda n: actions(button(url="x" * n))),
    "link url": (limits.BUTTON_URL, lambda n: rich({"type": "link", "url": "x" * n})),
    "block id": (limits.BLOCK_ID, lambda n: section(block_id="x" * n)),
    "action id": (limits.ACTION_ID, lambda n: actions(button(action_id="x" * n))),
    "overflow options": (limits.OVERFLOW_OPTIONS, lambda n: actions({"type": "overflow", "options": options(n)})),
    "select options": (limits.SELECT_OPTIONS, lambda n: actions({"type": "static_select", "options": options(n)})),
    "checkboxes": (limits.CHOICES, lambda n: actions({"type": "checkboxes", "options": options(n)})),
    "option text": (
        limits.OPTION_TEXT,
        lambda n: actions({"type": "radio_buttons", "options": [option(text=plain(n))]}),
    ),
    "option value": (
        limits.OPTION_VALUE,
        lambda n: actions({"type": "radio_buttons", "options": [option(value="x" * n)]}),
    ),
    "alt text": (limits.IMAGE_TEXT, lambda n: {"type": "image", "image_url": "x", "alt_text": "x" * n}),
    "image url": (limits.IMAGE_URL, lambda n: {"type": "image", "image_url": "x" * n, "alt_text": "x"}),
}


@pytest.mark.parametrize(("most", "block"), BORDERS.values(), ids=BORDERS)
def test_a_limit_is_taken_and_one_more_is_refused(most: int, block: Any) -> None:
    """Each limit of a block holds to the unit: its value passes, one past it is invalid_blocks."""
    checked_blocks([block(most)])
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        checked_blocks([block(most + 1)])


def test_a_message_holds_fifty_blocks() -> None:
    """The fiftieth block is taken, the fifty-first is invalid_blocks."""
    checked_blocks([{"type": "divider"}] * limits.MESSAGE_BLOCKS)
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        checked_blocks([{"type": "divider"}] * (limits.MESSAGE_BLOCKS + 1))


REFUSED: dict[str, tuple[Json, str]] = {
    "an unknown block": ({"type": "quote"}, "unsupported type: quote [json-pointer:/blocks/0]"),
    "no type": ({"text": "x"}, "[json-pointer:/blocks/0]"),
    "an empty section": ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    "an empty text": (section(text=mrkdwn(0)), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "a long text": (section(text=mrkdwn(3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "markup in a header": (
        {"type": "header", "text": mrkdwn(1)},
        "Input should be 'plain_text' [json-pointer:/blocks/0/text/type]",
    ),
    "a field that is not Slack's": (
        section(colour="red"),
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "a null": (rich(None), "[json-pointer:/blocks/0/elements/0/elements/0]"),  # type: ignore[arg-type]
    "a quote in a section": (
        rich({"type": "rich_text_quote", "elements": []}),
        "unsupported type: rich_text_quote [json-pointer:/blocks/0/elements/0/elements/0]",
    ),
    "a button in a context": ({"type": "context", "elements": [button()]}, "unsupported type: button"),
    "no alt text": ({"type": "image", "image_url": "x"}, "missing required field: alt_text [json-pointer:/blocks/0]"),
    "one action id twice": (actions(button(action_id="a"), button(action_id="a")), "action_id already exists"),
}


@pytest.mark.parametrize(("block", "fault"), REFUSED.values(), ids=REFUSED)
def test_a_fault_is_named_with_its_place(block: Json, fault: str) -> None:
    """A bad block is invalid_blocks, and the answer says what is wrong and where, as Slack's does."""
    with pytest.raises(RefusedError) as refused:
        checked_blocks([block])
    answer = refused.value.answer
    assert answer["error"] == "invalid_blocks"
    assert any(fault in one for one in answer["errors"])
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {one}" for one in answer["errors"]]


def test_a_block_id_is_given_once() -> None:
    """Two blocks of one message cannot share a block_id."""
    with pytest.raises(RefusedError, match=r"^invalid_blocks$"):
        checked_blocks([section(block_id="a"), section(block_id="a")])


@pytest.mark.parametrize("blocks", ["text", {"type": "divider"}, ["divider"]], ids=["a string", "one block", "strings"])
def test_blocks_are_a_list_of_objects(blocks: Any) -> None:
    """Anything else is invalid_blocks_format, before any block is looked at."""
    with pytest.raises(RefusedError, match=r"^invalid_blocks_format$"):
        checked_blocks(blocks)


def test_a_whole_message_has_a_limit_of_its_own() -> None:
    """Blocks that are each good may together be msg_blocks_too_long, wherever their text stands."""
    words = rich(WORDS | {"text": "x" * 10_000}, kind="rich_text_quote")
    rest = limits.BLOCKS_TEXT - 10_000
    checked_blocks([words, section(text=mrkdwn(rest))])
    with pytest.raises(RefusedError, match=r"^msg_blocks_too_long$"):
        checked_blocks([words, section(text=mrkdwn(rest + 1))])


def test_markdown_has_a_limit_over_the_whole_message() -> None:
    """Two markdown blocks share 12,000 characters."""
    half = {"type": "markdown", "text": "x" * (limits.MARKDOWN_TEXT // 2)}
    checked_blocks([half, half])
    with pytest.raises(RefusedError, match=r"^msg_blocks_too_long$"):
        checked_blocks([half, half, {"type": "markdown", "text": "x"}])
