"""Slack's messages, events and interactions: pydantic models of the fields that are read."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Edited(BaseModel):
    """Time of a message's last edit."""

    ts: str


class MessagePart(BaseModel):
    """A file, attachment or block of a message."""

    type: str | None = None
    subtype: str | None = None
    mimetype: str | None = None
    from_url: str | None = None
    is_share: bool | None = None
    is_msg_unfurl: bool | None = None


class BotProfile(BaseModel):
    """The app or workflow that posted a message."""

    team_id: str | None = None
    is_workflow_bot: bool = False


class SlackMessage(BaseModel):
    """A message.

    A step of Workflow Builder posts without ``user``, with ``bot_id`` and the subtype "bot_message", as some apps do.
    Undocumented: only a workflow's message has ``workflow_id`` (slack-go/slack#1537) or, in earlier years, the mark in
    ``bot_profile``. Its ``bot_id`` may differ from one run to the next.
    """

    ts: str
    text: str = ""
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    bot_profile: BotProfile | None = None
    workflow_id: str | None = None
    edited: Edited | None = None
    files: list[MessagePart] = Field(default_factory=list)
    attachments: list[MessagePart] = Field(default_factory=list)
    blocks: list[MessagePart] = Field(default_factory=list)
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None

    @property
    def workflow(self) -> str | None:
        """The id of the workflow that posted it, else None."""
        is_marked = self.bot_profile is not None and self.bot_profile.is_workflow_bot
        return self.workflow_id or self.bot_id if self.workflow_id or is_marked else None

    @property
    def author_team(self) -> str | None:
        """The workspace or organisation of its author, None if Slack did not say."""
        profile_team = self.bot_profile.team_id if self.bot_profile else None
        return self.user_team or self.source_team or self.team or profile_team

    @property
    def is_in_thread(self) -> bool:
        """Whether it is a reply in a thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class SlackEvent(SlackMessage):
    """A message, a mention, or a change from ``previous_message`` to ``message``."""

    type: str
    channel: str
    channel_type: str | None = None
    message: SlackMessage | None = None
    previous_message: SlackMessage | None = None
    deleted_ts: str | None = None


class Authorization(BaseModel):
    """An installation that an event was delivered for."""

    team_id: str | None = None
    enterprise_id: str | None = None


class EventEnvelope(BaseModel):
    """The fields around every event."""

    event_id: str
    team_id: str
    context_team_id: str | None = None
    authorizations: list[Authorization] = Field(default_factory=list)
    is_ext_shared_channel: bool = False

    @property
    def own_team(self) -> str:
        """The workspace the bot is installed in; in a shared channel ``team_id`` may be the other one (observed)."""
        return next((one.team_id for one in self.authorizations if one.team_id), self.context_team_id or self.team_id)

    @property
    def enterprise(self) -> str | None:
        return next((one.enterprise_id for one in self.authorizations), None)


class MessageEnvelope(EventEnvelope):
    """A message event as delivered; also how a question is stored until it is completed."""

    event: SlackEvent


class PayloadId(BaseModel):
    """An object of which only the id is read."""

    id: str


class PayloadUser(PayloadId):
    """The person who interacted."""

    team_id: str | None = None


class PayloadOption(BaseModel):
    """A selected menu option."""

    value: str


class PayloadAction(BaseModel):
    """A button click or a menu selection."""

    action_id: str
    value: str = ""
    selected_option: PayloadOption | None = None

    @property
    def chosen_value(self) -> str:
        """Value of the selected option, empty if none."""
        return self.selected_option.value if self.selected_option else ""


class PayloadInput(BaseModel):
    """Text of one input."""

    value: str | None = None


class PayloadState(BaseModel):
    """Inputs of a view, by block id and action id."""

    values: dict[str, dict[str, PayloadInput]] = Field(default_factory=dict)


class PayloadView(PayloadId):
    """The modal that was interacted with."""

    callback_id: str = ""
    private_metadata: str = ""
    state: PayloadState = Field(default_factory=PayloadState)


class PayloadContainer(BaseModel):
    """Where the interaction happened: a message's timestamp, empty in a modal."""

    message_ts: str = ""


class InteractionPayload(BaseModel):
    """An interaction with a button, menu or modal."""

    trigger_id: str
    user: PayloadUser
    enterprise: PayloadId | None = None
    container: PayloadContainer = Field(default_factory=PayloadContainer)
    view: PayloadView | None = None
    actions: list[PayloadAction] = Field(default_factory=list)
