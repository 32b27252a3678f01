"""Messages and events as Slack sends them: of their many fields, those that are read.

Keeps secret how Slack spells them. What is kept of a question until it is settled is an ``Envelope`` as well.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class Edited(BaseModel):
    """When a message's text was changed last."""

    ts: str


class Part(BaseModel):
    """What a message holds beside its text: a file, an attachment or a block, told apart by what it is named by."""

    type: str | None = None
    subtype: str | None = None
    mimetype: str | None = None
    from_url: str | None = None
    is_share: bool | None = None
    is_msg_unfurl: bool | None = None


class Message(BaseModel):
    """The fields of a message that are read; Slack sends many more."""

    ts: str
    text: str = ""
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    edited: Edited | None = None
    files: list[Part] = Field(default_factory=list)
    attachments: list[Part] = Field(default_factory=list)
    blocks: list[Part] = Field(default_factory=list)
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None

    @property
    def is_in_thread(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class Event(Message):
    """A message, a mention, or what happened to a message: ``message`` as it stands, ``previous_message`` as before."""

    type: str
    channel: str
    channel_type: str | None = None
    message: Message | None = None
    previous_message: Message | None = None
    deleted_ts: str | None = None


class Authorization(BaseModel):
    """For which installation an event was delivered."""

    team_id: str | None = None
    enterprise_id: str | None = None


class Wrapper(BaseModel):
    """What an event is delivered in, whichever it is."""

    event_id: str
    team_id: str
    context_team_id: str | None = None
    authorizations: list[Authorization] = Field(default_factory=list)
    is_ext_shared_channel: bool = False

    @property
    def home(self) -> str:
        """The workspace that the bot is installed in; in a shared channel ``team_id`` may be the other one (seen)."""
        return next((one.team_id for one in self.authorizations if one.team_id), self.context_team_id or self.team_id)

    @property
    def enterprise(self) -> str | None:
        return next((one.enterprise_id for one in self.authorizations), None)


class Envelope(Wrapper):
    """A message, or what happened to one, as it is delivered."""

    event: Event
