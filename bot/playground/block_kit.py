"""The part of Block Kit that the bot uses: what Slack accepts, the ids that Slack adds, and the values of elements.

A type or field that is missing here is refused: add it here, and to ``page/static/blocks.js``, when the bot begins to
send it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.models import Json
from bot.playground import limits


class BlockPart(BaseModel):
    """Base of all parts: unknown fields are refused, and types are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


# Text objects


class PlainText(BlockPart):
    type: Literal["plain_text"]
    text: Annotated[str, Field(min_length=1, max_length=limits.TEXT_OBJECT)]
    emoji: bool | None = None


class Mrkdwn(BlockPart):
    type: Literal["mrkdwn"]
    text: Annotated[str, Field(min_length=1, max_length=limits.TEXT_OBJECT)]
    verbatim: bool | None = None


Text = Annotated[PlainText | Mrkdwn, Field(discriminator="type")]


class HeaderText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.HEADER_TEXT)]


class ButtonText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_TEXT)]


class OptionText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.OPTION_TEXT)]


class Placeholder(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.PLACEHOLDER)]


class Label(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.INPUT_LABEL)]


class ViewTitle(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.VIEW_TITLE)]


# Rich text


class Style(BlockPart):
    bold: bool | None = None


class RichTextRun(BlockPart):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]
    style: Style | None = None


class RichTextLink(BlockPart):
    type: Literal["link"]
    url: Annotated[str, Field(min_length=1, max_length=limits.LINK_URL)]
    text: str | None = None
    style: Style | None = None


RichTextElement = Annotated[RichTextRun | RichTextLink, Field(discriminator="type")]


class RichTextSection(BlockPart):
    type: Literal["rich_text_section"]
    elements: list[RichTextElement]


class RichTextQuote(BlockPart):
    type: Literal["rich_text_quote"]
    elements: list[RichTextElement]


class RichTextList(BlockPart):
    type: Literal["rich_text_list"]
    style: Literal["bullet"]
    elements: list[RichTextSection]


# Elements that a person uses


class Interactive(BlockPart):
    action_id: Annotated[str, Field(min_length=1, max_length=limits.ACTION_ID)] | None = None


class Button(Interactive):
    type: Literal["button"]
    text: ButtonText
    value: Annotated[str, Field(max_length=limits.BUTTON_VALUE)] | None = None
    style: Literal["primary", "danger"] | None = None


class Option(BlockPart):
    text: OptionText
    value: Annotated[str, Field(min_length=1, max_length=limits.OPTION_VALUE)]


class Overflow(Interactive):
    type: Literal["overflow"]
    options: Annotated[list[Option], Field(min_length=1, max_length=limits.OVERFLOW_OPTIONS)]


class FeedbackButton(BlockPart):
    text: ButtonText
    value: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_VALUE)]


class FeedbackButtons(Interactive):
    type: Literal["feedback_buttons"]
    positive_button: FeedbackButton
    negative_button: FeedbackButton


class PlainTextInput(Interactive):
    type: Literal["plain_text_input"]
    initial_value: Annotated[str, Field(max_length=limits.INPUT_TEXT)] | None = None
    multiline: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=limits.INPUT_TEXT)] | None = None
    max_length: Annotated[int, Field(ge=1, le=limits.INPUT_TEXT)] | None = None
    placeholder: Placeholder | None = None


# Blocks


class Block(BlockPart):
    block_id: Annotated[str, Field(min_length=1, max_length=limits.BLOCK_ID)] | None = None


class SectionBlock(Block):
    type: Literal["section"]
    text: Text


class Header(Block):
    type: Literal["header"]
    text: HeaderText


class ContextBlock(Block):
    type: Literal["context"]
    elements: Annotated[list[Text], Field(min_length=1, max_length=limits.CONTEXT_ELEMENTS)]


class Actions(Block):
    type: Literal["actions"]
    elements: Annotated[
        list[Annotated[Button | Overflow, Field(discriminator="type")]],
        Field(min_length=1, max_length=limits.ACTIONS_ELEMENTS),
    ]


class ContextActions(Block):
    type: Literal["context_actions"]
    elements: Annotated[list[FeedbackButtons], Field(min_length=1, max_length=limits.CONTEXT_ACTIONS_ELEMENTS)]


class Input(Block):
    type: Literal["input"]
    label: Label
    element: PlainTextInput
    hint: Label | None = None
    optional: bool | None = None


class RichText(Block):
    type: Literal["rich_text"]
    elements: list[Annotated[RichTextSection | RichTextQuote | RichTextList, Field(discriminator="type")]]


MessageBlock = Annotated[
    SectionBlock | Header | ContextBlock | Actions | ContextActions | RichText, Field(discriminator="type")
]
ViewBlock = Annotated[SectionBlock | Header | ContextBlock | Actions | Input | RichText, Field(discriminator="type")]


class MessageBlocks(BlockPart):
    """The blocks of a message."""

    blocks: Annotated[list[MessageBlock], Field(max_length=limits.MESSAGE_BLOCKS)]


class ViewPayload(BlockPart):
    """A modal or a Home tab."""

    type: Literal["modal", "home"]
    blocks: Annotated[list[ViewBlock], Field(max_length=limits.VIEW_BLOCKS)]
    title: ViewTitle | None = None
    submit: ViewTitle | None = None
    close: ViewTitle | None = None
    private_metadata: Annotated[str, Field(max_length=limits.VIEW_METADATA)] | None = None
    callback_id: Annotated[str, Field(max_length=limits.CALLBACK_ID)] | None = None
    clear_on_close: bool | None = None
    notify_on_close: bool | None = None

    @model_validator(mode="after")
    def _has_required_fields(self) -> ViewPayload:
        if self.type == "modal" and self.title is None:
            raise ValueError("missing required field: title")
        if self.type == "modal" and self.submit is None and any(isinstance(block, Input) for block in self.blocks):
            raise ValueError("missing required field: submit")
        return self


# Ids and values of the elements of a block that is on display

_INTERACTIVE = frozenset({"button", "feedback_buttons", "overflow", "plain_text_input"})
# What was typed into inputs, by block_id and action_id
InputValues = Mapping[str, Mapping[str, str | None]]


class ElementNotFoundError(LookupError):
    """A person used an element, an option or a view that is not on display."""


def add_ids(blocks: Iterable[Json], prefix: str) -> tuple[Json, ...]:
    """Return ``blocks``, each with a ``block_id`` and each of its interactive elements with an ``action_id``."""
    return tuple({"block_id": f"{prefix}-{number}", **_add_action_ids(block)} for number, block in enumerate(blocks))


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[str, Json]:
    """Return the id of the block and the first element with this id; ElementNotFoundError if there is none."""
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
                return str(block["block_id"]), element
    raise ElementNotFoundError(f"There is no element {action_id}.")


def action_of(block_id: str, element: Json, value: str | None, action_ts: str) -> Json:
    """Return the item of a payload's ``actions`` for using ``element``; ElementNotFoundError for an unknown value."""
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


def _add_action_ids(block: Json) -> Json:
    named = dict(block)
    if "element" in named:
        named["element"] = _with_action_id(named["element"])
    if "elements" in named:
        named["elements"] = [_with_action_id(one) for one in named["elements"]]
    return named


def _with_action_id(element: Json) -> Json:
    if element.get("type") not in _INTERACTIVE or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(4)}


def _option(options: Iterable[Json], value: str | None) -> Json:
    for option in options:
        if option["value"] == value:
            return option
    raise ElementNotFoundError(f"There is no option {value}.")
