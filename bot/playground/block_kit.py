"""Block Kit's composition objects and rich text as Slack checks them; keeps secret how a shape is told from another.

Block Kit's elements, blocks and views as Slack checks them; a type that is missing here is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.playground import limits


class BlockPart(BaseModel):
    """Anything of Block Kit: no field that Slack does not know, no type but the stated one."""

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


class PlainField(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.FIELD_TEXT)]


class MrkdwnField(Mrkdwn):
    text: Annotated[str, Field(min_length=1, max_length=limits.FIELD_TEXT)]


FieldText = Annotated[PlainField | MrkdwnField, Field(discriminator="type")]


class HeaderText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.HEADER_TEXT)]


class ButtonText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_TEXT)]


class Placeholder(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.PLACEHOLDER)]


class Label(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.INPUT_LABEL)]


class ViewTitle(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.VIEW_TITLE)]


class ImageTitle(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_TEXT)]


# Other composition objects


class ConfirmTitle(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.CONFIRM_TITLE)]


class ConfirmText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.CONFIRM_TEXT)]


class ConfirmButton(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.CONFIRM_BUTTON)]


class Confirm(BlockPart):
    title: ConfirmTitle
    text: ConfirmText
    confirm: ConfirmButton
    deny: ConfirmButton
    style: Literal["primary", "danger"] | None = None


class PlainOptionText(PlainText):
    text: Annotated[str, Field(min_length=1, max_length=limits.OPTION_TEXT)]


class MrkdwnOptionText(Mrkdwn):
    text: Annotated[str, Field(min_length=1, max_length=limits.OPTION_TEXT)]


OptionText = Annotated[PlainOptionText | MrkdwnOptionText, Field(discriminator="type")]


class Option(BlockPart):
    text: OptionText
    value: Annotated[str, Field(min_length=1, max_length=limits.OPTION_VALUE)]
    description: OptionText | None = None
    url: Annotated[str, Field(max_length=limits.BUTTON_URL)] | None = None


# Rich text


class Style(BlockPart):
    bold: bool | None = None
    italic: bool | None = None
    strike: bool | None = None
    code: bool | None = None
    underline: bool | None = None


class RichPart(BlockPart):
    style: Style | None = None


class RichWords(RichPart):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]


class RichLink(RichPart):
    type: Literal["link"]
    url: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_URL)]
    text: str | None = None
    unsafe: bool | None = None


class RichUser(RichPart):
    type: Literal["user"]
    user_id: str


class RichChannel(RichPart):
    type: Literal["channel"]
    channel_id: str


class RichUserGroup(RichPart):
    type: Literal["usergroup"]
    usergroup_id: str


class RichEmoji(RichPart):
    type: Literal["emoji"]
    name: Annotated[str, Field(min_length=1)]
    unicode: str | None = None
    skin_tone: int | None = None


class RichDate(RichPart):
    type: Literal["date"]
    timestamp: int
    format: Annotated[str, Field(min_length=1)]
    url: str | None = None
    fallback: str | None = None


class RichBroadcast(RichPart):
    type: Literal["broadcast"]
    range: Literal["here", "channel", "everyone"]


class RichColor(RichPart):
    type: Literal["color"]
    value: str


RichElement = Annotated[
    RichWords | RichLink | RichUser | RichChannel | RichUserGroup | RichEmoji | RichDate | RichBroadcast | RichColor,
    Field(discriminator="type"),
]


class RichSection(BlockPart):
    type: Literal["rich_text_section"]
    elements: list[RichElement]


class RichQuote(BlockPart):
    type: Literal["rich_text_quote"]
    elements: list[RichElement]
    border: Literal[0, 1] | None = None


class RichPreformatted(BlockPart):
    type: Literal["rich_text_preformatted"]
    elements: list[Annotated[RichWords | RichLink, Field(discriminator="type")]]
    border: Literal[0, 1] | None = None


class RichList(BlockPart):
    type: Literal["rich_text_list"]
    style: Literal["bullet", "ordered"]
    elements: list[RichSection]
    indent: Annotated[int, Field(ge=0, le=8)] | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    border: Literal[0, 1] | None = None


RichBlock = Annotated[RichSection | RichQuote | RichPreformatted | RichList, Field(discriminator="type")]

# Elements


class Interactive(BlockPart):
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


class PlainTextInput(BlockPart):
    type: Literal["plain_text_input"]
    action_id: Annotated[str, Field(min_length=1, max_length=limits.ACTION_ID)] | None = None
    initial_value: Annotated[str, Field(max_length=limits.INPUT_TEXT)] | None = None
    multiline: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=limits.INPUT_TEXT)] | None = None
    max_length: Annotated[int, Field(ge=1, le=limits.INPUT_TEXT)] | None = None
    placeholder: Placeholder | None = None
    focus_on_load: bool | None = None


class ImageElement(BlockPart):
    type: Literal["image"]
    image_url: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_URL)]
    alt_text: Annotated[str, Field(min_length=1, max_length=limits.IMAGE_TEXT)]


class FeedbackButton(BlockPart):
    text: ButtonText
    value: Annotated[str, Field(min_length=1, max_length=limits.BUTTON_VALUE)]
    accessibility_label: Annotated[str, Field(max_length=limits.BUTTON_TEXT)] | None = None


class FeedbackButtons(BlockPart):
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
    Button | Overflow | StaticSelect | Checkboxes | RadioButtons | DatePicker | ImageElement,
    Field(discriminator="type"),
]
ActionElement = Annotated[
    Button | Overflow | StaticSelect | Checkboxes | RadioButtons | DatePicker, Field(discriminator="type")
]
InputElement = Annotated[
    PlainTextInput | StaticSelect | Checkboxes | RadioButtons | DatePicker, Field(discriminator="type")
]

# Blocks


class Block(BlockPart):
    block_id: Annotated[str, Field(min_length=1, max_length=limits.BLOCK_ID)] | None = None


class SectionBlock(Block):
    type: Literal["section"]
    text: Text | None = None
    fields: Annotated[list[FieldText], Field(min_length=1, max_length=limits.SECTION_FIELDS)] | None = None
    accessory: Accessory | None = None
    expand: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> SectionBlock:
        if self.text is None and self.fields is None:
            raise ValueError("missing required field: text or fields")
        return self


class Header(Block):
    type: Literal["header"]
    text: HeaderText


class Divider(Block):
    type: Literal["divider"]


class ContextBlock(Block):
    type: Literal["context"]
    elements: Annotated[
        list[Annotated[PlainText | Mrkdwn | ImageElement, Field(discriminator="type")]],
        Field(min_length=1, max_length=limits.CONTEXT_ELEMENTS),
    ]


class Actions(Block):
    type: Literal["actions"]
    elements: Annotated[list[ActionElement], Field(min_length=1, max_length=limits.ACTIONS_ELEMENTS)]


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
    element: InputElement
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
    SectionBlock | Header | Divider | ContextBlock | Actions | ContextActions | Image | Input | RichText | Markdown,
    Field(discriminator="type"),
]
ViewBlock = Annotated[
    SectionBlock | Header | Divider | ContextBlock | Actions | Image | Input | RichText, Field(discriminator="type")
]

# What blocks stand in


class MessageBlocks(BlockPart):
    blocks: Annotated[list[MessageBlock], Field(max_length=limits.MESSAGE_BLOCKS)]


class ViewPayload(BlockPart):
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
    def _has_what_its_kind_needs(self) -> ViewPayload:
        if self.type == "modal" and self.title is None:
            raise ValueError("missing required field: title")
        if self.type == "modal" and self.submit is None and any(isinstance(block, Input) for block in self.blocks):
            raise ValueError("missing required field: submit")
        return self
