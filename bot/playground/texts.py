"""Block Kit's composition objects and rich text as Slack checks them; keeps secret how a shape is told from another."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.playground import limits


class Part(BaseModel):
    """Anything of Block Kit: no field that Slack does not know, no type but the stated one."""

    model_config = ConfigDict(extra="forbid", strict=True)


# Text objects


class PlainText(Part):
    type: Literal["plain_text"]
    text: Annotated[str, Field(min_length=1, max_length=limits.TEXT_OBJECT)]
    emoji: bool | None = None


class Mrkdwn(Part):
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


class Confirm(Part):
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


class Option(Part):
    text: OptionText
    value: Annotated[str, Field(min_length=1, max_length=limits.OPTION_VALUE)]
    description: OptionText | None = None
    url: Annotated[str, Field(max_length=limits.BUTTON_URL)] | None = None


# Rich text


class Style(Part):
    bold: bool | None = None
    italic: bool | None = None
    strike: bool | None = None
    code: bool | None = None
    underline: bool | None = None


class RichPart(Part):
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


class RichSection(Part):
    type: Literal["rich_text_section"]
    elements: list[RichElement]


class RichQuote(Part):
    type: Literal["rich_text_quote"]
    elements: list[RichElement]
    border: Literal[0, 1] | None = None


class RichPreformatted(Part):
    type: Literal["rich_text_preformatted"]
    elements: list[Annotated[RichWords | RichLink, Field(discriminator="type")]]
    border: Literal[0, 1] | None = None


class RichList(Part):
    type: Literal["rich_text_list"]
    style: Literal["bullet", "ordered"]
    elements: list[RichSection]
    indent: Annotated[int, Field(ge=0, le=8)] | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    border: Literal[0, 1] | None = None


RichBlock = Annotated[RichSection | RichQuote | RichPreformatted | RichList, Field(discriminator="type")]
