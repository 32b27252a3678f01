"""Block Kit's elements, blocks and views as Slack checks them; a type that is missing here is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.playground import limits
from bot.playground.texts import (
    ButtonText,
    Confirm,
    FieldText,
    HeaderText,
    ImageTitle,
    Label,
    Mrkdwn,
    Option,
    Part,
    Placeholder,
    PlainText,
    RichBlock,
    Text,
    ViewTitle,
)

# Elements


class Interactive(Part):
    action_id: Annotated[str, Field(min_length=1, max_length=limits.ACTION_ID)] | None = None
    confirm: Confirm | None = None


class Button(Interactive):
    type: Literal["button"]
    text: ButtonText
    value: Annotated[str, Field(max_length=limits.BUTTON_VALUE)] | None = None
    url: Annotated[str, Field(max_length=limits.BUTTON_URL)] | None = None
    style: Literal["primary", "danger"] | None = None
    accessibility_label: Annotated[str, Field(max_length=limits.BUTTON_TEXT)] | None = None


class Overflow(Interactive):
    type: Literal["overflow"]
    options: Annotated[list[Option], Field(min_length=1, max_length=limits.OVERFLOW_OPTIONS)]


class StaticSelect(Interactive):
    type: Literal["static_select"]
    options: Annotated[list[Option], Field(min_length=1, max_length=limits.SELECT_OPTIONS)]
    placeholder: Placeholder | None = None
    initial_option: Option | None = None
    focus_on_load: bool | None = None


class Checkboxes(Interactive):
    type: Literal["checkboxes"]
    options: Annotated[list[Option], Field(min_length=1, max_length=limits.CHOICES)]
    initial_options: list[Option] | None = None
    focus_on_load: bool | None = None


class RadioButtons(Interactive):
    type: Literal["radio_buttons"]
    options: Annotated[list[Option], Field(min_length=1, max_length=limits.CHOICES)]
    initial_option: Option | None = None
    focus_on_load: bool | None = None


class DatePicker(Interactive):
    type: Literal["datepicker"]
    initial_date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    placeholder: Placeholder | None = None
    focus_on_load: bool | None = None


class PlainTextInput(Part):
    type: Literal["plain_text_input"]
    action_id: Annotated[str, Field(min_length=1, max_length=limits.ACTION_ID)] | None = None
    initial_value: Annotated[str, Field(max_length=limits.INPUT_TEXT)] | None = None
    multiline: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=limits.INPUT_TEXT)] | None = None
    max_length: Annotated[int, Field(ge=1, le=limits.INPUT_TEXT)] | None = None
    placeholder: Placeholder | None = None
    focus_on_load: bool | None = None


class Picture(Part):
    type: Literal["image"]
    image_url: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_URL)]
    alt_text: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_TEXT)]


class FeedbackButton(Part):
    text: ButtonText
    value: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_VALUE)]
    accessibility_label: Annotated[str, Field(max_length=limits.BUTTON_TEXT)] | None = None


class FeedbackButtons(Part):
    type: Literal["feedback_buttons"]
    action_id: Annotated[str, Field(min_length=1, max_length=limits.ACTION_ID)] | None = None
    positive_button: FeedbackButton
    negative_button: FeedbackButton


class IconButton(Interactive):
    type: Literal["icon_button"]
    icon: Literal["trash"]
    text: PlainText
    value: Annotated[str, Field(max_length=limits.BUTTON_VALUE)] | None = None
    accessibility_label: Annotated[str, Field(max_length=limits.BUTTON_TEXT)] | None = None
    visible_to_user_ids: list[str] | None = None


Accessory = Annotated[
    Button | Overflow | StaticSelect | Checkboxes | RadioButtons | DatePicker | Picture, Field(discriminator="type")
]
Action = Annotated[
    Button | Overflow | StaticSelect | Checkboxes | RadioButtons | DatePicker, Field(discriminator="type")
]
Entry = Annotated[PlainTextInput | StaticSelect | Checkboxes | RadioButtons | DatePicker, Field(discriminator="type")]

# Blocks


class Block(Part):
    block_id: Annotated[str, Field(min_length=1, max_length=limits.BLOCK_ID)] | None = None


class Section(Block):
    type: Literal["section"]
    text: Text | None = None
    fields: Annotated[list[FieldText], Field(min_length=1, max_length=limits.SECTION_FIELDS)] | None = None
    accessory: Accessory | None = None
    expand: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Section:
        if self.text is None and self.fields is None:
            raise ValueError("missing required field: text or fields")
        return self


class Header(Block):
    type: Literal["header"]
    text: HeaderText


class Divider(Block):
    type: Literal["divider"]


class Context(Block):
    type: Literal["context"]
    elements: Annotated[
        list[Annotated[PlainText | Mrkdwn | Picture, Field(discriminator="type")]],
        Field(min_length=1, max_length=limits.CONTEXT_ELEMENTS),
    ]


class Actions(Block):
    type: Literal["actions"]
    elements: Annotated[list[Action], Field(min_length=1, max_length=limits.ACTIONS_ELEMENTS)]


class ContextActions(Block):
    type: Literal["context_actions"]
    elements: Annotated[
        list[Annotated[FeedbackButtons | IconButton, Field(discriminator="type")]],
        Field(min_length=1, max_length=limits.CONTEXT_ACTIONS_ELEMENTS),
    ]


class Image(Block):
    type: Literal["image"]
    image_url: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_URL)]
    alt_text: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_TEXT)]
    title: ImageTitle | None = None


class Input(Block):
    type: Literal["input"]
    label: Label
    element: Entry
    hint: Label | None = None
    optional: bool | None = None
    dispatch_action: bool | None = None


class RichText(Block):
    type: Literal["rich_text"]
    elements: list[RichBlock]


class Markdown(Block):
    type: Literal["markdown"]
    text: Annotated[str, Field(min_length=1)]


MessageBlock = Annotated[
    Section | Header | Divider | Context | Actions | ContextActions | Image | Input | RichText | Markdown,
    Field(discriminator="type"),
]
ViewBlock = Annotated[
    Section | Header | Divider | Context | Actions | Image | Input | RichText, Field(discriminator="type")
]

# What blocks stand in


class MessageBlocks(Part):
    blocks: Annotated[list[MessageBlock], Field(max_length=limits.MESSAGE_BLOCKS)]


class View(Part):
    type: Literal["modal", "home"]
    blocks: Annotated[list[ViewBlock], Field(max_length=limits.VIEW_BLOCKS)]
    title: ViewTitle | None = None
    submit: ViewTitle | None = None
    close: ViewTitle | None = None
    private_metadata: Annotated[str, Field(max_length=limits.VIEW_METADATA)] | None = None
    callback_id: Annotated[str, Field(max_length=limits.CALLBACK_ID)] | None = None
    external_id: Annotated[str, Field(max_length=limits.CALLBACK_ID)] | None = None
    clear_on_close: bool | None = None
    notify_on_close: bool | None = None
    submit_disabled: bool | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> View:
        if self.type == "modal" and self.title is None:
            raise ValueError("missing required field: title")
        if self.type == "modal" and self.submit is None and any(isinstance(block, Input) for block in self.blocks):
            raise ValueError("missing required field: submit")
        return self
