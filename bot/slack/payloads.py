"""Messages and events as Slack sends them: of their many fields, those that are read.

Keeps secret how Slack spells them. What is kept of a question until it is settled is an ``Envelope`` as well.

A press on something that a message or a window offers, as Slack tells of it.

Keeps secret the shapes in which it does.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class Edited(BaseModel):
    """When a message's text was changed last."""

    ts: str


class MessagePart(BaseModel):
    """What a message holds beside its text: a file, an attachment or a block, told apart by what it is named by."""

    type: str | None = None
    subtype: str | None = None
    mimetype: str | None = None
    from_url: str | None = None
    is_share: bool | None = None
    is_msg_unfurl: bool | None = None


class SlackMessage(BaseModel):
    """The fields of a message that are read; Slack sends many more."""

    ts: str
    text: str = ""
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    edited: Edited | None = None
    files: list[MessagePart] = Field(default_factory=list)
    attachments: list[MessagePart] = Field(default_factory=list)
    blocks: list[MessagePart] = Field(default_factory=list)
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None

    @property
    def is_in_thread(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class SlackEvent(SlackMessage):
    """A message, a mention, or what happened to a message: ``message`` as it stands, ``previous_message`` as before."""

    type: str
    channel: str
    channel_type: str | None = None
    message: SlackMessage | None = None
    previous_message: SlackMessage | None = None
    deleted_ts: str | None = None


class Authorization(BaseModel):
    """For which installation an event was delivered."""

    team_id: str | None = None
    enterprise_id: str | None = None


class EventEnvelope(BaseModel):
    """What an event is delivered in, whichever it is."""

    event_id: str
    team_id: str
    context_team_id: str | None = None
    authorizations: list[Authorization] = Field(default_factory=list)
    is_ext_shared_channel: bool = False

    @property
    def own_team(self) -> str:
        """The workspace that the bot is installed in; in a shared channel ``team_id`` may be the other one (seen)."""
        return next((one.team_id for one in self.authorizations if one.team_id), self.context_team_id or self.team_id)

    @property
    def enterprise(self) -> str | None:
        return next((one.enterprise_id for one in self.authorizations), None)


class Envelope(EventEnvelope):
    """A message, or what happened to one, as it is delivered."""

    event: SlackEvent


class PayloadId(BaseModel):
    """Something that Slack names by its id."""

    id: str


class PayloadUser(PayloadId):
    """Whoever pressed, and the workspace they belong to."""

    team_id: str | None = None


class PayloadOption(BaseModel):
    """What was chosen in a menu."""

    value: str


class PayloadAction(BaseModel):
    """What was pressed, or chosen from."""

    action_id: str
    value: str = ""
    selected_option: PayloadOption | None = None

    @property
    def chosen_value(self) -> str:
        """The value of what was chosen, empty for nothing."""
        return self.selected_option.value if self.selected_option else ""


class PayloadInput(BaseModel):
    """What was typed into one input."""

    value: str | None = None


class PayloadState(BaseModel):
    """What was entered, by block and by input."""

    values: dict[str, dict[str, PayloadInput]] = Field(default_factory=dict)


class PayloadView(PayloadId):
    """The modal in which it was done."""

    callback_id: str = ""
    private_metadata: str = ""
    state: PayloadState = Field(default_factory=PayloadState)


class PayloadContainer(BaseModel):
    """Where it was done; the time of a message, empty for a modal."""

    message_ts: str = ""


class InteractionPayload(BaseModel):
    """The fields of an interaction that are read; Slack sends many more."""

    trigger_id: str
    user: PayloadUser
    enterprise: PayloadId | None = None
    container: PayloadContainer = Field(default_factory=PayloadContainer)
    view: PayloadView | None = None
    actions: list[PayloadAction] = Field(default_factory=list)
